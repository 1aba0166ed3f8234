"""The documents of runs, as the operator and the compactor wrote them; it puts nothing together."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from chiplog import codec, layout, records
from chiplog.bucket import Bucket, Stored
from chiplog.errors import FormatError
from chiplog.reading import fetching
from chiplog.reading.views import Papers


def papers(bucket: Bucket, places: Iterable[layout.Run]) -> list[Papers]:
    """What the operator wrote on the given runs. Raises BucketError."""
    wanted = list(places)
    documents = fetching.fetch(bucket, map(layout.run_key, wanted))
    outcomes = fetching.fetch(bucket, map(layout.outcome_key, wanted))
    found = []
    for place, *stored in zip(wanted, documents, outcomes, strict=True):
        document, no_document = _read(stored[0], records.RUN_FORMAT, layout.run_key(place))
        outcome, no_outcome = _read(stored[1], records.OUTCOME_FORMAT, layout.outcome_key(place))
        found.append(Papers(place, document, outcome, unread=(*no_document, *no_outcome)))
    return found


def with_seals(bucket: Bucket, found: list[Papers]) -> list[Papers]:
    """The same with what the compactor wrote. Raises BucketError."""
    keys = [layout.seal_key(papers.place) for papers in found]
    sealed = []
    for told, key, stored in zip(found, keys, fetching.fetch(bucket, keys), strict=True):
        seal, no_seal = _read(stored, records.SEAL_FORMAT, key)
        sealed.append(replace(told, seal=seal, unread=(*told.unread, *no_seal)))
    return sealed


def _read(stored: Stored | None, expected: str, key: str) -> tuple[Any, tuple[str, ...]]:
    """The document, None where there is none, and in words why it cannot be read."""
    if stored is None:
        return None, ()
    try:
        return codec.number(records.unpack_document(stored.data, expected, key)), ()
    except FormatError as error:
        return None, (str(error),)
