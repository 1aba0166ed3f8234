"""Drawn curves of many runs as objects: a block of runs, with an object for each metric; it draws nothing, does no I/O.

The lines are answers as they are sent: who reads them needs neither NumPy nor DuckDB.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from chiplog import codec, records
from chiplog.errors import FormatError

CURVES_FORMAT = "chiplog.curves"
BLOCK_FORMAT = "chiplog.curves-block"
METRIC_FORMAT = "chiplog.curves-metric"

POINTS = 200
"""Buckets of a drawn curve at most: what a chart of very many runs asks for."""

MAX_METRICS = 32
"""Metrics of a block: those that most of its runs have."""

NOT_TOLD = b"null"
"""Stands for a curve that the run's rows have to tell."""

NONE = b"[]"
"""The curves of a run that has not logged the metric."""


class Listed(TypedDict):
    """A block in the list of a namespace."""

    block: str
    project: str
    runs: dict[str, int]
    """Of each run the generation of its seal that was drawn."""
    objects: int
    """That it has: where one is lost, all are made again."""


class Manifest(TypedDict):
    """`manifest.json`: the blocks of a namespace."""

    format: str
    min_reader: int
    cluster: str
    namespace: str
    blocks: list[Listed]


class RunDrawn(TypedDict):
    """What a block has of a run."""

    run: str
    generation: int
    metrics: list[int]
    """Which of the block's metrics are drawn, by their places."""
    is_whole: bool
    """It has no other metrics."""


class Document(TypedDict):
    """`block.json`: what a block holds."""

    format: str
    min_reader: int
    points: int
    metrics: list[str]
    runs: list[RunDrawn]


@dataclass(frozen=True)
class Drawn:
    """A run, drawn."""

    run: str
    generation: int
    curves: Mapping[str, bytes]
    """The answer for each metric, JSON on one line."""
    is_whole: bool
    """There are no metrics but these."""


@dataclass(frozen=True)
class Block:
    """A block as objects."""

    id: str
    document: bytes
    metrics: dict[str, bytes]
    """The object of each metric."""


def name(runs: Mapping[str, int]) -> str:
    """The id of a block of these runs and generations: the same runs are the same block."""
    told = codec.dump([POINTS, MAX_METRICS, sorted(runs.items())])
    return hashlib.sha256(told).hexdigest()[:32]


def pack(drawn: Iterable[Drawn]) -> Block:
    """The objects of a block of runs."""
    some = sorted(drawn, key=lambda item: item.run)
    metrics = chosen(some)
    places = {metric: place for place, metric in enumerate(metrics)}
    runs: list[RunDrawn] = [
        {
            "run": item.run,
            "generation": item.generation,
            "metrics": sorted(places[metric] for metric in item.curves if metric in places),
            "is_whole": item.is_whole and item.curves.keys() <= places.keys(),
        }
        for item in some
    ]
    document: Document = {
        "format": BLOCK_FORMAT,
        "min_reader": records.READER,
        "points": POINTS,
        "metrics": metrics,
        "runs": runs,
    }
    lines = {metric: _lines(some, metric) for metric in metrics}
    return Block(name({item.run: item.generation for item in some}), records.pack_document(document), lines)


def chosen(drawn: Sequence[Drawn]) -> list[str]:
    """The metrics that a block has, by name."""
    counts = Counter(metric for item in drawn for metric in item.curves)
    return sorted(sorted(counts, key=lambda metric: (-counts[metric], metric))[:MAX_METRICS])


def _lines(drawn: Sequence[Drawn], metric: str) -> bytes:
    head = {"format": METRIC_FORMAT, "min_reader": records.READER, "metric": metric}
    return codec.compress([codec.dump(head), *(item.curves.get(metric, NOT_TOLD) for item in drawn)])


def unpack(data: bytes, what: str) -> Document:
    """What a block holds. Raises FormatError."""
    document: Document = records.unpack_document(data, BLOCK_FORMAT, what)
    if document["points"] != POINTS:
        raise FormatError(f"{what} has curves of {document['points']} points, and {POINTS} are asked for")
    return document


def lines(data: bytes, metric: str, what: str) -> list[bytes]:
    """The curves of a metric, a line for each run of the block. Raises FormatError."""
    head, *found = codec.whole(data, what).split(b"\n")
    told: dict[str, Any] = codec.load(head)
    records.check(told, METRIC_FORMAT, what)
    if told["metric"] != metric:
        raise FormatError(f"{what} is of {told['metric']!r}, not of {metric!r}")
    return found[:-1]


def curve(document: Document, place: int, metric: str, found: Sequence[bytes] | None) -> bytes | None:
    """The answer for one run of a block, where `found` are the lines of a metric that it has; None where the block does
    not tell."""
    told = document["runs"][place]
    if metric in document["metrics"] and document["metrics"].index(metric) in told["metrics"]:
        return found[place] if found is not None else None
    return NONE if told["is_whole"] else None


def keys(document: Document, place: int) -> list[str] | None:
    """The metrics of a run, by name; None where the block does not tell them all."""
    told = document["runs"][place]
    return [document["metrics"][metric] for metric in told["metrics"]] if told["is_whole"] else None


def drawn(document: Document, found: Mapping[str, Sequence[bytes]]) -> list[Drawn]:
    """The runs of a block, of the lines of all its metrics; the inverse of `pack`."""
    return [
        Drawn(
            told["run"],
            told["generation"],
            {document["metrics"][at]: found[document["metrics"][at]][place] for at in told["metrics"]},
            told["is_whole"],
        )
        for place, told in enumerate(document["runs"])
    ]
