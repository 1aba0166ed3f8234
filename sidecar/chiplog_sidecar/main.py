"""The recorder's process: settings, signals and the loop that decides when; it decides nothing about what."""

import gc
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from chiplog import logs, rundir
from chiplog.bucket.opening import open_bucket
from chiplog.errors import AccessDenied, BucketError, BucketMissing, FormatError, SettingsError
from chiplog.local import alive
from chiplog_sidecar import backoff, status
from chiplog_sidecar.recorder import Clock, Recorder
from chiplog_sidecar.settings import Settings
from chiplog_sidecar.shipping import SupersededError

MAX_DRAIN_PAUSE_SECONDS = 1.0
"""Between two tries of a drain: the pod's grace is running."""

REQUEST_SECONDS = 1.0
"""How soon a request to flush ends a pause."""

UNFINISHED = 75
"""Exit code of a recorder that was told not to wait for the store any longer (EX_TEMPFAIL)."""

log = logs.Logger()


Trouble = BucketError | FormatError | OSError
"""What ends a pass, and not the process."""

Wait = Callable[[threading.Event, float], object]
"""Lets so many seconds go by, or fewer if the event is set."""


class Loop:
    """Runs the passes of one recorder until it is told to stop, then drains.

    Whatever the store or the run directory answers, the process goes on: an end of it would cost the trainer's pod
    restarts, and would help nobody.
    """

    def __init__(self, settings: Settings, make: Callable[[], Recorder], wait: Wait = threading.Event.wait) -> None:
        self._settings = settings
        self._make = make
        self._wait = wait
        self._recorder = make()
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._stopped_at = 0.0
        self._failures = 0
        self._error: Trouble | None = None
        self._never = threading.Event()
        self._is_flush_asked = self._is_new = self._is_shown = False
        self._store: dict[str, str] = {"state": "unknown", "message": "nothing was asked of the bucket yet"}
        self._flush_request = settings.root / rundir.FLUSH_REQUEST

    def stop(self, *_: object) -> None:
        """Begin to drain; a signal handler."""
        self._stopped_at = self._stopped_at or time.monotonic()
        self._stop.set()
        self._wake.set()

    def report(self) -> dict[str, Any]:
        """What the status page shows."""
        recorder = self._recorder
        return {
            "bucket": self._store,
            "state": recorder.state,
            "pending_bytes": recorder.pending_bytes(),
            "streams": recorder.shown,
            "problems": recorder.problems,
            "requests": dict(recorder.requests),
        }

    def run(self) -> bool:
        """Resume, record until stopped, drain; True once everything that was found is in the bucket.

        It does not end before that, but where the settings end a drain earlier.
        """
        while not self._attempt(self._resume):
            if self._is_given_up():
                return False
            self._pause()
        while not self._is_over():
            self._look_for_flush_request()
            if self._attempt(self._recorder.record):
                self._tell()
                self._wait(self._wake, self._recorder.rest())
                self._show()
            else:
                self._pause()
        return self.drain()

    def drain(self) -> bool:
        """Ship everything that was found, however often it takes; False where the settings end that earlier."""
        log.info("draining", pending_bytes=self._recorder.pending_bytes())
        while not self._attempt(self._recorder.drain):
            if self._is_given_up():
                return False
            self._pause()
        log.info("drained", **self._recorder.requests)
        return True

    def _is_over(self) -> bool:
        """Whether the recorder was told to stop, or nobody lives for whom it records."""
        if not self._stop.is_set() and self._settings.until is not None and not alive.is_held(self._settings.until):
            self.stop()
        return self._stop.is_set()

    def _is_given_up(self) -> bool:
        """Whether the store had its time since the end."""
        limit = self._settings.drain_seconds
        is_late = self._is_over() and 0 < limit <= time.monotonic() - self._stopped_at
        if is_late:
            log.warning("not all is in the bucket, the next recorder of this directory goes on", after_seconds=limit)
        return is_late

    def _resume(self) -> None:
        self._recorder.cargo.stop()
        self._recorder = self._make()
        self._recorder.resume()
        self._recorder.cargo.start()
        self._is_new = True

    def _tell(self) -> None:
        """Say once that it records: after the first pass, for the first word takes long (`chiplog.logs`)."""
        if self._is_new:
            self._is_new = False
            log.info("recording", streams=len(self._recorder.streams), bucket=self._settings.bucket)

    def _show(self) -> None:
        """Serve the status page, once there is something to show: a trouble, or the first rows' way is behind us."""
        if not self._is_shown:
            self._is_shown = True
            status.serve(self._settings.status_port, self.report)

    def _attempt(self, step: Callable[[], None]) -> bool:
        """Do one step; on an error of the store or of the run directory remember it, and say whether it went well."""
        try:
            step()
            self._recover()
        except SupersededError as error:
            log.warning("another process wrote here, learning from the bucket again", reason=str(error))
            self._attempt(self._resume)
            return False  # The step itself, a drain perhaps, is still to be done.
        except (BucketError, FormatError, OSError) as error:
            self._fail(error)
            return False
        return True

    def _recover(self) -> None:
        if self._failures:
            log.info("the bucket answers again", failures=self._failures)
        self._failures = 0
        problem = self._recorder.cargo.problem
        self._store = {"state": "ok", "message": ""} if problem is None else _describe(problem)

    def _fail(self, error: Trouble) -> None:
        self._failures += 1
        self._error = error
        if isinstance(error, BucketError):
            self._store = _describe(error)
        if self._failures & (self._failures - 1) == 0:  # The 1st, 2nd, 4th, 8th …: an outage must not fill the log.
            what = (
                "the bucket refused, trying again" if isinstance(error, BucketError) else "a pass ended, trying again"
            )
            log.warning(what, reason=str(error), failures=self._failures)
        self._show()

    def _pause(self) -> None:
        seconds = backoff.seconds(self._failures, self._error)
        if self._stop.is_set():
            self._wait(self._never, min(seconds, MAX_DRAIN_PAUSE_SECONDS))
            return
        while seconds > 0 and not self._wake.is_set() and not self._look_for_flush_request():
            self._wait(self._wake, min(seconds, REQUEST_SECONDS))
            seconds -= REQUEST_SECONDS

    def _look_for_flush_request(self) -> bool:
        """Have the next pass flush where that was asked for; whether it was. A pause ends with it: the pod is about to
        end, and its grace is too short to be slept through."""
        try:
            is_there = self._flush_request.exists()
            self._flush_request.unlink() if is_there else None
        except OSError:
            # It is there and stays there, on a volume that is read-only by now: it asks once.
            is_asked_again, self._is_flush_asked = self._is_flush_asked, True
            is_there = not is_asked_again
        if is_there:
            self._recorder.ask_for_flush()
        return is_there


