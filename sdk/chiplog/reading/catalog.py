"""A part of the runs index: sealed runs as rows for lists, and as columns for questions; it does no I/O.

An object of zstd frames of JSON lines. The first is a head that names the others with their sizes, so that who asks
for one metric of 10,000 runs unpacks that column alone, and who shows a hundred of them a few blocks of rows.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from chiplog import codec, index_records, layout, records
from chiplog.errors import FormatError
from chiplog.index_records import IndexLine
from chiplog.query import fields
from chiplog.reading import documents, states, views
from chiplog.reading.views import Papers, RunView

try:
    import msgspec  # Reads numbers of many digits six times as fast as the standard library.
except ImportError:
    msgspec = None  # type: ignore[assignment]

BLOCKS = {"rows": 64, "papers": 512}
"""Runs whose rows, or papers, are one frame: a hundred rows of a list stand anywhere, papers are read one by one."""

MAX_BLOCKS = 512
"""Unpacked frames that a part keeps; then it begins anew."""

Path = tuple[str, ...]

_ASKED = tuple(name for name in (*fields.TEXTS, *fields.NUMBERS, *fields.TIMES, *fields.OTHERS) if name != fields.TOOK)


class Entry(NamedTuple):
    """A run of a part; lines as they stand there, so that parts are merged without reading them."""

    run: str
    papers: bytes
    """Its `IndexLine`: the documents."""
    row: bytes
    """What a list shows of it, `documents.row`."""
    fields: dict[Path, Any]
    """What is asked of it, by path; without what is null."""


def entry(cluster: str, namespace: str, line: IndexLine) -> Entry:
    """The entry of a run."""
    place = layout.Run(cluster, namespace, line["run"])
    view = view_of(place, line)
    read = fields.of(view, 0.0)
    told: dict[Path, Any] = {
        ("etags",): line["etags"],
        ("settled",): is_settled(line),
        ("recorders",): [item["id"] for item in line["seal"]["recorders"]],
        ("generation",): line["seal"]["generation"],
        ("metrics",): documents.metrics(view),
        **{(name,): read((name,)) for name in _ASKED},
        **{("config", key): value for key, value in view.config.items()},
        **{("summary", key): value for key, value in view.summary.items()},
    }
    known = {path: value for path, value in told.items() if value is not None}
    return Entry(place.id, codec.dump(line), codec.dump(documents.row(view)), known)


def is_settled(line: IndexLine) -> bool:
    """Nobody writes another word on it (docs/bucket.md): it is over, and all of it is in the bucket."""
    outcome = line["outcome"]
    return outcome is not None and outcome["state"] in states.OVER and outcome["durable"]


def view_of(place: layout.Run, line: IndexLine) -> RunView:
    """The view of a settled run; its seal names no tables."""
    return views.of_run(papers(place, line), [], 0.0)


def papers(place: layout.Run, line: IndexLine) -> Papers:
    """The documents of a run, of which nobody has said whether they still hold."""
    return Papers(place, line["document"], line["outcome"], line["seal"], config=line["config"])


def pack(entries: Iterable[Entry]) -> bytes:
    """A part, of runs in the order of their ids."""
    some = sorted(entries, key=lambda item: item.run)
    frames: list[tuple[dict[str, Any], bytes]] = [
        ({"column": list(path)}, codec.compress([codec.dump(column)])) for path, column in _columns(some)
    ]
    for kind, lines in (("rows", [item.row for item in some]), ("papers", [item.papers for item in some])):
        step = BLOCKS[kind]
        frames += [({kind: at}, codec.compress(lines[at : at + step])) for at in range(0, len(some), step)]
    head = {
        "format": records.INDEX_PART_FORMAT,
        "min_reader": records.INDEX_READER,
        "runs": len(some),
        "blocks": BLOCKS,
        "frames": [{**what, "size": len(frame)} for what, frame in frames],
    }
    return b"".join([codec.compress([codec.dump(head)]), *(frame for _, frame in frames)])


def _columns(entries: Sequence[Entry]) -> list[tuple[Path, dict[str, Any]]]:
    """Every path with its values; of what few runs have, with their places."""
    found: dict[Path, tuple[list[int], list[Any]]] = {("run",): ([*range(len(entries))], [])}
    for at, item in enumerate(entries):
        found["run",][1].append(item.run)
        for path, value in item.fields.items():
            if path == ("run",):
                continue
            places, values = found.setdefault(path, ([], []))
            places.append(at)
            values.append(value)
    whole = len(entries)
    return [
        (path, {"values": values} if len(values) == whole else {"at": places, "values": values})
        for path, (places, values) in sorted(found.items())
    ]


class Part:
    """A part that was read, of which only what is asked for is unpacked; threads may share it.

    `data` must be whole: its key is its digest. Raises FormatError for what is no part, or too new.
    """

    def __init__(self, data: bytes, what: str) -> None:
        self._data = data
        self._what = what
        told = codec.load(codec.first_frame(data, what))
        records.check(told, records.INDEX_PART_FORMAT, what, records.INDEX_READER)
        self.runs: int = told["runs"]
        self._steps: dict[str, int] = told["blocks"]
        self._places: dict[tuple[str, Any], tuple[int, int]] = {}
        end = len(data) - sum(frame["size"] for frame in told["frames"])
        for frame in told["frames"]:
            start, end = end, end + frame["size"]
            self._places[_name(frame)] = start, end
        self._values: dict[Path, list[Any]] = {}
        self._blocks: dict[tuple[str, int], list[bytes]] = {}

    @classmethod
    def of_lines(cls, cluster: str, namespace: str, lines: Iterable[IndexLine], what: str) -> "Part":
        """The part that these lines would be."""
        return cls(pack(entry(cluster, namespace, line) for line in lines), what)

    def values(self, path: Path) -> list[Any]:
        """A field of every run, in their order; None for those that lack it. Nobody may change the list."""
        found = self._values.get(path)
        if found is None:
            found = self._values[path] = self._read(path)
        return found

    def row(self, at: int) -> bytes:
        """The line of a run in a list, as `documents.row` says it."""
        return self._line("rows", at)

    def mentions(self, at: int, word: str) -> bool:
        """Whether a text may stand in the documents of a run, which is told without taking them apart."""
        return codec.dump(word)[1:-1] in self._line("papers", at)

    def papers(self, at: int) -> IndexLine:
        """The documents of a run."""
        line: IndexLine = codec.number(codec.load(self._line("papers", at)))
        return line

    def entries(self) -> list[Entry]:
        """All of it."""
        found: list[dict[Path, Any]] = [{} for _ in range(self.runs)]
        for kind, name in self._places:
            if kind == "column":
                for at, value in enumerate(self.values(name)):
                    if value is not None:
                        found[at][name] = value
        return [
            Entry(run, self._line("papers", at), self.row(at), told)
            for at, (run, told) in enumerate(zip(self.values(("run",)), found, strict=True))
        ]

    def _read(self, path: Path) -> list[Any]:
        if path[0] not in fields.TREES:
            return self._column(path)
        found: list[Any] | None = None
        for end in range(2, len(path) + 1):  # A key of the tree may hold dots itself.
            name = (path[0], ".".join(path[1:end]))
            if ("column", name) in self._places:
                column = self.values(name) if name != path else self._column(name)
                column = [fields.inside(value, path[end:]) for value in column] if path[end:] else column
                found = column if found is None else [b if a is None else a for a, b in zip(found, column, strict=True)]
        return [None] * self.runs if found is None else found

    def _column(self, path: Path) -> list[Any]:
        place = self._places.get(("column", path))
        if place is None:
            return [None] * self.runs
        text = codec.decompress(self._data[slice(*place)], self._what, strict=True)
        told = _loaded(text)
        values: list[Any] = codec.number(told["values"]) if b'"$number"' in text else told["values"]
        if "at" in told:
            column: list[Any] = [None] * self.runs
            for at, value in zip(told["at"], values, strict=True):
                column[at] = value
            return column
        return values

    def _line(self, kind: str, at: int) -> bytes:
        name = (kind, at - at % self._steps[kind])
        block = self._blocks.get(name)
        if block is None:
            data = self._data[slice(*self._places[name])]
            block = codec.decompress(data, self._what, strict=True).split(b"\n")
            if len(self._blocks) >= MAX_BLOCKS:
                self._blocks = {}
            self._blocks[name] = block
        return block[at % self._steps[kind]]


def _loaded(text: bytes) -> dict[str, Any]:
    found: dict[str, Any]
    if msgspec is not None:
        with suppress(msgspec.DecodeError):  # It refuses a lone surrogate, which is an escape in JSON.
            found = msgspec.json.decode(text)
            return found
    found = codec.load(text)
    return found


def _name(frame: Mapping[str, Any]) -> tuple[str, Any]:
    for kind in ("rows", "papers"):
        if kind in frame:
            return kind, frame[kind]
    return "column", tuple(frame.get("column", ()))


def parse(data: bytes, cluster: str, namespace: str, key: str) -> Part:
    """The part at a key, of this version or of the first, which had lines alone. Raises FormatError."""
    digest = key.rpartition("/")[2].partition(".")[0]
    if not records.is_digest(data, digest):
        raise FormatError(f"{key} is damaged: it is not what its name says")
    head = codec.load(codec.first_frame(data, key).partition(b"\n")[0] or b"null")
    if isinstance(head, dict) and head.get("format") == records.INDEX_PART_FORMAT:
        return Part(data, key)
    return Part.of_lines(cluster, namespace, index_records.unpack_index(data, key), key)
