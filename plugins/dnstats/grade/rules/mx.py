"""Rules about the hosts that take mail. Reads MX and the site's address; asks nobody.

Taking no mail is fine, and is said by a null MX. A host whose addresses were not measured is not
held against the site: the rules that need them abstain.
"""

from __future__ import annotations

from collections.abc import Iterable

from dnstats.grade.rule import Abstain, rule
from dnstats.grade.scale import Severity
from dnstats.records.address import Address
from dnstats.records.host import Host
from dnstats.records.ip_address import special_use
from dnstats.records.mx import MAX_HOSTS, Exchange, Mx, read_zone
from dnstats.records.public_suffix import organisational_domain
from dnstats.records.record import NotMeasured
from dnstats.records.spf import Spf

_RFC = "https://www.rfc-editor.org/rfc/rfc"

_GOOD = "10 mx1.example.com, 20 mx2.example.net"
_V4, _V6 = bytes((9, 9, 9, 9)), bytes.fromhex("26200000000000fe0000000000000009")
_SITE = Address(
    Host("example.com", ("1.1.1.1",), ()), Host("www.example.com", ("1.1.1.1",), ()), exists=True
)
_NO_SITE = Address(Host("example.com", (), ()), Host("www.example.com", ("1.1.1.1",), ()), True)


def _hosts(mx: Mx) -> list[Host]:
    """The hosts whose addresses were asked for, each once."""
    return list({one.name: one.host for one in mx.exchanges if one.host is not None}.values())


def _unmeasured(hosts: Iterable[Host]) -> Abstain | None:
    silent = [
        host.name
        for host in hosts
        if isinstance(host.v4, NotMeasured) or isinstance(host.v6, NotMeasured)
    ]
    return Abstain(f"addresses of {', '.join(silent)} not measured") if silent else None


def _odd(mx: Mx, *oddities: str) -> str | None:
    return ", ".join(_text(one) for one in mx.exchanges if one.oddity in oddities) or None


def _text(exchange: Exchange) -> str:
    return f"{exchange.preference} {exchange.name}"


@rule(
    "MX001",
    Severity.LOW,
    reference=f"{_RFC}7505#section-3",
    passes=[
        {"mx": "0 .", "address": _SITE},
        {"mx": _GOOD, "address": _SITE},
        {"mx": None, "address": None},
        {"mx": None, "address": _NO_SITE},
    ],
    fails=[{"mx": None, "address": _SITE}],
)
def neither_mx_nor_null_mx(mx: Mx | None, address: Address) -> str | Abstain | None:
    """There is no MX, so mail is tried at the web address.

    Without MX records senders fall back on the address of the domain itself (RFC 5321 section 5.1)
    and retry for days when nothing answers there. A domain that takes no mail says so with a null
    MX: `0 .`.
    """
    if mx is not None:
        return None
    if address.apex.addresses:
        return f"no MX; mail goes to {', '.join(address.apex.addresses)}"
    return _unmeasured([address.apex])


@rule(
    "MX002",
    Severity.CRITICAL,
    reference=f"{_RFC}5321#section-5.1",
    passes=[{"mx": _GOOD}, {"mx": "0 ."}],
    fails=[{"mx": read_zone(["10 mx.example.com"], {"mx.example.com": []})}],
)
def no_host_has_an_address(mx: Mx) -> str | Abstain | None:
    """No mail host has an address: mail cannot be delivered.

    None of the names in the MX records leads to a server. Correct the names, or publish their
    addresses; when no mail is wanted, publish a null MX (`0 .`) instead.
    """
    hosts = _hosts(mx)
    if mx.is_null or any(host.addresses for host in hosts) or len(mx.hosts) > MAX_HOSTS:
        return None
    return _unmeasured(hosts) or ", ".join(mx.hosts) or f"{mx.count} unreadable records"


@rule(
    "MX003",
    Severity.MEDIUM,
    reference=f"{_RFC}5321#section-5.1",
    passes=[{"mx": _GOOD}, {"mx": read_zone(["10 mx.example.com"], {"mx.example.com": []})}],
    fails=[{"mx": read_zone(["10 mx.example.com", "20 b.example.net"], {"b.example.net": []})}],
)
def host_without_address(mx: Mx) -> str | Abstain | None:
    """A mail host has no address.

    Senders that try it lose time, or put the mail off. Correct the name, or remove the record.
    """
    hosts = _hosts(mx)
    dead = [host.name for host in hosts if host.is_without_address and host.exists]  # else MX021
    if dead and any(host.addresses for host in hosts):
        return ", ".join(dead)
    return None if dead else _unmeasured(hosts)


