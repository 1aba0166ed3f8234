"""Ranges of bytes that a request asks for: a file in pieces is the file, and what is no range is the whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiplog_dashboard import ranges

ETAG = '"ab"'


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ("bytes=0-0", "bytes 0-0/10"),
        ("bytes=0-", "bytes 0-9/10"),
        ("bytes=9-99", "bytes 9-9/10"),
        ("bytes=-3", "bytes 7-9/10"),
        ("bytes=-99", "bytes 0-9/10"),
        ("Bytes = 2-4 ", "bytes 2-4/10"),
        ("bytes=10-", "bytes */10"),
        ("bytes=10-20", "bytes */10"),
        ("bytes=-0", "bytes */10"),
    ],
)
def test_one_range_is_told_as_the_rfc_says(wanted: str, told: str) -> None:
    found = ranges.asked(wanted, "", ETAG, 10)
    assert found is not None
    assert (found.told, found.is_satisfiable) == (told, "*" not in told)


@pytest.mark.parametrize(
    "wanted", ["", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-4", "bytes=0-1,3-4", "bytes=0-1,", "lines=0-1",
               "bytes=\u0661-", "bytes=--1", "bytes=+1-2"]
)  # fmt: skip
def test_what_is_no_single_range_of_bytes_is_the_whole(wanted: str) -> None:
    assert ranges.asked(wanted, "", ETAG, 10) is None


def test_a_range_of_another_version_is_the_whole() -> None:
    assert ranges.asked("bytes=0-1", ETAG, ETAG, 10) is not None
    assert ranges.asked("bytes=0-1", f"W/{ETAG}", ETAG, 10) is None
    assert ranges.asked("bytes=0-1", '"cd"', ETAG, 10) is None


def test_an_empty_file_has_no_range() -> None:
    for wanted in ("bytes=0-", "bytes=0-0", "bytes=-1"):
        found = ranges.asked(wanted, "", ETAG, 0)
        assert found is not None
        assert found.told == "bytes */0"


@given(st.binary(max_size=60), st.integers(1, 20))
def test_a_file_in_pieces_is_the_file(data: bytes, step: int) -> None:
    pieces = []
    while (
        found := ranges.asked(f"bytes={len(pieces) * step}-{len(pieces) * step + step - 1}", "", ETAG, len(data))
    ) and (found.is_satisfiable):
        pieces.append(data[found.start : found.end])
    assert b"".join(pieces) == data


@given(st.text(max_size=30))
def test_no_header_asks_for_bytes_that_are_not_there(text: str) -> None:
    found = ranges.asked(f"bytes={text}", "", ETAG, 10)
    assert found is None or 0 <= found.start <= found.end <= 10
