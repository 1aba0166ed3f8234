"""A proxy before a real S3 that does to requests and answers what networks and stores do; it changes no byte of what
it lets through, so that signatures hold."""

import http.client
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Toxic:
    """What happens to one request; the default lets it through."""

    refuse: tuple[int, str] | None = None
    """Status and code of an answer that the store never gave."""
    headers: dict[str, str] = field(default_factory=dict)
    """Of that answer."""
    reset: bool = False
    """The connection ends before the store hears of it."""
    reset_at: float | None = None
    """The connection ends after this share of the request's body, a number of [0, 1]."""
    bytes_per_second: float = 0.0
    """The request's body comes no faster; what is whole goes to the store, whether or not the client still waits."""
    lose: bool = False
    """The store does it, and the connection ends before the answer."""
    truncate: int | None = None
    """The connection ends after so many bytes of the answer's body."""
    hang: bool = False
    """Nothing comes, until the client gives up."""
    stall_seconds: float = 0.0
    """Before the answer."""
    slice_bytes: int = 0
    """Both bodies come in pieces of so many bytes."""


NOTHING = Toxic()


class Proxy:
    """Stands at a port of its own; `choose(method, path)` says what happens to each request."""

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.choose: Callable[[str, str], Toxic] = lambda method, path: NOTHING
        self.edit: Callable[[bytes], bytes] = lambda body: body
        """What the store is sent in a body's place; no request that is signed survives another."""
        self.answers: list[bytes] = []
        """Bodies that the store gave."""
        self.seen: list[str] = []
        """Methods and paths, in order."""
        self.address = ""
        self.closing = threading.Event()


@contextmanager
def proxy(upstream: str) -> Iterator[Proxy]:
    """A proxy before the S3 at an http address."""
    made = Proxy(upstream)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(made))
    server.daemon_threads = True
    made.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield made
    finally:
        made.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _pieces(data: bytes, toxic: Toxic) -> Iterator[bytes]:
    size = toxic.slice_bytes or max(1, len(data))
    return (data[at : at + size] for at in range(0, len(data), size))


def _handler(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self) -> None:
            proxy.seen.append(f"{self.command} {self.path}")
            toxic = proxy.choose(self.command, self.path)
            body = self._body(toxic)
            if toxic.hang:
                proxy.closing.wait(30)
            if toxic.hang or toxic.reset or body is None:
                self._reset()
                return
            if toxic.refuse is not None:
                self._refuse(*toxic.refuse, toxic.headers)
                return
            status, headers, data = self._ask(proxy.edit(body), toxic)
            proxy.answers.append(data)
            proxy.closing.wait(toxic.stall_seconds)
            with suppress(ConnectionError):  # The client had no patience.
                self._reset() if toxic.lose else self._answer(status, headers, data, toxic)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = forward  # noqa: N815

        def _body(self, toxic: Toxic) -> bytes | None:
            """What the client sends; None where its connection ends before that."""
            size = int(self.headers.get("Content-Length") or 0)
            if toxic.reset_at is not None:
                self.rfile.read(int(size * toxic.reset_at))
                return None
            if toxic.bytes_per_second:
                proxy.closing.wait(size / toxic.bytes_per_second)
            return self.rfile.read(size)

        def _ask(self, body: bytes, toxic: Toxic) -> tuple[int, list[tuple[str, str]], bytes]:
            address = urlsplit(proxy.upstream)
            store = http.client.HTTPConnection(address.hostname or "", address.port or 80, timeout=30)
            store.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in ("expect", "content-length"):
                    store.putheader(name, value)
            store.putheader("Content-Length", str(len(body)))
            store.endheaders()
            for piece in _pieces(body, toxic):
                store.send(piece)
            answer = store.getresponse()
            found = answer.status, answer.getheaders(), answer.read()
            store.close()
            return found

        def _answer(self, status: int, headers: list[tuple[str, str]], data: bytes, toxic: Toxic) -> None:
            self.send_response_only(status)
            for name, value in headers:
                if name.lower() not in ("connection", "transfer-encoding", "keep-alive"):
                    self.send_header(name, value)
            self.end_headers()
            if toxic.truncate is not None and self.command == "GET":
                self.wfile.write(data[: toxic.truncate])
                self._reset()
                return
            for piece in _pieces(data, toxic):
                self.wfile.write(piece)

        def _refuse(self, status: int, code: str, headers: dict[str, str]) -> None:
            body = f"<Error><Code>{code}</Code><Message>as the test says</Message></Error>".encode()
            self.send_response_only(status)
            for name, value in {"Date": self.date_time_string(), "Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def _reset(self) -> None:
            self.close_connection = True
            self.wfile.flush()
            # Lingering for 0 seconds makes the end of the connection a reset.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

        def finish(self) -> None:
            if not self.connection._closed:  # type: ignore[attr-defined]
                super().finish()

        def log_message(self, *_: object) -> None:
            pass

    return Handler
