"""A list server on loopback that does what servers do: the right thing, and all the wrong ones."""

from __future__ import annotations

import datetime as dt
import gzip
import http.server
import io
import ipaddress
import ssl
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

Answer = tuple[int, dict[str, str], bytes]


def rows(*domains: str) -> bytes:
    """A list of these domains in this order."""
    return "".join(f"{rank},{name}\r\n" for rank, name in enumerate(domains, 1)).encode()


def many(count: int) -> bytes:
    """A list of so many sites."""
    return rows(*(f"site{number}.example" for number in range(1, count + 1)))


def zipped(**members: bytes) -> bytes:
    """A zip of these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


class ListServer:
    """`answers[path]` is (status, headers, body) or a function that is given the handler."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answers: dict[str, Answer | Callable[[http.server.BaseHTTPRequestHandler], None]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []

    def serve(self, path: str, body: bytes, status: int = 200, **headers: str) -> str:
        """Answer with this from now on; returns the address."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[path] = (status, named, body)
        return self.url + path


@contextmanager
def list_server(certificate: Path | None = None) -> Iterator[ListServer]:
    """A server in a thread; with a certificate (and its key, one PEM file) it speaks TLS."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
            answer = served.answers.get(self.path, (404, {}, b"<html>no such page</html>"))
            if callable(answer):
                answer(self)
                return
            status, headers, body = answer
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status not in (204, 304) and "Content-Length" not in headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    scheme = "http"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    served = ListServer(f"{scheme}://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()


def write_certificate(path: Path) -> None:
    """A certificate for 127.0.0.1 that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a list server")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    kept = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + kept)


def says_nothing(handler: http.server.BaseHTTPRequestHandler) -> None:
    """Accepts and keeps silent until the client goes."""
    handler.connection.settimeout(20)
    handler.rfile.read(1)
    handler.close_connection = True


def never_ends(handler: http.server.BaseHTTPRequestHandler) -> None:
    """Drips a good row every 20 ms, for ever."""
    handler.send_response(200)
    handler.end_headers()
    handler.close_connection = True
    rank = 0
    while True:
        rank += 1
        try:
            handler.wfile.write(f"{rank},site{rank}.example\n".encode())
        except OSError:
            return
        time.sleep(0.02)


def breaks_off(handler: http.server.BaseHTTPRequestHandler) -> None:
    """Promises more bytes than it sends."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    handler.wfile.write(many(100))
    handler.close_connection = True


BOMB = zipped(top=b"1,bomb.example\n" * 20_000)
CUT_ZIP = zipped(top=many(2000))[:-3000]
HTML = b"<!DOCTYPE html><html><body>Please prove that you are human.</body></html>"
GZIPPED = gzip.compress(many(100), mtime=0)
