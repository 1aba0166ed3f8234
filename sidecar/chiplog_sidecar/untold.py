"""Streams whose segments reach further than any live object told: which file each was, by the copy of its source. It
reads a few objects of each and writes none.

A recorder may die between a segment and the flush that would have told of it, and a live object may be damaged or
deleted. If the file has been written over by then, its rows must not become the old stream's.
"""

from collections.abc import Collection, Mapping

from chiplog import codec, layout, records
from chiplog.bucket import Bucket
from chiplog.errors import FormatError, NotFound
from chiplog.records import StreamHead
from chiplog_sidecar.stream import NO_INODE, WITNESS_BYTES, Ahead, digest_of

Stretches = Collection[tuple[int, int]]
"""Of a stream's source, of which there are copies."""


def heads(
    bucket: Bucket, recorder: layout.Recorder, segments: Mapping[str, str], sources: Mapping[str, Stretches],
    ends: Mapping[str, int],
) -> dict[str, StreamHead]:  # fmt: skip
    """Heads of streams that no live object knows; of a file's incarnations the newest alone may go on.

    Args:
        bucket: where everything is.
        recorder: whose they are.
        segments: key of one segment by stream.
        sources: by stream.
        ends: of the contiguous segments by stream.

    Raises BucketError, FormatError.
    """
    found = {stream: _head(bucket, key, ends[stream]) for stream, key in sorted(segments.items())}
    newest: dict[tuple[str, str], int] = {}
    for head in found.values():
        place = (head["container"], head["path"])
        newest[place] = max(newest.get(place, 0), head["generation"])
    for stream, head in found.items():
        is_newest = head["generation"] == newest[head["container"], head["path"]]
        found[stream] = witnessed(bucket, recorder, head, sources.get(stream, ()), ends[stream] if is_newest else 0)
    return found


def witnessed(
    bucket: Bucket, recorder: layout.Recorder, head: StreamHead, sources: Stretches, end: int
) -> StreamHead:  # fmt: skip
    """The head of a stream that was read up to `end`, with what its file must look like to be the same; no file is
    where that is not known. Raises BucketError."""
    size = min(WITNESS_BYTES, end)
    first = _bytes(bucket, recorder, head["id"], sources, (0, size))
    last = _bytes(bucket, recorder, head["id"], sources, (end - size, end))
    if not size or first is None or last is None:
        return {**head, "position": max(end, head["position"]), "inode": NO_INODE}
    return {**head, "position": end, "witness": digest_of((first, last))}


def ahead(
    bucket: Bucket, recorder: layout.Recorder, head: StreamHead, sources: Stretches, end: int
) -> Ahead:  # fmt: skip
    """What stood in a stream's file between its head's position and the `end` of its segments. What is before that the
    head has a witness for; there may be no copy of it, where a live object's tail was sealed. Raises BucketError."""
    start = max(head["position"], end - WITNESS_BYTES)
    return Ahead(start, _bytes(bucket, recorder, head["id"], sources, (start, end)))


def _head(bucket: Bucket, key: str, end: int) -> StreamHead:
    told, _ = records.unpack_segment(bucket.get(key).data, key)
    return {
        "id": told["stream"], "kind": told["kind"], "container": told["container"], "path": told["path"],
        "generation": told["generation"], "inode": 0, "position": end, "segmented": end, "size": end, "kinds": {},
        "gaps": 0, "loss_bound": "", "run": {}, "ended": False,
    }  # fmt: skip


def _bytes(
    bucket: Bucket, recorder: layout.Recorder, stream: str, sources: Stretches, wanted: tuple[int, int]
) -> bytes | None:
    """A stretch of the source, put together of its copies; None where they do not have all of it."""
    found, (at, end) = b"", wanted
    while at < end:
        place = max((place for place in sources if place[0] <= at < place[1]), key=lambda place: place[1], default=None)
        if place is None:
            return None
        key = layout.source_key(recorder, stream, *place)
        try:
            found += codec.decompress(bucket.get(key).data, key)[at - place[0] : end - place[0]]
        except (NotFound, FormatError):
            return None
        at = place[1]
    return found
