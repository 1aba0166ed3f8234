"""A bucket whose immutable objects are asked for once, for verbs that look again and again."""

from collections import OrderedDict

from chiplog import layout
from chiplog.bucket import Bucket, Stored

MAX_BYTES = 64 * 1024 * 1024
"""Of objects that are kept; the one that was not asked for the longest goes first."""

_IMMUTABLE = f"{layout.VERSION}/raw/"


class KeepingBucket:
    """A bucket with a memory for segments, which never change."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._kept: OrderedDict[str, Stored] = OrderedDict()
        self._bytes = 0
        self.put, self.put_file, self.open = bucket.put, bucket.put_file, bucket.open
        self.list, self.folders, self.delete = bucket.list, bucket.folders, bucket.delete

    def get(self, key: str) -> Stored:
        """Read an object."""
        if not key.startswith(_IMMUTABLE):
            return self._bucket.get(key)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        stored = self._kept[key] = self._bucket.get(key)
        self._bytes += len(stored.data)
        while self._bytes > MAX_BYTES and len(self._kept) > 1:
            self._bytes -= len(self._kept.popitem(last=False)[1].data)
        return stored
