"""All runs as a list, a question and a page want them: those of the index unread until they are looked at; no I/O."""

import copy
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

from chiplog import codec, layout, strictjson
from chiplog.query import fields, selecting
from chiplog.reading import catalog, documents
from chiplog.reading.catalog import Part, Path
from chiplog.reading.documents import Document
from chiplog.reading.members import Member
from chiplog.reading.views import RunView


def _told(name: str) -> Any:
    """A field that is a column."""
    path = (name,)
    return property(lambda self: self.part.values(path)[self.at])


class Brief:
    """A settled run as the index has it: it looks like a view, and reads each field when it is asked for."""

    __slots__ = ("at", "cluster", "namespace", "part")

    def __init__(self, cluster: str, namespace: str, part: Part, at: int) -> None:
        self.cluster, self.namespace, self.part, self.at = cluster, namespace, part, at

    project: Any = _told("project")
    run: Any = _told("run")
    name: Any = _told("name")
    state: Any = _told("state")
    reason: Any = _told("reason")
    attempts: Any = _told("attempts")
    step: Any = _told("step")
    started_at: Any = _told("started_at")
    finished_at: Any = _told("finished_at")
    lag_seconds: Any = _told("lag_seconds")
    created_at: Any = _told("created_at")
    is_bound: Any = _told("bound")
    generation: Any = _told("generation")
    metrics: Any = _told("metrics")
    unread: tuple[str, ...] = ()

    @property
    def key(self) -> layout.Run:
        """Where the run stands in the bucket."""
        return layout.Run(self.cluster, self.namespace, self.run)

    def view(self) -> RunView:
        """The run in full."""
        return catalog.view_of(self.key, self.part.papers(self.at))

    def listed(self) -> Document:
        """As `documents.listed` has it."""
        line = self.part.row(self.at)
        row = codec.number(codec.load(line)) if b'"$number"' in line else codec.load(line)
        return {name: row[name] for name in documents.LISTED}

    @property
    def members(self) -> tuple[Member, ...]:
        """Its recorders; they are read for it."""
        return self.view().members

    def line(self, *, is_exact: bool) -> bytes:
        """As `documents.row` has it, in strict JSON."""
        line = self.part.row(self.at)
        if b'"$number"' in line and not is_exact:
            return strictjson.dumps(codec.number(codec.load(line))).encode()
        return line


