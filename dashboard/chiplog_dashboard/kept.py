"""Curves that the compactor keeps drawn, of the runs that somebody looks at; it draws none, and never shows old ones.

A curve counts for the sealing that it was drawn of alone. What is not there, the tables tell.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from chiplog import curve_layout, layout, records
from chiplog.bucket import Bucket
from chiplog.drawing import blocks
from chiplog.drawing.blocks import Document
from chiplog.errors import AccessDenied, FormatError
from chiplog.reading import columns, fetching
from chiplog.reading.roster import Brief
from chiplog.reading.views import RunView
from chiplog_dashboard.drawn import Drawn

FRESH_SECONDS = 30.0
"""The list of blocks is read again after this long."""

MAX_BLOCKS = 4096
"""What so many blocks hold is remembered; then it is read again."""

Home = tuple[str, str]
"""Cluster and namespace."""


@dataclass(frozen=True, eq=False)
class _Block:
    """What a block holds."""

    home: Home
    """Part of what it is known by: ids of runs are their makers' choice, and a block's id is made of them, so that
    another namespace may have a block of the same one."""
    id: str
    document: Document
    places: Mapping[str, int]
    """Of its runs."""


@dataclass
class _Known:
    """The list of a namespace."""

    due: float
    blocks: Mapping[tuple[str, int], str]
    """The block of a run and generation."""


def _size(lines: Sequence[bytes]) -> int:
    return sum(map(len, lines))


@dataclass
class Kept:
    """The drawn curves of a bucket; threads may share it."""

    bucket: Bucket
    monotonic: Callable[[], float]
    _lists: dict[Home, _Known] = field(default_factory=dict)
    _blocks: dict[tuple[Home, str], _Block] = field(default_factory=dict)
    _lines: Drawn[list[bytes]] = field(default_factory=lambda: Drawn(_size))

    def __post_init__(self) -> None:
        # Objects are kept unpacked here; a memory of them packed would be a second one.
        self.bucket = getattr(self.bucket, "inner", self.bucket)

    def curves(self, items: Iterable[Brief | RunView], metric: str) -> dict[layout.Run, bytes]:
        """The curves of one metric, whole, by step and of `blocks.POINTS` points, of those runs that have them drawn.

        Raises BucketError.
        """
        wanted = self._wanted(items)
        lines = self._of(metric, [block for block in wanted if metric in block.document["metrics"]])
        found = {}
        for block, places in wanted.items():
            for place in places:
                told = blocks.curve(block.document, block.places[place.id], metric, lines.get(block))
                if told is not None:
                    found[place] = told
        return found

    def keys(self, items: Iterable[Brief | RunView]) -> dict[layout.Run, list[str]]:
        """The metrics of those runs of which all are known here. Raises BucketError."""
        wanted = self._wanted(items)
        told = {
            place: blocks.keys(block.document, block.places[place.id])
            for block, places in wanted.items()
            for place in places
        }
        return {place: keys for place, keys in told.items() if keys is not None}

    def _wanted(self, items: Iterable[Brief | RunView]) -> "dict[_Block, list[layout.Run]]":
        """The blocks that have any of the runs, with these."""
        named: dict[tuple[Home, str], list[layout.Run]] = {}
        for place, generation in _sealings(items):
            home = (place.cluster, place.namespace)
            block = self._list(home).get((place.id, generation))
            if block is not None:
                named.setdefault((home, block), []).append(place)
        read = self._read(list(named))
        return {read[block]: places for block, places in named.items() if block in read}

    def _list(self, home: Home) -> Mapping[tuple[str, int], str]:
        now, known = self.monotonic(), self._lists.get(home)
        if known is None or now >= known.due:
            known = self._lists[home] = _Known(now + FRESH_SECONDS, self._listed(home))
        return known.blocks

    def _listed(self, home: Home) -> Mapping[tuple[str, int], str]:
        key = curve_layout.manifest_key(*home)
        try:
            (stored,) = fetching.fetch(self.bucket, [key])
            told = records.unpack_document(stored.data, blocks.CURVES_FORMAT, key)["blocks"] if stored else []
        except (AccessDenied, FormatError):
            return {}  # It is of another version or role: the tables tell.
        return {(run, generation): item["block"] for item in told for run, generation in item["runs"].items()}

    def _read(self, named: list[tuple[Home, str]]) -> dict[tuple[Home, str], _Block]:
        """What these blocks hold, of those that there are."""
        if len(self._blocks) > MAX_BLOCKS:
            self._blocks = {}
        known = self._blocks
        missing = [block for block in named if block not in known]
        keys = [curve_layout.block_key(*home, block) for home, block in missing]
        for (home, block), key, stored in zip(missing, keys, fetching.fetch(self.bucket, keys), strict=True):
            try:
                document = blocks.unpack(stored.data, key) if stored else None
            except FormatError:
                document = None
            if document is not None:
                places = {told["run"]: at for at, told in enumerate(document["runs"])}
                known[home, block] = _Block(home, block, document, places)
        return {block: known[block] for block in named if block in known}

    def _of(self, metric: str, wanted: list[_Block]) -> dict[_Block, list[bytes]]:
        """The lines of one metric of some blocks, as far as they are there."""
        kept = {block: self._lines.get((block.home, block.id, metric)) for block in wanted}
        found = {block: lines for block, lines in kept.items() if lines is not None}
        missing = [block for block in wanted if block not in found]
        keys = [curve_layout.metric_key(*block.home, block.id, metric) for block in missing]
        for block, key, stored in zip(missing, keys, fetching.fetch(self.bucket, keys), strict=True):
            try:
                lines = blocks.lines(stored.data, metric, key) if stored else []
            except FormatError:
                continue
            if len(lines) == len(block.places):
                found[block] = self._lines.keep((block.home, block.id, metric), lines)
        return found


def _sealings(items: Iterable[Brief | RunView]) -> Iterable[tuple[layout.Run, int]]:
    """The runs that are over, each with the generation of its seal."""
    for item in items:
        if isinstance(item, Brief):
            yield item.key, item.generation
        elif columns.is_over(item) and item.seal is not None:
            yield item.key, item.seal["generation"]
