"""Which run claims a recorder that was told of none: outcomes say so. A claim never changes, so it is asked for once.

A pod that is recorded by its label is made before anybody knows its run; the operator binds its recorder afterwards.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from chiplog import layout, records
from chiplog.bucket import Bucket, ETag
from chiplog.errors import FormatError
from chiplog.reading import fetching, heads
from chiplog.reading.heads import Beat, Unread


@dataclass
class Claims:
    """What is known of claims; a look costs one LIST for each namespace with an unclaimed recorder, and the news."""

    bucket: Bucket
    _runs: dict[layout.Recorder, layout.Run] = field(default_factory=dict)
    _seen: dict[layout.Run, ETag] = field(default_factory=dict)

    def look(self, beats: Iterable[Beat | Unread]) -> None:
        """Learn who claims those of `beats` that were told of no run. Raises BucketError."""
        unclaimed = {beat.recorder for beat in beats if self.run(beat) is None}
        for cluster, namespace in sorted({(item.cluster, item.namespace) for item in unclaimed}):
            self._read(cluster, namespace)

    def run(self, beat: Beat | Unread) -> layout.Run | None:
        """The run that a recorder was told of, or that claims it as far as the last look saw."""
        return heads.run(beat) or self._runs.get(beat.recorder)

    def _read(self, cluster: str, namespace: str) -> None:
        listed = {}
        for item in self.bucket.list(layout.runs_prefix(cluster, namespace)):
            found = layout.document_of(item.key)
            if found is not None and found[1] == "outcome.json" and self._seen.get(found[0]) != item.etag:
                listed[found[0]] = item.etag
        fetched = fetching.fetch(self.bucket, map(layout.outcome_key, listed))
        for place, stored in zip(listed, fetched, strict=True):
            if stored is not None:
                self._note(place, stored.data)
                self._seen[place] = listed[place]

    def _note(self, place: layout.Run, data: bytes) -> None:
        try:
            outcome = records.unpack_document(data, records.OUTCOME_FORMAT, layout.outcome_key(place))
        except FormatError:
            return  # Its own view says so.
        for attempt in outcome["attempts"]:
            for binding in attempt["recorders"]:
                self._runs[layout.Recorder(place.cluster, place.namespace, binding["id"])] = place
