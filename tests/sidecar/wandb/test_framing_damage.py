"""Damaged files: flipped bytes, zeroed pages, lost and foreign bytes. The judge is LevelDB's rule, and wandb's own
reader."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wandb_files import BLOCK, HEADER, chunk, log_bytes, read_by_the_rule, written

from chiplog_sidecar.wandb import framing

SHORT, BLOCKS = log_bytes("short"), log_bytes("blocks")


def frames(items: list[framing.Item]) -> list[framing.Item]:
    return [item for item in items if isinstance(item, framing.Frame)]


def uncovered(items: list[framing.Item], size: int) -> int:
    """Bytes behind the file's header that no item stands for."""
    return size - 7 - sum(item.end - item.at for item in items if not isinstance(item, framing.BadHeader))


def test_one_flipped_byte_anywhere_loses_the_rest_of_its_block_and_invents_nothing() -> None:
    whole = framing.scan(SHORT)
    for at in range(7, len(SHORT)):
        damaged = SHORT[:at] + bytes((SHORT[at] ^ 0x10,)) + SHORT[at + 1 :]
        items = framing.scan(damaged, final=True)
        assert frames(items) == read_by_the_rule(damaged) == [frame for frame in whole if frame.end <= at]
        assert items[-1].end == len(SHORT)


def test_a_damaged_block_is_one_gap_and_the_next_block_is_read() -> None:
    payloads = [bytes((65 + index,)) * 5000 for index in range(20)]
    data = bytearray(written(payloads))
    data[BLOCK + 100] ^= 1
    items = framing.scan(bytes(data))
    (gap,) = [item for item in items if isinstance(item, framing.Gap)]
    assert (gap.at < BLOCK, gap.reason) == (True, "checksum")
    assert gap.end > 2 * BLOCK
    assert frames(items) == read_by_the_rule(bytes(data))
    assert uncovered(items, len(data)) < 7


def test_damage_in_the_last_block_waits_until_the_next_block_begins() -> None:
    data = bytearray(written([b"a" * 1000, b"b" * 1000, b"c" * 40_000, b"d"]))
    data[1100] ^= 1
    reader = framing.FrameReader()
    assert len(reader.feed(bytes(data[:2000]))) == 1
    assert reader.feed(bytes(data[reader.offset : BLOCK])) == []
    gap, frame = reader.feed(bytes(data[reader.offset :]))
    assert isinstance(gap, framing.Gap)
    assert isinstance(frame, framing.Frame)
    assert frame.payload == b"d"


def test_a_hole_is_told_once_it_is_known_how_far_it_goes_and_a_new_reader_finds_it_again() -> None:
    data = bytearray(written([b"a" * 1000, b"b" * 100_000, b"c"]))
    data[1500] ^= 1
    reader = framing.FrameReader()
    (first,) = reader.feed(bytes(data[: 2 * BLOCK + 10]))
    assert reader.at == first.end
    rest = reader.feed(bytes(data[reader.offset :]))
    assert rest == framing.scan(bytes(data[first.end :]), first.end)
    assert rest[0] == framing.Gap(first.end, rest[1].at, "checksum")


@pytest.mark.parametrize(
    ("middle", "reason"),
    [
        (bytes(200), "zeros"),
        (chunk(1, b"flipped")[:-1] + b"?", "checksum"),
        (b"\1\2\3\4\xff\xff\1", "length"),
    ],
)
def test_the_reason_of_a_hole_is_told(middle: bytes, reason: str) -> None:
    start = HEADER + chunk(1, b"before") + middle
    data = start + b"\xee" * (BLOCK - len(start)) + chunk(1, b"after")
    before, gap, after = framing.scan(data)
    assert gap == framing.Gap(before.end, BLOCK, reason)
    assert isinstance(after, framing.Frame)
    assert after.payload == b"after"


