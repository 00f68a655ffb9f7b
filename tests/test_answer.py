"""What a message says about its question: absence only where a server said so."""

from __future__ import annotations

import dns.message
import pytest
from dnstats import wire
from dnstats.answer import Answer, Outcome, Question, Reason, classify
from dnstats.wire import parse

A = Question("www.example", wire.A)
DIRECT = Question("example", wire.NS, "192.0.2.53")
SOA = "example. 5 IN SOA ns.example. host.example. 1 2 3 4 5"


def _message(rcode: str, flags: str, answer: str = "", authority: str = "") -> wire.Message:
    text = f"id 1\nopcode QUERY\nrcode {rcode}\nflags QR {flags}\n;QUESTION\nwww.example. IN A\n"
    text += f";ANSWER\n{answer}" + "\n" * bool(answer) + f";AUTHORITY\n{authority}"
    message = dns.message.from_text(text)
    assert bool(message.authority) == bool(authority)
    return parse(message.to_wire())


@pytest.mark.parametrize(
    ("question", "rcode", "flags", "answer", "authority", "expected"),
    [
        (A, "NOERROR", "RA", "www.example. 1 IN A 192.0.2.1", "", (Outcome.PRESENT, None)),
        (A, "NOERROR", "RA", "WWW.EXAMPLE. 1 IN A 192.0.2.1", "", (Outcome.PRESENT, None)),
        (A, "NOERROR", "RA", "", SOA, (Outcome.NODATA, None)),
        (A, "NOERROR", "RA", "", "", (Outcome.NODATA, None)),
        (A, "NXDOMAIN", "RA", "", SOA, (Outcome.NXDOMAIN, None)),
        (A, "NOERROR", "RA", "other.example. 1 IN A 192.0.2.1", SOA, (Outcome.NODATA, None)),
        (A, "SERVFAIL", "RA", "", "", (Outcome.NOT_MEASURED, Reason.SERVFAIL)),
        (A, "REFUSED", "RA", "", "", (Outcome.NOT_MEASURED, Reason.REFUSED)),
        (A, "FORMERR", "RA", "", "", (Outcome.NOT_MEASURED, Reason.FORMERR)),
        (A, "NOTIMP", "RA", "", "", (Outcome.NOT_MEASURED, Reason.NOTIMP)),
        (A, "YXDOMAIN", "RA", "", "", (Outcome.NOT_MEASURED, Reason.RCODE)),
        # A referral proves nothing, neither from a resolver nor from a server.
        (A, "NOERROR", "", "", "example. 1 IN NS ns.example.", (Outcome.NOT_MEASURED, Reason.LAME)),
        # Aliases: to the record, to nothing, in a ring.
        (A, "NOERROR", "RA", "www.example. 1 IN CNAME a.example.\na.example. 1 IN A 192.0.2.1", "",
         (Outcome.PRESENT, None)),
        (A, "NXDOMAIN", "RA", "www.example. 1 IN CNAME a.example.", SOA, (Outcome.NXDOMAIN, None)),
        (A, "NOERROR", "RA",
         "www.example. 1 IN CNAME a.example.\na.example. 1 IN CNAME www.example.", "",
         (Outcome.NOT_MEASURED, Reason.ALIAS_LOOP)),
        # A server asked directly must speak with authority.
        (DIRECT, "NOERROR", "AA", "example. 1 IN NS ns.example.", "", (Outcome.PRESENT, None)),
        (DIRECT, "NOERROR", "RA", "example. 1 IN NS ns.example.", "",
         (Outcome.NOT_MEASURED, Reason.LAME)),
        (DIRECT, "NXDOMAIN", "", "", SOA, (Outcome.NOT_MEASURED, Reason.LAME)),
        (DIRECT, "NXDOMAIN", "AA", "", SOA, (Outcome.NXDOMAIN, None)),
        (DIRECT, "NOERROR", "AA", "", SOA, (Outcome.NODATA, None)),
    ],
)  # fmt: skip
def test_a_message_is_present_absent_or_not_measured(
    question, rcode, flags, answer, authority, expected
) -> None:
    assert classify(_message(rcode, flags, answer, authority), question) == expected


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_is_exactly_one_of_present_absent_referral_not_measured(
    outcome: Outcome,
) -> None:
    answer = Answer(A, outcome)
    kinds = [answer.is_present, answer.is_absent, answer.is_referral, not answer.is_measured]
    assert kinds.count(True) == 1


def test_the_rrset_follows_aliases_and_leaves_other_records_out() -> None:
    text = (
        "www.example. 60 IN CNAME a.example.\na.example. 30 IN A 192.0.2.1\n"
        "a.example. 20 IN A 192.0.2.2\nb.example. 10 IN A 192.0.2.3"
    )
    message = _message("NOERROR", "RA", text)
    found = Answer(A, Outcome.PRESENT, message=message.wire).rrset()
    assert found is not None
    assert (found.owner, found.aliases, found.ttl) == ("a.example", ("www.example",), 20)
    assert sorted(found.rdata) == [b"\xc0\x00\x02\x01", b"\xc0\x00\x02\x02"]
