"""What a name that nobody answers to may have meant, and how a half-typed one may go on; it reads no document."""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from chiplog import layout
from chiplog.bucket import Bucket
from chiplog.reading import listing, views

FEW = 3
MANY = 20_000
"""Folders that are looked at: twenty LISTs."""


def near(word: str, known: Iterable[str]) -> list[str]:
    """Those that a word may be a misspelling of, the likeliest first; those that differ in case before all."""
    names = [name for name in dict.fromkeys(known) if abs(len(name) - len(word)) <= max(2, len(word) // 3)]
    same = [name for name in names if name.casefold() == word.casefold()]
    return same or difflib.get_close_matches(word, names, FEW)


def asked(names: Sequence[str]) -> str:
    """`: did you mean 'a' or 'b'?`, or nothing."""
    return f": did you mean {' or '.join(map(repr, names[:FEW]))}?" if names else ""


def runs(bucket: Bucket, cluster: str = "", namespace: str = "") -> list[layout.Run]:
    """The runs of a place by their folders, at most `MANY`. Raises BucketError."""
    homes = listing.homes(bucket, cluster, namespace)
    return list(islice((layout.Run(*home, name) for home in homes for name in _folders(bucket, home)), MANY))


def begun(bucket: Bucket, start: str, cluster: str = "", namespace: str = "") -> list[str]:
    """How a half-typed name of a run may go on: names, or ids where one name is left. Raises BucketError."""
    found = [run for run in runs(bucket, cluster, namespace) if run.id.startswith(start)]
    names = sorted({name for name in map(views.name_of, found) if name.startswith(start)})
    return names if len(names) > 1 else names + sorted(run.id for run in found)


def _folders(bucket: Bucket, home: tuple[str, str]) -> Iterator[str]:
    return bucket.folders(layout.runs_prefix(*home))
