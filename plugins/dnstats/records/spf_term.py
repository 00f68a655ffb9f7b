"""The words of an SPF record: mechanisms and modifiers, read by the grammar of RFC 7208 section 12.

Knows one term at a time; never asks for anything and never judges. Whatever the bytes, a term is
read, with a fault when the grammar does not allow it.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from enum import StrEnum

import msgspec

from dnstats.records.spf_macro import domain_spec_fault, has_macro, macro_string_fault
from dnstats.wire import show


class Qualifier(StrEnum):
    """What a mechanism that matches makes of the mail (RFC 7208 section 4.6.2)."""

    PASS = "+"  # noqa: S105  (not a password)
    FAIL = "-"
    SOFTFAIL = "~"
    NEUTRAL = "?"


class FaultKind(StrEnum):
    """Which part of the grammar a term breaks. Every one of them is a permerror (section 4.6)."""

    CHARACTER = "character"  # outside visible ASCII
    UNKNOWN_MECHANISM = "unknown_mechanism"
    IP4 = "ip4"
    IP6 = "ip6"
    PREFIX = "prefix"  # a CIDR length that is none
    VALUE_MISSING = "value_missing"
    VALUE_UNEXPECTED = "value_unexpected"
    DOMAIN = "domain"  # no domain-spec
    MACRO = "macro"
    REPEATED = "repeated"  # redirect or exp a second time (section 6)


class Fault(msgspec.Struct, frozen=True, gc=False):
    """One term that breaks the grammar, and how."""

    kind: FaultKind
    term: str  # as published
    why: str


class Term(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One mechanism or modifier. A modifier has no qualifier."""

    name: str  # lower case: "include", "all" ..., "redirect", "exp" or an unknown modifier's name
    qualifier: Qualifier | None = None
    value: str = ""  # the domain-spec or network as published; "" for the site itself
    prefix4: int | None = None  # CIDR lengths as published
    prefix6: int | None = None
    has_macro: bool = False  # in the value: it depends on the mail that is checked
    is_faulty: bool = False
    text: str = ""  # the term as published, where the fields above do not say it all

    @property
    def is_mechanism(self) -> bool:
        return self.qualifier is not None

    def show(self) -> str:
        """The term in its shortest spelling."""
        if self.text:
            return self.text
        if self.qualifier is None:
            return f"{self.name}={self.value}"
        sign = "" if self.qualifier is Qualifier.PASS else self.qualifier
        value = f":{self.value}" if self.value else ""
        four = "" if self.prefix4 is None else f"/{self.prefix4}"
        six = "" if self.prefix6 is None else f"/{self.prefix6}"
        if six and self.name != "ip6":
            six = "/" + six
        return f"{sign}{self.name}{value}{four}{six}"


MAX_SHOWN = 300  # characters kept of a faulty term; one term can be 64 kB
# What counts against the ten of RFC 7208 section 4.6.4.
LOOKUP_TERMS = frozenset({"include", "a", "mx", "ptr", "exists", "redirect"})
LEADING_TERMS = LOOKUP_TERMS - {"ptr"}  # what `ptr` looks up depends on the mail
MECHANISMS = frozenset({"all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"})

_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9_.-]*)=(.*)", re.DOTALL)
_MECHANISM = re.compile(r"([+?~-]?)([A-Za-z][A-Za-z0-9_.-]*)(:|(?=/)|\Z)(.*)", re.DOTALL)
_DUAL_CIDR = re.compile(r"(?:/(0|[1-9][0-9]*))?(?://(0|[1-9][0-9]*))?\Z")
_CIDR = re.compile(r"0|[1-9][0-9]{0,2}")
_IP4 = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(?:\.(?!\Z)|\Z)){4}")
_VISIBLE = re.compile(r"[\x21-\x7e]*")


class _Broken(Exception):
    """Breaks off one term; never leaves this module."""

    def __init__(self, kind: FaultKind, why: str) -> None:
        super().__init__(why)
        self.kind = kind


@functools.lru_cache(maxsize=32768)
def read_term(raw: bytes) -> tuple[Term, Fault | None]:
    """One term as it stands between spaces, and its fault if it has one."""
    text = raw.decode("latin-1")
    try:
        if not _VISIBLE.fullmatch(text):
            raise _Broken(FaultKind.CHARACTER, "it has characters outside printable ASCII")
        modifier = _MODIFIER.fullmatch(text)
        if modifier:
            return _modifier(modifier[1].lower(), modifier[2]), None
        return _mechanism(text), None
    except _Broken as broken:
        shown = show(raw)[:MAX_SHOWN]
        return _faulty(text, shown), Fault(broken.kind, shown, str(broken)[:MAX_SHOWN])


def _faulty(text: str, shown: str) -> Term:
    match = _MODIFIER.fullmatch(text)
    if match:
        return Term(match[1].lower(), is_faulty=True, text=shown)
    match = _MECHANISM.fullmatch(text)
    name = match[2].lower() if match else ""
    sign = Qualifier(match[1]) if match and match[1] else Qualifier.PASS
    return Term(name, sign, is_faulty=True, text=shown)


