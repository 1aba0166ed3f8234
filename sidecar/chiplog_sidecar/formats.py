"""The kinds of files that are followed, and what each knows of itself; it opens no file and ships nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from chiplog.codec import Row
from chiplog.folding import Fold
from chiplog_sidecar import jsonlines, printed
from chiplog_sidecar.runfile import log as runfile
from chiplog_sidecar.tensorboard import attachments
from chiplog_sidecar.tensorboard import log as tensorboard
from chiplog_sidecar.wandb import log as wandb


class Reader(Protocol):
    """Reads one file from front to back, in pieces of any size.

    Fed the bytes from `offset` on, it gives the rows that they complete; what it did not use it wants to see again,
    for a writer may still be filling it in.
    """

    @property
    def at(self) -> int:
        """The first byte that belongs to no row given out so far."""
        ...

    @property
    def offset(self) -> int:
        """Where the next bytes must come from."""
        ...

    @property
    def foreign(self) -> str:
        """Why the file is none of this kind, in a sentence; empty for one that is. Such a file is not read further."""
        ...

    def feed(self, data: bytes, *, final: bool = False) -> list[Row]:
        """The rows and gaps that the bytes complete; with `final` the writer is gone and a torn end becomes a gap."""
        ...


@dataclass(frozen=True)
class Format:
    """One kind of file."""

    reader: Callable[[int, Fold], Reader]
    """Begins at a position, knowing what the rows before it said."""

    loss_bound: Callable[[Fold], str]
    """What its writer may lose when it is killed, in words."""

    media: Callable[[Row], list[str]] = lambda _: []
    """Files that must be in the bucket before this row; paths below `files/` beside the source."""

    saved: Callable[[Row], list[tuple[str, str]]] = lambda _: []
    """Files, with their policy, that the writer asks to be kept; paths as above."""

    leaving: Callable[[Row], list[str]] = lambda _: []
    """Paths of either that lead out of that directory: they are never read, and told."""

    named: Callable[[Row], dict[str, str]] = lambda _: {}
    """Contents that stand in the record itself and must be in the bucket before this row: their names by SHA-256."""

    contents: Callable[[Callable[[int, int], bytes], int], dict[str, bytes]] = lambda _, __: {}
    """These contents, by SHA-256, from a function that reads so many bytes at an offset, and the row's position."""


BY_KIND = {
    wandb.KIND: Format(wandb.Reader, wandb.loss_bound, wandb.media, wandb.saved, wandb.leaving),
    tensorboard.KIND: Format(
        tensorboard.Reader, tensorboard.loss_bound, named=attachments.named, contents=attachments.contents
    ),
    runfile.KIND: Format(runfile.Reader, runfile.loss_bound, wandb.media, wandb.saved, wandb.leaving),
    jsonlines.KIND: Format(jsonlines.Reader, jsonlines.loss_bound),
    "stdout": Format(printed.Reader, printed.loss_bound),
    "stderr": Format(printed.ErrorReader, printed.loss_bound),
}
"""By the `kind` of a stream's head (docs/bucket.md)."""
