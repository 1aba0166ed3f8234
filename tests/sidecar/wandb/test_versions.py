"""What the recorder brings to the bucket of a log equals what the wandb that wrote it reads there, from 0.16 to 0.31.

The logs and `expected.json` were made by the real packages (`tests/fixtures/wandb/versions/make.py`).
"""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from recorder_world import World

from chiplog import codec
from chiplog.codec import Row

FIXTURES = Path(__file__).parents[2] / "fixtures" / "wandb"
VERSIONS = ("0.16.6", "0.19.11", "0.22.3", "0.24.2", "0.28.2", "0.30.0", "0.31.0")
KILLED_ROWS = 70
KINDS = {"output": "console", "output_raw": "console", "stats": "system"}

Record = dict[str, Any]


class Recorded:
    """A run directory that a recorder has brought to the bucket, beside what wandb reads in it."""

    def __init__(self, root: Path, version: str, name: str, folder: str = "offline-run-20261123_220000-x") -> None:
        self.version = version
        source = FIXTURES / version / name
        self.expected: list[Record] = json.loads((source / "expected.json").read_text())
        ignored = shutil.ignore_patterns("expected.json")
        shutil.copytree(source, root / "main" / "wandb" / folder, ignore=ignored)
        self.world = World(root)
        recorder = self.world.recorder()
        recorder.record()
        recorder.drain()
        streams = self.world.rows()
        self.files = {row["path"].partition("/files/")[2]: row for row in streams.pop("files", [])}
        (rows,) = streams.values()
        once = {row["at"]: row for row in rows}
        self.rows: list[Row] = [codec.number(once[at]) for at in sorted(once)]

    def pairs(self, *kinds: str) -> list[tuple[Row, Record]]:
        """Our rows and wandb's records of some kinds, by wandb's own number."""
        rows = {row["num"]: row for row in self.rows if "num" in row}
        found = [(rows[record["num"]], record) for record in self.expected if record["kind"] in kinds]
        assert found, f"wandb {self.version} wrote nothing of {kinds}"
        return found

    @property
    def head(self) -> Any:
        (stream,) = [stream for stream in self.world.head()["streams"] if stream["kind"] == "wandb"]
        return stream


@pytest.fixture(scope="module", params=VERSIONS)
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return Recorded(tmp_path_factory.mktemp("whole"), request.param, "whole")


@pytest.fixture(scope="module", params=VERSIONS)
def killed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return Recorded(tmp_path_factory.mktemp("killed"), request.param, "killed")


def value(text: str) -> Any:
    """A value as Python's own reader says it; NaN as a word, for it does not equal itself."""
    return words(json.loads(text))


def words(found: Any) -> Any:
    if isinstance(found, dict):
        return {key: words(below) for key, below in found.items()}
    if isinstance(found, list):
        return [words(below) for below in found]
    return "NaN" if isinstance(found, float) and found != found else found


def tree(items: list[Any]) -> dict[str, Any]:
    """wandb's items as nested dicts."""
    made: dict[str, Any] = {}
    for path, text in items:
        below = made
        for key in path[:-1]:
            below = below.setdefault(key, {})
        below[path[-1]] = value(text)
    return made


def test_every_record_is_a_row_and_none_is_anything_else(whole: Recorded) -> None:
    told = [(row.get("num"), row["kind"]) for row in whole.rows]
    assert told == [(record["num"], KINDS.get(record["kind"], record["kind"])) for record in whole.expected]
    assert [num for num, _ in told] == list(range(1, len(told) + 1))


def test_history_has_every_value_at_its_path(whole: Recorded) -> None:
    for row, record in whole.pairs("history"):
        assert words(row["values"]) == tree(record["item"])
        assert row["step"] == row["values"]["_step"]
        assert record["step"] in (row["step"], 0)  # wandb 0.16 says it among the values alone.
        assert row["time"] == row["values"]["_timestamp"]


def test_config_and_summary_and_their_updates(whole: Recorded) -> None:
    for row, record in whole.pairs("config", "summary"):
        assert words(row["update"]) == [[path, value(text)] for path, text in record["update"]]
        assert row["remove"] == record["remove"]


def test_the_run_says_who_it_is(whole: Recorded) -> None:
    for row, record in whole.pairs("run"):
        told = {
            "run_id": "run_id",
            "project": "project",
            "name": "display_name",
            "host": "host",
            "job_type": "job_type",
        }
        assert {name: row.get(name, "") for name in told} == {name: record[field] for name, field in told.items()}
        assert row.get("tags", []) == record["tags"]
        assert words(row["config"]) == [[path, value(text)] for path, text in record["config"]]


