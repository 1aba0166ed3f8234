"""Who made a run stands on it and in the bucket, as the API server knows it."""

import json
import subprocess

import embedded
import pytest

from chiplog import layout, records
from chiplog.bucket import Bucket
from chiplog.errors import NotFound

pytestmark = pytest.mark.e2e

BY = "chiplog.dev/created-by"


def say(person: str, manifest: object, namespace: str) -> str:
    command = ["kubectl", "create", "-n", namespace, "-f", "-", f"--as={person}"]
    done = subprocess.run(command, input=json.dumps(manifest), capture_output=True, text=True, check=False)
    return done.stderr


def test_a_run_names_its_maker_and_so_does_the_bucket(
    bucket: Bucket, cluster: str, granted: str, run_name: str
) -> None:
    embedded.kubectl("create", "rolebinding", run_name, "--clusterrole=edit", "--user=alice", "-n", granted)
    try:
        assert say("alice", embedded.training_run(run_name, "train(1, 0)"), granted) == ""
        assert embedded.get("trainingrun", run_name, granted)["metadata"]["annotations"][BY] == "alice"
        forged = embedded.training_run(f"{run_name}x", "train(1, 0)")
        forged["metadata"]["annotations"] = {BY: "bob"}
        assert "cannot be set to 'bob' by alice" in say("alice", forged, granted)
    finally:
        embedded.kubectl("delete", "rolebinding", run_name, "-n", granted)
    identity = embedded.until("its id", lambda: embedded.status(run_name, granted).get("runId"))
    key = layout.run_key(layout.Run(cluster, granted, identity))

    def written() -> object:
        try:
            return records.unpack_document(bucket.get(key).data, records.RUN_FORMAT, key)["created_by"]
        except NotFound:
            return None

    assert embedded.until("run.json", written) == "alice"
