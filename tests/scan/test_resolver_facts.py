"""What resolvers tell of themselves: whatever they say or do not say, a scan goes on."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import dns.message
import dns.rrset
import pytest
from dnstats.records.dnssec_rdata import key_tag
from dnstats.scan.resolver_facts import ask_resolvers

# The root's key of 2017, by IANA's root-anchors.xml: tag 20326.
KSK_2017 = (
    "257 3 8 AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3+/4RgWOq7HrxRixHlFlExOLAJr5e"
    "mLvN7SWXgnLh4+B5xQlNVz8Og8kvArMtNROxVQuCaSnIDdD5LKyWbRd2n9WGe2R8PzgCmr3EgVLrjyBxWezF0jLHwVN8"
    "efS3rCj/EWgvIWgb9tarpVUDK/b58Da+sqqls3eNbuv7pr+eoZG+SrDK6nWeL3c6H5Apxz7LjVc1uTIdsIXxuOLYA4/i"
    "lBmSVIzuDWfdRUfhHdY6+cn8HFRm+2hM8AnXGXws9555KrUB5qihylGa8subX2Nn6UwNR1AkUTV74bU="
)
ZSK = "256 3 8 AwEAAc0="


@contextmanager
def resolver(answer: Callable[[bytes], bytes | None]) -> Iterator[str]:
    """A server on loopback that says what `answer` makes of a question."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(0.05)
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                try:
                    data, client = server.recvfrom(4096)
                except TimeoutError:
                    continue
                said = answer(data)
                if said is not None:
                    server.sendto(said, client)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{server.getsockname()[1]}"
        finally:
            over.set()
            thread.join()


def honest(data: bytes) -> bytes:
    """Tells its version and the root's keys, validated."""
    asked = dns.message.from_wire(data)
    answer = dns.message.make_response(asked)
    question = asked.question[0]
    if question.rdclass == dns.rdataclass.CH:
        answer.answer.append(
            dns.rrset.from_text("version.bind.", 0, "CH", "TXT", '"unbound 1.22.0"')
        )
    else:
        answer.answer.append(dns.rrset.from_text(".", 5, "IN", "DNSKEY", KSK_2017, ZSK))
        answer.flags |= dns.flags.AD
    return answer.to_wire()


def test_a_resolver_tells_its_software_and_the_roots_key() -> None:
    with resolver(honest) as address:
        (facts,) = ask_resolvers([address, address])
    assert (facts.address, facts.software, facts.validates) == (address, "unbound 1.22.0", True)
    assert list(map(key_tag, facts.root_keys)) == [20326]


def refused(data: bytes) -> bytes:
    answer = dns.message.make_response(dns.message.from_wire(data))
    answer.set_rcode(dns.rcode.REFUSED)
    return answer.to_wire()


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: None,
        refused,
        lambda data: data[:12],
        lambda data: data[:2] + bytes(10) + data[12:],
        lambda data: b"\0\0" + honest(data)[2:],
        lambda _: b"",
        lambda data: honest(data)[:60],
    ],
    ids=["silent", "refused", "cut off", "a question", "another ID", "empty", "half"],
)
def test_what_is_not_told_is_empty(answer: Callable[[bytes], bytes | None]) -> None:
    with resolver(answer) as address:
        (facts,) = ask_resolvers([address], seconds=0.3)
    assert (facts.software, facts.validates, facts.root_keys) == ("", None, ())


def test_an_address_that_is_none_tells_nothing() -> None:
    (facts,) = ask_resolvers(["nowhere"], seconds=0.1)
    assert facts.validates is None
