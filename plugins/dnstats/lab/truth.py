"""What is true of one site of the practice internet: the known answer a scan is compared with.

Values only. Made by `world.truth`; nothing here asks, serves or judges.
"""

from __future__ import annotations

import msgspec

APEX_TYPES = (
    ["A", "AAAA", "NS", "SOA", "MX", "TXT", "CAA", "DS", "DNSKEY", "HTTPS", "CDS", "CDNSKEY"]
)  # fmt: skip
BELOW = (
    ("_dmarc", "TXT"), ("default._bimi", "TXT"), ("_mta-sts", "TXT"), ("mta-sts", "A"),
    ("mta-sts", "AAAA"), ("_smtp._tls", "TXT"), ("_msdcs", "SOA"), ("www", "A"), ("www", "AAAA"),
    ("www", "HTTPS"),
)  # fmt: skip


class Server(msgspec.Struct, frozen=True):
    """One name server of a site's zone and how it behaves for that zone.

    behaviour is one of: ok; refused (REFUSED); lame (answers without AA); upward (refers to the
    root); silent (never answers); different_ns (names another NS set); different_soa (another
    serial); truncates (TC=1 and nothing over UDP, whole over TCP); no_edns (FORMERR to EDNS, fine
    without); unresolvable (the host has no address, address is then None).
    """

    host: str
    address: str | None
    behaviour: str


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """What one site publishes, and how asking for it ends.

    fate: ok; nxdomain (the resolver says NXDOMAIN to all); servfail (SERVFAIL to all, EDE 22);
    alias_loop (a CNAME loop: SERVFAIL to all types at the site's own name). With a fate other than
    ok nothing else is filled in but `servers`. A bogus site has everything filled in, but a
    resolver gives SERVFAIL unless CD is set (for DS: the registry's data is fine).
    """

    domain: str
    fate: str
    zone: str
    """The zone the name is in: itself, or a parent's for most sites below an organisation."""
    alias: str | None = None
    """Target when the site's own name is a CNAME; then mx, spf, txt, caa are the target's."""
    servers: tuple[Server, ...] = ()
    """The delegated name servers; empty when the site is no zone of its own (NS is NODATA)."""

    mx: tuple[tuple[int, str], ...] = ()
    """(preference, host), host "" in a null MX (RFC 7505)."""
    has_mx: bool = False
    """There is an MX record that names a host."""
    null_mx: bool = False
    txt: tuple[tuple[bytes, ...], ...] = ()
    """Every TXT record at the site's own name, as its strings; SPF among them."""
    spf: tuple[bytes, ...] = ()
    """SPF texts (strings joined) as published, invalid ones too; two or more are an error."""
    spf_case: str = "none"
    """none, plain, no_mail, real, invalid, several, many_includes, include_loop, redirect_chain,
    macro, plus_all, provider."""
    spf_qualifier: str | None = None
    """The sign of the record's `all` ("+" when it has none written); None when there is no `all`,
    no single record, or the record is invalid."""
    below: tuple[tuple[str, bytes], ...] = ()
    """Further SPF records below the site that its own record leads to: (name, text)."""
    dmarc: tuple[bytes, ...] = ()
    """The TXT records at `_dmarc` that are meant as DMARC, invalid ones too; not inherited."""
    dmarc_policy: str | None = None
    """p of the only record, when it is a valid one."""
    dmarc_other: tuple[bytes, ...] = ()
    """TXT at `_dmarc` that is something else."""
    report_hosts: tuple[tuple[str, bool], ...] = ()
    """Hosts of other organisations in rua and ruf, and whether they publish their consent."""
    bimi: bytes | None = None
    mta_sts: bytes | None = None
    tls_rpt: bytes | None = None

    caa: tuple[tuple[int, bytes, bytes], ...] = ()
    """The set that holds for the site (RFC 8659 §3: its own or the nearest parent's)."""
    caa_at: str | None = None
    """The name that publishes it, None when no name does."""
    dnssec: str = "insecure"
    """secure, insecure or bogus, as a resolver concludes that follows RFC 9905."""
    dnssec_case: str = "unsigned"
    """unsigned, ecdsa, rsa, ed25519, sha1_ds, sha1_algorithm, no_ds, expired, no_dnskey, wrong_ds,
    no_rrsig, registry."""
    ds: tuple[tuple[int, int], ...] = ()
    """(algorithm, digest type) of the DS records the parent publishes."""
    cds: bool = False
    tlsa_hosts: tuple[str, ...] = ()
    """Mail hosts with TLSA records at `_25._tcp`."""
    https: bool = False
    msdcs: bool = False
    wildcard: str | None = None
    """txt, a or cname when the zone has a wildcard of that type."""
    unanswered: tuple[tuple[str, str], ...] = ()
    """(name, type) that no resolver ever answers: the truth of these is "not measured, timeout"."""
