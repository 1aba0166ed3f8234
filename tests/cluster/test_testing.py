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
    """Each test is of exactly one suite, whatever other marks it has."""
    marks = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]["markers"]
    assert {mark.partition(":")[0] for mark in marks} == {"integration", "e2e", "alone", "waits"}
    for own in (set(), {"integration"}, {"integration", "waits"}, {"e2e"}, {"e2e", "alone"}, {"e2e", "waits"}):
        names = {name: name in own for name in ("integration", "e2e", "alone", "waits")}
        chosen = [suite for turn in testing.TURNS for suite in turn if eval(suite.marker, {}, names)]
        assert len(chosen) == 1, (own, chosen)
        assert {chosen[0].layer} - {""} == own & {"integration", "e2e"}, "its files are read"
        assert chosen[0].needs_node == bool(own)


def test_a_suite_of_a_layer_reads_the_files_that_name_its_mark_alone(checkout: Checkout) -> None:
    (checkout.root / "tests" / "sdk").mkdir(parents=True)
    for name, text in {"test_b": "mark.e2e", "test_a": "mark.integration", "sdk/test_c": "[pytest.mark.e2e]"}.items():
        (checkout.root / "tests" / f"{name}.py").write_text(text)
    assert testing.files_of(checkout, "e2e") == ["tests/sdk/test_c.py", "tests/test_b.py"]


@pytest.mark.parametrize("layer", ["integration", "e2e"])
def test_only_a_file_of_tests_itself_gives_them_the_mark_of_a_layer(layer: str) -> None:
    """Otherwise a file that takes it from elsewhere would not be read."""
    others = {path for path in (ROOT / "tests").rglob("*.py") if not path.name.startswith("test_")}
    named = [path for path in others if f"mark.{layer}" in path.read_text()]
    assert named == []


def test_what_is_on_no_node_gets_none_gives_way_and_keeps_what_python_compiled(
    meeting: Checkout, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = 'echo "node ${KUBECONFIG-none} nice $(nice) ${PYTHONPYCACHEPREFIX##*/root/}${PYTHONDONTWRITEBYTECODE}."'
    (meeting.venv / "bin" / "pytest").write_text(f"#!/bin/sh\n{told}\necho '1 passed in 1s'\n")
    turn = [testing.Suite("on it", "e2e"), testing.Suite("beside", "not e2e", needs_node=False)]
    testing.suites(meeting, turn, {**os.environ, "KUBECONFIG": "test"})
    on_it, _, beside = capsys.readouterr().out.partition("── beside tests")
    assert f"node test nice {os.nice(0)} .chiplog/compiled." in on_it
    assert f"node {os.environ.get('KUBECONFIG', 'none')} nice {min(os.nice(0) + 10, 19)} .chiplog/compiled." in beside
