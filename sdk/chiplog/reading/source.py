"""Where `chiplog.Api` reads from, as a small protocol, and the bucket as the first of two; it shapes nothing."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from chiplog.bucket import Bucket
from chiplog.query import parsing, selecting
from chiplog.reading import columns, console, details, documents, files, history, index, listing, naming, roster, runs
from chiplog.reading.console import Line
from chiplog.reading.files import File
from chiplog.reading.views import RunView

if TYPE_CHECKING:
    import numpy as np

Row = dict[str, Any]


class Source(Protocol):
    """What is asked about runs. Every method may raise BucketError, FormatError."""

    def select(self, filter: str, namespace: str, cluster: str) -> list[RunView]:  # noqa: A002
        """The runs that an expression means, in its order. Raises QueryError."""
        ...

    def find(self, name: str, namespace: str, cluster: str) -> RunView:
        """The run that a name means. Raises RunNotFound, AmbiguousRun."""
        ...

    def again(self, view: RunView) -> RunView:
        """The run as it is now. Raises RunNotFound."""
        ...

    def told(self, view: RunView) -> tuple[RunView, dict[str, Any]]:
        """The run with its own words in full, and what `chiplog show -o json` says."""
        ...

    def rows(self, view: RunView, keys: Sequence[str], attempt: int | None, kind: str = "history") -> Iterator[Row]:
        """Rows that have any of the keys, with these alone; every row and key where none is named."""
        ...

    def columns(self, view: RunView, keys: Sequence[str], attempt: int | None) -> "dict[str, np.ndarray[Any, Any]]":
        """The same as columns of numbers."""
        ...

    def files(self, view: RunView, attempt: int | None, *, every: bool) -> list[File]:
        """Files."""
        ...

    def fetch(self, view: RunView, file: File, target: BinaryIO) -> None:
        """A file's content, checked."""
        ...

    def lines(self, view: RunView, attempt: int | None, source: str) -> Iterator[Line]:
        """The console."""
        ...


@dataclass
class BucketSource:
    """A bucket."""

    bucket: Bucket
    clock: Callable[[], float] = time.time
    parts: index.Parts = field(default_factory=dict)
    """Of the runs index, read once."""

    def select(self, filter: str, namespace: str, cluster: str) -> list[RunView]:  # noqa: A002
        """By reading every run."""
        query = parsing.parse(filter)
        found = listing.read(self.bucket, cluster, namespace, self.clock, self.parts)
        return [roster.full(found.item(number)) for number in selecting.numbers(query, found, self.clock())]

    def find(self, name: str, namespace: str, cluster: str) -> RunView:
        """By the keys."""
        return naming.find(self.bucket, name, namespace, cluster, self.clock)

    def again(self, view: RunView) -> RunView:
        """By its key."""
        if view.is_bound:
            return runs.one(self.bucket, view.key, self.clock)
        return self.find(view.run, view.namespace, view.cluster)

    def told(self, view: RunView) -> tuple[RunView, dict[str, Any]]:
        """By the rows of the streams that speak for it."""
        found = details.read(self.bucket, view)
        return found.view, documents.shown(found)

    def rows(self, view: RunView, keys: Sequence[str], attempt: int | None, kind: str = "history") -> Iterator[Row]:
        """By segments and tables."""
        return history.having(history.read(self.bucket, view, attempt, kind), keys)

    def columns(self, view: RunView, keys: Sequence[str], attempt: int | None) -> "dict[str, np.ndarray[Any, Any]]":
        """By the tables where they tell it."""
        return columns.read(self.bucket, view, keys, attempt)

    def files(self, view: RunView, attempt: int | None, *, every: bool) -> list[File]:
        """By their rows."""
        return files.read(self.bucket, view, attempt, every=every)

    def fetch(self, view: RunView, file: File, target: BinaryIO) -> None:  # noqa: ARG002
        """By its key."""
        files.fetch(self.bucket, file, target)

    def lines(self, view: RunView, attempt: int | None, source: str) -> Iterator[Line]:
        """By segments and tables."""
        return console.read(self.bucket, view, attempt, source)
