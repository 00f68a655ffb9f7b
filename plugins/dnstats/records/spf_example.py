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
from dnstats.records.example import look_in, txt_rdata
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


def example_look(*texts: str) -> Look:
    """Looks up in the world of this module; `texts` are the TXT records of the site itself."""

    def look(question: Question) -> Answer:
        name, rdtype = question.name, question.rdtype
        if name == "silent.example":
            return Answer(question=question, outcome=Outcome.NOT_MEASURED, reason=Reason.TIMEOUT)
        if name.endswith(".invalid"):
            return Answer(question=question, outcome=Outcome.NXDOMAIN)
        if rdtype == wire.TXT:
            found = texts if name == EXAMPLE_SITE.domain else _TEXTS.get(name, ("v=spf1 -all",))
            rdata = tuple(txt_rdata(text.encode()) for text in found)
        elif rdtype == wire.MX:
            rdata = _exchanges(11 if name == "crowd.example" else 1)
        elif rdtype == wire.AAAA:
            rdata = (bytes.fromhex("20010db8000000000000000000000001"),)
        else:
            rdata = (bytes((192, 0, 2, 1)),)
        return look_in({(name, rdtype): rdata})(question)

    return look


def _exchanges(count: int) -> tuple[bytes, ...]:
    return tuple(b"\0\x0a" + wire.write_name(f"mail{i}.example.net") for i in range(count))
