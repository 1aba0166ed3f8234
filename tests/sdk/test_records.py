"""Record objects come back as they were packed, and a foreign, newer or damaged one is refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiplog import codec, records
from chiplog.errors import FormatError

rows = st.lists(
    st.fixed_dictionaries(
        {"at": st.integers(0, 10**12), "kind": st.sampled_from(["history", "console", "gap"])},
        optional={"text": st.text(st.characters(codec=None, exclude_categories=["Cs"])), "step": st.integers()},
    ),
    max_size=20,
)


def segment_head(**other: Any) -> records.SegmentHead:
    head: records.SegmentHead = {
        "format": records.SEGMENT_FORMAT,
        "min_reader": records.READER,
        "cluster": "c",
        "namespace": "n",
        "recorder": "r",
        "stream": "s",
        "kind": "wandb",
        "container": "main",
        "path": "wandb/x/run-x.wandb",
        "generation": 0,
        "start": 0,
        "end": 100,
        "rows": 0,
    }
    return {**head, **other}  # type: ignore[typeddict-item]


def live_head(**other: Any) -> Any:
    return {"format": records.LIVE_FORMAT, "min_reader": records.READER, "streams": [], **other}


@given(rows)
def test_a_segment_comes_back(items: list[codec.Row]) -> None:
    head = segment_head(rows=len(items))
    assert records.unpack_segment(records.pack_segment(head, items), "it") == (head, items)


@given(st.lists(st.tuples(st.text("0123456789abcdef", min_size=1), rows), max_size=4))
def test_a_live_object_comes_back(streams: list[tuple[str, list[codec.Row]]]) -> None:
    tail = [(stream, row) for stream, items in streams for row in items]
    data = records.pack_live(live_head(), records.pack_tail(tail))
    assert records.unpack_live(data, "it") == (live_head(), tail)
    assert records.unpack_live_head(data, "it") == live_head()


def test_a_live_object_with_an_empty_tail_has_no_rows() -> None:
    assert records.unpack_live(records.pack_live(live_head(), records.pack_tail([])), "it") == (live_head(), [])


def test_a_live_object_that_lost_its_tail_is_refused() -> None:
    with pytest.raises(FormatError, match="it has 1 frames, not 2"):
        records.unpack_live(records.pack_live(live_head(), b""), "it")


def test_a_document_that_was_changed_is_refused() -> None:
    data = records.pack_document({"format": "f", "min_reader": 1, "notes": "the loss fell"})
    assert records.unpack_document(data, "f", "it") == {"format": "f", "min_reader": 1, "notes": "the loss fell"}
    with pytest.raises(FormatError, match="it is damaged"):
        records.unpack_document(data.replace(b"fell", b"rose"), "f", "it")


def test_a_document_of_before_there_were_digests_is_read() -> None:
    assert records.unpack_document(b'{"format": "f", "min_reader": 1}', "f", "it") == {"format": "f", "min_reader": 1}


def test_the_head_is_read_though_the_tail_is_damaged() -> None:
    data = records.pack_live(live_head(), records.pack_tail([("s", {"at": 1, "kind": "history"})]))[:-5]
    assert records.unpack_live_head(data, "it") == live_head()
    with pytest.raises(FormatError, match="it is"):
        records.unpack_live(data, "it")


def test_a_document_comes_back() -> None:
    document = {"format": records.RUN_FORMAT, "min_reader": 1, "config": {"lr": float("nan"), "name": "é\ud800"}}
    found = records.unpack_document(records.pack_document(document), records.RUN_FORMAT, "it")
    assert found == {**document, "config": {"lr": {"$number": "NaN"}, "name": "é\ud800"}}


@pytest.mark.parametrize(
    "data", [b"", codec.compress([]), codec.compress([b"[]"]), codec.compress([b'{"format":"x"}'])]
)
def test_an_object_of_another_format_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError, match="raw/x"):
        records.unpack_segment(data, "raw/x")
    with pytest.raises(FormatError, match="live/x"):
        records.unpack_live(data, "live/x")
    with pytest.raises(FormatError, match="live/x"):
        records.unpack_live_head(data, "live/x")


def test_a_segment_is_no_live_object() -> None:
    with pytest.raises(FormatError, match=r"is not a chiplog\.live"):
        records.unpack_live(records.pack_segment(segment_head(), []), "it")


def test_an_object_for_a_newer_reader_is_refused_with_what_to_do() -> None:
    with pytest.raises(FormatError, match="needs a reader of version 2, this one is 1: upgrade chiplog"):
        records.unpack_segment(records.pack_segment(segment_head(min_reader=2), []), "it")


@pytest.mark.parametrize("needed", [None, "2", [], 1.5])
def test_an_object_that_does_not_say_who_may_read_it_is_refused(needed: object) -> None:
    with pytest.raises(FormatError, match="which reader"):
        records.unpack_segment(records.pack_segment(segment_head(min_reader=needed), []), "it")


@pytest.mark.parametrize("line", [{}, [], 7, {"at": "1", "kind": "history"}, {"at": 1}, {"kind": "history"}])
def test_a_line_that_is_no_row_is_refused(line: Any) -> None:
    with pytest.raises(FormatError, match="no row"):
        records.unpack_segment(records.pack_segment(segment_head(), [line]), "it")


def test_a_tail_row_of_no_stream_is_refused() -> None:
    tail = codec.compress([codec.dump({"at": 1, "kind": "history"})])
    with pytest.raises(FormatError, match="row of no stream"):
        records.unpack_live(records.pack_live(live_head(), tail), "it")
