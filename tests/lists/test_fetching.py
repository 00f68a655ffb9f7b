"""Lists come plain, gzipped or zipped, from files and over HTTP; every fault is one sentence."""

from __future__ import annotations

import contextlib
import gzip
import http.server
import io
import os
import random
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from dnstats.lists import fetching
from dnstats.lists.fetching import fetch_list, unpack_lines
from dnstats.lists.reading import BadList

TEXT = b"1,example.com\n2,example.org\n"


def _zip(method: int = zipfile.ZIP_STORED, **members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize("data", [TEXT, gzip.compress(TEXT, mtime=0), _zip(top=TEXT)])
def test_plain_gzip_and_zip_are_told_by_their_bytes(data: bytes) -> None:
    assert list(unpack_lines(data, "list")) == ["1,example.com", "2,example.org"]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (gzip.compress(TEXT, mtime=0)[:-9], "cannot be unpacked"),
        (b"\x1f\x8bnothing", "cannot be unpacked"),
        (b"PK\x03\x04nothing", "cannot be unpacked"),
        (_zip(a=TEXT, b=TEXT), "holds 2 files"),
        (TEXT.decode().encode("utf-16"), "written in UTF-16: save it as UTF-8"),
    ],
)
def test_broken_packages_are_refused_in_one_sentence(data: bytes, why: str) -> None:
    with pytest.raises(BadList, match=why):
        list(unpack_lines(data, "list"))


@pytest.mark.parametrize(
    "method", [None, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_no_spoilt_byte_of_a_package_is_more_than_a_bad_list(method: int | None) -> None:
    packed = gzip.compress(TEXT * 9, mtime=0) if method is None else _zip(method, lists=TEXT * 9)
    chance = random.Random(f"spoilt {method}")
    for _ in range(500):
        data = bytearray(packed)
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(4, len(data))] = chance.randrange(256)
        with contextlib.suppress(BadList):
            list(unpack_lines(bytes(data), "list"))


def test_a_bomb_is_not_unpacked(monkeypatch) -> None:
    monkeypatch.setattr(fetching, "MAX_BYTES", 1000)
    for data in (gzip.compress(b"x" * 5000, mtime=0), _zip(a=b"x" * 5000)):
        with pytest.raises(BadList, match="more than 1,000 bytes"):
            unpack_lines(data, "bomb")


def test_a_missing_file_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(BadList, match=r"there is no list at .*gone\.csv: give the path or URL"):
        fetch_list(str(tmp_path / "gone.csv"))
    with pytest.raises(BadList, match="cannot be read"):
        fetch_list(str(tmp_path))
    with pytest.raises(BadList, match="cannot be read: Could not determine home"):
        fetch_list("~no-such-user-here/list.csv")


def test_a_pipe_that_nobody_fills_and_a_device_without_end_are_no_lists(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (str(tmp_path / "pipe"), "/dev/zero"):
        with pytest.raises(BadList, match="cannot be read: it is no file"):
            fetch_list(path)


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/list.csv":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(TEXT)
        elif self.path == "/cut.csv":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(TEXT)
        else:
            self.send_response(503)
            self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_list_over_http(site: str) -> None:
    assert fetch_list(f"{site}/list.csv") == TEXT


def test_a_download_that_breaks_off_is_no_list(site: str) -> None:
    with pytest.raises(BadList, match="cannot be fetched"):
        fetch_list(f"{site}/cut.csv")


def test_an_error_page_is_no_list(site: str) -> None:
    with pytest.raises(BadList, match="HTTP 503"):
        fetch_list(f"{site}/other.csv")


def test_a_server_that_is_not_there_is_one_sentence() -> None:
    with pytest.raises(BadList, match="cannot be fetched"):
        fetch_list("http://127.0.0.1:1/list.csv")
