"""Answers the kubelet on a port of its own, for the dashboard may listen on loopback alone; it shows nothing else."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def serve(port: int) -> ThreadingHTTPServer | None:
    """Serve /healthz in a thread; None where `port` is 0. A process that answers lives: the store may be down."""
    if port == 0:
        return None
    server = ThreadingHTTPServer(("", port), _Handler)
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b"ok\n" if self.path == "/healthz" else b"only /healthz is here\n"
        self.send_response(200 if self.path == "/healthz" else 404)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """A probe is not worth a line."""
