"""Streams that segments alone tell of, and no live object: which file each was, by the copy of its source. It reads a
few objects of each and writes none.

A recorder may die between its first segment and the flush that would have told of it, and a live object may be damaged
or deleted. If the file has been replaced by then, its rows must not become the old stream's.
"""

from collections.abc import Iterable

from chiplog import codec, layout, records
from chiplog.bucket import Bucket
from chiplog.errors import FormatError, NotFound
from chiplog.records import StreamHead
from chiplog_sidecar.stream import WITNESS_BYTES, digest_of

NO_INODE = -1
"""Of a stream whose file is not there any more, as far as anybody can tell: no file has it."""

Segments = dict[tuple[int, int], str]
"""Keys by stretch."""


def heads(
    bucket: Bucket,
    recorder: layout.Recorder,
    streams: Iterable[str],
    segments: dict[str, Segments],
    ends: dict[str, int],
) -> dict[str, StreamHead]:
    """Heads of these streams; of a file's incarnations the newest alone may go on. Raises BucketError, FormatError.

    Args:
        bucket: where the segments are.
        recorder: whose they are.
        streams: which.
        segments: of each stream.
        ends: of their contiguous ranges, by stream.
    """
    found = {stream: _head(bucket, recorder, segments[stream], ends[stream]) for stream in sorted(streams)}
    newest: dict[tuple[str, str], int] = {}
    for head in found.values():
        place = (head["container"], head["path"])
        newest[place] = max(newest.get(place, 0), head["generation"])
    for head in found.values():
        if "witness" not in head or head["generation"] < newest[head["container"], head["path"]]:
            head["inode"] = NO_INODE
    return found


def _head(bucket: Bucket, recorder: layout.Recorder, segments: Segments, end: int) -> StreamHead:
    """What the newest segment says, and what the file must look like to be the same."""
    key = segments[max(segments)]
    told, _ = records.unpack_segment(bucket.get(key).data, key)
    head: StreamHead = {
        "id": told["stream"], "kind": told["kind"], "container": told["container"], "path": told["path"],
        "generation": told["generation"], "inode": 0, "position": end, "segmented": end, "size": end, "kinds": {},
        "gaps": 0, "loss_bound": "", "run": {}, "ended": False,
    }  # fmt: skip
    size = min(WITNESS_BYTES, end)
    first = _source(bucket, recorder, told["stream"], [place for place in segments if place[0] == 0])[:size]
    last = _source(bucket, recorder, told["stream"], [place for place in segments if place[1] == end])[-size:]
    if 0 < size == len(first) == len(last):
        head["witness"] = digest_of((first, last))
    return head


def _source(bucket: Bucket, recorder: layout.Recorder, stream: str, places: list[tuple[int, int]]) -> bytes:
    """The copy of the longest of these stretches; nothing where it is lost."""
    if not places:
        return b""
    key = layout.source_key(recorder, stream, *max(places, key=lambda place: place[1] - place[0]))
    try:
        return codec.decompress(bucket.get(key).data, key)
    except (NotFound, FormatError):
        return b""
