"""Files that grow, are cut or are damaged, held against a second reader that is slow and simple."""

import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chiplog_sidecar.tensorboard import crc32c, framing

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "tensorboard"
REAL = [path.read_bytes() for path in sorted(FIXTURES.glob("*/run.tfevents"))]


def record(payload: bytes) -> bytes:
    length = struct.pack("<Q", len(payload))
    return length + struct.pack("<I", crc32c.masked(length)) + payload + struct.pack("<I", crc32c.masked(payload))


PAYLOADS = [b"first", b"", b"third" * 20, bytes(40), b"last"]
FILE = b"".join(map(record, PAYLOADS))
WHOLE = framing.scan(FILE)


def frames(items: list[framing.Item]) -> list[framing.Item]:
    return [item for item in items if isinstance(item, framing.Frame)]


def is_covered(items: list[framing.Item], size: int) -> bool:
    ends = [0, *(item.end for item in items)]
    return [item.at for item in items] == ends[:-1] and ends[-1] == size


def test_the_checksum_is_the_one_of_rfc_3720() -> None:
    assert crc32c.crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c.crc32c(b"\xff" * 32) == 0x62A8AB43
    assert crc32c.crc32c(bytes(range(32))) == 0x46DD794E


@pytest.mark.parametrize("size", [16383, 16384, 16385, 70_001])
def test_the_checksum_of_a_long_text_is_that_of_a_loop_over_its_bytes(size: int) -> None:
    data, state = bytes(at * at % 251 for at in range(size)), 0xFFFFFFFF
    for byte in data:
        state ^= byte
        for _ in range(8):
            state = state >> 1 ^ (0x82F63B78 if state & 1 else 0)
    assert crc32c.crc32c(data) == state ^ 0xFFFFFFFF


@pytest.mark.parametrize("data", [FILE, *REAL])
def test_a_whole_file_is_covered_by_its_records(data: bytes) -> None:
    items = framing.scan(data)
    assert frames(items) == items
    assert is_covered(items, len(data))


def cuts(data: bytes) -> list[int]:
    """Every byte of a short file; of a long one those in and beside headers and checksums, for each costs a reading."""
    ends = [0, *(item.end for item in framing.scan(data))]
    return [at for at in range(len(data) + 1) if len(data) < 2000 or any(abs(at - end) <= 16 for end in ends)]


@pytest.mark.parametrize("data", [FILE, *REAL])
def test_cut_anywhere_a_file_gives_its_whole_records_and_then_the_rest(data: bytes) -> None:
    whole = framing.scan(data)
    for visible in cuts(data):
        reader = framing.FrameReader()
        first = reader.feed(data[:visible])
        assert first == [item for item in whole if item.end <= visible]
        assert first + reader.feed(data[reader.offset :]) == whole


@pytest.mark.parametrize("data", [FILE, *REAL])
def test_growing_by_every_single_byte_a_file_gives_each_record_once_it_is_whole(data: bytes) -> None:
    whole, reader = {item.end: item for item in framing.scan(data)}, framing.FrameReader()
    for visible in range(len(data) + 1):
        assert reader.feed(data[reader.offset : visible]) == ([whole[visible]] if visible in whole else [])
    assert reader.at == len(data)


def test_half_a_record_is_torn_when_the_writer_is_gone() -> None:
    for visible in range(WHOLE[1].end + 1, WHOLE[2].end):
        assert framing.scan(FILE[:visible], final=True) == [*WHOLE[:2], framing.Gap(WHOLE[1].end, visible, "torn")]


@pytest.mark.parametrize("flip", [0x01, 0x10, 0xFF])
def test_a_flipped_byte_anywhere_costs_its_record_alone_and_invents_nothing(flip: int) -> None:
    for at in range(len(FILE)):
        items = framing.scan(FILE[:at] + bytes((FILE[at] ^ flip,)) + FILE[at + 1 :], final=True)
        assert frames(items) == [frame for frame in WHOLE if not frame.at <= at < frame.end]
        assert is_covered(items, len(FILE))


def test_a_broken_payload_is_a_gap_of_one_record_at_once() -> None:
    data = FILE[: WHOLE[2].at + 20] + b"?" + FILE[WHOLE[2].at + 21 :]
    assert framing.scan(data)[2] == framing.Gap(WHOLE[2].at, WHOLE[2].end, "checksum")


def test_a_length_that_no_record_has_is_taken_for_a_broken_one() -> None:
    length = struct.pack("<Q", framing.MAX_RECORD_BYTES + 1)
    data = length + struct.pack("<I", crc32c.masked(length)) + FILE
    assert framing.scan(data)[:1] == [framing.Gap(0, 12, "length")]


def test_behind_a_broken_length_the_reader_waits_until_a_record_is_found() -> None:
    reader = framing.FrameReader()
    assert reader.feed(b"?" * 200_000) == []
    assert (reader.at, reader.feed(b"?" * 10, final=True)) == (0, [framing.Gap(0, reader.offset, "length")])


def test_a_page_that_reads_as_zeros_is_asked_for_again() -> None:
    reader = framing.FrameReader()
    assert reader.feed(FILE[: WHOLE[0].end] + bytes(4096)) == WHOLE[:1]
    assert reader.feed(FILE[reader.offset :]) == WHOLE[1:]


def test_a_record_longer_than_a_read_is_held_and_given_whole() -> None:
    data = record(bytes(range(256)) * 2000)
    reader = framing.FrameReader()
    items: list[framing.Item] = []
    while reader.offset < len(data):
        items += reader.feed(data[reader.offset : reader.offset + 70_000])
    assert items == framing.scan(data)
    assert len(items) == 1


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.lists(st.integers(0, 900), max_size=5), st.integers(0, len(FILE)))
def test_what_comes_out_does_not_depend_on_how_the_file_grew(noise: bytes, cuts: list[int], at: int) -> None:
    data = FILE[:at] + noise + FILE[at:] + FILE
    whole = framing.scan(data, final=True)
    assert is_covered(whole, len(data))
    reader = framing.FrameReader()
    items: list[framing.Item] = []
    for visible in sorted(cuts):
        items += reader.feed(data[reader.offset : visible])
        assert reader.at <= reader.offset
    assert items + framing.scan(data[reader.at :], reader.at, final=True) == whole
    assert items + reader.feed(data[reader.offset :], final=True) == whole
