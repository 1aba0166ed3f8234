"""Which runs a link opens of all there are, the only place that says so; it knows no question and checks no link."""

from collections.abc import Callable, Iterable, Iterator

from chiplog import layout, word_layout
from chiplog.reading.lines import Line
from chiplog.reading.roster import Roster
from chiplog.reading.sweeps import Sweep
from chiplog_dashboard import lists, panels, papers
from chiplog_dashboard.access import Visitor
from chiplog_dashboard.shelf import Shelf


def roster(visitor: Visitor, every: Roster, shelf: Shelf) -> Roster:
    """The runs of `every` that a link opens, none of them of another cluster or namespace. Raises BucketError."""
    if visitor.kind == "view":
        return _listed(visitor, every, shelf.time())
    if visitor.kind == "report":
        return _of_report(visitor, _of_project(visitor, every), shelf)
    if visitor.kind == "project":
        return _of_project(visitor, every)
    named = _NAMED.get(visitor.kind)
    ids = named(visitor, shelf) if named else ()
    return every.among(layout.Run(visitor.cluster, visitor.namespace, run) for run in ids)


def is_sweep(visitor: Visitor, sweep: Sweep) -> bool:
    """Whether a link opens this sweep."""
    return visitor.is_of("sweep", sweep.cluster, sweep.namespace, sweep.id)


def is_line(visitor: Visitor, line: Line) -> bool:
    """Whether a link opens this line."""
    return visitor.is_of("line", line.place.cluster, line.place.namespace, line.place.uid)


def _listed(visitor: Visitor, every: Roster, now: float) -> Roster:
    """The list is made of the namespace alone, so that its limit counts no run of another."""
    if visitor.asked is None:
        return every.numbered(())
    home = every.numbered(set(_at_home(visitor, every)))
    return home.numbered(set(lists.chosen(visitor.asked, home, now)))


def _of_report(visitor: Visitor, project: Roster, shelf: Shelf) -> Roster:
    """The runs of its project that the newest version's panels show, or that it leads to."""
    text = papers.newest(shelf.bucket, word_layout.Report(visitor.cluster, visitor.namespace, visitor.item)).text
    found = set(project.among(panels.named(text)).order)
    for panel in panels.panels(text):
        found.update(lists.numbers(panel.asked, project, shelf.time(), panel.window)[0])
    return project.numbered(found)


def _of_project(visitor: Visitor, every: Roster) -> Roster:
    """A report without a project shows no runs."""
    projects = every.column(("project",), 0.0)
    found = {at for at in _at_home(visitor, every) if projects[at] == visitor.project}
    return every.numbered(found if visitor.project else ())


def _at_home(visitor: Visitor, every: Roster) -> Iterator[int]:
    clusters, homes = (every.column((name,), 0.0) for name in ("cluster", "namespace"))
    place = (visitor.cluster, visitor.namespace)
    return (at for at in every.order if (clusters[at], homes[at]) == place)


def _trials(visitor: Visitor, shelf: Shelf) -> Iterator[str]:
    """Those that still run are among them."""
    found = (sweep for sweep in shelf.sweeps() if is_sweep(visitor, sweep))
    return (trial["run"] for sweep in found for trial in (*sweep.trials, *sweep.running))


def _nights(visitor: Visitor, shelf: Shelf) -> Iterator[str]:
    return (night["run"] for line in shelf.lines() if is_line(visitor, line) for night in line.nights)


_NAMED: dict[str, Callable[[Visitor, Shelf], Iterable[str]]] = {
    "run": lambda visitor, _: (visitor.item,),
    "compare": lambda visitor, _: visitor.runs,
    "sweep": _trials,
    "line": _nights,
}
"""Ids of the runs of the links that name theirs."""
