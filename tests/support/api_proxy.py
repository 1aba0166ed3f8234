"""A door before the real API server that harms what passes, as told: kills, stalls, refusals, stale and odd events.

Behind it the test's own kubeconfig speaks, so whoever comes through needs no credentials.
"""

import base64
import http.client
import http.server
import json
import os
import ssl
import tempfile
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

Json = dict[str, Any]


class Faults:
    """What happens to requests; a test changes it while they come."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.writes: list[str] = []
        """Every change that was asked for, `PATCH …/status`, in order; leases are left out."""
        self.requests: list[str] = []
        self.after_write: Callable[[int, str], bool] = lambda number, what: False
        """Called when the server has taken a write and nobody has heard of it yet; True keeps the answer back."""
        self.refuse: Callable[[str, str], tuple[int, dict[str, str]] | None] = lambda method, path: None
        """A status code and headers to answer with, instead of asking the server."""
        self.is_stalled = threading.Event()
        """Watches keep their connections and bring nothing."""
        self.is_cut = threading.Event()
        """Watches are cut at once."""
        self.rewrite: Callable[[str, bytes], list[bytes]] = lambda path, line: [line]
        """What becomes of one event of a watch: none, one, or several."""
        self.substitute: Callable[[str, bytes], bytes] = lambda path, body: body
        """What becomes of the answer to a GET."""

    def wrote(self, what: str) -> int:
        with self.lock:
            self.writes.append(what)
            return len(self.writes)


EXPIRED = b'{"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}}\n'
"""What a watch is told whose place in the server's history is lost."""


class Gap:
    """Watches bring nothing for a while (`is_on`), and each is then told that it is lost (`is_over`)."""

    KINDS = ("trainingruns", "jobs", "pods")

    def __init__(self, faults: Faults) -> None:
        self.is_on = self.is_over = False
        self._told: set[str] = set()
        faults.rewrite = self._rewrite

    @property
    def is_told(self) -> bool:
        """Each watch has heard it."""
        return len(self._told) == len(self.KINDS)

    def _rewrite(self, path: str, line: bytes) -> list[bytes]:
        kind = next((kind for kind in self.KINDS if f"/{kind}?" in path), "")
        if not self.is_on or not kind or kind in self._told:
            return [line]
        if self.is_over:
            self._told.add(kind)
        return [EXPIRED] if self.is_over else []


class Upstream:
    """The API server of a kubeconfig."""

    def __init__(self, kubeconfig: Path) -> None:
        config = yaml.safe_load(kubeconfig.read_text())
        context = next(item for item in config["contexts"] if item["name"] == config["current-context"])["context"]
        cluster = next(item for item in config["clusters"] if item["name"] == context["cluster"])["cluster"]
        user = next(item for item in config["users"] if item["name"] == context["user"])["user"]
        server = urllib.parse.urlsplit(cluster["server"])
        self.host, self.port = str(server.hostname), server.port or 443
        self.token = user.get("token", "")
        self.ssl = ssl.create_default_context(cadata=_pem(cluster, "certificate-authority").decode())
        if "client-certificate" in user or "client-certificate-data" in user:
            with tempfile.NamedTemporaryFile() as pair:
                pair.write(_pem(user, "client-certificate") + b"\n" + _pem(user, "client-key"))
                pair.flush()
                self.ssl.load_cert_chain(pair.name)

    def connect(self) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(self.host, self.port, context=self.ssl, timeout=120)


@contextmanager
def proxy(faults: Faults) -> Iterator[str]:
    """The address of the door, for as long as the context lasts."""
    upstream = Upstream(Path(os.environ["KUBECONFIG"]))

    class Handler(_Handler):
        pass

    Handler.faults, Handler.upstream = faults, upstream
    server = _Server(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.block_on_close = True, False
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        faults.is_cut.set()
        server.shutdown()
        thread.join()
        server.server_close()


def kubeconfig(address: str, path: Path) -> Path:
    """A kubeconfig that leads through the door."""
    path.write_text(
        yaml.safe_dump({
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": address}}],
            "users": [{"name": "u", "user": {}}],
        })
    )  # fmt: skip
    return path


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """Whoever is killed leaves his connections torn: that is what we are here for."""


class _Handler(http.server.BaseHTTPRequestHandler):
    faults: Faults
    upstream: Upstream
    protocol_version = "HTTP/1.1"

    def pass_on(self) -> None:
        faults, path = self.faults, self.path
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        is_write = self.command != "GET" and "/leases" not in path
        with faults.lock:
            faults.requests.append(f"{self.command} {path}")
        refusal = faults.refuse(self.command, path)
        if refusal is not None:
            self._say(refusal[0], json.dumps({"kind": "Status", "message": "refused", "code": refusal[0]}).encode(),
                      refusal[1])  # fmt: skip
            return
        connection = self.upstream.connect()
        headers = {k: v for k, v in self.headers.items() if k.lower() in ("accept", "content-type")}
        if self.upstream.token:
            headers["Authorization"] = f"Bearer {self.upstream.token}"
        try:
            connection.request(self.command, path, body or None, headers)
            answer = connection.getresponse()
            if "watch=true" in path or "watch=1" in path:
                self._stream(answer)
                return
            data = answer.read()
            if is_write and 200 <= answer.status < 300:
                what = f"{self.command} {urllib.parse.urlsplit(path).path}"
                if faults.after_write(faults.wrote(what), what):
                    self.close_connection = True
                    return
            if self.command == "GET":
                data = faults.substitute(path, data)
            self._say(answer.status, data, {})
        except OSError:
            self.close_connection = True
        finally:
            connection.close()

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = pass_on  # noqa: N815  (the names that http.server calls)

    def _say(self, status: int, data: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, answer: http.client.HTTPResponse) -> None:
        """Line by line, for an event of a watch is a line."""
        self.close_connection = True
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for line in answer:
                if self.faults.is_cut.is_set():
                    return
                while self.faults.is_stalled.wait(0) and not self.faults.is_cut.is_set():
                    self.faults.is_cut.wait(0.2)
                for event in self.faults.rewrite(self.path, line):
                    self.wfile.write(f"{len(event):x}\r\n".encode() + event + b"\r\n")
                    self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")
        except (OSError, http.client.HTTPException):
            return

    def log_message(self, *_: Any) -> None:
        pass


def _pem(entry: Json, name: str) -> bytes:
    if f"{name}-data" in entry:
        return base64.b64decode(entry[f"{name}-data"])
    return Path(entry[name]).read_bytes()