def test_the_console_is_kept_write_by_write(whole: Recorded) -> None:
    for row, record in whole.pairs("output", "output_raw"):
        assert row["text"] == record.get("line", "")
        assert row["source"] == ("stdout" if record.get("output_type") in (1, "STDOUT") else "stderr")
        if "timestamp" in record:
            assert row["time"] == pytest.approx(record["timestamp"][0] + record["timestamp"][1] / 1e9)


def test_system_load_is_kept(whole: Recorded) -> None:
    for row, record in whole.pairs("stats"):
        assert words(row["values"]) == tree(record["item"])


def test_metric_definitions_are_kept(whole: Recorded) -> None:
    for row, record in whole.pairs("metric"):
        assert row.get("name") == record.get("name")
        assert row.get("glob") == record.get("glob_name")
        assert row.get("step_metric") == record.get("step_metric")
        assert row.get("hidden", False) == record.get("options", {}).get("hidden", False)
        assert row.get("summary", []) == sorted(name for name, on in record.get("summary", {}).items() if on)


def test_alerts_and_saved_files_are_kept(whole: Recorded) -> None:
    for row, record in whole.pairs("alert"):
        assert (row["title"], row["text"], row["level"]) == (record["title"], record["text"], record["level"])
    for row, record in whole.pairs("files"):
        assert [file["path"] for file in row["files"]] == [file["path"] for file in record["files"]]


def test_the_end_is_known_with_its_exit_code(whole: Recorded) -> None:
    [(row, record)] = whole.pairs("exit")
    assert row["exit_code"] == record["exit_code"] == 3
    assert (whole.head["ended"], whole.head["exit_code"]) == (True, 3)


def test_all_media_and_saved_files_are_in_the_bucket(whole: Recorded) -> None:
    folder = FIXTURES / whole.version / "whole" / "files"
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    wanted = {path for path in there if path != "output.log"}
    assert wanted <= set(whole.files)
    for path in wanted:
        assert whole.world.bucket.get(whole.files[path]["key"]).data == (folder / path).read_bytes()


def test_artifacts_environment_and_telemetry_are_kept(whole: Recorded) -> None:
    artifacts = [row for row in whole.rows if row["kind"] == "artifact"]
    model = next(row for row in artifacts if row["name"] == "model")
    assert (model["type"], model["metadata"]) == ("weights", {"depth": 3})
    assert sorted(model["aliases"]) == ["best", "latest"]
    assert [entry["path"] for entry in model["manifest"]["entries"]] == ["weights.bin"]
    assert any(row["kind"] == "telemetry" and row["base64"] for row in whole.rows)
    if whole.version >= "0.22":  # Earlier ones keep it in a file.
        told: dict[str, Any] = {}
        for row in whole.rows:
            told |= row.get("environment", {})
        assert told["program"].endswith("train.py")


def test_of_a_killed_run_everything_that_reached_the_file_is_there(killed: Recorded) -> None:
    told = [(row["num"], row["kind"]) for row in killed.rows if "num" in row]
    assert told == [(record["num"], KINDS.get(record["kind"], record["kind"])) for record in killed.expected]
    assert {row["reason"] for row in killed.rows if row["kind"] == "gap"} <= {"torn"}
    assert not killed.head["ended"]


def test_what_a_kill_may_lose_is_stated_and_true(killed: Recorded) -> None:
    rows = sum(row["kind"] == "history" for row in killed.rows)
    bound = killed.head["loss_bound"]
    if killed.version >= "0.31":
        assert (bound, rows) == ("rows of the last 0.25 s when the trainer is killed", KILLED_ROWS)
        return
    named = "a wandb so old that its log does not name it" if killed.version < "0.17" else f"wandb {killed.version}"
    assert bound == f"up to 32 KiB of records, which {named} keeps in memory"
    size = (FIXTURES / killed.version / "killed" / "run-killed.wandb").stat().st_size
    assert 32768 <= size < 40000
    assert rows < KILLED_ROWS


@pytest.mark.parametrize("version", VERSIONS)
def test_the_directory_of_a_run_that_is_online_is_read_too(tmp_path: Path, version: str) -> None:
    online = Recorded(tmp_path, version, "whole", folder="run-20261123_220000-x")
    assert sum(row["kind"] == "history" for row in online.rows) == len(online.pairs("history"))
