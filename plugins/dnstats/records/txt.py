"""TXT records as bytes and as text. Knows nothing of what any TXT record means.

The strings of one record are joined without anything between (RFC 7208 section 3.3, RFC 9989
section 4.5); `show` makes whatever the internet put there printable.
"""

from __future__ import annotations

import functools

from dnstats.answer import Answer
from dnstats.wire import show


def join_strings(rdata: bytes) -> bytes:
    """The character-strings of one TXT RDATA, joined; a string that breaks off counts as it is."""
    if rdata and rdata[0] == len(rdata) - 1:
        return rdata[1:]
    parts, offset = [], 0
    while offset < len(rdata):
        end = offset + 1 + rdata[offset]
        parts.append(rdata[offset + 1 : end])
        offset = end
    return b"".join(parts)


def texts(answer: Answer) -> tuple[bytes, ...]:
    """The joined texts of an answer to a TXT question, in its order; () unless present."""
    rrset = answer.rrset()
    if rrset is None:
        return ()
    return tuple(join_strings(rdata) for rdata in rrset.rdata)


@functools.lru_cache(maxsize=16384)
def readable(text: bytes) -> str:
    """A text for parsing: like `show`, with tabs as the white space that they are."""
    return show(text.replace(b"\t", b" "))
