"""One CAA record: its data, the grammar of its property's value, who is named. Judges nothing."""

from __future__ import annotations

import functools
import re

import msgspec

from dnstats import wire

ISSUING = ("issue", "issuewild", "issuemail", "issuevmc")
"""Properties whose value names an issuer: RFC 8659 sections 4.2 and 4.3, RFC 9495, and the BIMI
group's issuevmc."""

KNOWN = frozenset({*ISSUING, "iodef", "contactemail", "contactphone"})
"""Properties that certification authorities understand (IANA: PKIX CAA properties)."""

METHODS = frozenset(
    {
        "http-01", "dns-01", "tls-alpn-01", "email-reply-00", "tkauth-01", "onion-csr-01",
        "bp-nodeid-00", "dns-account-01", "dns-persist-01",
    }
)  # fmt: skip
"""Values of validationmethods (IANA: ACME validation methods); others start with "ca-"
(RFC 8657 section 4)."""


class Property(msgspec.Struct, frozen=True):
    """One CAA record (RFC 8659 section 4.1)."""

    flags: int
    tag: str  # lower case, printable
    value: str  # printable
    fault: str = ""  # why the value breaks its property's grammar; "" when it keeps it
    issuer: str = ""  # of the ISSUING properties; "" forbids
    parameters: tuple[tuple[str, str], ...] = ()  # in order, tags in lower case

    @property
    def is_critical(self) -> bool:
        """Bit 0 of the flags octet, the highest."""
        return bool(self.flags & 0x80)

    @property
    def is_unknown(self) -> bool:
        """No authority knows this property."""
        return self.tag not in KNOWN

    def parameter(self, tag: str) -> tuple[str, ...]:
        """All values of a parameter."""
        return tuple(value for name, value in self.parameters if name == tag)


@functools.lru_cache(maxsize=16384)
def read_property(rdata: bytes) -> Property | None:
    """The property in CAA data; None when the data is cut off."""
    if len(rdata) < 3 or not 0 < rdata[1] <= len(rdata) - 2:
        return None
    tag_end = 2 + rdata[1]
    return parse_property(rdata[0], rdata[2:tag_end], rdata[tag_end:])


def parse_property(flags: int, tag: bytes, value: bytes) -> Property:
    """A property from its three parts, whatever bytes they are."""
    name, text = wire.show(tag.lower()), wire.show(value)
    if name in ISSUING:
        issuer, parameters, fault = _read_issuing(value.decode("latin-1"))
        return Property(flags, name, text, fault, issuer, parameters)
    check = _CHECKS.get(name)
    return Property(flags, name, text, check(text) if check else "")


_LABEL = "[A-Za-z0-9](?:-*[A-Za-z0-9])*"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_TAG = re.compile(_LABEL)
_VALUE = re.compile(r"[\x21-\x3a\x3c-\x7e]*")
_WSP = " \t"

_Issuing = tuple[str, tuple[tuple[str, str], ...], str]


def _read_issuing(text: str) -> _Issuing:
    """Issuer, parameters and fault of an issue value (RFC 8659 section 4.2).

    A value that breaks the grammar names nobody: authorities must read it as ";".
    """
    domain, _, rest = text.partition(";")
    domain = domain.strip(_WSP)
    if domain and not _DOMAIN.fullmatch(domain):
        if domain[0] in "\"'":
            return "", (), "the value has quotation marks inside"
        return "", (), "the issuer is not a domain name"
    parameters: list[tuple[str, str]] = []
    pieces = [piece.strip(_WSP) for piece in rest.split(";")]
    if pieces and not pieces[-1]:
        pieces.pop()  # a semicolon at the end is let through, as authorities do
    for piece in pieces:
        tag, equals, value = piece.partition("=")
        tag, value = tag.rstrip(_WSP), value.lstrip(_WSP)
        if not equals:
            return "", (), "a parameter is not tag=value"
        if not _TAG.fullmatch(tag):
            return "", (), "a parameter's tag has characters that are not allowed"
        if not _VALUE.fullmatch(value):
            return "", (), "a parameter's value has characters that are not allowed"
        parameters.append((tag.lower(), value))
    return domain.lower(), tuple(parameters), ""


_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"]+@[^\s@.]+(?:\.[^\s@.]+)+")
_WEB = re.compile(r"https?://[^\s/?#@]+(?:[/?#]\S*)?", re.IGNORECASE)
_PHONE = re.compile(r"\+[0-9][0-9().\- ]{2,30}")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")


def _check_iodef(text: str) -> str:
    """RFC 8659 section 4.4: a mailto or http(s) URL."""
    if not _SCHEME.match(text):
        return "no scheme"
    if text[:7].lower() == "mailto:":
        return "" if _ADDRESS.fullmatch(text[7:].partition("?")[0]) else "no mail address"
    if _WEB.fullmatch(text):
        return ""
    return "no host" if text[:4].lower() == "http" else "neither mailto nor https"


def _check_mail(text: str) -> str:
    return "" if _ADDRESS.fullmatch(text) else "no mail address"


def _check_phone(text: str) -> str:
    """A global number (RFC 3966 section 5.1.4), which starts with a plus."""
    return "" if _PHONE.fullmatch(text) else "no global telephone number"


_CHECKS = {"iodef": _check_iodef, "contactemail": _check_mail, "contactphone": _check_phone}


def unknown_methods(one: Property) -> tuple[str, ...]:
    """Validation methods that no authority knows (RFC 8657 section 4)."""
    return tuple(
        method
        for value in one.parameter("validationmethods")
        for method in value.split(",")
        if method.lower() not in METHODS and not method.lower().startswith("ca-")
    )
