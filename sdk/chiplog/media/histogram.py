"""Histograms: a value of a row by itself, without a file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

_MAX_BINS = 512


class Histogram:
    """How often values lie where.

    Args:
        sequence: the values; numpy counts them.
        np_histogram: what `numpy.histogram` gave, counts and edges.
        num_bins: of `sequence`, at most 512.

    Raises ValueError for counts and edges that do not fit each other.
    """

    def __init__(self, sequence: Any = None, np_histogram: Sequence[Any] | None = None, num_bins: int = 64) -> None:
        if np_histogram is None:
            from numpy import histogram

            np_histogram = histogram(sequence, bins=num_bins)
        if len(np_histogram) != 2:
            raise ValueError(f"chiplog.Histogram: np_histogram has {len(np_histogram)} parts, not counts and edges")
        self.histogram, self.bins = (part.tolist() if hasattr(part, "tolist") else list(part) for part in np_histogram)
        if len(self.histogram) > _MAX_BINS:
            raise ValueError(f"chiplog.Histogram: {len(self.histogram)} bins, {_MAX_BINS} are allowed")
        if len(self.histogram) + 1 != len(self.bins):
            raise ValueError(
                f"chiplog.Histogram: {len(self.histogram)} counts need one edge more, not {len(self.bins)}"
            )

    def _chiplog_json(self, files: Path, key: str, step: int | str) -> dict[str, Any]:  # noqa: ARG002
        return {"_type": "histogram", "values": self.histogram, "bins": self.bins}

    @classmethod
    def _list_json(cls, items: Sequence["Histogram"], files: Path, key: str, step: int | str) -> list[dict[str, Any]]:
        return [item._chiplog_json(files, key, step) for item in items]
