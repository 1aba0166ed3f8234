"""What a fold makes of the kept rows is what it makes of all rows."""

from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from chiplog.codec import Row
from chiplog.folding import Fold
from chiplog_compactor.collapsing import Kept

PATHS = st.lists(st.sampled_from("abc"), min_size=1, max_size=3)
VALUES = st.one_of(st.integers(0, 3), st.just({"_type": "image-file"}), st.just({}))
ITEMS = st.lists(st.tuples(PATHS, VALUES).map(list), max_size=4)
ROWS = st.one_of(
    st.fixed_dictionaries(
        {
            "kind": st.just("summary"),
            "update": ITEMS,
            "remove": st.one_of(st.just([]), st.lists(PATHS, max_size=2)),
        }
    ),
    st.fixed_dictionaries({"kind": st.just("run"), "summary": ITEMS}),
    st.fixed_dictionaries(
        {
            "kind": st.just("history"),
            "summary": st.booleans(),
            "step": st.integers(0, 9),
            "values": st.dictionaries(st.sampled_from("abc"), st.integers(0, 9)),
        }
    ),
    st.just({"kind": "config", "update": [[["lr"], 1]]}),
    st.just({"kind": "exit", "exit_code": 0}),
)


def told(rows: list[Row]) -> Any:
    fold = Fold()
    for row in rows:
        fold.apply(_copy(row))
    return fold.summary, fold.config, fold.step, fold.exit_code, fold.run


def _copy(row: Any) -> Any:
    """A fold makes the values of its rows its own."""
    if isinstance(row, dict):
        return {key: _copy(value) for key, value in row.items()}
    return [_copy(item) for item in row] if isinstance(row, list) else row


@settings(max_examples=300)
@example(
    [
        {"kind": "run", "summary": [[["b", "a"], 1]]},
        {"kind": "summary", "update": [[["b"], 0], [["b", "b"], {}]], "remove": []},
    ]
)
@given(st.lists(ROWS, max_size=12))
def test_a_fold_makes_the_same_of_kept_rows_and_of_all(items: list[Row]) -> None:
    rows = [{"at": at, **row} for at, row in enumerate(items)]
    kept = Kept()
    for row in rows:
        if row["kind"] != "history":
            kept.add(row)
        elif row["summary"]:
            kept.interrupt()
    tabled = [row for row in rows if row["kind"] == "history"]
    assert told(sorted([*kept.all(), *tabled], key=lambda row: int(row["at"]))) == told(rows)


def test_updates_that_follow_one_another_become_one_at_the_last_position() -> None:
    kept = Kept()
    for at in range(100):
        kept.add({"at": at, "kind": "summary", "update": [[["loss"], at], [["n", "m"], -at]], "remove": []})
        kept.add({"at": at, "kind": "alert", "title": "x"})
    rows = kept.all()
    assert len(rows) == 101
    assert [row for row in rows if row["kind"] == "summary"] == [
        {"at": 99, "kind": "summary", "update": [[["loss"], 99], [["n", "m"], -99]], "remove": []}
    ]
