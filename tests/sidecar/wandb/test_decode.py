"""Rows of real records, held against what `wandb leet inspect --json` says of the same file."""

import base64
import datetime
import json
from collections.abc import Iterator
from typing import Any

import pytest
from wandb_files import FIXTURES, log_bytes

from chiplog.folding import Fold
from chiplog_sidecar.wandb import decode, framing

NAMES = ("short", "every_kind", "blocks")
COMMIT = "528acc037ab6ea8b766f18bf47499a8be1cccad7"


def rows_of(name: str) -> list[decode.Row]:
    items = framing.scan(log_bytes(name), final=True)
    return [decode.decode(item.at, item.payload) for item in items if isinstance(item, framing.Frame)]


def said_of(name: str) -> list[dict[str, Any]]:
    lines = (FIXTURES / name / "leet.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def both(name: str, kind: str) -> list[tuple[decode.Row, dict[str, Any]]]:
    """Our rows beside what leet says of the same records."""
    pairs = zip(rows_of(name), said_of(name), strict=True)
    found = [(row, said[kind]) for row, said in pairs if said["type"] == kind]
    assert found or name != "every_kind"
    return found


def as_leet(value: Any) -> Any:
    """A number that is not finite is a text in leet's JSON."""
    if isinstance(value, dict):
        return value["$number"] if set(value) == {"$number"} else {key: as_leet(below) for key, below in value.items()}
    return [as_leet(below) for below in value] if isinstance(value, list) else value


def flat(tree: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def unix(text: str) -> float:
    whole, _, fraction = text.removesuffix("Z").partition(".")
    moment = datetime.datetime.fromisoformat(whole).replace(tzinfo=datetime.UTC)
    return (int(moment.timestamp()) * 10**9 + int(fraction.ljust(9, "0"))) / 10**9


def by_path(updates: list[list[Any]]) -> dict[str, Any]:
    return {".".join(path): as_leet(value) for path, value in updates}


@pytest.mark.parametrize("name", NAMES)
def test_every_record_is_one_row_with_its_position_and_number(name: str) -> None:
    rows = rows_of(name)
    assert [row["num"] for row in rows] == list(range(1, len(rows) + 1)) == [said["num"] for said in said_of(name)]
    assert [row["at"] for row in rows] == [item.at for item in framing.scan(log_bytes(name)) if item.at]


@pytest.mark.parametrize("name", NAMES)
def test_every_row_is_strict_json_and_comes_back_the_same(name: str) -> None:
    for row in rows_of(name):
        assert json.loads(json.dumps(row, allow_nan=False).encode()) == row


@pytest.mark.parametrize("name", NAMES)
def test_history_says_what_leet_says(name: str) -> None:
    for row, said in both(name, "history"):
        assert dict(flat(as_leet(row["values"]))) == said["item"]
        assert (row["step"], row["time"]) == (int(said["step"]["num"]), said["item"]["_timestamp"])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["summary", "config"])
def test_summary_and_config_say_what_leet_says(name: str, kind: str) -> None:
    for row, said in both(name, kind):
        assert row["kind"] == kind
        assert by_path(row["update"]) == said.get("update", {})
        assert row["remove"] == [[removed["key"]] for removed in said.get("remove", [])]


@pytest.mark.parametrize("name", NAMES)
def test_the_run_says_what_leet_says(name: str) -> None:
    for row, said in both(name, "run"):
        assert by_path(row["config"]) == said["config"]["update"]
        assert row["started_at"] == unix(said["start_time"])
        names = {"display_name": "name", "run_group": "group"}
        others = {names.get(key, key): value for key, value in said.items()}
        others = {key: value for key, value in others.items() if key not in ("config", "start_time", "telemetry")}
        ours = {key: value for key, value in row.items() if key not in ("at", "num", "kind", "config", "started_at")}
        assert ours == others | {"resume": False, "starting_step": 0, "summary": []}


def test_the_console_says_what_leet_says() -> None:
    for row, said in both("every_kind", "output_raw"):
        assert row["kind"] == "console"
        assert (row["text"], row["source"].upper()) == (said["line"], said["output_type"])
        assert row["time"] == unix(said["timestamp"])


def test_system_values_say_what_leet_says() -> None:
    for row, said in both("every_kind", "stats"):
        assert (row["kind"], row["values"]) == ("system", said["item"])
        assert row["time"] == unix(said["timestamp"])


def test_the_exit_says_what_leet_says() -> None:
    ((row, said),) = both("every_kind", "exit")
    assert (row["exit_code"], row["runtime"]) == (said["exit_code"], said.get("runtime", 0)) == (3, 0)
    assert [row["exit_code"] for row in rows_of("short") if row["kind"] == "exit"] == [0]


def test_files_say_what_leet_says() -> None:
    for row, said in both("every_kind", "files"):
        policies = [(file["path"], file["policy"].upper(), file["type"].upper()) for file in row["files"]]
        leet = [(file["path"], file.get("policy", "NOW"), file.get("type", "OTHER")) for file in said["files"]]
        assert policies == leet


def test_metrics_say_what_leet_says() -> None:
    metrics = [row for row, _ in both("every_kind", "metric")]
    known = [{key: row[key] for key in row if key not in ("at", "num", "kind")} for row in metrics]
    assert known == [
        {"name": "epoch", "defined": True, "hidden": True},
        {"glob": "val/*", "defined": True, "step_metric": "epoch", "step_sync": True},
        {"name": "loss", "defined": True, "summary": ["last", "max", "mean", "min"]},
    ]


def test_artifacts_carry_their_manifest() -> None:
    for row, said in both("every_kind", "artifact"):
        manifest = said["manifest"]
        entries = [
            {**entry, "size": int(entry["size"])} if "size" in entry else entry for entry in manifest["contents"]
        ]
        assert row["manifest"]["entries"] == entries
        assert row["manifest"]["policy_config"] == manifest["storage_policy_config"]
        same = ("name", "type", "aliases", "digest", "client_id", "finalize")
        assert [row[key] for key in same] == [said[key] for key in same]
    assert row["metadata"] == {"depth": 3}


def test_the_environment_says_what_leet_says() -> None:
    for row, said in both("every_kind", "environment"):
        ours = dict(row["environment"])
        if "started_at" in said:
            assert ours.pop("started_at") == unix(said.pop("started_at"))
        assert json.loads(json.dumps(ours), parse_int=str) == json.loads(json.dumps(said), parse_int=str)


def test_where_the_code_came_from_is_told_with_its_arguments_and_the_hardware() -> None:
    """A run in a git repository; the commit has the same digest whenever the fixture is made."""
    told: dict[str, Any] = {}
    for row, _ in both("repository", "environment"):
        told |= row["environment"]
    assert told["git"] == {"remote": "https://example.com/fleet/knots.git", "commit": COMMIT}
    assert (told["program"], told["args"]) == ("train.py", ["repository", "--lr", "0.1"])
    assert told["cpu_count"] > 0
    assert told["memory"]["total"] > 0


def test_a_summary_that_was_set_by_hand_is_the_last_word() -> None:
    fold = Fold()
    for row in rows_of("every_kind"):
        fold.apply(row)
    assert fold.summary["best"] == {"loss": 0.25, "at": 3}
    assert "gone" not in fold.summary


def test_header_alert_preempting_and_telemetry_are_rows() -> None:
    rows = {row["kind"]: row for row in rows_of("every_kind")}
    assert rows["header"]["producer"].startswith("0.31.0+")
    assert rows["header"]["min_consumer"] == "0.70.0"
    alert = rows["alert"]
    assert (alert["title"], alert["level"], alert["wait_milliseconds"]) == ("too warm", "WARN", 90_000)
    assert set(rows["preempting"]) == {"at", "num", "kind"}
    assert b"0.31.0" in base64.b64decode(rows["telemetry"]["base64"])


def test_what_json_cannot_say_and_what_it_loses_easily_is_kept() -> None:
    logged = {}
    for row in rows_of("every_kind"):
        logged |= row["values"] if row["kind"] == "history" else {}
    assert (logged["loss"], logged["up"]) == ({"$number": "NaN"}, {"$number": "Infinity"})
    assert logged["down"] == {"$number": "-Infinity"}
    assert str(logged["zero"]) == "-0.0"
    assert (logged["int"], logged["tiny"], logged["huge"]) == (2**62, 5e-324, 1e30)
    assert logged["text"] == "grüße \u2028 \U0001f9ea"
    assert logged["opt"] == {"lr": 0.1, "m": {"a": 1, "b": 2}}
    assert logged["dotted.key"] == 1
    assert (logged["none"], logged["bool"]) == (None, True)
    assert logged["list"] == [1, 2.5, {"$number": "NaN"}]
