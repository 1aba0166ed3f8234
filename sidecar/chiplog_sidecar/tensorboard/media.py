"""Images, sounds and histograms as the objects that stand for them in a row. The bytes of media stay where they are:
in the record, and so in the copy of the source."""

import hashlib

from chiplog_sidecar.tensorboard import events_pb2 as pb
from chiplog_sidecar.tensorboard import numbers
from chiplog_sidecar.wandb import values

_MAGIC = ((b"\x89PNG", "png"), (b"\xff\xd8\xff", "jpg"), (b"GIF8", "gif"), (b"BM", "bmp"), (b"RIFF", "wav"))


def _format(encoded: bytes) -> str:
    if encoded[8:12] == b"WEBP":
        return "webp"
    return next((name for magic, name in _MAGIC if encoded.startswith(magic)), "")


def _file(kind: str, encoded: bytes) -> dict[str, values.Json]:
    """`inline` says that the bytes stand in the record at the row's `at`."""
    digest = hashlib.sha256(encoded).hexdigest()
    return {"_type": kind, "format": _format(encoded), "size": len(encoded), "sha256": digest, "inline": True}


def image(encoded: bytes, width: int, height: int) -> dict[str, values.Json]:
    """One image; its `format` is told by its first bytes."""
    return _file("image-file", encoded) | {"width": width, "height": height}


def images(parts: list[bytes]) -> values.Json:
    """TF2's list of texts: width, height, and images of that size. One image is an object, any other number a list."""
    try:
        width, height = int(parts[0]), int(parts[1])
    except (IndexError, ValueError):
        return None
    found = [image(encoded, width, height) for encoded in parts[2:]]
    return found[0] if len(found) == 1 else found


def audio(message: pb.Audio) -> dict[str, values.Json]:
    """One sound, with what the record says of it."""
    facts = {"sample_rate": numbers.number(message.sample_rate), "channels": message.num_channels,
             "frames": message.length_frames}  # fmt: skip
    found = _file("audio-file", message.encoded) | facts
    return found | {"format": found["format"] or message.content_type.removeprefix("audio/")}


def sounds(parts: list[bytes], dimensions: list[int]) -> values.Json:
    """TF2's texts of sounds: a list, or pairs of a sound and its label."""
    step = 2 if len(dimensions) == 2 and dimensions[1] == 2 else 1
    found = [_file("audio-file", encoded) for encoded in parts[::step]]
    return found[0] if len(found) == 1 else found


def histogram(message: pb.Histogram) -> dict[str, values.Json]:
    """Edges and counts as TensorBoard shows them: without the empty buckets at both ends, from the smallest value to
    the largest. `bins` has one more than `values`."""
    counts, limits = list(message.bucket), list(message.bucket_limit)
    full = [index for index, count in enumerate(counts) if count > 0]
    if not full or len(counts) != len(limits):
        return _histogram([message.min, message.max], [sum(counts)])
    first, last = full[0], full[-1]
    return _histogram([message.min, *limits[first:last], message.max], counts[first : last + 1])


def table(rows: list[float]) -> dict[str, values.Json]:
    """TF2's histogram: left edge, right edge and count of every bucket."""
    return _histogram([*rows[0::3], *rows[-2:-1]], rows[2::3])


def _histogram(bins: list[float], counts: list[float]) -> dict[str, values.Json]:
    return {"_type": "histogram", "bins": numbers.listed(bins), "values": numbers.listed(counts)}
