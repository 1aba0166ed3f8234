"""`format="wandb"`: wandb's own tool reads every record, and the recorder finds what was logged."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tracking_world import recorded, script

from chiplog.tracking import wandbfile

TEXT = """
import chiplog
config = {"lr": 0.1, "opt": {"name": "sgd"}}
run = chiplog.init(id="r1", project="p", name="n", tags=["t"], config=config, format="wandb")
run.define_metric("acc", summary="max", step_metric="epoch")
for step in range(1000):
    run.log({"loss": 1 / (step + 1), "nested": {"acc": step}, "note": "x" * (step % 300)})
run.log({"a": 1}, step=2000)
run.log({"b": 2}, step=2000)
run.log({"page": chiplog.Html("<p>hello</p>")}, step=2001)
run.summary["best"] = 0.5
run.alert("title", "text", level="ERROR")
print("printed")
run.finish(exit_code=4)
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wandb")
    script(folder, TEXT)
    return folder


def test_leet_reads_all_of_a_thousand(root: Path) -> None:
    (log,) = (root / "main" / "wandb").glob("offline-run-*/run-r1.wandb")
    leet = Path(sys.executable).with_name("wandb")
    done = subprocess.run([leet, "leet", "inspect", "--json", log], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    kinds = [json.dumps(json.loads(line)) for line in done.stdout.splitlines()]
    assert sum('"history"' in kind for kind in kinds) == 1002
    told = subprocess.run(
        [leet, "leet", "inspect", "--summary", "--json", log], capture_output=True, text=True, check=True
    )
    assert "r1" in told.stdout
    assert "0.5" in told.stdout


def test_the_recorder_reads_what_was_logged(root: Path) -> None:
    found = recorded(root)
    rows = found.history
    assert [step for step, _ in rows] == [*range(1000), 2000, 2001]
    assert rows[3][1] == {"loss": 0.25, "nested": {"acc": 3}, "note": "xxx"}
    assert rows[1000][1] == {"a": 1, "b": 2}
    assert rows[1001][1]["page"]["_type"] == "html-file"
    assert found.fold.config == {"lr": 0.1, "opt": {"name": "sgd"}}
    assert found.summary["best"] == 0.5
    assert (found.summary["a"], found.summary["loss"], found.fold.exit_code) == (1, 1 / 1000, 4)
    assert (found.fold.run["name"], found.fold.run["tags"], found.fold.run["project"]) == ("n", ["t"], "p")
    assert found.of("alert")[0]["level"] == "ERROR"
    assert found.of("metric")[0]["summary"] == ["max"]
    assert [row["num"] for row in found.rows] == list(range(1, len(found.rows) + 1))


@pytest.mark.parametrize("left", range(9))
def test_a_record_may_begin_with_any_room_left_in_a_block(left: int) -> None:
    from chiplog_sidecar.wandb.framing import Frame, FrameReader

    first = b"a" * (wandbfile.BLOCK_BYTES - len(wandbfile.MAGIC) - 7 - left)
    data = wandbfile.MAGIC
    for payload in (first, b"bc" * 50_000, b""):
        data += wandbfile.framed(payload, len(data))
    frames = [item for item in FrameReader().feed(data, final=True) if isinstance(item, Frame)]
    assert [frame.payload for frame in frames] == [first, b"bc" * 50_000, b""]
