"""A run directory that is written on demand, a clock that stands still, and the recorder between them."""

import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from chiplog import codec, layout, records
from chiplog.bucket import Bucket
from chiplog.bucket.memory import MemoryBucket
from chiplog.errors import NotFound
from chiplog_sidecar.recorder import Clock, Recorder
from chiplog_sidecar.settings import Settings
from chiplog_sidecar.wandb import wandb_pb2

PLACE = layout.Recorder("c", "ns", "rec")
RUN_DIRECTORY = "wandb/offline-run-20261123_000000-abc"


@dataclass
class Time:
    """Both clocks of a recorder, moved by hand."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Log:
    """A `.wandb` file as wandb frames it, one FULL chunk a record; blocks are padded as LevelDB says."""

    path: Path
    number: int = 0
    at: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.path.parent.mkdir(parents=True)
        self.path.write_bytes(b":W&B\xe1\xbe\x00")

    def history(self, *steps: int, **values: str) -> None:
        first = self.number + 1
        self.number += len(steps)
        self.append(*(history_record(first + place, step, values) for place, step in enumerate(steps)))

    def append(self, *payloads: bytes) -> None:
        size, written = self.path.stat().st_size, b""
        for payload in payloads:
            room = 32768 - (size + len(written)) % 32768
            written += b"\0" * room if room < 7 + len(payload) else b""
            self.at.append(size + len(written))
            written += struct.pack("<IHB", zlib.crc32(b"\1" + payload), len(payload), 1) + payload
        with self.path.open("ab") as file:
            file.write(written)

    def append_whole(self, payload: bytes) -> None:
        """A record of any length, over as many blocks as it takes."""
        size, written, rest, is_first = self.path.stat().st_size, bytearray(), payload, True
        while rest or is_first:
            room = 32768 - (size + len(written)) % 32768
            if room < 7:
                written += bytes(room)
                continue
            body, rest = rest[: room - 7], rest[room - 7 :]
            kind = {(True, True): 1, (True, False): 2, (False, False): 3, (False, True): 4}[is_first, not rest]
            written += struct.pack("<IHB", zlib.crc32(bytes((kind,)) + body), len(body), kind) + body
            is_first = False
        with self.path.open("ab") as file:
            file.write(written)


def history_record(number: int, step: int, values: dict[str, str]) -> bytes:
    """The record of one `log()` as wandb packs it; values are JSON."""
    record = wandb_pb2.Record()
    record.num = number
    record.history.step.num = step
    for key, value in {"_step": str(step), **values}.items():
        record.history.item.add(key=key, value_json=value)
    return record.SerializeToString()


@dataclass
class World:
    """One pod: its volume, its bucket, and a recorder that can die and come back."""

    root: Path
    bucket: Bucket = field(default_factory=MemoryBucket)
    time: Time = field(default_factory=Time)
    settings: Settings = field(init=False)

    def __post_init__(self) -> None:
        self.settings = Settings(bucket="memory", recorder=PLACE, root=self.root, run="r-1")

    def log(self, container: str = "main", name: str = "a") -> Log:
        return Log(self.root / container / f"{RUN_DIRECTORY}-{name}" / f"run-{name}.wandb")

    def recorder(self, bucket: Bucket | None = None) -> Recorder:
        made = Recorder(self.settings, bucket or self.bucket, Clock(self.time, self.time), {})
        made.resume()
        return made

    def step(self, recorder: Recorder, seconds: float = 2.0) -> None:
        self.time.now += seconds
        recorder.record()

    def rows(self) -> dict[str, list[codec.Row]]:
        """Every row that the bucket holds, with its repetitions, by stream."""
        found: dict[str, list[codec.Row]] = {}
        try:
            _, tail = records.unpack_live(self.bucket.get(layout.live_key(PLACE)).data, "live")
        except NotFound:
            tail = []
        for stream, row in tail:
            found.setdefault(stream, []).append(row)
        for listed in self.bucket.list(layout.raw_prefix(PLACE)):
            key = layout.parse_segment_key(listed.key)
            if key is not None and not key.is_source:
                found.setdefault(key.stream, []).extend(
                    records.unpack_segment(self.bucket.get(listed.key).data, "s")[1]
                )
        return found

    def steps(self) -> list[int]:
        """The steps of all history rows, once each by (stream, at), in order."""
        once = {(stream, row["at"]): row for stream, rows in self.rows().items() for row in rows}
        return [row["step"] for _, row in sorted(once.items()) if row["kind"] == "history"]

    def head(self) -> records.LiveHead:
        return records.unpack_live(self.bucket.get(layout.live_key(PLACE)).data, "live")[0]
