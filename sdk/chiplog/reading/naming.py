"""Finds the run that a name means; it reads no rows.

A name is a run's name (the newest of that name), a run id, `project/run`, `namespace/project/run`, or the pod or id of
one of its recorders, which also finds a recorder that no run has claimed.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import NamedTuple

from chiplog import layout, records
from chiplog.bucket import Bucket
from chiplog.errors import AmbiguousRun, BucketError, FormatError, RunNotFound, SettingsError
from chiplog.reading import fetching, guessing, heads, index, listing, roster, runs, soundness, states, views
from chiplog.reading.claims import Claims
from chiplog.reading.heads import Beat, Unread
from chiplog.reading.roster import Brief
from chiplog.reading.views import RunView

MANY = 200
"""Of so many runs that may be meant the index is asked, and not each document."""


class Name(NamedTuple):
    """What was asked for; empty parts are open."""

    namespace: str
    project: str
    run: str


def parse(name: str, namespace: str = "") -> Name:
    """Take `run`, `project/run` or `namespace/project/run` apart. Raises SettingsError for anything else.

    `namespace` holds where the name says none; a name that says another one is refused.
    """
    parts = name.split("/")
    if not 1 <= len(parts) <= 3 or not all(parts):
        raise SettingsError(f"{name!r} names no run: write run, project/run or namespace/project/run")
    found = Name(*["", "", *parts][-3:])
    if found.namespace and namespace not in ("", found.namespace):
        raise SettingsError(f"{name!r} is in namespace {found.namespace}, but namespace {namespace} was asked for")
    return found._replace(namespace=found.namespace or namespace)


def find(
    bucket: Bucket, name: str, namespace: str = "", cluster: str = "", clock: Callable[[], float] = time.time
) -> RunView:
    """The run that `name` means.

    Raises RunNotFound, AmbiguousRun where several projects, namespaces or clusters hold it, SettingsError for a name
    of no such shape, and BucketError.
    """
    asked = parse(name, namespace)
    documented = _documented(bucket, asked, cluster)
    if documented:
        return runs.one(bucket, _newest(documented, asked, name).key, clock)
    found = _undocumented(bucket, asked, cluster, clock)
    if not found:
        raise RunNotFound(f"no run answers to {name!r}{_where(asked, cluster)}{_meant(bucket, asked, cluster)}")
    _require_one_home(name, {(view.cluster, view.namespace, view.project, view.name) for view in found})
    return max(found, key=lambda view: view.created_at)


def among(found: Iterable[Brief | RunView], name: str, namespace: str = "", cluster: str = "") -> Brief | RunView:
    """The same among views that are known already: of all that there are, or of those that somebody may see.

    Raises RunNotFound, AmbiguousRun, SettingsError.
    """
    asked = parse(name, namespace)
    near = [view for view in found if _is_near(view, asked, cluster)]
    for known in (lambda view: {view.run}, lambda view: {view.name}, _names):
        meant = [view for view in near if asked.run in known(view)]
        if meant:
            _require_one_home(name, {(view.cluster, view.namespace, view.project, view.name) for view in meant})
            return max(meant, key=lambda view: view.created_at)
    raise RunNotFound(f"no run answers to {name!r}{_where(asked, cluster)}")


def _is_near(view: Brief | RunView, asked: Name, cluster: str) -> bool:
    wanted = ((asked.namespace, view.namespace), (asked.project, view.project), (cluster, view.cluster))
    return all(word in ("", found) for word, found in wanted)


class _Told(NamedTuple):
    """What is looked at of a run that is written down."""

    key: layout.Run
    name: str
    project: str
    created_at: float


def _documented(bucket: Bucket, asked: Name, cluster: str) -> list[_Told]:
    """The runs that the name means and that are written down."""
    places = _near(bucket, asked, cluster)
    told = _of_index(bucket, places) if len(places) > MANY else {}
    found = [*told.values(), *_read(bucket, [place for place in places if place not in told], asked)]
    return [item for item in found if asked.run in (item.key.id, item.name) and asked.project in ("", item.project)]


def _near(bucket: Bucket, asked: Name, cluster: str) -> list[layout.Run]:
    """The runs whose ids may be meant: an id is the name and 8 digits, so their folders stand side by side."""
    # "," comes right before "-": behind it are the ids that begin with the name, and then the name itself.
    before = f"{asked.run},"
    return [
        layout.Run(*home, name)
        for home in listing.homes(bucket, cluster, asked.namespace)
        for name in bucket.folders(layout.runs_prefix(*home), before, asked.run)
        if name == asked.run or name.startswith(f"{asked.run}-")
    ]


def _of_index(bucket: Bucket, places: Collection[layout.Run]) -> dict[layout.Run, _Told]:
    """Those that the index knows: a `run.json` is written once, so what the index has of it holds."""
    found = {}
    for home in {(place.cluster, place.namespace) for place in places}:
        for run, line in index.read(bucket, *home).items():
            name, project, made = (line.part.values((field,))[line.at] for field in ("name", "project", "created_at"))
            found[layout.Run(*home, run)] = _Told(layout.Run(*home, run), name, project or "", made or 0.0)
    return {place: found[place] for place in places if place in found}


def _read(bucket: Bucket, places: Collection[layout.Run], asked: Name) -> Iterator[_Told]:
    """Those runs as their documents say; of some the documents were deleted since they were listed."""
    for place, stored in zip(places, fetching.fetch(bucket, map(layout.run_key, places)), strict=True):
        try:
            if stored is not None:
                told = records.unpack_document(stored.data, records.RUN_FORMAT, layout.run_key(place))
                soundness.check_run(told)
                yield _Told(place, told["name"], told["project"], told["created_at"])
        except FormatError:
            if place.id == asked.run:
                raise
            # Another run's trouble, as far as anybody can tell.


def _newest(known: list[_Told], asked: Name, name: str) -> _Told:
    """The newest of the runs of that id, else of that name."""
    found = [item for item in known if item.key.id == asked.run] or known
    _require_one_home(name, {(item.key.cluster, item.key.namespace, item.project, item.name) for item in found})
    return max(found, key=lambda item: item.created_at)


def _undocumented(bucket: Bucket, asked: Name, cluster: str, clock: Callable[[], float]) -> list[RunView]:
    """Runs that only their recorders know, or that hold a recorder of that name, and unclaimed recorders of it."""
    beats = heads.of(bucket, heads.present(bucket, cluster, asked.namespace))
    now = states.now(clock(), [beat.modified for beat in beats])
    meant = [beat for beat in beats if _is_meant(beat, asked.run)]
    claims = Claims(bucket)
    claims.look(meant)
    places = {place for place in map(claims.run, meant) if place is not None}
    found = [runs.one(bucket, place, clock) for place in places]
    found += [views.of_recorder(beat, now) for beat in meant if claims.run(beat) is None]
    if not found:  # Its live objects were sealed away: outcomes and seals still name it.
        every = listing.read(bucket, cluster, asked.namespace, clock)
        near = (roster.full(item) for item in every if roster.may_mention(item, asked.run))
        meant_views = [view for view in near if asked.run in _names(view)]
        # A view from the index names no tables: a run is read from its own documents.
        found = [runs.one(bucket, view.key, clock) if view.seal else view for view in meant_views]
    return [view for view in found if asked.project in ("", view.project)]


def _names(view: Brief | RunView) -> set[str]:
    return {view.run, view.name} | {name for item in view.members for name in (item.recorder.id, item.pod)}


def _is_meant(beat: Beat | Unread, name: str) -> bool:
    place = heads.run(beat)
    pod = beat.head["recorder"]["pod"] if isinstance(beat, Beat) else ""
    return name in (beat.recorder.id, pod) or (place is not None and name in (place.id, views.name_of(place)))


def _require_one_home(name: str, homes: set[tuple[str, str, str, str]]) -> None:
    if len(homes) > 1:
        many_clusters = len({cluster for cluster, *_ in homes}) > 1
        places = ["/".join(rest) + (f" (--cluster {cluster})" if many_clusters else "") for cluster, *rest in homes]
        raise AmbiguousRun(f"{name!r} may be any of {', '.join(sorted(places))}: name one of them")


def _meant(bucket: Bucket, asked: Name, cluster: str) -> str:
    """Where else a run of that name is, or which names are near it; nothing where that may not be looked at."""
    try:
        others = _documented(bucket, Name("", "", asked.run), "") if asked.namespace or asked.project or cluster else []
        there = [] if others else guessing.runs(bucket, cluster, asked.namespace)
    except (BucketError, FormatError):
        return ""
    if others:
        places = {f"{item.key.namespace}/{item.project}/{item.name}" for item in others}
        return f"; there is {', '.join(sorted(places)[: guessing.FEW])}"
    names = guessing.near(asked.run, map(views.name_of, there))
    return guessing.asked(names or guessing.near(asked.run, (run.id for run in there)))


def _where(asked: Name, cluster: str) -> str:
    parts = [f"namespace {asked.namespace}" if asked.namespace else "", f"cluster {cluster}" if cluster else ""]
    return "".join(f" in {part}" for part in parts if part)