@rule(
    "MX004",
    Severity.MEDIUM,
    reference=f"{_RFC}2181#section-10.3",
    passes=[{"mx": _GOOD}],
    fails=[
        {
            "mx": Mx(
                (Exchange(10, "a.example", Host("a.example", ("1.1.1.1",), (), "b.example")),),
                is_null=False,
                count=1,
            )
        }
    ],
)
def host_is_alias(mx: Mx) -> str | Abstain | None:
    """A mail host is an alias (CNAME).

    The name in an MX record must have addresses of its own (RFC 2181 section 10.3, RFC 5321 section
    5.1). Some senders refuse aliases, and DANE and loop detection break. Name the target directly.
    """
    hosts = _hosts(mx)
    aliases = [f"{host.name} -> {host.alias}" for host in hosts if host.alias]
    return ", ".join(aliases) or _unmeasured(hosts)


@rule(
    "MX005",
    Severity.HIGH,
    reference=f"{_RFC}1035#section-3.3.9",
    passes=[{"mx": _GOOD}],
    fails=[{"mx": "10 192.0.2.1"}, {"mx": "10 [192.0.2.1]"}],
)
def host_is_ip_address(mx: Mx) -> str | None:
    """An IP address stands where a host name must.

    MX records hold names only; senders look this one up as a name and find nothing. Give the
    server a name with an A record and put that in.
    """
    return _odd(mx, "ip_address")


@rule(
    "MX006",
    Severity.HIGH,
    reference=f"{_RFC}6761#section-6.3",
    passes=[{"mx": _GOOD}],
    fails=[{"mx": "0 localhost"}, {"mx": "0 mail.localhost"}],
)
def host_is_localhost(mx: Mx) -> str | None:
    """The mail host is localhost.

    It makes every sender try to deliver to itself. To say that no mail is taken, publish a null MX:
    `0 .`.
    """
    return _odd(mx, "localhost")


@rule(
    "MX007",
    Severity.HIGH,
    reference=f"{_RFC}5321#section-2.3.5",
    passes=[{"mx": _GOOD}],
    fails=[{"mx": "10 mail"}],
)
def host_is_single_label(mx: Mx) -> str | None:
    """The mail host's name has one label only.

    Usually the domain behind it was forgotten, or a dot at the end cut it off. Write the full name.
    """
    return _odd(mx, "single_label")


@rule(
    "MX008",
    Severity.HIGH,
    reference=f"{_RFC}6761#section-5",
    passes=[{"mx": _GOOD}],
    fails=[{"mx": "10 exchange.company.local"}],
)
def host_in_special_use_domain(mx: Mx) -> str | None:
    """The mail host stands in a domain that the Internet does not have.

    Names under .local, .internal, .lan and the like exist in private networks only. Use a public
    name.
    """
    return _odd(mx, "special_use")


@rule(
    "MX009",
    Severity.MEDIUM,
    reference=f"{_RFC}1123#section-2.1",
    passes=[{"mx": _GOOD}, {"mx": "10 163mx01.mxmail.example.com"}, {"mx": "10 3com.example"}],
    fails=[{"mx": "10 -mail.example.com"}, {"mx": "10 mail\\032.example.com"}],
)
def not_a_host_name(mx: Mx) -> str | None:
    """A mail host's name is no host name.

    Host names consist of letters, digits and hyphens, the hyphens not at the ends of a label.
    Senders may refuse anything else.
    """
    return _odd(mx, "not_a_host_name")


@rule(
    "MX010",
    Severity.NOTICE,
    reference=f"{_RFC}1123#section-2.1",
    passes=[{"mx": _GOOD}],
    fails=[{"mx": "10 mail_1.example.com"}],
)
def underscore_in_host_name(mx: Mx) -> str | None:
    """A mail host's name has an underscore.

    Nearly all senders accept it, but it is no host name by the letter, and no certificate is issued
    for it, so TLS cannot be checked. A name `_dc-mx...` is made by Cloudflare for an MX that points
    to a proxied name: point it to one that is not proxied.
    """
    return _odd(mx, "underscore")


