"""A small world in which a lone SPF record can be read: what it leads to is there unless said.

For the examples of rules and of the catalogue; a scan never comes here.

    *.invalid            does not exist            silent.example    never answers
    text.example         TXT, and none is SPF      two.example       two SPF records
    broken.example       a record with a fault     open.example      +all
    loop.example         includes itself           ten.example       ten look-ups more
    crowd.example        eleven mail exchanges     every other name  one host, one MX, -all
"""

from __future__ import annotations

from dnstats import wire
from dnstats.answer import Answer, Outcome, Question, Reason
from dnstats.records.record import Look, Site

EXAMPLE_SITE = Site(1, "example.com")

_TEXTS = {
    "text.example": ("no policy here",),
    "two.example": ("v=spf1 -all", "v=spf1 mx -all"),
    "broken.example": ("v=spf1 ipv4:192.0.2.1 -all",),
    "open.example": ("v=spf1 +all",),
    "loop.example": ("v=spf1 include:loop.example -all",),
    "ten.example": ("v=spf1 " + "a " * 10 + "-all",),
}


def example_look(text: str) -> Look:
    """Looks up in the world of this module; `text` is the site's own record, one a line."""

    def look(question: Question) -> Answer:
        name = question.name
        if name == "silent.example":
            return Answer(question=question, outcome=Outcome.NOT_MEASURED, reason=Reason.TIMEOUT)
        if name.endswith(".invalid"):
            return Answer(question=question, outcome=Outcome.NXDOMAIN)
        if question.rdtype != wire.TXT:
            return _present(question, _records(question))
        if name == EXAMPLE_SITE.domain:
            return _present(question, [_strings(line) for line in text.split("\n")])
        return _present(question, [_strings(t) for t in _TEXTS.get(name, ("v=spf1 -all",))])

    return look


def _records(question: Question) -> list[bytes]:
    if question.rdtype == wire.MX:
        count = 11 if question.name == "crowd.example" else 1
        names = [wire.write_name(f"mail{i}.example.net") for i in range(count)]
        return [b"\0\x0a" + name for name in names]
    if question.rdtype == wire.AAAA:
        return [bytes.fromhex("20010db8000000000000000000000001")]
    return [bytes((192, 0, 2, 1))]


def _strings(text: str) -> bytes:
    data = text.encode()
    parts = [data[i : i + 255] for i in range(0, len(data), 255)]
    return b"".join(bytes((len(part),)) + part for part in parts)


def _present(question: Question, rdata: list[bytes]) -> Answer:
    """A real message (RFC 1035 section 4.1), as short as it can be."""
    fixed = question.rdtype.to_bytes(2) + b"\0\1"
    records = b"".join(
        b"\xc0\x0c" + fixed + (300).to_bytes(4) + len(one).to_bytes(2) + one for one in rdata
    )
    header = b"\0\0\x81\x80\0\1" + len(rdata).to_bytes(2) + bytes(4)
    message = header + wire.write_name(question.name) + fixed + records
    return Answer(question=question, outcome=Outcome.PRESENT, rcode=0, message=message)
