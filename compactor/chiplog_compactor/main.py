"""The compactor's process: settings, signals, health and the loop that decides when; it decides nothing about what.

`--once` makes one pass over everything and ends: so a directory is compacted, or a bucket by a CronJob.
"""

import argparse
import gc
import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from chiplog import layout, logs
from chiplog.bucket import Bucket
from chiplog.bucket.opening import open_bucket
from chiplog.errors import BucketError, ChiplogError, FormatError, NotFound, SettingsError
from chiplog_compactor.compactor import Compactor
from chiplog_compactor.decoding import Decoder
from chiplog_compactor.rebuilding import Rebuilding
from chiplog_compactor.sealing import SupersededError
from chiplog_compactor.settings import Settings

MAX_BACKOFF_SECONDS = 60.0
"""Longest pause after the store refused."""

STALE_SECONDS = 600.0
"""A loop that has not come round for this long is not healthy: a sealing takes seconds."""

log = logs.Logger()


class Loop:
    """Looks again and again until it is stopped."""

    def __init__(self, compactor: Compactor) -> None:
        self._compactor = compactor
        self._stop = threading.Event()
        self._failures = 0
        self._turned = time.monotonic()
        self.problem = ""

    def stop(self, *_: object) -> None:
        """End after the request that is under way; a signal handler."""
        self._stop.set()

    def is_healthy(self) -> bool:
        """The loop moves, whatever the store says."""
        return time.monotonic() - self._turned < STALE_SECONDS

    def run(self) -> None:
        """Look until stopped."""
        while not self._stop.is_set():
            self._stop.wait(self._look())
            self._turned = time.monotonic()

    def _look(self) -> float:
        """One look; how long to pause after it."""
        try:
            self._compactor.look()
        except BucketError as error:
            self._failures += 1
            self.problem = str(error)
            log.warning("the bucket refused, trying again", reason=str(error), failures=self._failures)
            return min(self._compactor.pause() * 2.0 ** min(self._failures, 10), MAX_BACKOFF_SECONDS)
        self._failures, self.problem = 0, ""
        return self._compactor.pause()


def serve(port: int, loop: Loop) -> ThreadingHTTPServer | None:
    """Serve /healthz in a thread; None where `port` is 0."""
    if port == 0:
        return None

    class Handler(BaseHTTPRequestHandler):
        """Answers the kubelet."""

        def do_GET(self) -> None:
            healthy = self.path == "/healthz" and loop.is_healthy()
            body = json.dumps({"healthy": healthy, "problem": loop.problem}).encode()
            self.send_response(200 if healthy else 503)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """A probe is not worth a line."""

    server = ThreadingHTTPServer(("", port), Handler)
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server


def spare_collections() -> None:
    """Look for cycles seldom: rows hold none, and a million points are some hundred thousand new dictionaries.

    By the default thresholds the garbage collector was a tenth of a sealing.
    """
    gc.freeze()
    gc.set_threshold(100_000, 10, 10)


def main() -> None:
    """Run the compactor of this environment until SIGTERM or SIGINT, or once."""
    parser = argparse.ArgumentParser(prog="chiplog-compactor", description=__doc__)
    parser.add_argument("--once", action="store_true", help="make one pass; exit code 1 if a run was not sealed")
    parser.add_argument(
        "--rebuild",
        metavar="CLUSTER/NAMESPACE/RUN",
        help="make the tables of this sealed run again, where parts of them are lost; exit code 1 if they cannot be",
    )
    parser.add_argument("--bucket", help="s3://bucket/prefix or a directory (default: CHIPLOG_BUCKET)")
    given = parser.parse_args()
    spare_collections()
    logs.configure(os.environ.get("CHIPLOG_LOG_LEVEL", "info"))
    environ = {**os.environ, **({"CHIPLOG_BUCKET": given.bucket} if given.bucket else {})}
    try:
        settings = Settings.from_env(environ)
        compactor = Compactor(open_bucket(settings.bucket), settings)
    except SettingsError as error:
        sys.exit(f"chiplog-compactor: {error}")
    if given.rebuild:
        sys.exit(_rebuild(compactor.bucket, given.rebuild))
    sys.exit(_once(compactor) if given.once else _forever(compactor, settings))


def _rebuild(bucket: Bucket, path: str) -> int:
    try:
        place = layout.parse_run_path(path)
        made = Rebuilding(bucket, place, Decoder()).rebuild()
    except (FormatError, SupersededError) as error:
        log.error("not rebuilt, nothing was changed", run=path, reason=str(error))
        return 1
    except NotFound:
        log.error("there is no sealed run of this name", run=path)
        return 3
    except ChiplogError as error:
        log.error("the bucket refused", reason=str(error))
        return 5
    if not made:
        log.info("nothing is lost", run=path)
    return 0


def _once(compactor: Compactor) -> int:
    try:
        compactor.look()
        while compactor.is_behind:
            compactor.look()
    except ChiplogError as error:
        log.error("the bucket refused", reason=str(error))
        return 5
    return 1 if compactor.problems else 0


def _forever(compactor: Compactor, settings: Settings) -> int:
    loop = Loop(compactor)
    signal.signal(signal.SIGTERM, loop.stop)
    signal.signal(signal.SIGINT, loop.stop)
    serve(settings.health_port, loop)
    log.info("looking", bucket=settings.bucket)
    loop.run()
    return 0


if __name__ == "__main__":
    main()