@rule(
    "MX011",
    Severity.HIGH,
    reference=f"{_RFC}6890#section-2.2",
    passes=[{"mx": _GOOD}],
    fails=[{"mx": read_zone(["10 mx.example.com"], {"mx.example.com": [bytes((10, 0, 0, 1))]})}],
)
def address_not_public(mx: Mx) -> str | Abstain | None:
    """A mail host has an address that the Internet cannot reach.

    Private, loopback and other special addresses lead nowhere, or to the sender's own network.
    Publish the public address.
    """
    hosts = _hosts(mx)
    found = [
        f"{host.name}: {address} is {use}"
        for host in hosts
        for address in host.addresses
        if (use := special_use(address))
    ]
    return ", ".join(found) or _unmeasured(hosts)


@rule(
    "MX012",
    Severity.HIGH,
    reference=f"{_RFC}7505#section-3",
    passes=[{"mx": "0 ."}, {"mx": _GOOD}],
    fails=[{"mx": "0 ., 10 mx.example.com"}],
)
def null_mx_beside_others(mx: Mx) -> str | None:
    """A null MX stands beside other MX records.

    `0 .` says that the domain takes no mail, the others say that it does. It must stand alone.
    """
    if mx.is_null or all(one.name != "." for one in mx.exchanges):
        return None
    return ", ".join(_text(one) for one in mx.exchanges)


@rule(
    "MX013",
    Severity.LOW,
    reference=f"{_RFC}7505#section-3",
    passes=[{"mx": "0 ."}],
    fails=[{"mx": "10 ."}],
)
def null_mx_preference(mx: Mx) -> str | None:
    """The null MX has a preference other than 0.

    Its form is exactly `0 .`; a sender may not recognise another.
    """
    return _text(mx.exchanges[0]) if mx.is_null and mx.exchanges[0].preference else None


@rule(
    "MX014",
    Severity.LOW,
    reference=f"{_RFC}5321#section-5.1",
    passes=[{"mx": _GOOD}],
    fails=[{"mx": "10 mx.example.com, 20 mx.example.com"}],
)
def host_twice(mx: Mx) -> str | None:
    """A mail host is listed twice.

    The second entry adds nothing but delay: senders try the same server again. Remove it.
    """
    names = [one.name for one in mx.exchanges]
    return ", ".join(dict.fromkeys(name for name in names if names.count(name) > 1)) or None


@rule(
    "MX015",
    Severity.NOTICE,
    reference=f"{_RFC}5321#section-5",
    passes=[{"mx": _GOOD}, {"mx": "0 ."}],
    fails=[{"mx": read_zone(["10 mx.example.com"], {"mx.example.com": [_V4]})}],
)
def single_address(mx: Mx) -> str | Abstain | None:
    """All mail goes to one address.

    Mail waits at its senders while that server is down, which for a day or two is no harm.
    """
    hosts = _hosts(mx)
    if len(hosts) != 1 or len(hosts[0].addresses) > 1:
        return None
    return _unmeasured(hosts) or (", ".join(hosts[0].addresses) or None)


@rule(
    "MX016",
    Severity.NOTICE,
    reference=f"{_RFC}3974#section-2",
    passes=[{"mx": _GOOD}, {"mx": "0 ."}],
    fails=[{"mx": read_zone(["10 mx.example.com"], {"mx.example.com": [_V4]})}],
)
def no_ipv6(mx: Mx) -> str | Abstain | None:
    """No mail host has an IPv6 address.

    Senders with IPv6 only cannot deliver. Give at least one mail host an IPv6 address.
    """
    hosts = _hosts(mx)
    if not any(host.addresses for host in hosts) or any(
        host.v6 and not isinstance(host.v6, NotMeasured) for host in hosts
    ):
        return _unmeasured(hosts) if not any(host.addresses for host in hosts) else None
    return _unmeasured(hosts) or ", ".join(host.name for host in hosts)


@rule(
    "MX017",
    Severity.MEDIUM,
    reference=f"{_RFC}3974#section-2",
    passes=[{"mx": _GOOD}, {"mx": "0 ."}],
    fails=[{"mx": read_zone(["10 mx.example.com"], {"mx.example.com": [_V6]})}],
)
def no_ipv4(mx: Mx) -> str | Abstain | None:
    """No mail host has an IPv4 address.

    Much of the Internet still sends over IPv4 only, and cannot deliver here.
    """
    hosts = _hosts(mx)
    if not any(host.addresses for host in hosts) or any(
        host.v4 and not isinstance(host.v4, NotMeasured) for host in hosts
    ):
        return _unmeasured(hosts) if not any(host.addresses for host in hosts) else None
    return _unmeasured(hosts) or ", ".join(host.name for host in hosts)


