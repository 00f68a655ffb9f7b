"""Rules about DANE for SMTP. They judge sites that publish TLSA records, and never their absence
with points: DANE needs DNSSEC, which not every operator of mail hosts has.
"""

from __future__ import annotations

from dnstats.grade.rule import Abstain, rule
from dnstats.grade.scale import Severity
from dnstats.records.dane import DIGEST_LENGTHS, Dane, DaneHost, Tlsa, is_usable
from dnstats.records.mx import Mx

_RFC7672 = "https://www.rfc-editor.org/rfc/rfc7672"

_DIGEST = "00" * 32
_TLSA = Tlsa(3, 1, 1, _DIGEST, 32)


def _dane(
    *records: Tlsa,
    secure: bool | None = True,
    address: bool | None = True,
    mx: bool | None = True,
) -> Dane:
    return Dane((DaneHost("mx.example.com", records, secure, address),), mx)


_GOOD = _dane(_TLSA)


def _records(dane: Dane) -> list[tuple[str, Tlsa]]:
    return [(host.name, record) for host in dane.hosts for record in host.records]


def _text(host: str, record: Tlsa) -> str:
    return f"{host}: {record.usage} {record.selector} {record.matching} ({record.length} octets)"


@rule(
    "DANE001",
    Severity.NOTICE,
    reference=f"{_RFC7672}#section-1",
    passes=[{"dane": _GOOD, "mx": "10 mx.example.com"}, {"dane": None, "mx": "0 ."}],
    fails=[{"dane": None, "mx": "10 mx.example.com"}],
)
def no_tlsa(dane: Dane | None, mx: Mx | None) -> str | None:
    """There is no DANE for the mail hosts.

    TLSA records in a signed zone let senders insist on TLS and know the certificate. Where the mail
    hosts' zone is not signed, MTA-STS does much the same.
    """
    if dane is not None or mx is None or mx.is_null or not mx.hosts:
        return None
    return f"no TLSA records at {', '.join(mx.hosts)}"


@rule(
    "DANE002",
    Severity.HIGH,
    reference=f"{_RFC7672}#section-2.2.1",
    passes=[{"dane": _GOOD}],
    fails=[{"dane": _dane(_TLSA, mx=False)}],
)
def mx_not_secure(dane: Dane) -> str | Abstain | None:
    """The MX set is not signed, so the TLSA records protect nobody.

    Without DNSSEC on the site's own zone an attacker can replace the MX records, and senders do not
    use DANE. Sign the zone.
    """
    if dane.mx_is_secure is None:
        return Abstain("the resolver does not tell whether the MX answer is signed")
    return None if dane.mx_is_secure else "the MX answer was not validated"


@rule(
    "DANE003",
    Severity.HIGH,
    reference=f"{_RFC7672}#section-2.2.3",
    passes=[{"dane": _GOOD}],
    fails=[{"dane": _dane(_TLSA, secure=False)}, {"dane": _dane(_TLSA, address=False)}],
)
def host_not_secure(dane: Dane) -> str | Abstain | None:
    """A mail host has TLSA records in a zone that is not signed.

    TLSA records count only when they, and the host's addresses, are secured by DNSSEC. Sign the
    zone of the mail host.
    """
    known = {h.name: (h.is_secure, h.address_is_secure) for h in dane.hosts if h.records}
    bad = [name for name, secure in known.items() if False in secure]
    if bad:
        return ", ".join(bad)
    unknown = [name for name, secure in known.items() if None in secure]
    return Abstain(f"whether {', '.join(unknown)} is signed") if unknown else None


@rule(
    "DANE004",
    Severity.MEDIUM,
    reference=f"{_RFC7672}#section-2.2.1",
    passes=[{"dane": _GOOD}],
    fails=[
        {
            "dane": Dane(
                (
                    DaneHost("mx.example.com", (_TLSA,), True, True),
                    DaneHost("b.example.com", (), True, False),
                ),
                True,
            )
        }
    ],
)
def hosts_not_covered(dane: Dane) -> str | Abstain | None:
    """Some mail hosts have TLSA records and others have none.

    An attacker who blocks the protected hosts sends the mail to the unprotected ones. Publish TLSA
    records for every mail host.
    """
    bare = [host.name for host in dane.hosts if not host.records and not host.broken]
    if bare:
        return ", ".join(bare)
    return Abstain(f"{', '.join(dane.unmeasured)} not measured") if dane.unmeasured else None


