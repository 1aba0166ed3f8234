"""Finds the run that a name means; it reads no rows.

A name is a run's name (the newest of that name), a run id, `project/run`, `namespace/project/run`, or the pod or id of
one of its recorders, which also finds a recorder that no run has claimed.
"""

import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from chiplog import layout, records
from chiplog.bucket import Bucket
from chiplog.documents import RunDocument
from chiplog.errors import AmbiguousRun, FormatError, NotFound, RunNotFound, SettingsError
from chiplog.reading import heads, runs, states, views
from chiplog.reading.claims import Claims
from chiplog.reading.heads import Beat, Unread
from chiplog.reading.roster import Brief
from chiplog.reading.views import RunView


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
    documents = _documented(bucket, asked, cluster)
    if documents:
        return runs.one(bucket, _newest(documents, asked, name), clock)
    found = _undocumented(bucket, asked, cluster, clock)
    if not found:
        raise RunNotFound(f"no run answers to {name!r}{_where(asked, cluster)}")
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


def _documented(bucket: Bucket, asked: Name, cluster: str) -> list[RunDocument]:
    """Documents of the runs that the name may mean; an id is the name and 8 digits, so few need to be read."""
    found = []
    for listed in bucket.list(layout.runs_prefix(cluster, asked.namespace)):
        place = layout.parse_run_key(listed.key)
        if place is None or asked.namespace not in ("", place.namespace):
            continue
        if place.id == asked.run or place.id.startswith(f"{asked.run}-"):
            found.extend(_matching(bucket, place, asked))
    return found


def _matching(bucket: Bucket, place: layout.Run, asked: Name) -> list[RunDocument]:
    key = layout.run_key(place)
    try:
        document: RunDocument = records.unpack_document(bucket.get(key).data, records.RUN_FORMAT, key)
    except NotFound:
        return []  # It was deleted since the list was made.
    except FormatError:
        if place.id == asked.run:
            raise
        return []  # Another run's trouble, as far as anybody can tell.
    is_named = asked.run in (document["name"], document["run"])
    return [document] if is_named and asked.project in ("", document["project"]) else []


def _newest(documents: list[RunDocument], asked: Name, name: str) -> layout.Run:
    """The newest of the runs of that id, else of that name."""
    found = [document for document in documents if document["run"] == asked.run] or documents
    _require_one_home(name, {(item["cluster"], item["namespace"], item["project"], item["name"]) for item in found})
    newest = max(found, key=lambda document: document["created_at"])
    return layout.Run(newest["cluster"], newest["namespace"], newest["run"])


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
        every = runs.every(bucket, cluster, asked.namespace, clock)
        meant_views = [view for view in every if asked.run in _names(view)]
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


def _where(asked: Name, cluster: str) -> str:
    parts = [f"namespace {asked.namespace}" if asked.namespace else "", f"cluster {cluster}" if cluster else ""]
    return "".join(f" in {part}" for part in parts if part)
