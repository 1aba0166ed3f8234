"""Whole files: what comes out of a `.wandb` file that grows, is cut, or is taken up again."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wandb_files import BLOCK, HEADER, chunk, log_bytes, read_by_the_rule, written

from chiplog_sidecar.wandb import framing

NAMES = ("short", "every_kind", "blocks")
SHORT, BLOCKS = log_bytes("short"), log_bytes("blocks")

near_an_edge = st.integers(BLOCK - 40, BLOCK + 10)
payloads = st.lists(st.one_of(st.integers(0, 300), near_an_edge, st.just(3 * BLOCK)), max_size=8).map(
    lambda sizes: [bytes((index % 251 + 1,)) * size for index, size in enumerate(sizes)]
)


def fed(reader: framing.FrameReader, data: bytes, cuts: list[int]) -> list[framing.Item]:
    """What a reader gives for a file that is seen grown to each of the cuts, then whole."""
    items: list[framing.Item] = []
    for visible in [*sorted(cuts), len(data)]:
        items += reader.feed(data[reader.offset : visible] if visible > reader.offset else b"")
    return items


@pytest.mark.parametrize("name", NAMES)
def test_a_real_file_is_read_whole(name: str) -> None:
    data = log_bytes(name)
    assert framing.scan(data, final=True) == read_by_the_rule(data)


@pytest.mark.parametrize("name", NAMES)
def test_the_records_of_an_undamaged_file_leave_nothing_out_but_filler(name: str) -> None:
    data = log_bytes(name)
    frames = [item for item in framing.scan(data) if isinstance(item, framing.Frame)]
    for before, after in itertools.pairwise([*frames, framing.Frame(len(data), len(data), b"")]):
        assert after.at - before.end < 7
        assert after.at == before.end or after.at % BLOCK == 0


def test_the_fixture_has_records_longer_than_a_block() -> None:
    assert sum(isinstance(item, framing.Frame) and len(item.payload) > BLOCK for item in framing.scan(BLOCKS)) >= 2


def test_cut_at_every_byte_a_file_gives_its_whole_records_and_then_the_rest() -> None:
    whole = framing.scan(SHORT)
    for visible in range(len(SHORT) + 1):
        reader = framing.FrameReader()
        first = reader.feed(SHORT[:visible])
        assert first == [item for item in whole if item.end <= visible]
        assert first + reader.feed(SHORT[reader.offset :]) == whole


def cuts_of_blocks() -> list[int]:
    edges = [edge + near for edge in range(BLOCK, len(BLOCKS), BLOCK) for near in range(-12, 13)]
    return sorted({*range(0, len(BLOCKS), 211), *edges})


def test_cut_anywhere_a_file_of_many_blocks_gives_its_whole_records_and_then_the_rest() -> None:
    whole = framing.scan(BLOCKS)
    for visible in cuts_of_blocks():
        reader = framing.FrameReader()
        first = reader.feed(BLOCKS[:visible])
        assert first == [item for item in whole if item.end <= visible]
        assert first + reader.feed(BLOCKS[reader.offset :]) == whole


def test_what_was_not_written_yet_may_read_as_zeros() -> None:
    whole = framing.scan(BLOCKS)
    for written_bytes in cuts_of_blocks():
        size = -(-written_bytes // BLOCK) * BLOCK
        reader = framing.FrameReader()
        first = reader.feed(BLOCKS[:written_bytes] + bytes(size - written_bytes))
        assert first == [item for item in whole if item.end <= written_bytes]
        assert first + reader.feed(BLOCKS[reader.offset :]) == whole


@given(payloads, st.data())
def test_however_a_file_grows_it_gives_the_same(payloads: list[bytes], data: st.DataObject) -> None:
    log = written(payloads)
    cuts = data.draw(st.lists(st.integers(0, len(log)), max_size=6))
    items = fed(framing.FrameReader(), log, cuts)
    assert [item.payload for item in items if isinstance(item, framing.Frame)] == payloads
    assert items == read_by_the_rule(log)


def test_one_byte_at_a_time_a_file_gives_the_same() -> None:
    assert fed(framing.FrameReader(), SHORT, list(range(len(SHORT)))) == framing.scan(SHORT)


@pytest.mark.parametrize("name", NAMES)
def test_a_new_reader_goes_on_at_the_end_of_every_record(name: str) -> None:
    data = log_bytes(name)
    whole = framing.scan(data)
    for index, item in enumerate(whole):
        assert isinstance(item, framing.Frame)
        assert framing.scan(data[item.end :], item.end) == whole[index + 1 :]
        assert framing.scan(data[item.at :], item.at) == whole[index:]


def test_a_new_reader_goes_on_where_another_one_stood() -> None:
    whole = framing.scan(BLOCKS)
    for visible in range(0, len(BLOCKS), 499):
        first = framing.FrameReader()
        before = first.feed(BLOCKS[:visible])
        assert before + framing.scan(BLOCKS[first.at :], first.at) == whole


def test_a_window_of_two_blocks_and_a_byte_is_enough_for_any_record() -> None:
    data = written([b"a" * 400_000, b"b"])
    reader = framing.FrameReader()
    items: list[framing.Item] = []
    while piece := data[reader.offset : reader.offset + 2 * BLOCK + 1]:
        items += reader.feed(piece)
    assert items == framing.scan(data)


def test_a_record_over_the_limit_is_one_gap_and_the_next_one_is_read() -> None:
    data = written([b"a" * 200_000, b"b"])
    gap, frame = framing.FrameReader(max_record_bytes=100_000).feed(data)
    assert isinstance(gap, framing.Gap)
    assert isinstance(frame, framing.Frame)
    assert (gap.at, gap.end, gap.reason, frame.payload) == (7, frame.at, "long", b"b")


def test_half_a_record_waits_while_the_writer_may_live_and_is_a_gap_when_it_is_gone() -> None:
    data = written([b"whole", b"half of it"])[:-3]
    reader = framing.FrameReader()
    (frame,) = reader.feed(data)
    assert isinstance(frame, framing.Frame)
    assert reader.feed(data[reader.offset :]) == []
    assert reader.at == frame.end
    assert reader.feed(data[reader.offset :], final=True) == [framing.Gap(frame.end, len(data), "torn")]
    assert reader.at == len(data)
    assert reader.feed(b"", final=True) == []


def test_a_record_without_its_last_chunk_is_a_gap_when_the_writer_is_gone() -> None:
    data = written([b"whole", b"x" * BLOCK])[:BLOCK]
    assert framing.scan(data)[1:] == []
    (gap,) = framing.scan(data, final=True)[1:]
    assert gap == framing.Gap(19, BLOCK, "torn")


def test_a_record_that_another_one_interrupts_is_a_gap() -> None:
    data = HEADER + chunk(2, b"begun") + chunk(1, b"whole")
    assert framing.scan(data) == [framing.Gap(7, 19, "unfinished"), framing.Frame(19, 31, b"whole")]


def test_a_whole_file_has_nothing_torn() -> None:
    for name in NAMES:
        assert all(isinstance(item, framing.Frame) for item in framing.scan(log_bytes(name), final=True))


@pytest.mark.parametrize("visible", range(8))
def test_a_file_that_has_only_begun_waits(visible: int) -> None:
    assert framing.scan(HEADER[:visible]) == []
    assert framing.scan(bytes(visible)) == []


def test_half_a_file_header_is_torn_when_the_writer_is_gone() -> None:
    assert framing.scan(HEADER[:3], final=True) == [framing.Gap(0, 3, "torn")]
    assert framing.scan(b"", final=True) == []
    assert framing.scan(HEADER, final=True) == []


@pytest.mark.parametrize(
    ("data", "reason"),
    [(HEADER[:-1] + b"\1", "version"), (b"PK\3\4 no log", "magic"), (b"x", "magic"), (bytes(BLOCK + 1), "magic")],
)
def test_a_file_of_another_format_is_a_bad_header_however_often_it_is_read(data: bytes, reason: str) -> None:
    reader = framing.FrameReader()
    assert reader.feed(data) == [framing.BadHeader(data[:7], reason)]
    assert reader.feed(data + written([b"more"])) == [framing.BadHeader((data + HEADER)[:7], reason)]


@settings(max_examples=300)
@given(st.binary(max_size=400), st.booleans())
def test_any_bytes_behind_a_header_give_values_and_end(data: bytes, final: bool) -> None:
    items = framing.scan(HEADER + data, final=final)
    ends = [7, *(item.end for item in items if not isinstance(item, framing.BadHeader))]
    assert ends == sorted(ends)


@pytest.mark.parametrize("left", range(15))
def test_a_block_may_end_with_any_number_of_free_bytes(left: int) -> None:
    data = written([b"a" * (BLOCK - 7 - 7 - left), b"b" * 50, b"c"])
    assert framing.scan(data) == read_by_the_rule(data)
    assert [len(item.payload) for item in framing.scan(data) if isinstance(item, framing.Frame)][1:] == [50, 1]


@pytest.mark.parametrize("left", range(15))
def test_a_reader_never_stands_behind_what_it_saw(left: int) -> None:
    data = written([b"a" * (BLOCK - 7 - 7 - left), b"b" * 50])
    for visible in range(BLOCK - 20, len(data) + 1):
        reader = framing.FrameReader()
        reader.feed(data[:visible])
        assert reader.at <= reader.offset <= visible


@pytest.mark.parametrize("left", range(7, 15))
def test_half_a_chunk_at_a_blocks_end_is_torn_when_the_writer_is_gone(left: int) -> None:
    begun = written([b"a" * (BLOCK - 7 - 7 - left), b"b" * 50])[:BLOCK]
    for size in range(BLOCK - left + 1, BLOCK + 1):
        assert framing.scan(begun[:size], final=True)[1:] == [framing.Gap(BLOCK - left, size, "torn")]


def test_a_record_that_never_ended_is_a_gap_up_to_its_last_chunk() -> None:
    begun = HEADER + chunk(2, b"begun") + chunk(3, b"more")
    assert framing.scan(begun, final=True) == [framing.Gap(7, 30, "torn")]
    assert framing.scan(begun + chunk(1, b"")) == [framing.Gap(7, 30, "unfinished"), framing.Frame(30, 37, b"")]
