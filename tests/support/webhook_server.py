"""A webhook's receiver on loopback that answers as it is told, and notes what it got."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Receiver:
    """What is to be answered, in turn (the last one stays), and what came."""

    answers: list[tuple[int, dict[str, str]]] = field(default_factory=lambda: [(200, {})])
    """Status and headers; a status of 0 keeps the sender waiting until the end of the test."""
    got: list[tuple[dict[str, str], Any]] = field(default_factory=list)
    """Headers and JSON."""
    paths: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/services/SECRET"

    def texts(self) -> list[str]:
        return [body["text"] for _, body in self.got]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver, served in threads."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append((dict(self.headers), json.loads(body)))
            receiver.paths.append(self.path)
            status, headers = receiver.answers[min(len(receiver.got), len(receiver.answers)) - 1]
            if status == 0:
                receiver.over.wait(60)
                return
            self.send_response(status)
            for name, value in {**headers, "Content-Length": "0"}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        receiver.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield receiver
        finally:
            receiver.over.set()
            server.shutdown()
            thread.join()
