"""Live heads: what every recorder said last, and when the store took it; rows are left where they are."""

from collections.abc import Iterable
from dataclasses import dataclass

from chiplog import layout, records
from chiplog.bucket import Bucket
from chiplog.errors import FormatError
from chiplog.reading import fetching, soundness
from chiplog.records import LiveHead


@dataclass(frozen=True)
class Beat:
    """A recorder's newest word."""

    recorder: layout.Recorder
    head: LiveHead
    modified: float
    """The store's clock at the write, Unix seconds."""


@dataclass(frozen=True)
class Unread:
    """A live object that this reader cannot read: damaged, or made for a newer one."""

    recorder: layout.Recorder
    problem: str
    modified: float


def present(bucket: Bucket, cluster: str = "", namespace: str = "") -> list[layout.Recorder]:
    """All recorders with a live object: everywhere, in a cluster, or in namespaces of that name."""
    keys = (listed.key for listed in bucket.list(layout.live_prefix(cluster, namespace)))
    found = (layout.parse_live_key(key) for key in keys)
    return [item for item in found if item is not None and namespace in ("", item.namespace)]


def of(bucket: Bucket, recorders: Iterable[layout.Recorder]) -> list[Beat | Unread]:
    """The heads of the given recorders, of those that have a live object."""
    wanted = list(recorders)
    stored = fetching.fetch(bucket, map(layout.live_key, wanted))
    return [_beat(place, item.data, item.modified) for place, item in zip(wanted, stored, strict=True) if item]


def _beat(recorder: layout.Recorder, data: bytes, modified: float) -> Beat | Unread:
    key = layout.live_key(recorder)
    try:
        head = records.unpack_live_head(data, key)
        soundness.check_live(head, key)
        return Beat(recorder, head, modified)
    except FormatError as error:
        return Unread(recorder, str(error), modified)


def run(beat: Beat | Unread) -> layout.Run | None:
    """The run that a recorder was told to belong to; None for one that was told of none, or cannot be read."""
    told = beat.head["recorder"]["run"] if isinstance(beat, Beat) else ""
    return layout.Run(beat.recorder.cluster, beat.recorder.namespace, told) if told else None
