"""What the verbs print, for programs and for people."""

import csv
import io
import json
import math
from typing import Any

import pytest
from bucket_world import NOW, Source, World, attempt, console, history, numbered, script

NAMES = {
    "namespace", "project", "run", "name", "state", "attempts", "step", "started_at", "finished_at", "config",
    "summary", "tags", "lag_seconds",
}  # fmt: skip


def strict(text: str) -> Any:
    def refuse(token: str) -> None:
        raise AssertionError(f"{token} is no JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.fixture
def world() -> World:
    world = World()
    place = world.run(
        tags=["nightly"],
        config={"lr": 1.0},
        datasets=[{"name": "digits", "uri": "s3://data/digits", "digest": "sha256:1"}],
    )
    rows = numbered([
        *script(loss=[math.nan, 0.5], lr=0.1),
        history(2, loss=-math.inf, val={"acc": 0.9}), console("step 2\n"), console("careful\n", "stderr"),
    ])  # fmt: skip
    world.record("r1", Source(rows), run=place.id)
    attempts = [
        attempt(1, "r0", started_at=NOW - 150, finished_at=NOW - 140, reason="OOMKilled", exit_code=137),
        attempt(2, "r1", started_at=NOW - 130),
    ]
    world.outcome(place, "running", attempts, started_at=NOW - 150)
    return world


def test_ls_lists_runs_with_the_promised_names(chiplog: Any) -> None:
    (run,) = strict(chiplog("ls", "-o", "json").stdout)
    assert set(run) >= NAMES
    assert (run["name"], run["run"], run["state"], run["attempts"]) == ("mnist", "mnist-0123abcd", "running", 2)
    assert (run["started_at"], run["finished_at"]) == ("2026-11-23T21:57:30.000Z", None)
    assert (run["step"], run["tags"], run["lag_seconds"]) == (2, ["nightly"], 1.5)


def test_show_has_all_that_ls_has_and_more(chiplog: Any) -> None:
    run = strict(chiplog("show", "mnist", "-o", "json").stdout)
    (listed,) = strict(chiplog("ls", "-o", "json").stdout)
    assert set(listed) <= set(run)
    assert run["config"] == {"lr": 0.1}
    assert run["summary"] == {"loss": 0.5}
    assert (run["exit_code"], run["durable"]) == (None, False)
    assert [item["exit_code"] for item in run["attempt_list"]] == [137, None]
    assert [item["reason"] for item in run["attempt_list"]] == ["OOMKilled", ""]
    assert [item["pod"] for item in run["recorders"]] == ["r0-pod", "r1-pod"]
    assert run["streams"][0]["path"].endswith(".wandb")
    assert run["images"] == {"main": "example/train:1"}
    assert run["datasets"][0]["name"] == "digits"
    assert run["requests"] == {"GetObject": 1, "ListObjectsV2": 2, "PutObject": 40, "bytes": 9000}
    assert run["cost_usd"] == pytest.approx(42 * 5e-6 + 1 * 0.4e-6)


def test_history_has_step_timestamp_attempt_and_metrics_and_says_nan_as_text(chiplog: Any) -> None:
    rows = strict(chiplog("history", "mnist", "-o", "json").stdout)
    assert rows == [
        {"_step": 0, "_timestamp": NOW - 100, "_attempt": 2, "loss": "NaN"},
        {"_step": 1, "_timestamp": NOW - 99, "_attempt": 2, "loss": 0.5},
        {"_step": 2, "_timestamp": NOW - 98, "_attempt": 2, "loss": "-Infinity", "val.acc": 0.9},
    ]


def test_json_lines_are_the_same_objects_one_a_line(chiplog: Any) -> None:
    for verb in (["ls"], ["history", "mnist"], ["logs", "mnist"], ["files", "mnist"], ["explain", "mnist"]):
        lines = chiplog(*verb, "-o", "jsonl").stdout.splitlines()
        assert [strict(line) for line in lines] == strict(chiplog(*verb, "-o", "json").stdout)
    (line,) = chiplog("show", "mnist", "-o", "jsonl").stdout.splitlines()
    assert strict(line) == strict(chiplog("show", "mnist", "-o", "json").stdout)


def test_csv_has_a_column_for_every_metric_and_empty_cells_for_null(chiplog: Any) -> None:
    found = list(csv.DictReader(io.StringIO(chiplog("history", "mnist", "-o", "csv").stdout)))
    assert list(found[0]) == ["_step", "_timestamp", "_attempt", "loss", "val.acc"]
    assert [row["loss"] for row in found] == ["NaN", "0.5", "-Infinity"]
    assert [row["val.acc"] for row in found] == ["", "", "0.9"]


def test_csv_of_a_run_holds_what_is_nested_as_json(chiplog: Any) -> None:
    (row,) = csv.DictReader(io.StringIO(chiplog("ls", "-o", "csv").stdout))
    assert json.loads(row["config"]) == {"lr": 0.1}  # The script's own word, over that of the TrainingRun.
    assert row["finished_at"] == ""
    (row,) = csv.DictReader(io.StringIO(chiplog("show", "mnist", "-o", "csv").stdout))
    assert json.loads(row["tags"]) == ["nightly"]


def test_nothing_is_an_empty_array(chiplog: Any, world: World) -> None:
    world.run("empty", "99999999")
    assert chiplog("history", "empty", "-o", "json").stdout == "[]\n"
    assert chiplog("logs", "empty", "-o", "jsonl").stdout == ""
    assert chiplog("ls", "-n", "none", "-o", "json").stdout == "[]\n"


def test_keys_choose_columns_and_rows(chiplog: Any) -> None:
    rows = strict(chiplog("history", "mnist", "--key", "val.acc", "-o", "json").stdout)
    assert rows == [{"_step": 2, "_timestamp": NOW - 98, "_attempt": 2, "val.acc": 0.9}]
    head = chiplog("history", "mnist", "--key", "val.acc", "--key", "loss", "-o", "csv").stdout.splitlines()[0]
    assert head == "_step,_timestamp,_attempt,val.acc,loss"


def test_a_key_that_no_row_has_is_not_found_and_the_known_ones_are_named(chiplog: Any) -> None:
    result = chiplog("history", "mnist", "--key", "acc")
    assert result.exit_code == 3
    assert "no row has acc; there are loss, val.acc" in result.stderr
    assert "no row has lost: did you mean 'loss'?; there are" in chiplog("history", "mnist", "--key", "lost").stderr


def test_last_gives_the_newest_rows(chiplog: Any) -> None:
    rows = strict(chiplog("history", "mnist", "--last", "2", "-o", "json").stdout)
    assert [row["_step"] for row in rows] == [1, 2]


def test_logs_are_lines(chiplog: Any) -> None:
    assert chiplog("logs", "mnist").stdout == "step 2\ncareful\n"
    assert chiplog("logs", "mnist", "--source", "stderr").stdout == "careful\n"
    assert chiplog("logs", "mnist", "--timestamps").stdout.splitlines()[0] == "2026-11-23T22:00:00.000Z step 2"
    line = {"time": "2026-11-23T22:00:00.000Z", "source": "stdout", "attempt": 2, "rank": 0, "text": "step 2"}
    assert strict(chiplog("logs", "mnist", "-o", "json").stdout)[0] == line


def test_a_console_cannot_steer_the_terminal_that_shows_it(chiplog: Any, world: World) -> None:
    place = world.run("evil", "66666666")
    text = "\x1b]0;title\x07\x1b[2J\x1b[31mred\x1b[0m \x1b[1A\x9b2J\x08bell\x07\ttab\n"
    world.record("r9", Source(numbered([console(text)])), run=place.id)
    shown = chiplog("logs", "evil").stdout
    assert not set(shown) & {"\x1b", "\x07", "\x08", "\x9b"}
    assert "red" in shown
    assert "\ttab" in shown


def test_a_piped_table_is_aligned_text_without_colours_tabs_or_boxes(chiplog: Any) -> None:
    text = chiplog("ls").stdout
    assert text.isascii()
    assert "\t" not in text
    head, row = text.splitlines()
    assert head.split() == [
        "NAMESPACE", "PROJECT", "NAME", "STATE", "ATTEMPTS", "STEP", "METRIC", "STARTED", "TOOK", "LAG",
    ]  # fmt: skip
    assert row.index(" mnist ") == head.index(" NAME ")
    assert "running" in row


def test_a_piped_table_of_history_keeps_the_case_of_metrics(chiplog: Any, world: World) -> None:
    place = world.run("cased", "44444444")
    world.record("r4", Source(numbered([history(0, Loss=1.0, loss=2.0)])), run=place.id)
    assert chiplog("history", "cased").stdout.split()[:5] == ["_step", "_timestamp", "_attempt", "Loss", "loss"]


def test_show_is_a_sheet_with_the_headline_metrics_curve(chiplog: Any) -> None:
    text = chiplog("show", "mnist").stdout
    for part in ("mnist-0123abcd", "team/vision/mnist", "running", "nightly", "OOMKilled", "r1-pod", "at list price"):
        assert part in text
    assert "METRIC\nloss" in text


def test_show_says_the_project_of_the_script_where_it_is_another(chiplog: Any, world: World) -> None:
    place = world.run("moved", "77777777", project="digits")
    world.record("r7", Source(script()), run=place.id)
    assert "script says  project vision; it is listed under digits" in chiplog("show", "moved").stdout
    assert "script says" not in chiplog("show", "mnist").stdout


def test_a_recorder_that_no_run_has_claimed_is_marked(chiplog: Any, world: World) -> None:
    world.record("lost", Source(script()))
    assert "lost-pod (no run)" in chiplog("ls").stdout
    assert {item["run"]: item["bound"] for item in strict(chiplog("ls", "-o", "json").stdout)} == {
        "mnist-0123abcd": True,
        "lost": False,
    }
    assert "no run has claimed" in chiplog("show", "lost").stdout


def test_an_object_that_cannot_be_read_is_said_beside_what_can(chiplog: Any, world: World) -> None:
    world.bucket.put("v1/runs/prod/team/bad-00000000/run.json", b"junk")
    result = chiplog("ls", "-o", "json")
    assert result.exit_code == 0
    assert {item["name"] for item in strict(result.stdout)} == {"mnist", "bad"}
    assert "v1/runs/prod/team/bad-00000000/run.json" in result.stderr


def test_places_may_stand_before_or_behind_the_verb(chiplog: Any, world: World) -> None:
    world.run("other", namespace="team-b")
    for arguments in (["-n", "team-b", "ls"], ["ls", "-n", "team-b"], ["-n", "team", "ls", "-n", "team-b"]):
        (run,) = strict(chiplog(*arguments, "-o", "json").stdout)
        assert run["name"] == "other"
    assert strict(chiplog("ls", "--cluster", "staging", "-o", "json").stdout) == []


def test_show_says_requests_by_kind_with_their_price_what_a_kill_can_lose_and_what_was_passed_over(
    chiplog: Any, world: World
) -> None:
    rows = numbered([*script(), {"kind": "gap", "to": 99, "reason": "checksum"}])
    world.record("r1", Source(rows), run="mnist-0123abcd", skipped={"it is a link out of the run directory": 2})
    said = chiplog("show", "mnist").stdout
    (line,) = [line for line in said.splitlines() if line.startswith("requests")]
    assert line.split(maxsplit=1)[1] == (
        "43 (1 GetObject, 2 ListObjectsV2, 40 PutObject), 8.8 KiB sent, $0.000210 at list price"
    )
    (source,) = [line for line in said.splitlines() if ".wandb" in line]
    assert source.endswith("rows of the last 0.25 s")
    assert "1: checksum" in source
    (passed,) = [line for line in said.splitlines() if "link out" in line]
    assert passed.split(maxsplit=1) == ["2", "it is a link out of the run directory"]
    told = strict(chiplog("show", "mnist", "-o", "json").stdout)
    assert told["streams"][0]["skipped"] == {"checksum": 1}
    assert told["recorders"][1]["skipped"] == {"it is a link out of the run directory": 2}
