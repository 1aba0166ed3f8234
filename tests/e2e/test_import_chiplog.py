"""`import chiplog` in a pod: from `log()` to the bucket, and what a kill leaves."""

import json
import subprocess
from typing import Any

import embedded
import pytest

from chiplog.bucket import Bucket
from chiplog.reading import rows as reading_rows

pytestmark = pytest.mark.e2e

TEXT = """
import os, signal, time, chiplog
run = chiplog.init(config={"lr": 0.1})
for step in range(40):
    run.log({"loss": 1 / (step + 1)})
    time.sleep(0.02)
run.log({"page": chiplog.Html("<p>hello</p>")})
open("/tmp/model.txt", "w").write("weights")
run.save("/tmp/model.txt", base_path="/tmp")
run.summary["best"] = 0.25
"""


def training_run(name: str, script: str) -> dict[str, Any]:
    manifest = embedded.training_run(name, "", displayName="shown", tags=["sdk"], backoffLimit=0)
    manifest["spec"]["template"]["spec"]["containers"][0]["command"] = [
        "sh", "-c", 'python3 -c "$0"; exit $?', script,
    ]  # fmt: skip  # A process that is the first of its container cannot be killed from inside of it.
    return manifest


def test_a_run_of_our_own_tracker_is_whole_in_the_bucket(
    bucket: Bucket, cluster: str, granted: str, run_name: str
) -> None:
    embedded.apply(training_run(run_name, TEXT), granted)
    embedded.wait_condition(run_name, granted, "Durable")
    status = embedded.status(run_name, granted)
    assert (status["state"], status["exitCode"], status["step"]) == ("finished", 0, 40)
    assert float(status["metric"]["value"]) == pytest.approx(1 / 40)
    [pod] = embedded.pods(run_name, granted)
    place = embedded.recorder(pod, cluster)
    files = {row["path"]: row for row in reading_rows.stream_rows(bucket, place)["files"][1]}
    [model] = [row for path, row in files.items() if path.endswith("files/model.txt")]
    assert bucket.get(model["key"]).data == b"weights"
    assert any("media/html/page_40_" in path for path in files)
    done = subprocess.run(["chiplog", "show", run_name, "-o", "json"], capture_output=True, text=True, check=True)
    shown = json.loads(done.stdout)
    assert (shown["config"]["lr"], shown["summary"]["best"], shown["state"]) == (0.1, 0.25, "finished")


def test_a_kill_loses_no_row_that_log_returned_for(bucket: Bucket, cluster: str, granted: str, run_name: str) -> None:
    embedded.apply(training_run(run_name, f"{TEXT}\nos.kill(os.getpid(), signal.SIGKILL)"), granted)
    embedded.wait_condition(run_name, granted, "Durable")
    [pod] = embedded.pods(run_name, granted)
    assert embedded.steps(bucket, embedded.recorder(pod, cluster)) == list(range(41))
    assert embedded.status(run_name, granted)["state"] in ("killed", "failed")
