"""Which DNS a run asks, decided with real servers on loopback and with none."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from dnstats.stack.choose_dns import Choice, answering, choose, system_resolvers
from dnstats.stack.fault import StackFault


@contextmanager
def server(rcode: int = dns.rcode.NOERROR, drop: int = 0, records: bool = True) -> Iterator[str]:
    """A resolver of one answer; it says nothing to the first `drop` questions."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(0.1)
        ended = threading.Event()

        def serve() -> None:
            seen = 0
            while not ended.is_set():
                try:
                    wire, client = sock.recvfrom(4096)
                except TimeoutError:
                    continue
                seen += 1
                if seen > drop:
                    sock.sendto(reply(wire), client)

        def reply(wire: bytes) -> bytes:
            answer = dns.message.make_response(dns.message.from_wire(wire))
            answer.set_rcode(dns.rcode.Rcode(rcode))
            if records:
                answer.answer.append(
                    dns.rrset.from_text(".", 60, "IN", "NS", "a.root-servers.net.")
                )
            return answer.to_wire()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{sock.getsockname()[1]}"
        finally:
            ended.set()
            thread.join()


@contextmanager
def silence() -> Iterator[str]:
    with server(drop=10**9) as address:
        yield address


def conf(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "resolv.conf"
    path.write_text(text)
    return path


def test_a_resolver_that_knows_the_root_answers() -> None:
    with server() as good, silence() as bad:
        assert answering([bad, good], 0.3) == (good,)


def test_one_lost_question_is_not_silence() -> None:
    with server(drop=1) as good:
        assert answering([good], 0.3) == (good,)


@pytest.mark.parametrize("rcode", [dns.rcode.SERVFAIL, dns.rcode.REFUSED, dns.rcode.NXDOMAIN])
def test_a_resolver_that_refuses_does_not_count(rcode: int) -> None:
    with server(rcode=rcode, records=False) as address:
        assert answering([address], 0.3) == ()


def test_an_empty_answer_does_not_count() -> None:
    with server(records=False) as address:
        assert answering([address], 0.3) == ()


def test_auto_takes_the_lab_when_nobody_answers(tmp_path: Path) -> None:
    # 127.99.99.99:53: nothing listens there.
    found = choose("auto", resolv_conf=conf(tmp_path, "nameserver 127.99.99.99\n"), seconds=0.2)
    assert found.mode == "lab"
    assert "127.99.99.99" in found.why


@pytest.mark.parametrize("text", ["", "search example.com\n", "\x00\xff garbage\n"])
def test_auto_takes_the_lab_when_there_is_no_resolver(tmp_path: Path, text: str) -> None:
    assert choose("auto", resolv_conf=conf(tmp_path, text), seconds=0.2).mode == "lab"
    assert system_resolvers(tmp_path / "missing") == ()


def test_system_without_an_answer_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(StackFault, match="did not answer"):
        choose("system", resolv_conf=conf(tmp_path, "nameserver 127.99.99.99\n"), seconds=0.2)


def test_named_resolvers_are_taken_as_they_are() -> None:
    assert choose("192.0.2.1, 192.0.2.2:5353,[2001:db8::1]:53") == Choice(
        "custom", ("192.0.2.1", "192.0.2.2:5353", "[2001:db8::1]:53"), "as you asked"
    )


@pytest.mark.parametrize("wanted", ["google", "1.2.3", "192.0.2.1:99999", "192.0.2.1:x", "lab,"])
def test_what_is_no_resolver_is_refused_in_one_sentence(wanted: str) -> None:
    with pytest.raises(StackFault, match="auto, system or lab"):
        choose(wanted)
