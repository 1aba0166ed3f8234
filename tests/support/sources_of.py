"""Every kind of source as bytes whose records are known, and what each reader must do with any bytes at all."""

import functools
import json
import struct
from collections.abc import Callable
from typing import NamedTuple

from wandb_files import written

from chiplog import codec, runfile
from chiplog.codec import Row
from chiplog.folding import Fold
from chiplog_sidecar import formats
from chiplog_sidecar.tensorboard import crc32c, events_pb2
from chiplog_sidecar.wandb import wandb_pb2

KINDS = ("wandb", "tensorboard", "chiplog", "jsonl")


class Corpus(NamedTuple):
    """A whole file, and where each of its rows' records begins and ends."""

    data: bytes
    spans: list[tuple[int, int]]


@functools.cache
def corpus(kind: str, size: int) -> Corpus:
    """A file of a kind, of about so many bytes, with records short and long."""
    return _MAKERS[kind](size)


def reader(kind: str, at: int = 0) -> formats.Reader:
    """A fresh reader."""
    return formats.BY_KIND[kind].reader(at, Fold())


def read(kind: str, data: bytes, *, final: bool = False) -> list[Row]:
    """The rows of whole bytes."""
    return reader(kind).feed(data, final=final)


def survive(kind: str, noise: bytes, piece: int = 1 << 20) -> list[Row]:
    """Read any bytes to the end in pieces: no error, strict JSON, positions that only go up, nothing left over."""
    found, made, seen = reader(kind), list[Row](), 0
    while seen < len(noise) and not found.foreign:
        seen = min(len(noise), seen + piece)
        made += found.feed(noise[found.offset : seen])
    made += [] if found.foreign else found.feed(noise[found.offset :], final=True)
    places = [row["at"] for row in made]
    assert places == sorted(set(places)), f"positions of {kind} are out of order"
    assert found.foreign or found.at <= len(noise)
    for row in made:
        json.loads(codec.dump(row), parse_constant=_refuse)
        assert row["kind"] != "gap" or row["at"] < row["to"] <= len(noise)
    return made


def _refuse(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


def _texts(size: int) -> list[str]:
    """Payload texts: most are short, every 40th is long."""
    found, total = [], 0
    while total < size:
        found.append("x" * (3000 if len(found) % 40 == 39 else len(found) % 60))
        total += len(found[-1]) + 60
    return found


def _wandb(size: int) -> Corpus:
    payloads = []
    for step, text in enumerate(_texts(size)):
        record = wandb_pb2.Record(num=step + 1)
        record.history.step.num = step
        record.history.item.add(nested_key=["loss"], value_json=f"{step}.5")
        record.history.item.add(nested_key=["text"], value_json=json.dumps(text))
        payloads.append(record.SerializeToString())
    data = written(payloads)
    rows = read("wandb", data)
    return Corpus(data, [(row["at"], end) for row, end in zip(rows, _ends(payloads), strict=True)])


def _ends(payloads: list[bytes]) -> list[int]:
    """Where LevelDB's writer stands after each record, by its own rule of blocks."""
    at, ends = 7, []
    for payload in payloads:
        left, is_open = len(payload), True
        while is_open:
            room = 32768 - at % 32768
            if room < 7:
                at, room = at + room, 32768
            piece = min(left, room - 7)
            at, left = at + 7 + piece, left - piece
            is_open = left > 0
        ends.append(at)
    return ends


def _tensorboard(size: int) -> Corpus:
    records = []
    for step, text in enumerate(_texts(size)):
        event = events_pb2.Event(wall_time=float(step), step=step)
        event.summary.value.add(tag=f"loss{text}", simple_value=step + 0.5)
        payload = event.SerializeToString()
        length = struct.pack("<Q", len(payload))
        sums = struct.pack("<I", crc32c.masked(length)), struct.pack("<I", crc32c.masked(payload))
        records.append(length + sums[0] + payload + sums[1])
    return _joined(b"", records)


def _chiplog(size: int) -> Corpus:
    rows = [
        {"kind": "history", "step": step, "time": 1.0, "values": {"loss": step + 0.5, "text": text}}
        for step, text in enumerate(_texts(size))
    ]
    return _joined(runfile.MAGIC, [runfile.frame(runfile.JSON, json.dumps(row).encode()) for row in rows])


def _jsonl(size: int) -> Corpus:
    return _joined(
        b"", [json.dumps({"_step": step, "loss": step + 0.5, "text": text}).encode() + b"\n"
              for step, text in enumerate(_texts(size))]
    )  # fmt: skip


def _joined(head: bytes, records: list[bytes]) -> Corpus:
    spans, at = [], len(head)
    for record in records:
        spans.append((at, at + len(record)))
        at += len(record)
    return Corpus(head + b"".join(records), spans)


_MAKERS: dict[str, Callable[[int], Corpus]] = {
    "wandb": _wandb,
    "tensorboard": _tensorboard,
    "chiplog": _chiplog,
    "jsonl": _jsonl,
}
