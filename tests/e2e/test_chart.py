"""The release on a cluster with runs: its own test, and an upgrade and an uninstallation under a live run."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import embedded
import pytest

from chiplog import layout
from chiplog.bucket import Bucket

pytestmark = [pytest.mark.e2e, pytest.mark.alone]


def helm(*arguments: str) -> str:
    command = ["helm", *arguments, "-n", "chiplog-system"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_helm_test_passes() -> None:
    assert "Phase:          Succeeded" in helm("test", "chiplog", "--timeout", "90s")


@pytest.fixture
def rolled_back() -> Iterator[None]:
    """The release is afterwards what it was."""
    before = json.loads(helm("status", "chiplog", "-o", "json"))["version"]
    yield
    helm("rollback", "chiplog", str(before), "--wait", "--timeout", "90s")


@pytest.mark.usefixtures("rolled_back")
def test_an_upgrade_leaves_a_live_run_alone(bucket: Bucket, cluster: str, granted: str, run_name: str) -> None:
    embedded.apply(embedded.training_run(run_name, "train(300, 0.05)"), granted)
    pod = embedded.until("a pod", lambda: (embedded.pods(run_name, granted) or [None])[-1])
    embedded.until("rows in the bucket", lambda: embedded.head(bucket, embedded.recorder(pod, cluster)))
    job = embedded.get("job", embedded.status(run_name, granted)["runId"], granted)
    memory = "--set=sidecar.resources.memory=160Mi"
    helm("upgrade", "chiplog", "charts/chiplog", "--reuse-values", memory, "--wait", "--timeout", "90s")
    embedded.wait_condition(run_name, granted, "Complete")
    embedded.wait_condition(run_name, granted, "Durable")
    after = embedded.get("job", embedded.status(run_name, granted)["runId"], granted)
    assert after["metadata"]["uid"] == job["metadata"]["uid"]
    assert after["spec"]["template"] == job["spec"]["template"]
    assert [found["metadata"]["uid"] for found in embedded.pods(run_name, granted)] == [pod["metadata"]["uid"]]
    assert embedded.status(run_name, granted)["attempts"] == 1


@pytest.fixture
def values(tmp_path: Path) -> Iterator[Path]:
    """The release's own values, with which it is there again afterwards."""
    path = tmp_path / "values.yaml"
    path.write_text(helm("get", "values", "chiplog", "-o", "yaml"))
    yield path
    install(path)


def is_drained(bucket: Bucket, place: layout.Recorder) -> bool:
    head = embedded.head(bucket, place)
    return head is not None and head["state"] == "drained"


def install(values: Path) -> None:
    helm("upgrade", "--install", "chiplog", "charts/chiplog", f"--values={values}", "--wait", "--timeout", "90s")


def test_an_uninstallation_leaves_live_runs_and_records_alone(
    bucket: Bucket, cluster: str, granted: str, run_name: str, values: Path
) -> None:
    embedded.apply(embedded.training_run(run_name, "train(300, 0.1)"), granted)
    pod = embedded.until("a pod", lambda: (embedded.pods(run_name, granted) or [None])[-1])
    place = embedded.recorder(pod, cluster)
    embedded.until("rows in the bucket", lambda: embedded.head(bucket, place))
    helm("uninstall", "chiplog", "--wait", "--timeout", "60s")
    assert embedded.get("trainingrun", run_name, granted)["status"]["state"] == "running"
    embedded.until("the end of the recorder", lambda: is_drained(bucket, place), seconds=90)
    (left,) = embedded.pods(run_name, granted)
    assert left["metadata"]["uid"] == pod["metadata"]["uid"]
    assert embedded.steps(bucket, place) == list(range(300))
    install(values)
    embedded.wait_condition(run_name, granted, "Complete")
    embedded.wait_condition(run_name, granted, "Durable")
    assert embedded.status(run_name, granted)["attempts"] == 1
