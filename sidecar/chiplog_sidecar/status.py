"""The recorder's status page: one small JSON over HTTP, so that the operator learns why nothing arrives in the bucket.

It holds no record and no credential; a port that is taken costs the page, never the recording.
"""

import json
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chiplog import logs

if TYPE_CHECKING:
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

log = logs.Logger()

_POLL_SECONDS = 2.0
"""Between two looks of the server whether it is to end; a request wakes it at once."""


def serve(port: int, report: Callable[[], dict[str, Any]]) -> "ThreadingHTTPServer | None":
    """Serve `report()` at /status in a thread of its own; None where the port is 0 or taken."""
    if port == 0:
        return None
    # Half a second of a tenth of a core, which belongs to the first rows: whoever calls this has shipped them.
    from http.server import ThreadingHTTPServer

    try:
        server = ThreadingHTTPServer(("", port), _handler(report))
    except OSError as error:
        log.warning("status port is taken, going on without the page", port=port, reason=error.strerror)
        return None
    threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), name="status", daemon=True).start()
    return server


def _handler(report: Callable[[], dict[str, Any]]) -> "type[BaseHTTPRequestHandler]":
    from http.server import BaseHTTPRequestHandler

    class Handler(BaseHTTPRequestHandler):
        """Answers GET /status."""

        def do_GET(self) -> None:
            if self.path != "/status":
                self.send_error(404)
                return
            body = json.dumps(report()).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """A page that is asked every few seconds is not worth a line."""

    return Handler
