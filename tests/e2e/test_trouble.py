"""Images, roles and stores that fail: training goes on, the status says what and what to do, nothing is lost."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import embedded
import pytest

from chiplog.bucket import Bucket

pytestmark = pytest.mark.e2e


def test_an_image_that_cannot_be_pulled_is_told(granted: str, run_name: str) -> None:
    manifest = embedded.training_run(run_name, "")
    manifest["spec"]["template"]["spec"]["containers"][0]["image"] = "localhost/no-such-image:dev"
    embedded.apply(manifest, granted)
    found = embedded.until(
        "a condition that names the image",
        lambda: (
            "no-such-image" in (text := embedded.condition(run_name, granted, "Started").get("message", "")) and text
        ),
    )
    assert "pull" in found.lower()
    events = embedded.kubectl("get", "events", "-n", granted, "--field-selector", f"involvedObject.name={run_name}")
    assert "no-such-image" in events


def test_a_role_that_may_not_write_is_told_and_training_goes_on(run_name: str) -> None:
    namespace = f"denied-{run_name}"
    embedded.kubectl("create", "namespace", namespace)
    try:
        embedded.until(
            "the default ServiceAccount",
            lambda: embedded.kubectl("get", "serviceaccount", "default", "-n", namespace, "--ignore-not-found"),
        )
        embedded.apply(embedded.training_run(run_name, "train(900, 0.05)"), namespace)
        embedded.wait_condition(run_name, namespace, "Recording", "False", seconds=90)
        found = embedded.condition(run_name, namespace, "Recording")
        assert found["reason"] == "AccessDenied"
        assert f"chiplog-sidecar-{namespace}" in found["message"]
        assert embedded.status(run_name, namespace)["state"] == "running"
    finally:
        embedded.kubectl("delete", "namespace", namespace, "--wait=false")


@pytest.fixture
def bucket_folder() -> Iterator[Path]:
    """Where the embedded S3 keeps the bucket, seen through its process; back in its place afterwards."""
    (pod,) = json.loads(embedded.kubectl("get", "pods", "-n", "s3", "-o", "json"))["items"]
    server = embedded.process("posix /data/objects", pod["metadata"]["name"])
    name = os.environ["CHIPLOG_BUCKET"].removeprefix("s3://").partition("/")[0]
    folder = Path(f"/proc/{server}/root/data/objects") / name
    assert folder.is_dir()
    yield folder
    if not folder.exists():
        away(folder).rename(folder)


def away(folder: Path) -> Path:
    """A place beside the store's buckets, where it does not look."""
    return folder.parent.with_name("away")


@pytest.mark.alone
def test_a_bucket_that_does_not_exist_is_told_and_loses_nothing(
    bucket: Bucket, bucket_folder: Path, cluster: str, granted: str, run_name: str
) -> None:
    embedded.apply(embedded.training_run(run_name, "train(500, 0.1)"), granted)
    pod = embedded.until("a pod", lambda: (embedded.pods(run_name, granted) or [None])[-1])
    place = embedded.recorder(pod, cluster)
    embedded.until("rows in the bucket", lambda: embedded.head(bucket, place))
    bucket_folder.rename(away(bucket_folder))
    embedded.wait_condition(run_name, granted, "Recording", "False", seconds=90)
    assert embedded.condition(run_name, granted, "Recording")["reason"] == "BucketMissing"
    assert embedded.status(run_name, granted)["state"] == "running"
    events = json.loads(embedded.kubectl("get", "events", "-n", granted, "-o", "json"))["items"]
    assert ("RecordingFailed", run_name) in {(event["reason"], event["involvedObject"]["name"]) for event in events}
    away(bucket_folder).rename(bucket_folder)
    embedded.wait_condition(run_name, granted, "Recording", "True", seconds=90)
    embedded.wait_condition(run_name, granted, "Complete", seconds=120)
    embedded.wait_condition(run_name, granted, "Durable")
    assert embedded.steps(bucket, place) == list(range(500))


@pytest.mark.alone
def test_a_store_that_is_down_loses_nothing(bucket: Bucket, cluster: str, granted: str, run_name: str) -> None:
    embedded.apply(embedded.training_run(run_name, "train(500, 0.1)"), granted)
    pod = embedded.until("a pod", lambda: (embedded.pods(run_name, granted) or [None])[-1])
    place = embedded.recorder(pod, cluster)
    embedded.until("rows in the bucket", lambda: embedded.head(bucket, place))
    embedded.kubectl("scale", "deployment/s3", "-n", "s3", "--replicas=0")
    try:
        embedded.wait_condition(run_name, granted, "Recording", "False", seconds=90)
        assert embedded.condition(run_name, granted, "Recording")["reason"] == "Unreachable"
        assert embedded.status(run_name, granted)["state"] == "running"
    finally:
        embedded.kubectl("scale", "deployment/s3", "-n", "s3", "--replicas=1")
    embedded.kubectl("rollout", "status", "deployment/s3", "-n", "s3", "--timeout=60s")
    embedded.wait_condition(run_name, granted, "Recording", "True", seconds=90)
    embedded.wait_condition(run_name, granted, "Complete", seconds=120)
    embedded.wait_condition(run_name, granted, "Durable")
    assert embedded.steps(bucket, place) == list(range(500))
