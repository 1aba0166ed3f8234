"""The turns in which tests run: what is of one turn runs at once, and each run's own words become its result."""

import os
import tomllib
from pathlib import Path

import pytest

from chiplog_cluster import testing
from chiplog_cluster.checkout import Checkout

ROOT = Path(__file__).parents[2]
MEETING = """#!/bin/sh
mine=a other=b said='5 passed in 1s' code=0
case "$*" in *waits*) mine=b other=a said="$TROUBLE" code=1;; esac
touch "$PLACE/$mine"
for _ in $(seq 200); do [ -e "$PLACE/$other" ] && echo "$said" && exit $code; sleep 0.05; done
echo 'nobody came'; exit 7
"""
TROUBLE = """E       assert 3 == 4
a line of a log
FAILED tests/x/test_y.py::test_z - assert 3 == 4
1 failed, 2 passed in 3s"""


@pytest.fixture
def meeting(checkout: Checkout) -> Checkout:
    """A checkout whose pytest ends only once another pytest runs beside it."""
    (checkout.venv / "bin").mkdir(parents=True)
    program = checkout.venv / "bin" / "pytest"
    program.write_text(MEETING)
    program.chmod(0o755)
    return checkout


def test_the_suites_of_a_turn_run_at_once_and_each_has_its_own_result(
    meeting: Checkout, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    turn = [testing.Suite("quick", "not slow"), testing.Suite("slow", "waits")]
    results = testing.suites(meeting, turn, {**os.environ, "PLACE": str(tmp_path), "TROUBLE": TROUBLE})
    assert [(item.name, item.passed, item.failed) for item in results] == [("quick", 5, 0), ("slow", 2, 1)]
    said = capsys.readouterr().out
    assert said.index("5 passed") < said.index("── slow tests") < said.index("1 failed")
    assert testing.summarise(results) == 1
    end = capsys.readouterr().out
    assert "FAILED tests/x/test_y.py::test_z - assert 3 == 4" in end, "who reads the end alone knows what failed"
    assert "E       assert 3 == 4" in end
    assert "a line of a log" not in end


def test_every_marker_that_sets_a_test_apart_has_its_turn() -> None:
    """Each e2e test is of exactly one suite, whatever other marks it has."""
    marks = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]["markers"]
    assert {mark.partition(":")[0] for mark in marks} == {"integration", "e2e", "alone", "waits"}
    for own in ({"integration"}, {"e2e"}, {"e2e", "alone"}, {"e2e", "waits"}):
        names = {name: name in own for name in ("integration", "e2e", "alone", "waits")}
        chosen = [suite.name for turn in testing.ON_A_NODE for suite in turn if eval(suite.marker, {}, names)]
        assert len(chosen) == 1, (own, chosen)
