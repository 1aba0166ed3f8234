"""People's words on runs: tags, what was put away or given up; laid over what runs say of themselves. It writes none.

A word that cannot be read hides no run, and deletes none.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from chiplog import layout, records, word_layout
from chiplog.bucket import Bucket, Stored
from chiplog.documents import WordsDocument
from chiplog.errors import FormatError, NotFound
from chiplog.reading import fetching, views
from chiplog.reading.roster import Roster
from chiplog.reading.views import RunView

MAX_BYTES = 1 << 20
"""A larger object is none of ours."""


@dataclass(frozen=True)
class Words:
    """What people said, by run."""

    said: dict[layout.Run, WordsDocument] = field(default_factory=dict)
    given_up: frozenset[layout.Run] = frozenset()


def every(bucket: Bucket, cluster: str = "", namespace: str = "") -> Words:
    """All words: one LIST, and a GET for each run of which something was said. Raises BucketError."""
    keys = [item.key for item in bucket.list(word_layout.words_prefix(cluster, namespace)) if item.size <= MAX_BYTES]
    worded = {key: run for key in keys if (run := word_layout.parse_words_key(key)) is not None}
    stones = {key: run for key in keys if (run := word_layout.parse_tombstone_key(key)) is not None}
    found = dict(zip([*worded, *stones], fetching.fetch(bucket, [*worded, *stones]), strict=True))
    read = {run: said for key, run in worded.items() if (said := _said(found[key], key)) is not None}
    return Words(read, frozenset(run for key, run in stones.items() if _is_meant(found[key])))


def laid_over(found: Iterable[RunView], words: Words) -> list[RunView]:
    """The runs as people see them."""
    return [_one(view, words) for view in found]


def over(every: Roster, words: Words) -> Roster:
    """The same of a roster."""
    return every.changed(words.said.keys() | words.given_up, lambda view: _one(view, words))


def shown(every: Roster, words: Words, *, archived: bool = False, deleted: bool = False) -> Roster:
    """The runs of a list, as people see them: those that were neither put away nor given up, or those alone."""
    away = {run for run, said in words.said.items() if said["is_archived"]} - words.given_up
    hidden, wanted = away | words.given_up, words.given_up if deleted else away
    seen = over(every, words)
    if archived or deleted:
        return seen.where(lambda item: item.key in wanted)
    return seen.where(lambda item: item.key not in hidden) if hidden else seen


def is_given_up(bucket: Bucket, run: layout.Run) -> bool:
    """Whether a run's tombstone still means what it says. Raises BucketError."""
    try:
        return _is_meant(bucket.get(word_layout.tombstone_key(run)))
    except NotFound:
        return False


def _one(view: RunView, words: Words) -> RunView:
    said, is_given_up = words.said.get(view.key), view.key in words.given_up
    if said is None:
        return replace(view, is_given_up=True) if is_given_up else view
    tags = [tag for tag in view.tags if tag not in said["tags_removed"]]
    return replace(
        view,
        tags=views.joined(tags, said["tags_added"]),
        is_archived=said["is_archived"],
        is_given_up=is_given_up,
    )


def _said(stored: Stored | None, key: str) -> WordsDocument | None:
    if stored is None:
        return None
    try:
        said: WordsDocument = records.unpack_document(stored.data, records.WORDS_FORMAT, key)
    except FormatError:
        return None
    lists = (said.get("tags_added"), said.get("tags_removed"))
    is_whole = all(isinstance(tags, list) and all(isinstance(tag, str) for tag in tags) for tags in lists)
    return said if is_whole and isinstance(said.get("is_archived"), bool) else None


def _is_meant(stored: Stored | None) -> bool:
    """A tombstone that says nothing is meant, as people write them by hand; one that cannot be read deletes nothing."""
    if stored is None:
        return False
    try:
        said = json.loads(stored.data)
        if isinstance(said, dict) and "format" in said:
            said = records.unpack_document(stored.data, records.TOMBSTONE_FORMAT, "a tombstone")
    except (ValueError, RecursionError, FormatError):
        return False
    return isinstance(said, dict) and said.get("is_taken_back", False) is False
