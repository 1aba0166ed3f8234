"""The merge law of stretches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiplog_sidecar.batch import Batch, Stretch

LINES = st.lists(st.binary(min_size=2, max_size=9).map(lambda body: b"{" + body), max_size=4).map(tuple)


@given(st.lists(st.tuples(st.integers(0, 50), LINES), min_size=3, max_size=3))
def test_merging_is_associative(parts: list[tuple[int, tuple[bytes, ...]]]) -> None:
    stretches, end = [], 0
    for length, lines in parts:
        stretches.append(Stretch(end, end + length, lines))
        end += length
    first, second, third = stretches
    assert first.merge(second).merge(third) == first.merge(second.merge(third))
    assert first.merge(second).size == first.size + second.size


def test_a_hole_between_stretches_is_refused() -> None:
    with pytest.raises(ValueError, match="a stretch from 11 does not follow one that ends at 10"):
        Stretch(0, 10).merge(Stretch(11, 12))


def test_a_stretch_cannot_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="ends at 3, before its start 5"):
        Stretch(5, 3)


def test_a_batch_counts_what_it_holds_and_forgets_what_was_taken() -> None:
    batch = Batch()
    batch.add("a", Stretch(0, 5, (b'{"at":0}',)))
    batch.add("b", Stretch(0, 7, (b'{"at":1}',)))
    batch.add("a", Stretch(5, 9, (b'{"at":5}',)))
    assert batch.size == 24
    assert batch.tail() == [b'{"stream":"a","at":0}', b'{"stream":"a","at":5}', b'{"stream":"b","at":1}']
    batch.take("a")
    assert batch.size == 8
    assert list(batch.stretches) == ["b"]
