"""An ended run becomes tables on a real cluster, under a role that may write and delete what it must, and no more."""

import json
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import embedded
import pytest

from chiplog import layout
from chiplog.bucket import Bucket
from chiplog.reading import rows
from chiplog.records import SealDocument

pytestmark = pytest.mark.e2e

SYSTEM = "chiplog-system"

PROBE = """
import json, os, boto3, botocore.exceptions
cluster, bucket = os.environ["CLUSTER"], "chiplog"
s3 = boto3.client("s3")

def put(at):
    return lambda: s3.put_object(Bucket=bucket, Key=f"{cluster}/v1/{at}", Body=b"x")

def delete(at):
    return lambda: s3.delete_object(Bucket=bucket, Key=at)

place = f"{cluster}/probe-ns"
attempts = {
    "put table": put(f"tables/history/cluster={cluster}/namespace=n/date=2026-01-01/probe.parquet"),
    "put index": put(f"index/{place}/x"), "put seal": put(f"runs/{place}/r/seal.json"),
    "put marker": put(f"raw/{place}/rec/s/sealed-0000000000000001.rows.jsonl.zst"),
    "get anything": lambda: s3.list_objects_v2(Bucket=bucket, Prefix=f"{cluster}/v1/"),
    "delete raw": delete(f"{cluster}/v1/raw/{place}/rec/s/x"),
    "put live": put(f"live/{place}/rec.jsonl.zst"), "put segment": put(f"raw/{place}/rec/s/0-1.rows.jsonl.zst"),
    "put run": put(f"runs/{place}/r/run.json"), "put outcome": put(f"runs/{place}/r/outcome.json"),
    "put blob": put(f"blobs/{place}/rec/d/x"), "put claim": put("clusters/x.json"),
    "delete outside": delete("other/x"), "put outside": lambda: s3.put_object(Bucket=bucket, Key="x", Body=b""),
}

def outcome(attempt):
    try:
        attempt()
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    return "ok"

print(json.dumps({name: outcome(attempt) for name, attempt in attempts.items()}))
for key in ("tables/history/cluster={0}/namespace=n/date=2026-01-01/probe.parquet", "index/{0}/probe-ns/x",
            "runs/{0}/probe-ns/r/seal.json", "raw/{0}/probe-ns/rec/s/sealed-0000000000000001.rows.jsonl.zst"):
    s3.delete_object(Bucket=bucket, Key=f"{cluster}/v1/{key.format(cluster)}")
"""

ALLOWED = ("put table", "put index", "put seal", "put marker", "get anything", "delete raw")


@pytest.fixture
def sealed(bucket: Bucket, cluster: str, granted: str, run_name: str) -> tuple[layout.Run, SealDocument]:
    """A run that has ended, and its seal."""
    embedded.apply(embedded.training_run(run_name, "train(30, 0.02)"), granted)
    embedded.wait_condition(run_name, granted, "Durable")
    place = layout.Run(cluster, granted, embedded.status(run_name, granted)["runId"])
    embedded.until("the seal", lambda: any(bucket.list(layout.seal_key(place))), 30)
    [pod] = embedded.pods(run_name, granted)
    recorder = embedded.recorder(pod, cluster)
    embedded.until("the live object to go", lambda: not any(bucket.list(layout.live_key(recorder))), 30)
    return place, rows.seal(bucket, place)


def chiplog(*words: str) -> str:
    return subprocess.run(["chiplog", *words], capture_output=True, text=True, check=True).stdout


def test_an_ended_run_is_in_parquet_and_all_verbs_read_it(
    bucket: Bucket, sealed: tuple[layout.Run, SealDocument], run_name: str, tmp_path: Path
) -> None:
    _, seal = sealed
    [part] = [item for item in seal["parts"] if item["table"] == "history"]
    (tmp_path / "part.parquet").write_bytes(bucket.get(part["key"]).data)
    query = f"SELECT step, value FROM '{tmp_path}/part.parquet' WHERE key = 'loss' ORDER BY step"
    steps = [step for step, _ in duckdb.sql(query).fetchall()]
    assert steps == list(range(30))
    history = [json.loads(line)["_step"] for line in chiplog("history", run_name, "-o", "jsonl").splitlines()]
    assert history == steps
    shown = json.loads(chiplog("show", run_name, "-o", "json"))
    assert (shown["state"], shown["step"], shown["durable"]) == ("finished", 29, True)
    assert json.loads(chiplog("verify", run_name, "-o", "json")) == []


def test_the_directory_comes_back_and_the_real_wandb_reads_it(
    sealed: tuple[layout.Run, SealDocument], run_name: str, tmp_path: Path
) -> None:
    chiplog("restore", run_name, str(tmp_path))
    (log,) = tmp_path.rglob("*.wandb")
    read: list[dict[str, Any]] = embedded.leet(log.read_bytes())
    assert sum(line["type"] == "history" for line in read) == 30
    assert any(line["type"] == "exit" for line in read)


def test_a_lost_object_is_found(bucket: Bucket, sealed: tuple[layout.Run, SealDocument], run_name: str) -> None:
    _, seal = sealed
    [part] = [item for item in seal["parts"] if item["table"] == "history"]
    whole = bucket.get(part["key"]).data
    for damage in (whole[:-1], whole[:100] + bytes([whole[100] ^ 1]) + whole[101:]):
        bucket.put(part["key"], damage)
        done = subprocess.run(
            ["chiplog", "verify", run_name, "-o", "json"], capture_output=True, text=True, check=False
        )
        assert (done.returncode, [item["key"] for item in json.loads(done.stdout)]) == (1, [part["key"]])
    bucket.put(part["key"], whole)


@pytest.fixture(scope="module")
def outcomes(cluster: str) -> Iterator[dict[str, str]]:
    """What became of each attempt of a pod that has the compactor's ServiceAccount, role and image."""
    name = f"probe-{uuid.uuid4().hex[:6]}"
    deployment = embedded.get("deployment", "chiplog-compactor", SYSTEM)
    spec = deployment["spec"]["template"]["spec"]
    [container] = spec["containers"]
    for probe in ("livenessProbe", "readinessProbe", "ports"):
        container.pop(probe, None)
    container["command"] = ["python3", "-c", PROBE]
    container["env"] += [{"name": "CLUSTER", "value": cluster}, {"name": "AWS_DEFAULT_REGION", "value": "us-east-1"}]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {**spec, "restartPolicy": "Never"}}
    embedded.kubectl("apply", "-n", SYSTEM, "-f", "-", stdin=json.dumps(pod))
    phase = "--for=jsonpath={.status.phase}=Succeeded"
    embedded.kubectl("wait", f"pod/{name}", "-n", SYSTEM, phase, "--timeout=60s")
    yield json.loads(embedded.kubectl("logs", name, "-n", SYSTEM))
    embedded.kubectl("delete", "pod", name, "-n", SYSTEM, "--wait=false")


def test_the_compactors_role_is_for_what_it_owns(outcomes: dict[str, str]) -> None:
    assert {name: code for name, code in outcomes.items() if name in ALLOWED} == dict.fromkeys(ALLOWED, "ok")
    refused = {name: code for name, code in outcomes.items() if name not in ALLOWED}
    assert len(refused) == 8
    assert set(refused.values()) == {"AccessDenied"}