@rule(
    "DANE005",
    Severity.HIGH,
    reference=f"{_RFC7672}#section-3.1.3",
    passes=[{"dane": _GOOD}, {"dane": _dane(_TLSA, Tlsa(1, 1, 1, _DIGEST, 32))}],
    fails=[
        {"dane": _dane(Tlsa(1, 1, 1, _DIGEST, 32))},
        {"dane": _dane(Tlsa(0, 0, 1, _DIGEST, 32))},
    ],
)
def only_unusable_records(dane: Dane) -> str | None:
    """A mail host has TLSA records, and none that mail can use.

    For SMTP the usages are 2 (DANE-TA) and 3 (DANE-EE); usages 0 and 1 rest on public authorities
    and are not usable. Publish 3 1 1 with the digest of the server's key.
    """
    bad = [
        _text(host.name, host.records[0])
        for host in dane.hosts
        if host.records and not any(is_usable(record) for record in host.records)
    ]
    return ", ".join(bad) or None


@rule(
    "DANE006",
    Severity.LOW,
    reference=f"{_RFC7672}#section-3.1.3",
    passes=[{"dane": _GOOD}],
    fails=[{"dane": _dane(_TLSA, Tlsa(1, 1, 1, _DIGEST, 32))}],
)
def usage_for_public_authorities(dane: Dane) -> str | None:
    """A TLSA record has a usage that mail does not use.

    Usages 0 and 1 are ignored by mail senders. Remove the record.
    """
    found = [_text(host, record) for host, record in _records(dane) if record.usage in (0, 1)]
    return ", ".join(found) or None


@rule(
    "DANE007",
    Severity.MEDIUM,
    reference="https://www.rfc-editor.org/rfc/rfc6698#section-2.1",
    passes=[{"dane": _GOOD}],
    fails=[
        {"dane": _dane(_TLSA, Tlsa(4, 1, 1, _DIGEST, 32))},
        {"dane": _dane(Tlsa(3, 2, 1, "", 32))},
    ],
)
def unknown_parameters(dane: Dane) -> str | None:
    """A TLSA record has unassigned parameters.

    Usage is 0 to 3, selector 0 or 1, matching type 0 to 2. Records with anything else are ignored.
    """
    found = [
        _text(host, record)
        for host, record in _records(dane)
        if record.usage > 3 or record.selector > 1 or record.matching > 2
    ]
    return ", ".join(found) or None


@rule(
    "DANE008",
    Severity.HIGH,
    reference="https://www.rfc-editor.org/rfc/rfc6698#section-2.1.3",
    passes=[{"dane": _GOOD}, {"dane": _dane(Tlsa(3, 1, 2, _DIGEST * 2, 64))}],
    fails=[{"dane": _dane(Tlsa(3, 1, 1, "00" * 20, 20))}],
)
def digest_length(dane: Dane) -> str | None:
    """A TLSA digest has the wrong length.

    SHA2-256 (matching type 1) has 32 octets, SHA2-512 (2) has 64. This one can match nothing.
    """
    found = [
        _text(host, record)
        for host, record in _records(dane)
        if record.length != DIGEST_LENGTHS.get(record.matching, record.length)
    ]
    return ", ".join(found) or None


@rule(
    "DANE009",
    Severity.NOTICE,
    reference="https://www.rfc-editor.org/rfc/rfc7671#section-10.1.2",
    passes=[{"dane": _GOOD}],
    fails=[{"dane": _dane(Tlsa(3, 1, 0, "30", 290))}],
)
def full_data(dane: Dane) -> str | None:
    """A TLSA record holds a whole certificate or key.

    Matching type 0 makes answers large; a digest (3 1 1) says the same.
    """
    found = [_text(host, record) for host, record in _records(dane) if record.matching == 0]
    return ", ".join(found) or None


@rule(
    "DANE010",
    Severity.NOTICE,
    reference="https://www.rfc-editor.org/rfc/rfc7671#section-5.1",
    passes=[{"dane": _GOOD}, {"dane": _dane(Tlsa(2, 0, 1, _DIGEST, 32))}],
    fails=[{"dane": _dane(Tlsa(3, 0, 1, _DIGEST, 32))}],
)
def bound_to_certificate(dane: Dane) -> str | None:
    """A TLSA record is bound to the certificate, not to the key.

    3 0 1 must change with every renewal of the certificate; 3 1 1 stays while the key stays.
    """
    found = [
        _text(host, record)
        for host, record in _records(dane)
        if record.usage == 3 and record.selector == 0
    ]
    return ", ".join(found) or None


@rule(
    "DANE011",
    Severity.MEDIUM,
    reference="https://www.rfc-editor.org/rfc/rfc6698#section-2.1",
    passes=[{"dane": _GOOD}],
    fails=[{"dane": Dane((DaneHost("mx.example.com", (_TLSA,), True, True, broken=1),), True)}],
)
def unreadable_records(dane: Dane) -> str | None:
    """A TLSA record cannot be read.

    Its data is too short for the three parameters and a digest. Publish it anew.
    """
    return ", ".join(f"{host.name}: {host.broken}" for host in dane.hosts if host.broken) or None