@rule(
    "MX018",
    Severity.NOTICE,
    reference=f"{_RFC}5321#section-5.1",
    passes=[{"mx": _GOOD}],
    fails=[{"mx": ", ".join(f"10 mx{i}.example.com" for i in range(MAX_HOSTS + 1))}],
)
def many_hosts(mx: Mx) -> str | None:
    """There are very many mail hosts.

    Senders need not try more than a few, and the answer gets too large for one packet. Several
    addresses behind one name do the same.
    """
    return f"{len(mx.hosts)} hosts" if len(mx.hosts) > MAX_HOSTS else None


@rule(
    "MX019",
    Severity.HIGH,
    reference=f"{_RFC}1035#section-3.3.9",
    passes=[{"mx": _GOOD}],
    fails=[{"mx": Mx((), is_null=False, count=1, broken=1)}],
)
def unreadable_records(mx: Mx) -> str | None:
    """An MX record cannot be read.

    Its data breaks off before the name ends. The name server, or what feeds it, is faulty.
    """
    return f"{mx.broken} of {mx.count} records" if mx.broken else None


@rule(
    "MX020",
    Severity.NOTICE,
    reference=f"{_RFC}5321#section-5.1",
    passes=[{"mx": "10 a.example.com"}, {"mx": "0 ."}],
    fails=[
        {
            "mx": read_zone(
                ["10 a.example.com", "20 b.example.com"],
                {"a.example.com": [_V4], "b.example.com": [_V4]},
            )
        }
    ],
)
def hosts_share_addresses(mx: Mx) -> str | Abstain | None:
    """Different mail hosts are the same server.

    Names with the same addresses look like redundancy and are none.
    """
    hosts = [host for host in _hosts(mx) if host.addresses]
    if len(hosts) < 2:
        return None
    if len({host.addresses for host in hosts}) > 1:
        return None
    return _unmeasured(hosts) or ", ".join(host.name for host in hosts)


@rule(
    "MX021",
    Severity.MEDIUM,
    reference=f"{_RFC}5321#section-5.1",
    passes=[{"mx": _GOOD}, {"mx": read_zone(["10 a.example.net"], {"a.example.net": []})}],
    fails=[
        {
            "mx": Mx(
                (Exchange(10, "mx.gone.net", Host("mx.gone.net", (), (), exists=False)),),
                is_null=False,
                count=1,
            )
        }
    ],
)
def host_does_not_exist(mx: Mx) -> str | Abstain | None:
    """A mail host's name does not exist.

    Where its domain has lapsed, or the name was given up at a provider, whoever takes it next gets
    the mail. Remove the record.
    """
    hosts = _hosts(mx)
    gone = [
        f"{host.name} (domain {organisational_domain(host.name)})"
        for host in hosts
        if not host.exists and not host.addresses
    ]
    return ", ".join(gone) or _unmeasured(hosts)


@rule(
    "MX022",
    Severity.NOTICE,
    reference=f"{_RFC}1034#section-3.6.2",
    passes=[{"mx": _GOOD}],
    fails=[{"mx": Mx((), is_null=False, count=0, alias="other.example")}],
)
def site_is_alias(mx: Mx) -> str | None:
    """The site's name is an alias, and its mail goes where the target's goes.

    A name with a CNAME has no records of its own, so MX, TXT and all others are the target's. Make
    sure that this is meant.
    """
    return mx.alias or None


@rule(
    "MX023",
    Severity.NOTICE,
    reference=f"{_RFC}7505#section-4.2",
    passes=[{"mx": "0 .", "spf": "v=spf1 -all"}, {"mx": _GOOD, "spf": "v=spf1 mx -all"}],
    fails=[{"mx": "0 .", "spf": "v=spf1 ip4:1.1.1.1 -all"}],
)
def sends_and_takes_none(mx: Mx, spf: Spf) -> str | None:
    """The domain takes no mail and lets some be sent.

    Replies and bounces to its mail fail at once, and some receivers refuse mail from a domain with
    a null MX. When nothing is sent either, say `v=spf1 -all`.
    """
    return spf.record.text if mx.is_null and not spf.is_mailless else None


@rule(
    "MX024",
    Severity.NOTICE,
    reference=f"{_RFC}6761#section-6.4",
    passes=[{"mx": _GOOD}],
    fails=[{"mx": "10 mail.example.com, 32767 ms12345678.msv1.invalid"}],
)
def left_from_verification(mx: Mx) -> str | None:
    """An MX record is left over from proving who owns the domain.

    Microsoft 365 asks for such a record once. It names no host, so senders that come to it lose a
    moment; remove it when the domain is verified.
    """
    return _odd(mx, "verification")
