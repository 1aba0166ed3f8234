"""From an unmodified wandb script in a pod to the rows in the bucket."""

import json
import subprocess
from typing import Any

import embedded
import pytest

from chiplog import layout
from chiplog.bucket import Bucket
from chiplog.reading import rows as reading_rows

pytestmark = pytest.mark.e2e


def test_every_record_equals_what_wandb_itself_reads(bucket: Bucket, cluster: str, granted: str, run_name: str) -> None:
    script = """
import numpy as np
run.log({"image": wandb.Image(np.zeros((8, 8, 3), dtype=np.uint8))})
run.log({"odd": float("nan"), "big": 2**53 + 1, "text": "käse", "list": [1, 2.5]})
run.config.update({"late": 3})
train(40, 0.05)
open("model.txt", "w").write("weights")
wandb.save("model.txt")
run.summary["best"] = 0.25
run.finish()
truth()
"""
    embedded.apply(embedded.training_run(run_name, script), granted)
    embedded.wait_condition(run_name, granted, "Complete")
    embedded.wait_condition(run_name, granted, "Durable")
    [pod] = embedded.pods(run_name, granted)
    place = embedded.recorder(pod, cluster)
    head = embedded.head(bucket, place)
    assert head is not None
    [stream] = [stream for stream in head["streams"] if stream["kind"] == "wandb"]
    source = embedded.source_of(bucket, place, stream["id"])
    assert source == _truth(bucket, place)
    rows = reading_rows.stream_rows(bucket, place)[stream["id"]][1]
    _compare(rows, embedded.leet(source))
    _check_files(bucket, place)
    _check_command(run_name)


def test_conditions_and_columns_tell_the_run(bucket: Bucket, granted: str, run_name: str) -> None:
    embedded.apply(embedded.training_run(run_name, "train(20, 0.1)"), granted)
    embedded.wait_condition(run_name, granted, "Complete")
    embedded.wait_condition(run_name, granted, "Durable")
    status = embedded.status(run_name, granted)
    assert status["state"] == "finished"
    assert (status["attempts"], status["exitCode"], status["step"]) == (1, 0, 19)
    assert status["metric"]["name"] == "loss"
    assert float(status["metric"]["value"]) == pytest.approx(1 / 20)
    uid = embedded.get("trainingrun", run_name, granted)["metadata"]["uid"]
    assert status["runId"] == f"{run_name}-{uid[:8]}"
    assert all(found["observedGeneration"] for found in status["conditions"])
    columns = embedded.kubectl("get", "trainingrun", run_name, "-n", granted)
    assert "finished" in columns
    events = embedded.kubectl("get", "events", "-n", granted, "--field-selector", f"involvedObject.name={run_name}")
    assert "Durable" in events


def test_a_suspended_run_waits_and_goes_on(granted: str, run_name: str) -> None:
    embedded.apply(embedded.training_run(run_name, "train(5, 0.05)", suspend=True), granted)
    embedded.wait_condition(run_name, granted, "Suspended")
    assert embedded.pods(run_name, granted) == []
    embedded.apply(embedded.training_run(run_name, "train(5, 0.05)", suspend=False), granted)
    embedded.wait_condition(run_name, granted, "Complete")


def test_deleting_a_run_deletes_its_job_and_keeps_its_records(
    bucket: Bucket, cluster: str, granted: str, run_name: str
) -> None:
    embedded.apply(embedded.training_run(run_name, "train(5, 0.05)"), granted)
    embedded.wait_condition(run_name, granted, "Durable")
    run_id = embedded.status(run_name, granted)["runId"]
    embedded.kubectl("delete", "trainingrun", run_name, "-n", granted)
    embedded.until(
        "the Job to go", lambda: not embedded.kubectl("get", "job", run_id, "-n", granted, "--ignore-not-found")
    )
    assert bucket.get(layout.run_key(layout.Run(cluster, granted, run_id)))
    assert json.loads(bucket.get(layout.outcome_key(layout.Run(cluster, granted, run_id))).data)["state"] == "finished"


def _truth(bucket: Bucket, place: layout.Recorder) -> bytes:
    files = [
        row for _, rows in reading_rows.stream_rows(bucket, place).values() for row in rows if row["kind"] == "file"
    ]
    [row] = [row for row in files if row["path"] == "files/truth.wandb"]
    return bucket.get(row["key"]).data


