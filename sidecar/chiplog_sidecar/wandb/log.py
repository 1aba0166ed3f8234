"""wandb's transaction log as a kind of followed file: framing and decoding put together. It opens no file."""

from pathlib import PurePosixPath
from typing import Any

from chiplog import rundir
from chiplog.codec import Row
from chiplog.folding import Fold
from chiplog_sidecar import weight
from chiplog_sidecar.wandb import decode, framing, splice, wandb_pb2
from chiplog_sidecar.wandb import media as naming

KIND = "wandb"

_FLUSHES_BY_TIME = (0, 31)
"""The first wandb that writes its log to the file on a timer; earlier ones wait for a full block."""


def is_directory(name: str) -> bool:
    """Whether wandb gives a run's directory such a name, offline or online."""
    return name.startswith(("offline-run-", "run-"))


def is_log(name: str, folder: str) -> bool:
    """Whether a file of this name in a directory of this name is a transaction log."""
    return name.startswith("run-") and name.endswith(".wandb") and is_directory(folder)


class Reader:
    """A `formats.Reader` of a `.wandb` file."""

    def __init__(self, at: int, _before: Fold) -> None:
        self._frames = framing.FrameReader(at)
        self.foreign = ""

    @property
    def at(self) -> int:
        """The first byte that belongs to no row given out so far."""
        return self._frames.at

    @property
    def offset(self) -> int:
        """Where the next bytes must come from."""
        return self._frames.offset

    def feed(self, data: bytes, *, final: bool = False) -> list[Row]:
        """The rows and gaps that the bytes complete."""
        items = self._frames.feed(data, final=final)
        if items and isinstance(items[0], framing.BadHeader):
            self.foreign = f"not a wandb log this reader knows: {items[0].reason} {items[0].found!r}"
            return []
        return [
            splice.row(item.at, item.payload) or _row(item.at, item.payload)
            if type(item) is framing.Frame
            else _gap(item)
            for item in items
        ]


def media(row: Row) -> list[str]:
    """Media that a row names."""
    return [found["path"] for found in naming.media_paths(row)] if row["kind"] in ("history", "summary") else []


def saved(row: Row) -> list[tuple[str, str]]:
    """What a `files` row asks to be kept, but for paths that leave the directory."""
    asked = row["files"] if row["kind"] == "files" else []
    paths = [(PurePosixPath(file["path"]), str(file["policy"])) for file in asked if not naming.leaves(file["path"])]
    return [(str(path), policy) for path, policy in paths]


def leaving(row: Row) -> list[str]:
    """What a row names, as media or to be kept, that leaves the directory."""
    if row["kind"] == "files":
        return [file["path"] for file in row["files"] if naming.leaves(file["path"])]
    return naming.leaving(row) if row["kind"] in ("history", "summary") else []


def loss_bound(fold: Fold) -> str:
    """What a wandb of this version may lose when it is killed."""
    if not fold.producer and "header" in fold.kinds:
        return "up to 32 KiB of records, which a wandb so old that its log does not name it keeps in memory"
    version = fold.producer.split("+")[0]
    try:
        numbers = tuple(int(part) for part in version.split(".")[:2])
    except ValueError:
        return "unknown: the log does not say which wandb wrote it"
    if numbers >= _FLUSHES_BY_TIME:
        return f"rows of the last {rundir.WANDB_FLUSH_SECONDS:g} s when the trainer is killed"
    return f"up to 32 KiB of records, which wandb {version} keeps in memory"


def _gap(item: Any) -> Row:
    """Of a `framing.Gap`, for nothing else but records comes of a file whose header is good."""
    return {"at": item.at, "kind": "gap", "to": item.end, "reason": item.reason}


def _row(at: int, payload: bytes) -> Row:
    """The row of a record that is no common one."""
    if weight.is_heavy_message(payload, wandb_pb2.Record.DESCRIPTOR):
        return {"at": at, "kind": "undecodable", "bytes": len(payload), "reason": weight.TOO_HEAVY}
    return decode.decode(at, payload)
