import threading
from collections.abc import Iterator

import many_runs
import pytest

from chiplog.bucket import Bucket, Listed
from chiplog.bucket.memory import MemoryBucket
from chiplog.errors import Unreachable
from chiplog_dashboard.shelf import Shelf


class Away(MemoryBucket):
    def list(self, prefix: str) -> Iterator[Listed]:
        raise Unreachable(f"LIST {prefix}: no answer")


def begun(bucket: Bucket) -> Shelf:
    shelf = Shelf(bucket, lambda: 2e9, lambda: 5.0, 60.0)
    shelf.begin()
    for thread in threading.enumerate():
        if thread.name == "first-list":
            thread.join()
    return shelf


def test_the_list_is_read_before_anybody_asks() -> None:
    bucket = many_runs.Synthetic(5)
    shelf = begun(bucket)
    for item in list(bucket.list("")):
        bucket.delete(item.key)
    assert len(shelf.roster()) == 5


def test_a_store_that_is_away_at_the_start_is_told_to_who_asks() -> None:
    shelf = begun(Away())
    with pytest.raises(Unreachable, match="no answer"):
        shelf.roster()
