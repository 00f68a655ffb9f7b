"""Opens a list wherever it stands: file or URL, plain, gzip or zip. Bounded in time and size."""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import httpx

from dnstats.lists.reading import BadList

MAX_BYTES = 200_000_000  # the whole Tranco list is 22 MB; unpacked bytes are bounded by the same
TIMEOUT = httpx.Timeout(30.0, connect=10.0)


def fetch_list(source: str) -> bytes:
    """The list's bytes as they stand at `source`; `BadList` says why they cannot be had."""
    if source.startswith(("http://", "https://")):
        return _download(source)
    path = Path(source).expanduser()
    try:
        if path.is_file() and path.stat().st_size > MAX_BYTES:
            raise BadList(f"the list {source} is larger than {MAX_BYTES:,} bytes")
        return path.read_bytes()
    except FileNotFoundError:
        raise BadList(f"there is no list at {source}: give the path or URL of a CSV") from None
    except OSError as fault:
        raise BadList(f"the list {source} cannot be read: {fault.strerror or fault}") from None


def _download(url: str) -> bytes:
    received = bytearray()
    try:
        with httpx.stream("GET", url, timeout=TIMEOUT, follow_redirects=True) as response:
            if response.status_code != 200:
                raise BadList(f"{url} answered HTTP {response.status_code} instead of a list")
            for part in response.iter_bytes():
                received += part
                if len(received) > MAX_BYTES:
                    raise BadList(f"the list at {url} is larger than {MAX_BYTES:,} bytes")
    except httpx.HTTPError as fault:
        reason = str(fault) or type(fault).__name__
        raise BadList(f"the list at {url} cannot be fetched: {reason}") from None
    return bytes(received)


def sha256(data: bytes) -> str:
    """Of the file as it came."""
    return hashlib.sha256(data).hexdigest()


def unpack_lines(data: bytes, source: str) -> Iterator[str]:
    """The text lines of plain, gzip or zip bytes; bytes that are no UTF-8 become U+FFFD."""
    try:
        if data[:2] == b"\x1f\x8b":
            raw = gzip.GzipFile(fileobj=io.BytesIO(data)).read(MAX_BYTES + 1)
        elif data[:4] == b"PK\x03\x04":
            raw = _unzip(data, source)
        else:
            raw = data
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError) as fault:
        raise BadList(f"the list {source} cannot be unpacked: {fault}") from None
    if len(raw) > MAX_BYTES:
        raise BadList(f"the list {source} unpacks to more than {MAX_BYTES:,} bytes")
    return iter(raw.decode("utf-8", "replace").splitlines())


def _unzip(data: bytes, source: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        if len(names) != 1:
            raise BadList(f"the zip {source} holds {len(names)} files; it must hold one CSV")
        try:
            with archive.open(names[0]) as member:
                return member.read(MAX_BYTES + 1)
        except RuntimeError as fault:  # an encrypted member
            raise BadList(f"the list {source} cannot be unpacked: {fault}") from None
