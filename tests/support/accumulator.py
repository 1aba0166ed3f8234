"""What TensorBoard itself reads in a directory of event files, by its own EventAccumulator."""

import warnings
from pathlib import Path
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Its own, at import.
    from tensorboard.backend.event_processing import event_accumulator
    from tensorboard.util import tensor_util

KEPT = {"scalars": 0, "tensors": 0, "images": 0, "histograms": 0, "audio": 0}


def read(folder: Path) -> dict[str, list[Any]]:
    """Everything by tag, in order: step, time, and the value (numbers as text, for NaN does not equal itself)."""
    accumulator = event_accumulator.EventAccumulator(str(folder), size_guidance=KEPT)
    accumulator.Reload()
    tags = accumulator.Tags()
    found: dict[str, list[Any]] = {}
    for kind, values, told in (
        ("scalars", accumulator.Scalars, lambda item: repr(item.value)),
        ("tensors", accumulator.Tensors, lambda item: _array(item.tensor_proto)),
        ("images", accumulator.Images, lambda item: (item.width, item.height, item.encoded_image_string)),
        ("histograms", accumulator.Histograms, _buckets),
        ("audio", accumulator.Audio, lambda item: item.encoded_audio_string),
    ):
        for tag in tags[kind]:
            found.setdefault(tag, []).extend((item.step, item.wall_time, told(item)) for item in values(tag))
    return found


def folders(root: Path) -> dict[str, dict[str, list[Any]]]:
    """The same of every directory with event files, by its path: what TensorBoard calls a run."""
    places = sorted({path.parent for path in root.rglob("*tfevents*")})
    return {place.relative_to(root).as_posix(): read(place) for place in places}


def _array(tensor: Any) -> list[str]:
    made = tensor_util.make_ndarray(tensor)
    return [_plain(item) for item in made.reshape(-1).tolist()]


def _plain(item: Any) -> str:
    return item.decode(errors="backslashreplace") if isinstance(item, bytes) else repr(float(item))


def _buckets(item: Any) -> tuple[Any, ...]:
    told = item.histogram_value
    return (told.min, told.max, told.num, tuple(told.bucket_limit), tuple(told.bucket))
