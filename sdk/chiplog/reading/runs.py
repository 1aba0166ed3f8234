"""Gets what is needed to see runs, every one or one; how it is put together is the matter of `views`.

A view costs four small objects and reads no rows.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chiplog import codec, layout, records
from chiplog.bucket import Bucket, Stored
from chiplog.errors import FormatError, RunNotFound
from chiplog.reading import fetching, heads, index, states, views
from chiplog.reading.heads import Beat, Unread
from chiplog.reading.views import Papers, RunView
from chiplog.records import IndexLine


def every(
    bucket: Bucket, cluster: str = "", namespace: str = "", clock: Callable[[], float] = time.time
) -> list[RunView]:
    """All runs, newest first: everywhere, in a cluster, or in namespaces of a name. Raises BucketError.

    What cannot be read is said in `unread` of its view and hides no other run. Runs that the index knows cost no
    request each; their seals name no tables, which `one` gives.
    """
    beats = heads.of(bucket, heads.present(bucket, cluster, namespace))
    # After the heads: a run that was sealed in between has its seal by now.
    present = index.listed(bucket, cluster, namespace)
    lines = index.current(bucket, present)
    others = [place for place in present if place not in lines]
    now = states.now(clock(), [beat.modified for beat in beats])
    papers = [*map(_of_line, lines, lines.values()), *with_seals(bucket, written(bucket, others))]
    found = [views.of_run(item, beats, now) for item in papers]
    return sorted([*found, *_unclaimed(found, beats, now)], key=lambda view: view.created_at, reverse=True)


def one(bucket: Bucket, place: layout.Run, clock: Callable[[], float] = time.time) -> RunView:
    """One run. Raises RunNotFound if neither a document nor a recorder knows it, and BucketError."""
    (papers,) = written(bucket, [place])
    beats = heads.of(bucket, _recorders(bucket, papers))
    (papers,) = with_seals(bucket, [papers])  # After the heads, which go when the seal has come.
    now = states.now(clock(), [beat.modified for beat in beats])
    found = views.of_run(papers, beats, now)
    if papers.document is None and not found.members and not found.unread:
        raise RunNotFound(f"there is no run {place.id} in namespace {place.namespace}")
    return found


def written(bucket: Bucket, places: list[layout.Run]) -> list[Papers]:
    """What the operator wrote on the given runs. Raises BucketError."""
    documents = fetching.fetch(bucket, map(layout.run_key, places))
    outcomes = fetching.fetch(bucket, map(layout.outcome_key, places))
    found = []
    for place, *stored in zip(places, documents, outcomes, strict=True):
        document, no_document = _read(stored[0], records.RUN_FORMAT, layout.run_key(place))
        outcome, no_outcome = _read(stored[1], records.OUTCOME_FORMAT, layout.outcome_key(place))
        found.append(Papers(place, document, outcome, unread=(*no_document, *no_outcome)))
    return found


def with_seals(bucket: Bucket, found: list[Papers]) -> list[Papers]:
    """The same with what the compactor wrote. Raises BucketError."""
    keys = [layout.seal_key(papers.place) for papers in found]
    sealed = []
    for papers, key, stored in zip(found, keys, fetching.fetch(bucket, keys), strict=True):
        seal, no_seal = _read(stored, records.SEAL_FORMAT, key)
        sealed.append(replace(papers, seal=seal, unread=(*papers.unread, *no_seal)))
    return sealed


def _of_line(place: layout.Run, line: IndexLine) -> Papers:
    return Papers(place, line["document"], line["outcome"], line["seal"], config=line["config"])


def _read(stored: Stored | None, expected: str, key: str) -> tuple[Any, tuple[str, ...]]:
    """The document, None where there is none, and in words why it cannot be read."""
    if stored is None:
        return None, ()
    try:
        return codec.number(records.unpack_document(stored.data, expected, key)), ()
    except FormatError as error:
        return None, (str(error),)


def _recorders(bucket: Bucket, papers: Papers) -> list[layout.Recorder]:
    """Those that the outcome names, and unless it is final all others of the namespace, any of which may be new."""
    place, outcome = papers.place, papers.outcome
    if outcome is not None and outcome["state"] in states.OVER and outcome["durable"]:
        ids = [binding["id"] for attempt in outcome["attempts"] for binding in attempt["recorders"]]
        return [layout.Recorder(place.cluster, place.namespace, item) for item in ids]
    return heads.present(bucket, place.cluster, place.namespace)


def _unclaimed(claimed: list[RunView], beats: list[Beat | Unread], now: float) -> list[RunView]:
    """Views of what only live objects know: runs that the operator has not written down, and unbound recorders."""
    known = {member.recorder for view in claimed for member in view.members}
    left = [beat for beat in beats if beat.recorder not in known]
    named = {place for place in map(heads.run, left) if place is not None}
    unbound = [beat for beat in left if heads.run(beat) is None]
    papers = [Papers(place) for place in sorted(named, key=lambda place: place.path)]
    return [*(views.of_run(item, left, now) for item in papers), *(views.of_recorder(beat, now) for beat in unbound)]
