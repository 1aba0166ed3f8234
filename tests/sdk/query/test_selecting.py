"""Which runs a query means, and in which order."""

import math
import subprocess
import sys
from typing import Any

import pytest
from bucket_world import NOW, Source, World, script
from hypothesis import given
from hypothesis import strategies as st

from chiplog.query import conditions, fields, parsing, selecting
from chiplog.reading import runs
from chiplog.reading.views import RunView

DAY = 86_400


def holds(text: str, now: float = NOW, **values: Any) -> bool:
    where = parsing.parse(text).where
    assert where is not None

    def read(path: tuple[str, ...]) -> Any:
        found: Any = values
        for part in path:
            found = found.get(part) if isinstance(found, dict) else None
        return found

    return conditions.holds(where, read, now)


@pytest.mark.parametrize(
    "text",
    [
        'state = "failed"',
        'state != "finished"',
        "step >= 10 and step <= 10 and step > 9 and step < 11",
        "step = 10.0",
        "config.lr < 0.01",
        'summary."val/acc" > 0.9',
        "config.lr < summary.loss",
        "0.01 > config.lr",
        'name in ("a", "resnet-b")',
        'name not in ("a", "b")',
        'tags contains "best"',
        '"best" in tags',
        'name contains "net"',
        'name like "resnet-?"',
        'name not like "*-c"',
        'name matches "^res.*b$"',
        "config.amp = true",
        "config.nothing is null",
        "config.nothing = null",
        "config.nothing != 3",
        "config.lr is not null and config.lr != null",
        "summary.diverged is nan",
        "summary.loss is not nan",
        "summary.diverged != 1",
        "took > 2h and took < 1d",
        "started_at > -7d",
        "started_at < -1d",
        'started_at > "2026-11-20"',
        'started_at < "2026-11-22T00:00:00+01:00"',
        "started_at in (1795298400)",
        'not (state = "finished" or step = 3)',
    ],
)
def test_a_condition_holds_of_a_run_that_is_so(text: str) -> None:
    run = {
        "state": "failed", "step": 10, "name": "resnet-b", "tags": ["best", "x"], "took": 3 * 3600.0,
        "config": {"lr": 0.001, "amp": True}, "summary": {"val/acc": 0.95, "loss": 0.5, "diverged": math.nan},
        "started_at": NOW - 2 * DAY,
    }  # fmt: skip
    assert holds(text, **run)


@pytest.mark.parametrize(
    "text",
    [
        "config.nothing < 3",
        "config.nothing = 3",
        "config.nothing in (3)",
        'step = "10"',
        'step < "11"',
        "config.amp = 1",
        "summary.diverged = nan",
        "summary.diverged > 1",
        'tags contains "bes"',
        'tags like "best"',
        'step contains "1"',
        'step matches "1"',
        "started_at < null",
        'step in tags',
    ],
)  # fmt: skip
def test_what_is_absent_or_of_another_kind_is_never_equal_and_never_less(text: str) -> None:
    run = {"step": 10, "tags": ["best"], "config": {"amp": True}, "summary": {"diverged": math.nan}}
    assert not holds(text, **run)


_ANY = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.lists(st.integers(), max_size=2)
)


@given(_ANY, _ANY, st.sampled_from([*parsing.SIGNS, "contains", "in"]))
def test_no_values_make_a_comparison_raise(left: Any, right: Any, operator: str) -> None:
    assert holds(f"config.a {operator} config.b", config={"a": left, "b": right}) in (True, False)


@given(_ANY, _ANY)
def test_equal_and_unequal_are_each_others_opposite(left: Any, right: Any) -> None:
    values = {"a": left, "b": right}
    assert holds("config.a = config.b", config=values) != holds("config.a != config.b", config=values)


@pytest.fixture
def views() -> list[RunView]:
    world = World()
    for number, loss in enumerate([0.5, 0.1, None, float("nan"), 0.3]):
        place = world.run(f"r{number}", uid=f"{number:08x}", config={"opt": {"lr": number / 10}, "a.b": number})
        rows = script(loss=[] if loss is None else [loss])
        world.record(f"rec{number}", Source(rows), run=place.id)
    return runs.every(world.bucket, clock=world.clock)


def select(views: list[RunView], text: str) -> list[str]:
    return [view.name for view in selecting.select(parsing.parse(text), views, NOW)]


def test_runs_are_ordered_with_those_that_lack_the_value_last(views: list[RunView]) -> None:
    assert select(views, "order by summary.loss")[:3] == ["r1", "r4", "r0"]
    assert select(views, "order by summary.loss desc")[:3] == ["r0", "r4", "r1"]
    assert set(select(views, "order by summary.loss desc")[3:]) == {"r2", "r3"}


def test_of_several_orders_the_first_counts_most_and_a_limit_takes_the_first(views: list[RunView]) -> None:
    assert select(views, "order by state, name desc limit 2") == ["r4", "r3"]
    assert select(views, "limit 0") == []


def test_nested_keys_and_keys_with_dots_are_found(views: list[RunView]) -> None:
    assert select(views, "config.opt.lr >= 0.3 order by name") == ["r3", "r4"]
    assert select(views, "config.a.b = 2") == ["r2"]
    assert select(views, 'config."a.b" = 2') == ["r2"]


def test_every_field_of_a_run_can_be_asked_for(views: list[RunView]) -> None:
    read = fields.of(views[0], NOW)
    for name in fields.ALL:
        read((name,))
    assert read(("created_by",)) == "ada"
    assert read(("took",)) == 120
    assert read(("summary", "nothing", "below")) is None


def test_the_language_needs_nothing_but_the_standard_library() -> None:
    code = "import sys; from chiplog.query import parsing, selecting; print({'zstandard', 'boto3'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
