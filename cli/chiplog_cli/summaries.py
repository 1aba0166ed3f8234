"""What of a row an event file can say: numbers, texts, histograms and images; it writes no file.

Everything else (tables, sounds, HTML) stays where it is: `parquet` names it, `restore` and `files` bring it.
"""

import io
import math
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Any

from chiplog.bucket import Bucket
from chiplog.errors import FormatError
from chiplog.reading import files
from chiplog.reading.files import File
from chiplog_cli import eventfile

Row = dict[str, Any]
Fetch = Callable[[Row], bytes | None]

MAX_IMAGE_BYTES = 16 * 1024 * 1024
"""A larger image would make a record that TensorBoard takes long to load."""


def of(row: Row, fixed: Iterable[str], fetch: Fetch) -> Iterator[bytes]:
    """The values of a row, but for its columns `fixed`; `fetch` gives the content of an image."""
    for tag, value in row.items():
        if tag not in fixed:
            yield from _value(tag, value, fetch)


class Images:
    """The images of a run, by what a row says of them. Its files are listed when the first is asked for."""

    def __init__(self, bucket: Bucket, list_files: Callable[[], Iterable[File]]) -> None:
        self._bucket, self._list = bucket, list_files
        self._files: dict[str, File] | None = None

    def fetch(self, told: Row) -> bytes | None:
        """Its content; None where it is not in the bucket, damaged or too large. Raises BucketError."""
        if self._files is None:
            self._files = {file.sha256: file for file in self._list() if file.sha256 and file.key}
        found = self._files.get(str(told.get("sha256")))
        if found is None or (found.size or 0) > MAX_IMAGE_BYTES:
            return None
        content = io.BytesIO()
        try:
            files.fetch(self._bucket, found, content)
        except FormatError:
            return None  # `chiplog verify` names it; the curves are worth more than the refusal.
        return content.getvalue()


def _value(tag: str, value: Any, fetch: Fetch) -> Iterator[bytes]:
    if isinstance(value, str):
        yield eventfile.text(tag, value)
    elif isinstance(value, float) or (isinstance(value, int) and abs(value) < 2**1023):
        yield eventfile.scalar(tag, float(value))
    elif isinstance(value, dict) and value.get("_type") == "image-file":
        content = fetch(value)
        if content is not None:
            yield eventfile.image(tag, content, *(_pixels(value.get(side)) for side in ("width", "height")))
    elif isinstance(value, dict) and value.get("_type") == "histogram" and _is_histogram(value):
        yield eventfile.histogram(tag, value["bins"], value["values"])


def _pixels(value: Any) -> int:
    return value if type(value) is int and value > 0 else 0


def _is_histogram(value: Row) -> bool:
    """Whether it is one that TensorBoard can draw: edges that rise, and a count between any two."""
    edges, counts = value.get("bins"), value.get("values")
    if not isinstance(edges, list) or not isinstance(counts, list) or len(edges) != len(counts) + 1 or not counts:
        return False
    plain = all(isinstance(number, int | float) and math.isfinite(number) for number in [*edges, *counts])
    return plain and all(low < high for low, high in pairwise(edges))
