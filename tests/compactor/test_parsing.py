"""A line that is read by its type means what the same line means to every other reader."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chiplog import codec, records
from chiplog.codec import Row
from chiplog.errors import FormatError
from chiplog_compactor import parsing, tables
from chiplog_compactor.collapsing import Kept
from chiplog_compactor.parsing import History, System, Update
from chiplog_compactor.points import Place, Points

PLACE = Place(1, 0, "rec", "s0")
HEAD: Any = {"format": records.SEGMENT_FORMAT, "min_reader": 1, "stream": "s0", "start": 0, "end": 9, "rows": 0}

INTEGERS = st.one_of(st.integers(), st.sampled_from([2**53, -(2**53), 2**53 + 1, 2**63, 2**64, -(2**63), 2**200]))
NUMBERS = st.one_of(INTEGERS, st.floats(allow_nan=False, allow_infinity=False))
WORDS = st.one_of(st.just({"$number": "NaN"}), st.booleans(), st.none(), st.text(max_size=3))
ANY = st.one_of(
    NUMBERS, WORDS, st.just({"_type": "image-file"}), st.dictionaries(st.text(max_size=2), NUMBERS, max_size=2)
)
KEYS = st.one_of(st.text(max_size=3), st.sampled_from(["_step", "_timestamp", "_runtime", "loss", "\ud800"]))
VALUES = st.one_of(st.dictionaries(KEYS, NUMBERS, max_size=5), st.dictionaries(KEYS, ANY, max_size=5))
TABLED = st.fixed_dictionaries(
    {"kind": st.sampled_from(["history", "system"]), "values": VALUES},
    optional={
        "num": st.integers(0, 9),
        "step": st.one_of(st.none(), INTEGERS),
        "time": st.one_of(st.none(), NUMBERS, st.just({"$number": "Infinity"})),
        "summary": st.booleans(),
    },
)
UPDATES = st.fixed_dictionaries(
    {
        "kind": st.just("summary"),
        "update": st.lists(st.tuples(st.lists(KEYS, min_size=1, max_size=2), ANY).map(list), max_size=4),
        "remove": st.one_of(st.just([]), st.just([["a"]])),
    },
    optional={"num": st.integers(0, 9)},
)


def read(*rows: Row) -> list[Any]:
    return parsing.segment(records.pack_segment(HEAD, list(rows)), "it")[1]


def test_rows_of_numbers_are_read_by_their_type_and_others_whole() -> None:
    plain = {"at": 0, "num": 1, "kind": "history", "step": 1, "time": 1.5, "values": {"loss": 0.5, "n": 3}}
    forms = [
        plain,
        {**plain, "kind": "system"},
        {"at": 0, "num": 2, "kind": "summary", "update": [[["loss"], 0.5]], "remove": []},
        {**plain, "values": {"loss": {"$number": "NaN"}}},
        {**plain, "values": {"big": 2**53 + 1}},
        {**plain, "step": 2**63},
        {"at": 0, "kind": "config", "update": [[["lr"], 1]], "remove": []},
        {"at": 0, "kind": "a-kind-of-tomorrow", "values": {}},
    ]
    assert [type(row) for row in read(*forms)] == [History, System, Update, dict, dict, dict, dict, dict]


@pytest.mark.parametrize("line", [b"{", b"[]", b'{"at":"x","kind":"history","values":{}}', b'{"kind":"history"}'])
def test_a_line_that_is_no_row_is_refused(line: bytes) -> None:
    with pytest.raises(FormatError):
        parsing.segment(codec.compress([codec.dump(HEAD), line]), "it")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example([{"kind": "history", "values": {"_step": 1}}, {"kind": "history", "values": {}}])
@given(st.lists(TABLED, min_size=1, max_size=5))
def test_a_table_of_rows_read_by_their_type_is_the_table_of_the_rows(tmp_path: Path, items: list[Row]) -> None:
    rows = [{"at": at, **item} for at, item in enumerate(items)]
    whole, split = Points(), Points()
    for row in rows:
        whole.add(PLACE, row)
    for found in read(*rows):
        if isinstance(found, dict):
            split.add(PLACE, found)
        else:
            split.add_all(PLACE, [found])
    written = [tables.write(points.sorted(), "r", "p", tmp_path / "t.parquet") for points in (whole, split)]
    assert written[0] == written[1]


@settings(max_examples=200)
@given(st.lists(UPDATES, max_size=6))
def test_updates_read_by_their_type_are_joined_as_all_are(items: list[Row]) -> None:
    rows = [{"at": at, **item} for at, item in enumerate(items)]
    whole, split = Kept(), Kept()
    for row in rows:
        whole.add(row)
    for found in read(*rows):
        if isinstance(found, Update):
            split.update(found)
        else:
            split.add(found)
    assert told(split) == told(whole)


def told(kept: Kept) -> list[str]:
    return [json.dumps(row, sort_keys=True) for row in kept.all()]
