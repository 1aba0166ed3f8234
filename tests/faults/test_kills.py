"""Fault 1 of the list for our own SDK: a SIGKILL at any instant loses no row that `log` had returned for.

The long form is `CHIPLOG_KILLS=10000 pytest tests/faults/test_kills.py`; `CHIPLOG_KILL_SECONDS` ends it earlier.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import killing

KILLS = int(os.environ.get("CHIPLOG_KILLS", "150"))
SECONDS = float(os.environ.get("CHIPLOG_KILL_SECONDS", "3600"))
ROOT = Path(__file__).parents[2]


def test_no_kill_loses_a_row_that_log_returned_for(tmp_path: Path) -> None:
    told = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "sdk"), str(ROOT / "sidecar")])}
    command = [sys.executable, killing.__file__, str(tmp_path), str(KILLS), str(KILLS), str(SECONDS)]
    began = time.monotonic()
    done = subprocess.run(command, env=told, capture_output=True, text=True, check=False, timeout=SECONDS + 60)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    print(found)
    assert found["kills"] == KILLS or time.monotonic() - began >= SECONDS
    assert found["lost"] == 0
    assert found["returned"] > found["kills"] > 0


def test_the_count_notices_a_row_that_is_missing(tmp_path: Path) -> None:
    from tracking_world import make_run

    run = make_run(tmp_path)
    for count in range(5):
        run.log({"count": count})
    folder = tmp_path / "main" / "chiplog"
    assert killing.counted(folder) == 5
    (path,) = folder.iterdir()
    path.write_bytes(path.read_bytes()[:-20])
    assert killing.counted(folder) == 4
