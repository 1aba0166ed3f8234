"""Keys are made and taken apart without loss, and what is no key of ours is told from one."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiplog import layout, word_layout
from chiplog.errors import FormatError

part = st.text(st.characters(codec="ascii", categories=["Ll", "Nd"], include_characters="-."), min_size=1, max_size=40)
recorders = st.builds(layout.Recorder, part, part, part)
positions = st.integers(0, 10**16 - 1)


@given(recorders, part, positions, positions, st.booleans())
def test_a_segment_key_comes_apart_into_what_made_it(
    recorder: layout.Recorder, stream: str, start: int, end: int, is_source: bool
) -> None:
    make = layout.source_key if is_source else layout.segment_key
    key = make(recorder, stream, start, end)
    assert layout.parse_segment_key(key) == layout.SegmentKey(recorder, stream, start, end, is_source)
    assert key.startswith(layout.raw_prefix(recorder))


@given(positions, positions)
def test_segments_sort_by_position(one: int, other: int) -> None:
    recorder = layout.Recorder("c", "n", "r")
    first, second = (layout.segment_key(recorder, "s", start, 10**16 - 1) for start in sorted([one, other]))
    assert first <= second


def test_a_watch_key_names_the_run() -> None:
    assert word_layout.watch_key(layout.Run("c", "ns", "digits-50eaafc8")) == "v1/watch/c/ns/digits-50eaafc8.json"


@given(recorders)
def test_a_live_key_tells_its_recorder(recorder: layout.Recorder) -> None:
    key = layout.live_key(recorder)
    assert layout.recorder_of_live_key(key) == layout.parse_live_key(key) == recorder
    assert key.startswith(layout.live_prefix(recorder.cluster, recorder.namespace))
    assert key.startswith(layout.live_prefix(recorder.cluster))
    assert key.startswith(layout.live_prefix())


@given(st.builds(layout.Run, part, part, part))
def test_a_run_key_tells_its_run(run: layout.Run) -> None:
    assert layout.parse_run_key(layout.run_key(run)) == run
    assert layout.parse_run_key(layout.outcome_key(run)) is None
    assert layout.run_key(run).startswith(layout.runs_prefix(run.cluster, run.namespace))


def test_a_namespace_is_never_the_beginning_of_another() -> None:
    other = layout.Run("prod", "team-b", "r-00000000")
    assert not layout.run_key(other).startswith(layout.runs_prefix("prod", "team"))
    assert not layout.run_key(other).startswith(layout.runs_prefix("pro"))


@pytest.mark.parametrize(
    "key",
    [
        "",
        "v1/raw/c/n/r/s/0-1.rows.jsonl.zst",
        "v1/raw/c/n/r/s/0000000000000000-0000000000000001.rows.jsonl.zst\n",
        "v1/raw/c/n/r/s/0000000000000000-0000000000000001.parquet",
        "v2/raw/c/n/r/s/0000000000000000-0000000000000001.rows.jsonl.zst",
        "v1/raw/c/n/r/s/٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠٠-0000000000000001.rows.jsonl.zst",
        "v1/raw/c/n/r/s/sealed-0000000000000001",
        "v1/live/c/n/r.jsonl.zst",
    ],
)
def test_what_is_no_segment_key_is_told_from_one(key: str) -> None:
    assert layout.parse_segment_key(key) is None


@pytest.mark.parametrize("key", ["", "v1/live/c/n/r", "v1/live/c/n/x/r.jsonl.zst", "v1/runs/c/n/r.jsonl.zst"])
def test_what_is_no_live_key_is_told_from_one(key: str) -> None:
    assert layout.parse_live_key(key) is None
    with pytest.raises(FormatError, match="not the key of a live object"):
        layout.recorder_of_live_key(key)


@given(st.text(st.characters(codec=None), max_size=300))
def test_a_quoted_name_is_one_short_part_of_a_key(name: str) -> None:
    quoted = layout.quote_name(name)
    assert 0 < len(quoted) <= layout.MAX_NAME_BYTES
    assert quoted.isascii()
    assert "/" not in quoted
    assert quoted not in (".", "..")


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=20))
def test_a_short_name_can_be_read_back(name: str) -> None:
    assert unquote(layout.quote_name(name)) == name


@pytest.mark.parametrize("shift", range(6))
def test_a_long_name_keeps_its_end_and_no_broken_escape(shift: int) -> None:
    quoted = layout.quote_name("é" * 100 + "a" * shift + ".png")
    assert quoted.endswith("a" * shift + ".png")
    assert quoted.startswith("%")