@pytest.mark.parametrize(("kind", "reason"), [(3, "orphan"), (4, "orphan"), (0, "type"), (9, "type")])
def test_a_sound_chunk_that_belongs_to_nothing_costs_itself_alone(kind: int, reason: str) -> None:
    data = HEADER + chunk(1, b"a") + chunk(kind, b"lost") + chunk(kind, b"too") + chunk(1, b"b")
    before, gap, after = framing.scan(data)
    assert gap == framing.Gap(before.end, after.at, reason)


damage = st.tuples(
    st.sampled_from(["flip", "zero", "cut", "insert", "remove"]),
    st.integers(7, len(BLOCKS) - 1),
    st.integers(1, 5000),
)


def damaged(data: bytes, hits: list[tuple[str, int, int]]) -> bytes:
    for how, at, size in hits:
        if how == "flip":
            data = data[:at] + bytes(byte ^ 0x41 for byte in data[at : at + 1]) + data[at + 1 :]
        elif how == "zero":
            page = at // 4096 * 4096
            data = data[: max(page, 7)] + bytes(len(data[max(page, 7) : page + 4096])) + data[page + 4096 :]
        elif how == "cut":
            data = data[: max(at, 7)]
        else:
            data = data[:at] + (b"?" * size if how == "insert" else b"") + data[at + (size if how == "remove" else 0) :]
    return data


@settings(max_examples=200, deadline=None)
@given(st.lists(damage, min_size=1, max_size=4), st.lists(st.integers(0, len(BLOCKS)), max_size=5))
def test_damage_is_read_by_the_rule_however_the_file_grows(hits: list[tuple[str, int, int]], cuts: list[int]) -> None:
    data = damaged(BLOCKS, hits)
    whole = framing.scan(data, final=True)
    assert frames(whole) == read_by_the_rule(data)
    reader = framing.FrameReader()
    items: list[framing.Item] = []
    for visible in sorted(cuts):
        items += reader.feed(data[reader.offset : visible] if visible > reader.offset else b"")
    assert items + reader.feed(data[reader.offset :], final=True) == whole


@settings(max_examples=100, deadline=None)
@given(st.lists(damage, min_size=1, max_size=3))
def test_every_byte_of_a_damaged_file_is_in_a_record_a_gap_or_filler(hits: list[tuple[str, int, int]]) -> None:
    data = damaged(BLOCKS, hits)
    items = framing.scan(data, final=True)
    assert 0 <= uncovered(items, len(data)) < 7 * (len(data) // BLOCK + 1)
    at = 7
    for item in items:
        assert not isinstance(item, framing.BadHeader)
        assert item.at - at < 7
        at = item.end


@settings(max_examples=100, deadline=None)
@given(st.lists(damage, min_size=1, max_size=3), st.integers(0, len(BLOCKS)))
def test_a_new_reader_goes_on_in_a_damaged_file_where_another_one_stood(
    hits: list[tuple[str, int, int]], visible: int
) -> None:
    data = damaged(BLOCKS, hits)
    first = framing.FrameReader()
    before = first.feed(data[:visible])
    assert before + framing.scan(data[first.at :], first.at, final=True) == framing.scan(data, final=True)


@pytest.mark.parametrize("at", [40, 9_000, BLOCK + 5, BLOCK * 2 + 77, len(BLOCKS) - 4000])
def test_wandbs_own_reader_finds_the_same_records_in_a_damaged_file(at: int, tmp_path: Path) -> None:
    leet = Path(sys.executable).with_name("wandb")
    if not leet.exists():
        pytest.skip("needs the wandb package (dependency group examples)")
    data = damaged(BLOCKS, [("flip", at, 1)])
    path = tmp_path / "run-blocks.wandb"
    path.write_bytes(data)
    said = subprocess.run([leet, "leet", "inspect", "--json", path], capture_output=True, check=True).stdout
    ours = framing.scan(data, final=True)
    assert len(frames(ours)) == len([json.loads(line) for line in said.splitlines()])
    assert len(frames(ours)) < len(framing.scan(BLOCKS))
