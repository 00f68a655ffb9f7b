"""Macros and domain-specs of SPF (RFC 7208 section 7): their syntax, and the few that are known.

Most macros depend on the mail that is checked (its sender, address, HELO). Only `%{d}` and `%{o}`
are known from a record alone, so only they are ever expanded here.
"""

from __future__ import annotations

import functools
import re
from urllib.parse import quote

from dnstats.wire import MAX_LABEL, MAX_NAME, escape_label, is_plain

_EXPAND = re.compile(
    r"%(?:\{(?P<letter>[slodiphvSLODIPHV])(?P<digits>[0-9]*)(?P<reverse>[rR]?)"
    r"(?P<delimiters>[-.+,/_=]*)\}|(?P<escape>[%_-]))"
)
_ESCAPES = {"%": "%", "_": " ", "-": "%20"}
_LONGEST_EXPANDED = 253  # characters; longer names lose labels on the left (section 7.3)


def has_macro(text: str) -> bool:
    """Whether a value holds a macro of any kind."""
    return "%" in text


def macro_string_fault(text: str) -> str:
    """Why a text is no macro-string, "" when it is one. The text is visible ASCII."""
    at = text.find("%")
    while at >= 0:
        match = _EXPAND.match(text, at)
        if match is None:
            return f"`{text[at : at + 8]}` is no macro"
        digits = match["digits"]
        if digits and not digits.strip("0"):
            return f"the macro `{match[0]}` keeps 0 parts"  # section 7.3: MUST be nonzero
        at = text.find("%", match.end())
    return ""


@functools.lru_cache(maxsize=16384)
def domain_spec_fault(spec: str) -> str:
    """Why a text is no domain-spec, "" when it is one. The text is visible ASCII, not empty.

    domain-spec = macro-string domain-end; domain-end = ( "." toplabel [ "." ] ) / macro-expand
    """
    why = macro_string_fault(spec)
    if why:
        return why
    if _ends_in_macro(spec):
        return ""
    _, dot, top = spec.removesuffix(".").rpartition(".")
    if not dot:
        return f"`{spec}` has no dot: a single label is no domain here"
    if top.isascii() and top.isdigit():
        return f"`{spec}` ends in a number: an address needs `ip4:` before it"
    if not _is_toplabel(top):
        return f"`{spec}` does not end in a top-level domain"
    return ""


def _is_toplabel(top: str) -> bool:
    """Letters, digits and inner hyphens, and not digits alone."""
    if not top or top[0] == "-" or top[-1] == "-":
        return False
    return top.replace("-", "").isalnum() and not top.isdigit()


def _ends_in_macro(spec: str) -> bool:
    if "%" not in spec:
        return False
    end = 0
    for match in _EXPAND.finditer(spec):  # from the left: `%%{d}` is an escape and plain text
        end = match.end()
    return end == len(spec)


@functools.lru_cache(maxsize=16384)
def target_name(spec: str, domain: str, sender_domain: str) -> str | None:
    """The canonical name that a domain-spec stands for in the record of `domain`.

    None when it depends on the mail; "" when what comes out cannot be a name (section 4.3: then
    there is nothing to be found).
    """
    if "%" not in spec:
        return _canonical(spec)
    parts, at = [], 0
    for match in _EXPAND.finditer(spec):
        parts.append(spec[at : match.start()])
        expanded = _expand(match, domain, sender_domain)
        if expanded is None:
            return None
        parts.append(expanded)
        at = match.end()
    parts.append(spec[at:])
    name = "".join(parts).removesuffix(".")
    return _canonical(_shorten(name))


def _shorten(name: str) -> str:
    """Without as many labels on the left as it takes; in one step, names may be megabytes here."""
    if len(name) <= _LONGEST_EXPANDED:
        return name
    _, dot, rest = name[-_LONGEST_EXPANDED - 1 :].partition(".")
    return rest if dot else name


def _expand(match: re.Match[str], domain: str, sender_domain: str) -> str | None:
    if match["escape"]:
        return _ESCAPES[match["escape"]]
    letter = match["letter"]
    if letter not in "dDoO":
        return None
    value = domain if letter in "dD" else sender_domain
    delimiters = match["delimiters"] or "."
    if delimiters != ".":
        for delimiter in delimiters:
            value = value.replace(delimiter, "\0")
        labels = value.split("\0")
    else:
        labels = value.split(".")
    if match["reverse"]:
        labels.reverse()
    digits = match["digits"].lstrip("0")
    # More digits than any name has labels keep all of it; int() of a mile of digits would be slow.
    keep = len(labels) if not digits or len(digits) > 3 else int(digits)
    expanded = ".".join(labels[-keep:])
    return quote(expanded, safe="~") if letter.isupper() else expanded


def _canonical(name: str) -> str:
    """A name in canonical text, every character taken as it stands; "" when it cannot be one."""
    if name.isascii() and is_plain(lower := name.lower()):
        return lower
    labels = name.removesuffix(".").encode("latin-1", "replace").split(b".")
    if any(not label or len(label) > MAX_LABEL for label in labels):
        return ""
    if sum(len(label) + 1 for label in labels) + 1 > MAX_NAME:
        return ""
    return ".".join(escape_label(label) for label in labels)
