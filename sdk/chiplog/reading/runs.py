"""Gets what is needed to see runs in full, every one or one; how it is put together is the matter of `views`.

A view costs four small objects and reads no rows.
"""

import time
from collections.abc import Callable

from chiplog import layout
from chiplog.bucket import Bucket
from chiplog.errors import RunNotFound
from chiplog.reading import heads, listing, roster, states, views, written
from chiplog.reading.views import Papers, RunView


def every(
    bucket: Bucket, cluster: str = "", namespace: str = "", clock: Callable[[], float] = time.time
) -> list[RunView]:
    """All runs in full, newest first: everywhere, in a cluster, or in namespaces of a name. Raises BucketError.

    As `listing.read`, which costs less where only some are looked at. Seals of runs that the index knows name no
    tables; `one` gives them.
    """
    return list(map(roster.full, listing.read(bucket, cluster, namespace, clock)))


def one(bucket: Bucket, place: layout.Run, clock: Callable[[], float] = time.time) -> RunView:
    """One run. Raises RunNotFound if neither a document nor a recorder knows it, and BucketError."""
    (papers,) = written.papers(bucket, [place])
    beats = heads.of(bucket, _recorders(bucket, papers))
    (papers,) = written.with_seals(bucket, [papers])  # After the heads, which go when the seal has come.
    now = states.now(clock(), [beat.modified for beat in beats])
    found = views.of_run(papers, beats, now)
    if papers.document is None and not found.members and not found.unread:
        raise RunNotFound(f"there is no run {place.id} in namespace {place.namespace}")
    return found


def _recorders(bucket: Bucket, papers: Papers) -> list[layout.Recorder]:
    """Those that the outcome names, and unless it is final all others of the namespace, any of which may be new."""
    place, outcome = papers.place, papers.outcome
    if outcome is not None and outcome["state"] in states.OVER and outcome["durable"]:
        ids = [binding["id"] for attempt in outcome["attempts"] for binding in attempt["recorders"]]
        return [layout.Recorder(place.cluster, place.namespace, item) for item in ids]
    return heads.present(bucket, place.cluster, place.namespace)
