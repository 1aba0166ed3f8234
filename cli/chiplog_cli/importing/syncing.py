"""Brings many runs in: a few at a time, each until it is done or found to be written to still; with `live` for ever."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from chiplog.bucket import Bucket
from chiplog.errors import BucketError, ChiplogError
from chiplog.records import LiveHead
from chiplog_cli.importing.shipping import Shipment

LOOK_SECONDS = 0.2
LIVE_LOOK_SECONDS = 2.0
SEARCH_SECONDS = 10.0
"""How often new runs are looked for with `--live`."""

DONE, WAS_DONE, WRITTEN_TO, BUSY, FAILED = "synced", "up to date", "still written to", "recorded already", "failed"


@dataclass
class Progress:
    """What a viewer is told, and tells: the bytes on the way, and whether to end."""

    show: Callable[[Shipment, int, int], None] = lambda *_: None
    """A shipment, its bytes that are in the bucket, all of its bytes."""
    end: Callable[[Shipment, str, str], None] = lambda *_: None
    """A shipment, its result, and why it failed."""


@dataclass
class Sync:
    """One call of the verb.

    Args:
        open_bucket: by address.
        progress: who watches.
        wait_seconds: for the store, at most, for each run.
        jobs: runs that are shipped at the same time.
        live: go on until interrupted.
    """

    open_bucket: Callable[[str], Bucket]
    progress: Progress
    wait_seconds: float
    jobs: int = 2
    live: bool = False
    results: dict[str, int] = field(default_factory=dict)
    """Runs by result."""
    _going: dict[str, tuple[Shipment, float]] = field(default_factory=dict)
    _buckets: dict[str, Bucket] = field(default_factory=dict)
    _known: set[str] = field(default_factory=set)

    def run(self, search: Callable[[], Iterable[Shipment]]) -> None:
        """Bring in what `search` finds. Interrupted, it stops every recorder where it is; nothing is lost by that."""
        try:
            while True:
                self._once(search())
                if not self.live:
                    return
                self._pause(SEARCH_SECONDS)
        finally:
            for shipment, _ in self._going.values():
                shipment.kill()

    def _once(self, shipments: Iterable[Shipment]) -> None:
        for shipment in shipments:
            if shipment.found.recorder in self._known:
                continue
            self._known.add(shipment.found.recorder)
            while not self.live and len(self._going) >= self.jobs:
                self._pause(LOOK_SECONDS)
            self._begin(shipment)
        while self._going and not self.live:
            self._pause(LOOK_SECONDS)

    def _begin(self, shipment: Shipment) -> None:
        try:
            if shipment.is_done():
                self._end(shipment, WAS_DONE)
                return
            self._bucket(shipment)  # A directory is made by that.
            if not shipment.start(is_final=not shipment.is_alive()):
                self._end(shipment, BUSY)
            else:
                self._going[shipment.found.recorder] = (shipment, time.monotonic())
        except (ChiplogError, OSError) as error:
            self._end(shipment, FAILED, str(error))

    def _pause(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            time.sleep(LIVE_LOOK_SECONDS if self.live else LOOK_SECONDS)
            for shipment, began in list(self._going.values()):
                self._look(shipment, began)
            if not self._going and not self.live:
                return

    def _look(self, shipment: Shipment, began: float) -> None:
        try:
            self._look_at(shipment, began)
        except (ChiplogError, OSError) as error:
            if self.live and isinstance(error, BucketError):
                return  # The recorder tries again by itself, and so does the next look.
            shipment.kill()
            self._end(shipment, FAILED, str(error))

    def _look_at(self, shipment: Shipment, began: float) -> None:
        is_late = time.monotonic() - began > self.wait_seconds and not self.live
        if shipment.is_running() and not is_late and not self.live and not shipment.is_alive():
            return
        bucket = self._bucket(shipment)
        head = shipment.head(bucket) if shipment.is_running() else None
        if head is not None:
            total = shipment.size()
            self.progress.show(shipment, max(0, total - head["pending_bytes"]), total)
        if not shipment.is_running():
            self._over(shipment, bucket)
        elif is_late:
            shipment.kill()
            self._end(shipment, FAILED, f"the store did not take it in {self.wait_seconds:g} s: sync again")
        elif is_over(head) or (self.live and not shipment.is_alive()):
            shipment.refresh()
            shipment.drain()
        elif head is not None and not self.live and shipment.has_caught_up(head):
            shipment.write(bucket, is_durable=False)
            shipment.kill()
            self._end(shipment, WRITTEN_TO)
        elif self.live:
            shipment.refresh()
            if head is not None and head["streams"] and not shipment.is_told:
                shipment.write(bucket, is_durable=False)

    def _over(self, shipment: Shipment, bucket: Bucket) -> None:
        if not shipment.is_drained():
            self._end(shipment, FAILED, "its recorder ended early")
            return
        shipment.write(bucket, is_durable=True)
        shipment.keep_receipt()
        self._end(shipment, DONE)

    def _end(self, shipment: Shipment, result: str, why: str = "") -> None:
        self._going.pop(shipment.found.recorder, None)
        self.results[result] = self.results.get(result, 0) + 1
        self.progress.end(shipment, result, why)

    def _bucket(self, shipment: Shipment) -> Bucket:
        if shipment.address not in self._buckets:
            self._buckets[shipment.address] = self.open_bucket(shipment.address)
        return self._buckets[shipment.address]


def is_over(head: LiveHead | None) -> bool:
    """Whether every writer that says so said that it ended."""
    streams = [stream for stream in head["streams"] if stream["kind"] in ("wandb", "chiplog")] if head else []
    return bool(streams) and all(stream["ended"] for stream in streams)
