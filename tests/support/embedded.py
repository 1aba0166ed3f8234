"""The embedded cluster as the end-to-end tests use it: kubectl, TrainingRuns, the bucket, and processes of the node."""

import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from chiplog import codec, layout, records
from chiplog.bucket import Bucket
from chiplog.errors import NotFound
from chiplog.reading import rows

IMAGE = "localhost/chiplog-examples:dev"

TRAINER = """
import glob, os, shutil, signal, sys, time
import wandb
run = wandb.init(project="e2e", config={"lr": 0.1, "opt": {"name": "adam"}})
def truth():
    path = glob.glob(os.environ["CHIPLOG_DIR"] + "/wandb/*/run-*.wandb")[-1]
    os.makedirs(os.environ["CHIPLOG_DIR"] + "/files", exist_ok=True)
    shutil.copy(path, "/tmp/truth")
    shutil.copy("/tmp/truth", os.environ["CHIPLOG_DIR"] + "/files/truth.part")
    os.rename(os.environ["CHIPLOG_DIR"] + "/files/truth.part", os.environ["CHIPLOG_DIR"] + "/files/truth.wandb")
def train(steps, seconds):
    for step in range(steps):
        run.log({"loss": 1 / (step + 1), "nested": {"step": step}})
        print("step", step, flush=True)
        time.sleep(seconds)
"""


def kubectl(*arguments: str, stdin: str | None = None, check: bool = True) -> str:
    """Run kubectl and give its output; a failure shows what it said."""
    done = subprocess.run(["kubectl", *arguments], input=stdin, capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise AssertionError(f"kubectl {' '.join(arguments)}: {done.stderr or done.stdout}")
    return done.stdout


def get(kind: str, name: str, namespace: str) -> dict[str, Any]:
    """One object."""
    found: dict[str, Any] = json.loads(
        kubectl("get", kind, name, "-n", namespace, "-o", "json", "--show-managed-fields")
    )
    return found


def pods(run: str, namespace: str) -> list[dict[str, Any]]:
    """The pods of a TrainingRun, oldest first."""
    listed = json.loads(kubectl("get", "pods", "-n", namespace, "-l", f"chiplog.dev/run={run}", "-o", "json"))["items"]
    return sorted(listed, key=lambda pod: pod["metadata"]["creationTimestamp"])


def training_run(name: str, script: str, *, limits: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    """A TrainingRun that runs a script behind `TRAINER`."""
    container = {
        "name": "trainer",
        "image": IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", "-c", TRAINER + script],
        "workingDir": "/tmp",
        "env": [{"name": "HOME", "value": "/tmp"}, {"name": "WANDB_SILENT", "value": "true"}],
        "resources": {"limits": limits or {}},
    }
    template = {"spec": {"containers": [container]}}
    return {
        "apiVersion": "chiplog.dev/v1alpha1",
        "kind": "TrainingRun",
        "metadata": {"name": name},
        "spec": {
            "project": "e2e",
            "template": template,
            "metrics": [{"name": "loss", "goal": "minimize"}],
            **spec,
        },
    }


def apply(manifest: dict[str, Any], namespace: str) -> None:
    """Apply a manifest."""
    kubectl("apply", "-n", namespace, "-f", "-", stdin=yaml.safe_dump(manifest))


def status(name: str, namespace: str) -> dict[str, Any]:
    """A TrainingRun's status, empty where there is none yet."""
    found: dict[str, Any] = get("trainingrun", name, namespace).get("status", {})
    return found


def condition(name: str, namespace: str, kind: str) -> dict[str, Any]:
    """One condition of a TrainingRun, empty where there is none yet."""
    conditions = status(name, namespace).get("conditions", [])
    return next((found for found in conditions if found["type"] == kind), {})


def wait_condition(name: str, namespace: str, kind: str, value: str = "True", seconds: int = 120) -> None:
    """`kubectl wait`, as a pipeline would."""
    wanted = f"--for=condition={kind}={value}"
    try:
        kubectl("wait", wanted, f"trainingrun/{name}", "-n", namespace, f"--timeout={seconds}s")
    except AssertionError as error:
        raise AssertionError(f"{error}\n{yaml.safe_dump(status(name, namespace))}") from error


def until(what: str, probe: Callable[[], Any], seconds: float = 60) -> Any:
    """Wait until `probe` gives something true, and give it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = probe()
        if found:
            return found
        time.sleep(0.3)
    raise AssertionError(f"waited {seconds:g} s for: {what}")


def recorder(pod: dict[str, Any], cluster: str) -> layout.Recorder:
    """The recorder of a pod."""
    return layout.Recorder(cluster, pod["metadata"]["namespace"], pod["metadata"]["uid"])


def head(bucket: Bucket, place: layout.Recorder) -> records.LiveHead | None:
    """The live head of a recorder, or what the compactor kept of it when it sealed the run."""
    try:
        return records.unpack_live(bucket.get(layout.live_key(place)).data, "live")[0]
    except NotFound:
        return _sealed_head(bucket, place)


def _sealed_head(bucket: Bucket, place: layout.Recorder) -> records.LiveHead | None:
    for listed in bucket.list(layout.raw_prefix(place)):
        if layout.parse_sealed_key(listed.key):
            run = records.unpack_sealed(bucket.get(listed.key).data, listed.key)[0]["run"]
            seal = rows.seal(bucket, layout.Run(place.cluster, place.namespace, run))
            return next(item["head"] for item in seal["recorders"] if item["id"] == place.id)
    return None


def steps(bucket: Bucket, place: layout.Recorder) -> list[int]:
    """The steps of all that a recorder has of its run's history, in the order of the rows."""
    streams = rows.stream_rows(bucket, place)
    return [row["step"] for _, found in streams.values() for row in found if row["kind"] == "history"]


def process(marker: str, pod: str) -> int:
    """The id, on this machine, of the process whose command line holds `marker` and whose environment names the pod."""
    for entry in Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            environment = (entry / "environ").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if marker in command and (f"CHIPLOG_POD={pod}\0" in environment or f"HOSTNAME={pod}\0" in environment):
            return int(entry.name)
    raise AssertionError(f"no process {marker!r} of pod {pod} on this machine")


def kill_on_node(marker: str, pod: str) -> None:
    """SIGKILL that process: inside its container nobody can, for it is PID 1 there."""
    os.kill(process(marker, pod), signal.SIGKILL)


def leet(source: bytes, *options: str) -> list[dict[str, Any]]:
    """What wandb's own checker prints of a transaction log, one value a line."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run-x.wandb"
        path.write_bytes(source)
        command = ["wandb", "leet", "inspect", *options, "--json", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines() if line.strip()]


def source_of(bucket: Bucket, place: layout.Recorder, stream: str) -> bytes:
    """A stream's source, put together from its stretches."""
    parts: dict[int, bytes] = {}
    for listed in bucket.list(layout.raw_prefix(place)):
        key = layout.parse_segment_key(listed.key)
        if key is not None and key.is_source and key.stream == stream:
            parts[key.start] = codec.decompress(bucket.get(listed.key).data, listed.key)
    whole = b""
    for start in sorted(parts):
        whole = whole[:start] + parts[start]
    return whole
