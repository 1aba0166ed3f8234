"""Row 3: flipped bits, zeroed pages and lost blocks in a source of any kind: never a wrong value, the hole is counted,
and everything behind it is read. The judge of wandb's file is LevelDB's rule, read by a second reader.

JSON lines have no checksum: there a flipped bit may make another valid line, and only the lines beside it are safe.
`CHIPLOG_SOAK=1` flips a bit of every 7th byte and zeroes at every 512th; `make test` takes a sample.
"""

import functools
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sources_of import KINDS, corpus, read, survive
from wandb_files import BLOCK, read_by_the_rule

from chiplog.codec import Row

SOAK = bool(os.environ.get("CHIPLOG_SOAK"))
CHECKED = ("wandb", "tensorboard", "chiplog")


@functools.cache
def true_rows(kind: str, size: int) -> dict[int, Row]:
    return {row["at"]: row for row in read(kind, corpus(kind, size).data)}


def zeroed(data: bytes, start: int, size: int) -> bytes:
    """All but the file's first bytes, which say of what kind it is."""
    end, start = min(start + size, len(data)), max(start, 8)
    return data[:start] + bytes(end - start) + data[end:]


def check(kind: str, damaged: bytes, start: int, end: int) -> None:
    """Rows are the true ones, no record outside `[start, end)` is lost but by LevelDB's rule, and the hole is told."""
    spans = corpus(kind, len_of[kind]).spans
    whole = true_rows(kind, len_of[kind])
    rows = read(kind, damaged, final=True)
    good = [row for row in rows if row["kind"] == "history"]
    if kind != "jsonl":
        assert all(row == whole[row["at"]] for row in good), "a wrong value"
        assert len(good) == len(whole) or any(row["kind"] == "gap" for row in rows), "a hole that nobody counted"
    if kind == "wandb":
        assert [row["at"] for row in good] == [at for at, _, _ in read_by_the_rule(damaged)]
        start, end = start // BLOCK * BLOCK, -(-end // BLOCK) * BLOCK
    found = {row["at"] for row in good}
    margin = 1 if kind == "jsonl" else 0  # A newline that is gone joins two lines.
    safe = [at for at, stop in spans if stop + margin <= start or at >= end + margin * 4000]
    assert found.issuperset(safe), f"records beside the damage of {start} to {end} are lost"


len_of = {"wandb": 70_000, "tensorboard": 20_000, "chiplog": 20_000, "jsonl": 20_000}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [4096, BLOCK])
def test_a_zeroed_page_or_block_costs_itself(kind: str, size: int) -> None:
    data, _ = corpus(kind, len_of[kind])
    for start in range(0, len(data), 512 if SOAK else size):
        check(kind, zeroed(data, start, size), start, start + size)


@pytest.mark.parametrize("kind", CHECKED)
def test_a_flipped_bit_never_makes_a_wrong_value(kind: str) -> None:
    data, _ = corpus(kind, len_of[kind])
    for at in range(8, len(data), 7 if SOAK else 1999):
        check(kind, data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :], at, at + 1)


@pytest.mark.parametrize("kind", CHECKED)
@settings(max_examples=2000 if SOAK else 25, deadline=None)
@given(st.data())
def test_any_damage_is_survived_and_gives_true_rows_alone(kind: str, data: st.DataObject) -> None:
    whole, _ = corpus(kind, 20_000)
    true = true_rows(kind, 20_000)
    damaged = bytearray(whole)
    for at, noise in data.draw(st.lists(st.tuples(st.integers(8, len(whole)), st.binary(max_size=200)), max_size=5)):
        damaged[at : at + len(noise)] = noise
    rows = survive(kind, bytes(damaged), piece=data.draw(st.integers(65_537, 200_000)))
    assert all(row == true[row["at"]] for row in rows if row["kind"] == "history")


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=2000 if SOAK else 40, deadline=None)
@given(st.binary(max_size=2000), st.integers(0, 3000))
def test_no_bytes_are_an_error(kind: str, noise: bytes, at: int) -> None:
    whole, _ = corpus(kind, 3000)
    survive(kind, noise)
    survive(kind, whole[:at] + noise + whole[at:])
