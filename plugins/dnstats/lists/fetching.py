"""Opens a list wherever it stands: file or URL, plain, gzip or zip. Bounded in time and size."""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import re
import struct
import time
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec

from dnstats.lists.reading import BadList

MAX_BYTES = 200_000_000  # the whole Tranco list is 22 MB; unpacked bytes are bounded by the same
TIMEOUT = httpx.Timeout(30.0, connect=10.0)  # of one step
DEADLINE = 300.0  # seconds of the whole download, however steadily it drips
MAX_REDIRECTS = 5
MAX_VALIDATOR = 200  # characters of an ETag or a Last-Modified that are worth keeping
HEADERS = {"User-Agent": "dnstats"}

_PUBLISHED_ID = re.compile(r"[A-Z0-9]{4,10}")
_ID_IN_URL = re.compile(r"/(?:download|download_daily|list)/([A-Z0-9]{4,10})(?:/|$)")


class Version(msgspec.Struct, frozen=True):
    """What a server calls the version of a list that we have; empty: it said nothing."""

    etag: str = ""
    last_modified: str = ""

    def condition(self) -> dict[str, str]:
        """Request headers that ask for a newer one only (RFC 9110 section 13.1)."""
        named = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {header: value for header, value in named.items() if value}


class Fetched(msgspec.Struct, frozen=True):
    """The bytes of a list as they came, and their version."""

    data: bytes
    version: Version


def fetch_list(source: str) -> bytes:
    """The list's bytes as they stand at `source`; `BadList` says why they cannot be had."""
    fetched = fetch_newer(source, Version())
    assert fetched is not None
    return fetched.data


def fetch_newer(source: str, known: Version) -> Fetched | None:
    """The list at `source` (URL or path), None when the server says that it is the known one."""
    if is_url(source):
        return _download(source, known)
    try:
        return Fetched(_read_file(Path(source).expanduser()), Version())
    except FileNotFoundError:
        raise BadList(f"there is no list at {source}: give the path or URL of a CSV") from None
    except (OSError, ValueError, RuntimeError) as fault:  # RuntimeError: ~ of nobody
        reason = getattr(fault, "strerror", None) or fault
        raise BadList(f"the list {source} cannot be read: {reason}") from None


def _read_file(path: Path) -> bytes:
    if path.stat().st_size > MAX_BYTES:
        raise OSError(f"it is larger than {MAX_BYTES:,} bytes")
    if not (path.is_file() or path.is_dir()):  # a pipe that nobody fills, a device without end
        raise OSError("it is no file")
    return path.read_bytes()


def is_url(source: str) -> bool:
    """Whether a list is fetched from a server."""
    return source.startswith(("http://", "https://"))


def published_id(source: str) -> str:
    """The id that Tranco gives to the list at `source`; "" when it tells none.

    It stands in the address of a permanent list, and beside the daily one (`top-1m-id`).
    """
    if not is_url(source):
        return ""
    match = _ID_IN_URL.search(source)
    if match:
        return match[1]
    address = source.partition("?")[0]
    if not (address.rpartition("/")[2].startswith("top-1m") and address.endswith(".csv.zip")):
        return ""
    try:
        fetched = _download(address.removesuffix(".csv.zip") + "-id", Version(), most=100)
    except BadList:
        return ""
    text = fetched.data.decode("ascii", "replace").strip() if fetched else ""
    return text if _PUBLISHED_ID.fullmatch(text) else ""


def _download(url: str, known: Version, most: int | None = None) -> Fetched | None:
    most = most or MAX_BYTES
    headers = HEADERS | known.condition()
    received = bytearray()
    ends = time.monotonic() + DEADLINE
    try:
        with (
            httpx.Client(
                timeout=TIMEOUT, follow_redirects=True, max_redirects=MAX_REDIRECTS, headers=headers
            ) as client,
            client.stream("GET", url) as response,
        ):
            if url.startswith("https:") and any(
                one.url.scheme != "https" for one in (*response.history, response)
            ):
                raise BadList(f"{url} leads to an address without TLS, where anyone could alter it")
            if response.status_code == 304 and known.condition():
                return None
            if response.status_code != 200:
                raise BadList(f"{url} answered HTTP {response.status_code} instead of a list")
            for part in response.iter_bytes():
                received += part
                if len(received) > most:
                    raise BadList(f"the list at {url} is larger than {most:,} bytes")
                if time.monotonic() > ends:
                    raise BadList(f"the list at {url} was still coming after {DEADLINE:.0f} s")
            version = Version(_validator(response, "etag"), _validator(response, "last-modified"))
    except (httpx.HTTPError, httpx.InvalidURL) as fault:
        reason = str(fault) or type(fault).__name__
        raise BadList(f"the list at {url} cannot be fetched: {reason}") from None
    return Fetched(bytes(received), version)


def _validator(response: httpx.Response, header: str) -> str:
    """A header worth sending back as it came; "" for what would break the next request."""
    value = response.headers.get(header, "")
    usable = len(value) <= MAX_VALIDATOR and value.isascii() and value.isprintable()
    return value if usable else ""


def sha256(data: bytes) -> str:
    """Of the file as it came."""
    return hashlib.sha256(data).hexdigest()


# What the standard library raises about gzip and zip files that are broken, or encrypted.
_BROKEN = (
    OSError, EOFError, ValueError, RuntimeError, zlib.error, lzma.LZMAError, struct.error,
    zipfile.BadZipFile,
)  # fmt: skip


def unpack_lines(data: bytes, source: str) -> Iterator[str]:
    """The text lines of plain, gzip or zip bytes; bytes that are no UTF-8 become U+FFFD."""
    try:
        if data[:2] == b"\x1f\x8b":
            raw = gzip.GzipFile(fileobj=io.BytesIO(data)).read(MAX_BYTES + 1)
        elif data[:4] == b"PK\x03\x04":
            raw = _unzip(data, source)
        else:
            raw = data
    except BadList:
        raise
    except _BROKEN as fault:
        raise BadList(f"the list {source} cannot be unpacked: {fault}") from None
    if len(raw) > MAX_BYTES:
        raise BadList(f"the list {source} unpacks to more than {MAX_BYTES:,} bytes")
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise BadList(f"the list {source} is written in UTF-16: save it as UTF-8")
    return iter(raw.decode("utf-8", "replace").splitlines())


def _unzip(data: bytes, source: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        if len(names) != 1:
            raise BadList(f"the zip {source} holds {len(names)} files; it must hold one CSV")
        with archive.open(names[0]) as member:
            return member.read(MAX_BYTES + 1)
