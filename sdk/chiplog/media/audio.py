"""Sounds: from an array of samples, or a file."""

import io
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from chiplog.media import arrays, medium


class Audio(medium.Medium):
    """A sound.

    Args:
        data_or_path: samples as an array (frames[, channels]) of floats from -1 to 1 or of 16-bit integers, or a file.
        sample_rate: frames per second; needed with an array.
        caption: shown beside it.

    Raises ValueError for an array without a rate, and FileNotFoundError.
    """

    kind = "audio-file"
    folder = "audio"

    def __init__(self, data_or_path: Any, sample_rate: int | None = None, caption: str | None = None) -> None:
        super().__init__(caption)
        self.sample_rate = sample_rate
        self.duration: float | None = None
        if isinstance(data_or_path, str | Path):
            self._hold(data_or_path, Path(data_or_path).suffix[1:])
            return
        if not sample_rate:
            raise ValueError(f"chiplog.Audio: sample_rate={sample_rate!r}: an array of samples needs a rate")
        samples = arrays.plain(data_or_path)
        if not hasattr(samples, "ndim"):
            import numpy

            samples = numpy.asarray(samples)
        self.duration = len(samples) / float(sample_rate)
        self._hold(_wav(samples, int(sample_rate)), "wav")

    @classmethod
    def _list_json(cls, items: Sequence[Self], files: Path, key: str, step: int | str) -> medium.Json:
        told = [item._chiplog_json(files, key, step) for item in items]
        found: medium.Json = {"_type": "audio", "count": len(told), "audio": told}
        found["sampleRates"] = [item.sample_rate for item in items]
        found["durations"] = [item.duration for item in items]
        if any(item.caption is not None for item in items):
            found["captions"] = [item.caption or "" for item in items]
        return found


def _wav(samples: Any, rate: int) -> bytes:
    """16-bit PCM."""
    if samples.dtype.kind == "f":
        samples = (samples.clip(-1.0, 1.0) * 32767).round()
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return buffer.getvalue()
