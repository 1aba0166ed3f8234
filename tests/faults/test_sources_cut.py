"""Row 2: a source of any kind, cut at every byte. `CHIPLOG_SOAK=1` takes 2 MB of each kind, `make test` 40 KB."""

import os

import pytest
from sources_of import KINDS, corpus, read, reader

SIZE = 2 << 20 if os.environ.get("CHIPLOG_SOAK") else 40_000


@pytest.mark.parametrize("kind", KINDS)
def test_at_every_byte_a_growing_file_has_given_the_longest_prefix_of_whole_records(kind: str) -> None:
    data, spans = corpus(kind, SIZE)
    whole = read(kind, data)
    assert [row["at"] for row in whole] == [start for start, _ in spans]
    growing, given = reader(kind), 0
    for visible in range(len(data) + 1):
        rows = growing.feed(data[growing.offset : visible])
        assert rows == whole[given : given + len(rows)]
        given += len(rows)
        assert given == len(spans) or spans[given][1] > visible, f"a whole record was held back at byte {visible}"
        assert given == 0 or spans[given - 1][1] <= visible, f"a row came before its record was whole at {visible}"
    assert given == len(spans)


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_reader_goes_on_wherever_another_one_stood(kind: str) -> None:
    """A crash of the recorder between two reads, at every place where it may happen."""
    data, spans = corpus(kind, min(SIZE, 200_000))
    whole = read(kind, data)
    growing, given = reader(kind), 0
    for visible in range(0, len(data) + 1, 31):
        given += len(growing.feed(data[growing.offset : visible]))
        if given < len(spans):
            (row, *_) = reader(kind, growing.at).feed(data[growing.at : spans[given][1]])
            assert {**row, "step": None} == {**whole[given], "step": None}


@pytest.mark.parametrize("kind", KINDS)
def test_cut_for_good_at_every_byte_a_file_is_its_whole_records_and_one_gap(kind: str) -> None:
    data, spans = corpus(kind, 1200)
    for size in range(len(data) + 1):
        rows = read(kind, data[:size], final=True)
        gaps = [row for row in rows if row["kind"] == "gap"]
        ends = [end for _, end in spans if end <= size or (kind == "jsonl" and end == size + 1)]
        assert len(rows) - len(gaps) == len(ends)
        assert len(gaps) <= 1
        assert all(gap["to"] == size for gap in gaps)