def _describe(error: BucketError) -> dict[str, str]:
    state = "denied" if isinstance(error, AccessDenied) else "missing" if isinstance(error, BucketMissing) else None
    return {"state": state or "unreachable", "message": str(error)}


def _make_recorder(settings: Settings) -> Recorder:
    requests: dict[str, int] = {}

    def count(operation: str, sent: int) -> None:
        requests[operation] = requests.get(operation, 0) + 1
        requests["bytes"] = requests.get("bytes", 0) + sent

    uploads: dict[str, str] = {}
    bucket = open_bucket(settings.bucket, count, uploads)
    return Recorder(settings, bucket, Clock(time.time, time.monotonic), requests, uploads=uploads)


def _allow_open_files() -> None:
    """Every followed file stays open, and a search over hyperparameters writes thousands of event files."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def main(asked: threading.Event | None = None) -> None:
    """Run the recorder of this environment until SIGTERM or SIGINT; `asked` is set if one came before."""
    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as error:
        sys.exit(f"chiplog-sidecar: {error}")
    level = os.environ.get("CHIPLOG_LOG_LEVEL", "info")
    logs.configure(level, run=settings.run, namespace=settings.recorder.namespace)
    loop = Loop(settings, lambda: _make_recorder(settings))
    gc.freeze()
    gc.enable()
    signal.signal(signal.SIGTERM, loop.stop)
    signal.signal(signal.SIGINT, loop.stop)
    if asked is not None and asked.is_set():
        loop.stop()
    _allow_open_files()
    with suppress(OSError):  # There is nothing to find then.
        Path(settings.root).mkdir(parents=True, exist_ok=True)
    if not loop.run():
        sys.exit(UNFINISHED)


if __name__ == "__main__":
    main()