class Roster:
    """Runs, newest first. Each has a number; `order` holds those of the runs that are seen.

    Args:
        blocks: parts of the index with the cluster and namespace that they are of.
        chosen: of each block the places of the runs that count.
        views: the other runs.
    """

    def __init__(
        self, blocks: Sequence[tuple[str, str, Part]], chosen: Sequence[Iterable[int]], views: Sequence[RunView]
    ) -> None:
        self._blocks = blocks
        self._starts: list[int] = []
        numbers: list[int] = []
        first = 0
        for (_, _, part), places in zip(blocks, chosen, strict=True):
            self._starts.append(first)
            numbers.extend(first + at for at in places)
            first += part.runs
        self._first_view = first
        self._views = views
        self._columns: dict[Path, Sequence[Any]] = {}
        self._plain: dict[Path, bool] = {}
        self._numbers: dict[layout.Run, int] | None = None
        """Of the runs that are seen, by their place; made when it is first asked for."""
        self._versions: dict[str, object] | None = None
        numbers.extend(range(first, first + len(views)))
        made = self.column(("created_at",), 0.0)
        self.order: Sequence[int] = sorted(numbers, key=lambda number: made[number] or 0.0, reverse=True)

    def __len__(self) -> int:
        return len(self.order)

    def __iter__(self) -> Iterator[Brief | RunView]:
        return map(self.item, self.order)

    def column(self, path: Path, now: float) -> Sequence[Any]:
        """A field of all runs, by their numbers, at the Unix time `now`."""
        if path == (fields.TOOK,):
            times = (self.column((name,), now) for name in ("started_at", "finished_at"))
            return [fields.took(began, ended, now) for began, ended in zip(*times, strict=True)]
        found = self._columns.get(path)
        if found is None:
            found = self._columns[path] = self._joined(path)
        return found

    def is_plain(self, path: Path) -> bool:
        """Whether a field is a number that has an order, or null, for every run."""
        if path not in self._plain:
            self._plain[path] = path != (fields.TOOK,) and selecting.is_plain(self.column(path, 0.0))
        return self._plain[path]

    def item(self, number: int) -> "Brief | RunView":
        """The run of a number."""
        if number >= self._first_view:
            return self._views[number - self._first_view]
        place = bisect_right(self._starts, number) - 1
        return Brief(*self._blocks[place], number - self._starts[place])

    def find(self, place: layout.Run) -> RunView | None:
        """The run at a place, in full."""
        found = self.at(place)
        return None if found is None else full(found)

    def at(self, place: layout.Run) -> "Brief | RunView | None":
        """The run at a place, as far as it is read."""
        number = self._by_place().get(place)
        return None if number is None else self.item(number)

    def changed(self, places: Iterable[layout.Run], change: "Callable[[RunView], RunView]") -> "Roster":
        """The same with the runs at some places as `change` makes them."""
        places = list(places)
        if not places:
            return self
        known = self._by_place()
        made = {known[place]: change(full(self.item(known[place]))) for place in places if place in known}
        if not made:
            return self
        views = [made.pop(number, view) for number, view in enumerate(self._views, self._first_view)]
        chosen: list[list[int]] = [[] for _ in self._blocks]
        for number in self.order:
            if number < self._first_view and number not in made:
                block = bisect_right(self._starts, number) - 1
                chosen[block].append(number - self._starts[block])
        return Roster(self._blocks, chosen, [*views, *made.values()])

    def _by_place(self) -> dict[layout.Run, int]:
        if self._numbers is None:
            columns = [self.column((name,), 0.0) for name in ("cluster", "namespace", "run")]
            self._numbers = {layout.Run(*(column[at] for column in columns)): at for at in self.order}
        return self._numbers

    def unsettled(self) -> Sequence[RunView]:
        """The runs of which the index does not tell alone, whether they are seen or not."""
        return self._views

    def places(self) -> set[tuple[str, str]]:
        """Namespaces and projects that the runs are of."""
        homes, projects = (self.column((name,), 0.0) for name in ("namespace", "project"))
        return {(homes[number], projects[number]) for number in self.order}

    def within(self, places: Collection[tuple[str, str]]) -> "Roster":
        """The runs of these namespaces and projects alone."""
        if self.places() <= set(places):
            return self
        homes, projects = (self.column((name,), 0.0) for name in ("namespace", "project"))
        return self._of([number for number in self.order if (homes[number], projects[number]) in places])

    def among(self, places: "Iterable[layout.Run]") -> "Roster":
        """The runs at these places alone."""
        known = self._by_place()
        return self.numbered({known[place] for place in places if place in known})

    def numbered(self, numbers: Collection[int]) -> "Roster":
        """The runs of these numbers alone; numbers of runs that are not seen count for nothing."""
        return self._of([number for number in self.order if number in numbers])

    def where(self, holds: "Callable[[Brief | RunView], bool]") -> "Roster":
        """The runs of which something holds."""
        return self._of([number for number in self.order if holds(self.item(number))])

    def _of(self, order: Sequence[int]) -> "Roster":
        seen = copy.copy(self)
        seen.order = order
        seen._numbers = seen._versions = None
        return seen

    def versions(self) -> dict[str, object]:
        """What changes of a run, by its path, whenever there is anything new to show of it."""
        if self._versions is None:
            names = ("cluster", "namespace", "run", "generation")
            columns = [self.column((name,), 0.0) for name in names]
            settled = [number for number in self.order if number < self._first_view]
            others = [self._views[number - self._first_view] for number in self.order if number >= self._first_view]
            told = (tuple(column[number] for column in columns) for number in settled)
            self._versions = {f"{cluster}/{home}/{run}": seal for cluster, home, run, seal in told}
            self._versions |= {view.key.path: version(view) for view in others}
        return self._versions

    def unread(self) -> list[str]:
        """What could not be read of the runs."""
        return [problem for view in self._views for problem in view.unread]

    def _joined(self, path: Path) -> Sequence[Any]:
        parts = [part.values(path) for _, _, part in self._blocks]
        others = [fields.of(view, 0.0)(path) for view in self._views]
        if len(parts) == 1 and not others:
            return parts[0]
        return [value for column in (*parts, others) for value in column]


def read(item: "Brief | RunView", now: float) -> fields.Read:
    """The fields of a run of a list at the Unix time `now`."""
    if not isinstance(item, Brief):
        return fields.of(item, now)

    def field(path: Path) -> Any:
        if path == (fields.TOOK,):
            return fields.took(item.started_at, item.finished_at, now)
        return item.part.values(path)[item.at]

    return field


def metrics(item: "Brief | RunView") -> list[dict[str, str]]:
    """The metrics that its TrainingRun names, the headline first."""
    return item.metrics or [] if isinstance(item, Brief) else documents.metrics(item)


def version(view: RunView) -> object:
    """What changes whenever there is anything new to show of a run: of a settled one its sealing alone."""
    beats = tuple((m.recorder.id, m.beat.head["sequence"] if m.beat else 0) for m in view.members)
    seal = view.seal["generation"] if view.seal else 0
    said = (tuple(view.tags), view.is_archived, view.is_given_up)
    return (view.state, view.reason, view.attempts, view.step, beats, seal, view.finished_at, said)


def full(item: "Brief | RunView") -> RunView:
    """A run of a list in full."""
    return item.view() if isinstance(item, Brief) else item


def may_mention(item: "Brief | RunView", word: str) -> bool:
    """Whether a text may stand in what a run's documents say; False is certain."""
    return not isinstance(item, Brief) or item.part.mentions(item.at, word)


def listed(item: "Brief | RunView") -> Document:
    """A run of a list as JSON."""
    return item.listed() if isinstance(item, Brief) else documents.listed(item)


def line(item: "Brief | RunView", *, is_exact: bool = False) -> bytes:
    """A run of a list for the page, in strict JSON; exact is a number that JSON lacks as `{"$number": …}`."""
    if isinstance(item, Brief):
        return item.line(is_exact=is_exact)
    row = documents.row(item)
    return strictjson.dumps(codec.finite(row) if is_exact else row).encode()