def _modifier(name: str, value: str) -> Term:
    """`redirect=` and `exp=` take a domain; any other modifier is allowed and means nothing."""
    if name in ("redirect", "exp"):
        _require_domain(value)
    else:
        why = macro_string_fault(value)
        if why:
            raise _Broken(FaultKind.MACRO, why)
    return Term(name, None, value, has_macro=has_macro(value))


def _mechanism(text: str) -> Term:
    match = _MECHANISM.fullmatch(text)
    name = match[2].lower() if match else ""
    if not match or name not in MECHANISMS:
        raise _Broken(FaultKind.UNKNOWN_MECHANISM, _unknown(text, name))
    qualifier = Qualifier(match[1] or "+")
    has_value, rest = match[3] == ":", match[4]
    if has_value and not rest:
        raise _Broken(FaultKind.VALUE_MISSING, f"nothing follows `{name}:`")
    if name == "all":
        if has_value or rest:
            raise _Broken(FaultKind.VALUE_UNEXPECTED, "`all` takes nothing behind it")
        return Term(name, qualifier)
    if name in ("ip4", "ip6"):
        if not has_value:
            raise _Broken(FaultKind.VALUE_MISSING, f"`{name}` needs an address: `{name}:<address>`")
        return _network(name, qualifier, rest)
    return _by_name(name, qualifier, has_value, rest)


def _by_name(name: str, qualifier: Qualifier, has_value: bool, rest: str) -> Term:
    """include, a, mx, ptr, exists."""
    prefix4 = prefix6 = None
    if name in ("a", "mx"):
        rest, prefix4, prefix6 = _split_dual_cidr(rest)
    if not has_value:
        if rest:
            raise _Broken(FaultKind.PREFIX, f"`{rest}` is no prefix length for `{name}`")
        if name in ("include", "exists"):
            raise _Broken(FaultKind.VALUE_MISSING, f"`{name}` needs a domain: `{name}:<domain>`")
        return Term(name, qualifier, "", prefix4, prefix6)
    _require_domain(rest)
    return Term(name, qualifier, rest, prefix4, prefix6, has_macro(rest))


def _split_dual_cidr(rest: str) -> tuple[str, int | None, int | None]:
    """RFC 7208 section 5.3: `/24`, `//64` or `/24//64` at the very end."""
    at = rest.find("/")
    if at < 0:
        return rest, None, None
    # The longest it can be is `/32//128`; looking no further back keeps this linear.
    match = _DUAL_CIDR.search(rest, max(at, len(rest) - 24))
    if match is None or not match[0]:
        return rest, None, None
    four, six = (None if length is None else int(length) for length in match.groups())
    if (four or 0) > 32 or (six or 0) > 128:
        raise _Broken(FaultKind.PREFIX, f"`{match[0]}` is longer than an address")
    return rest[: match.start()], four, six


def _network(name: str, qualifier: Qualifier, rest: str) -> Term:
    network, slash, length = rest.partition("/")
    most = 32 if name == "ip4" else 128
    if name == "ip4":
        if not _IP4.fullmatch(network):
            raise _Broken(FaultKind.IP4, _no_address(network, "IPv4", _is_ip6(network), "ip6"))
    elif not _is_ip6(network):
        is_ip4 = _IP4.fullmatch(network) is not None
        raise _Broken(FaultKind.IP6, _no_address(network, "IPv6", is_ip4, "ip4"))
    if not slash:
        return Term(name, qualifier, network)
    if not _CIDR.fullmatch(length) or int(length) > most:
        raise _Broken(FaultKind.PREFIX, f"`/{length}` is no prefix length from 0 to {most}")
    if name == "ip4":
        return Term(name, qualifier, network, prefix4=int(length))
    return Term(name, qualifier, network, prefix6=int(length))


def _no_address(text: str, family: str, is_other: bool, other: str) -> str:
    """Why a text is no address of a family, with the slip that it most likely is."""
    if is_other:
        return f"`{text}` goes behind `{other}:`"
    if text.startswith(("ip4:", "ip6:")):
        return f"`{text[:4]}` stands there twice"
    if "," in text or ";" in text:
        return "each address needs a mechanism of its own, with a space before it"
    if not set(text) - set("0123456789."):
        return f"`{text}` is no {family} address"
    return f"`{text}` is no {family} address; a host name goes behind `a:`"


def _is_ip6(text: str) -> bool:
    if "%" in text or len(text) > 45:
        return False  # a zone index is no part of an address in mail
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def _require_domain(spec: str) -> None:
    if not spec:
        raise _Broken(FaultKind.VALUE_MISSING, "the domain is missing")
    why = domain_spec_fault(spec)
    if why:
        raise _Broken(FaultKind.MACRO if "macro" in why else FaultKind.DOMAIN, why)


def _unknown(text: str, name: str) -> str:
    """Why a term is no mechanism, with the slip that it most likely is."""
    if name in ("ipv4", "ipv6", "ip"):
        return f"there is no mechanism `{name}`; the names are `ip4:` and `ip6:`"
    if name in ("redirect", "exp"):
        return f"`{name}` is a modifier and takes `=`, not `:`"
    bare = text.lstrip("+?~-").lower()
    if bare.startswith("all"):
        return "something is glued to `all`"
    if "." in bare and ":" not in bare:
        return "a bare name or address; it needs a mechanism such as `a:` or `ip4:` before it"
    return "there is no such mechanism"