def _compare(rows: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    """Whether or not the compactor has sealed the run by now: it keeps step and time beside the metrics, and makes one
    update of those of the summary that follow one another."""
    assert sum(row["kind"] != "summary" for row in rows) == sum(line["type"] != "summary" for line in expected)
    ours = [_metrics(row["values"]) for row in rows if row["kind"] == "history"]
    theirs = [_metrics(line["history"]["item"]) for line in expected if line["type"] == "history"]
    assert ours == theirs
    assert "".join(row["text"] for row in rows if row["kind"] == "console") == "".join(
        line["output_raw"]["line"] for line in expected if line["type"] == "output_raw"
    )
    for kind in ("summary", "config"):
        told, wanted = {}, {}
        for row in rows:
            if row["kind"] == kind:
                told |= _flat({".".join(path): _plain(value) for path, value in row["update"]})
        for line in expected:
            if line["type"] == kind:
                wanted |= _flat(line[kind].get("update", {}))
        assert told == wanted


def _metrics(item: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in _flat(item).items() if key not in ("_step", "_timestamp")}


def _flat(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, dict) and "$number" not in value:
            flat.update(_flat(value, f"{prefix}{key}."))
        else:
            flat[f"{prefix}{key}"] = _plain(value)
    return flat


def _plain(value: Any) -> Any:
    """NaN as a word on both sides, for it does not equal itself."""
    if isinstance(value, dict) and "$number" in value:
        return value["$number"]
    if isinstance(value, float) and value != value:
        return "NaN"
    return value


def _check_files(bucket: Bucket, place: layout.Recorder) -> None:
    found = {row["path"]: row for row in reading_rows.stream_rows(bucket, place)["files"][1]}
    assert any(path.endswith("files/model.txt") for path in found)
    assert any("/media/images/image_" in path for path in found)
    assert all("missing" not in row for row in found.values())
    [model] = [row for path, row in found.items() if path.endswith("files/model.txt")]
    assert bucket.get(model["key"]).data == b"weights"


def _check_command(run_name: str) -> None:
    done = subprocess.run(["chiplog", "history", run_name, "-o", "jsonl"], capture_output=True, text=True, check=True)
    steps = [json.loads(line)["_step"] for line in done.stdout.splitlines()]
    assert steps == sorted(set(steps))
    assert len(steps) == 42
    shown = subprocess.run(["chiplog", "show", run_name, "-o", "json"], capture_output=True, text=True, check=True)
    document = json.loads(shown.stdout)
    assert document["state"] == "finished"
    assert document["config"]["late"] == 3
    assert document["summary"]["best"] == 0.25


def test_a_program_without_python_is_tracked_by_json_lines(
    bucket: Bucket, cluster: str, granted: str, run_name: str
) -> None:
    manifest = embedded.training_run(run_name, "")
    script = """for i in 0 1 2 3 4; do echo "{\\"loss\\": 0.$i}" >> $CHIPLOG_DIR/metrics.jsonl; sleep 0.2; done"""
    manifest["spec"]["template"]["spec"]["containers"][0]["command"] = ["sh", "-c", script]
    embedded.apply(manifest, granted)
    embedded.wait_condition(run_name, granted, "Durable")
    (pod,) = embedded.pods(run_name, granted)
    assert embedded.steps(bucket, embedded.recorder(pod, cluster)) == [0, 1, 2, 3, 4]
    status = embedded.status(run_name, granted)
    assert (status["state"], status["step"], status["metric"]["value"]) == ("finished", 4, "0.4")


def test_a_tensorboard_script_is_tracked_where_it_writes(
    bucket: Bucket, cluster: str, granted: str, run_name: str
) -> None:
    manifest = embedded.training_run(run_name, "", recorder={"paths": ["/tmp/runs"]})
    script = """
from tensorboardX import SummaryWriter
with SummaryWriter("/tmp/runs/first") as writer:
    for step in range(5):
        writer.add_scalar("loss", 1 / (step + 1), step)
"""
    manifest["spec"]["template"]["spec"]["containers"][0]["command"] = ["python3", "-c", script]
    embedded.apply(manifest, granted)
    embedded.wait_condition(run_name, granted, "Durable")
    (pod,) = embedded.pods(run_name, granted)
    assert embedded.steps(bucket, embedded.recorder(pod, cluster)) == [0, 1, 2, 3, 4]
    assert embedded.status(run_name, granted)["metric"]["value"] == "0.2"
