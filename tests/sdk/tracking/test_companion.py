"""`chiplog.init()` outside of a cluster: a recorder beside it, or files for later."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from tracking_world import script

from chiplog.bucket.directory import DirectoryBucket
from chiplog.local import alive, directory

QUIET = {"CHIPLOG_SYSTEM": "off", "CHIPLOG_GIT": "off", "CHIPLOG_PACKAGES": "off", "CHIPLOG_COMMAND": "off"}
PATIENCE_SECONDS = 90.0

TEXT = """
import chiplog, os, signal, sys
run = chiplog.init(project="p", name="mine", config={"lr": 0.1})
for step in range(20):
    run.log({"loss": 1 / (step + 1)})
"""


def local(tmp_path: Path, **more: str) -> dict[str, str]:
    return {
        "CHIPLOG_DIR": "",
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        **QUIET,
        **more,
    }


def root_of(tmp_path: Path) -> Path:
    (root,) = (tmp_path / "state" / "chiplog" / "runs").iterdir()
    return root


def ended(root: Path) -> dict[str, Any]:
    """`local.json`, once the recorder and who attends it are done."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        place = directory.read(root) if (root / directory.FILE).exists() else None
        if place is not None and place.is_complete:
            break
        time.sleep(0.1)
    told: dict[str, Any] = json.loads((root / directory.FILE).read_text())
    assert told["is_complete"], (root / directory.LOG).read_text()
    return told


@pytest.mark.parametrize(
    ("end", "state", "code"),
    [("", "finished", 0), ("sys.exit(3)", "failed", 3), ("os.kill(os.getpid(), 9)", "silent", -9)],
)
def test_a_script_alone_is_recorded_by_the_sidecars_program(tmp_path: Path, end: str, state: str, code: int) -> None:
    done = script(tmp_path, f"{TEXT}\n{end}", code=code, **local(tmp_path))
    root = root_of(tmp_path)
    assert f"{root.name} is recorded into {tmp_path / 'data' / 'chiplog'}" in done.stderr
    assert ended(root)["end"]["state"] == state
    bucket = DirectoryBucket(tmp_path / "data" / "chiplog")
    keys = [item.key for item in bucket.list("v1/")]
    outcome = json.loads(bucket.get(next(key for key in keys if key.endswith("outcome.json"))).data)
    assert (outcome["state"], outcome["durable"]) == (state, True)
    document = json.loads(bucket.get(next(key for key in keys if key.endswith("run.json"))).data)
    assert (document["project"], document["display_name"]) == ("p", "mine")
    assert any("/raw/" in key for key in keys)
    assert not alive.is_held(root / directory.ALIVE)


def test_without_a_recorder_files_are_written_for_later_and_that_is_said(tmp_path: Path) -> None:
    text = f"import sys\nsys.modules['chiplog_sidecar'] = None\n{TEXT}\nchiplog.finish(); chiplog.init()"
    done = script(tmp_path, text, **local(tmp_path))
    assert len(list((tmp_path / "chiplog").glob("run-*.chiplog"))) == 2
    assert not (tmp_path / "state").exists()
    assert done.stderr.count("no recorder is installed here") == 1
    assert "`chiplog sync`" in done.stderr


def test_an_address_with_a_typo_is_said_and_files_are_written(tmp_path: Path) -> None:
    done = script(tmp_path, TEXT, **local(tmp_path, CHIPLOG_BUCKET="s3:/my-runs/x"))
    assert "the bucket address 's3:/my-runs/x'" in done.stderr
    assert len(list((tmp_path / "chiplog").glob("run-*.chiplog"))) == 1


def test_a_directory_of_the_scripts_own_has_no_recorder(tmp_path: Path) -> None:
    text = TEXT.replace('project="p"', 'project="p", dir="own"')
    script(tmp_path, text, **local(tmp_path))
    assert len(list((tmp_path / "own" / "chiplog").glob("run-*.chiplog"))) == 1
    assert not (tmp_path / "state").exists()
