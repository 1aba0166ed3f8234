"""A bucket that reads an object again only when a LIST shows another version."""

import pytest
from counting import Counting

from chiplog.bucket.memory import MemoryBucket
from chiplog.errors import NotFound
from chiplog_dashboard.memo import HOLD_SECONDS, Memo


def test_what_a_list_shows_unchanged_is_not_read_again() -> None:
    inner = Counting(MemoryBucket())
    memo = Memo(inner)
    inner.put("v1/a", b"one")
    for _ in range(3):
        list(memo.list("v1/"))
        assert memo.get("v1/a").data == b"one"
    assert inner.asked["get"] == 1


def test_what_a_list_shows_changed_is_read_again() -> None:
    inner = MemoryBucket()
    memo = Memo(inner)
    for data in (b"one", b"two"):
        inner.put("v1/a", data)
        list(memo.list("v1/"))
        assert memo.get("v1/a").data == data


def test_what_no_list_has_shown_is_read_each_time() -> None:
    inner = Counting(MemoryBucket())
    memo = Memo(inner)
    inner.put("v1/a", b"one")
    memo.get("v1/a")
    inner.put("v1/a", b"two")
    assert memo.get("v1/a").data == b"two"


def test_what_a_list_said_a_while_ago_is_read_again() -> None:
    inner, clock = Counting(MemoryBucket()), [0.0]
    memo = Memo(inner, monotonic=lambda: clock[0])
    inner.put("v1/a", b"one")
    list(memo.list("v1/"))
    memo.get("v1/a")
    inner.put("v1/a", b"two")
    clock[0] = HOLD_SECONDS
    assert memo.get("v1/a").data == b"one"
    clock[0] += 0.1
    assert memo.get("v1/a").data == b"two"


def test_what_is_gone_is_gone_once_a_list_says_so() -> None:
    inner = MemoryBucket()
    memo = Memo(inner)
    inner.put("v1/a", b"one")
    list(memo.list("v1/"))
    memo.get("v1/a")
    inner.delete("v1/a")
    list(memo.list("v1/"))
    with pytest.raises(NotFound):
        memo.get("v1/a")


def test_what_was_not_asked_for_the_longest_is_let_go_first() -> None:
    inner = Counting(MemoryBucket())
    memo = Memo(inner, max_bytes=10)
    for name in "abc":
        inner.put(f"v1/{name}", name.encode() * 4)
    list(memo.list("v1/"))
    for name in ("a", "b", "c", "c", "b"):
        memo.get(f"v1/{name}")
    assert inner.asked["get"] == 3
    memo.get("v1/a")
    assert inner.asked["get"] == 4
