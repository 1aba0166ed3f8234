"""Finds drawn curves that are lost or are not as they were written; the compactor, not this, draws them again."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from chiplog import curve_layout, records
from chiplog.bucket import Bucket
from chiplog.drawing import blocks
from chiplog.errors import FormatError, NotFound


class Broken(NamedTuple):
    """An object that is not there, or not whole."""

    key: str
    problem: str
    """`lost` or `damaged`."""
    detail: str


def broken(bucket: Bucket) -> Iterator[Broken]:
    """All of them, of every namespace. Raises BucketError."""
    places = {tuple(item.key.split("/")[2:4]) for item in bucket.list(curve_layout.prefix())}
    for cluster, namespace in sorted(places):
        manifest = _Object(curve_layout.manifest_key(cluster, namespace), _document(blocks.CURVES_FORMAT))
        yield from manifest.broken(bucket)
        for item in manifest.read["blocks"] if manifest.read else []:
            block = _Object(curve_layout.block_key(cluster, namespace, item["block"]), _document(blocks.BLOCK_FORMAT))
            yield from block.broken(bucket)
            for metric in block.read["metrics"] if block.read else []:
                key = curve_layout.metric_key(cluster, namespace, item["block"], metric)
                yield from _Object(key, _lines(metric, len(item["runs"]))).broken(bucket)


class _Object:
    """An object, and what it says once it was found whole."""

    def __init__(self, key: str, parse: Callable[[bytes], Any]) -> None:
        self._key, self._parse = key, parse
        self.read: Any = None

    def broken(self, bucket: Bucket) -> Iterator[Broken]:
        try:
            self.read = self._parse(bucket.get(self._key).data)
        except NotFound:
            yield Broken(self._key, "lost", "drawn curves are not there; they are drawn again by themselves")
        except FormatError as error:
            yield Broken(self._key, "damaged", f"{error}; delete it, and it is drawn again")


def _document(expected: str) -> Callable[[bytes], Any]:
    def parse(data: bytes) -> Any:
        document = records.unpack_document(data, expected, "it")
        if records.pack_document(document) != data:
            raise FormatError("it is not written as its digest says")
        return document

    return parse


def _lines(metric: str, runs: int) -> Callable[[bytes], Any]:
    def parse(data: bytes) -> Any:
        found = blocks.lines(data, metric, "it")
        if len(found) != runs:
            raise FormatError(f"it has {len(found)} lines for {runs} runs")
        return found

    return parse
