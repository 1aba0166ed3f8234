"""The door as the chart installs it: a machine outside of the cluster with a key and nothing else, and a real S3."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import embedded
import pytest

from chiplog import layout, records
from chiplog.access import keys
from chiplog.bucket import Bucket

pytestmark = pytest.mark.e2e

CHIPLOG = [sys.executable, "-m", "chiplog_cli"]
SCRIPT = "import json; [print(json.dumps({'loss': 1 / (step + 1)})) for step in range(3)]"


@pytest.fixture
def address() -> Iterator[str]:
    """The door's Service on a port of this machine."""
    words = ["kubectl", "port-forward", "-n", "chiplog-system", "service/chiplog-ingest", ":8443"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout
    found = re.search(r"127\.0\.0\.1:([0-9]+)", process.stdout.readline())
    assert found, "kubectl port-forward says no port"
    yield f"http://127.0.0.1:{found[1]}"
    process.terminate()
    process.wait()
    process.stdout.close()


@pytest.fixture
def key(tmp_path: Path, run_name: str, granted: str) -> Iterator[Path]:
    """A key for every project of the namespace, under the test's own name."""
    file = tmp_path / "key"
    create = ["keys", "create", run_name, "--service-account", "default", "--all-projects", "-n", granted]
    done = subprocess.run([*CHIPLOG, *create, "--to", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    yield file
    subprocess.run([*CHIPLOG, "keys", "revoke", run_name], capture_output=True, check=True)
    left = embedded.kubectl("get", "secret", "-n", keys.NAMESPACE, "-l", f"{keys.LABEL}={run_name}", "-o", "name")
    assert left == ""


def test_a_machine_with_a_key_alone_records_and_reads_through_the_door(
    address: str, key: Path, bucket: Bucket, cluster: str, granted: str, run_name: str, tmp_path: Path
) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CHIPLOG_", "KUBE"))}
    homes = {name: str(tmp_path) for name in ("HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME")}
    outside = {**kept, **homes, "CHIPLOG_BUCKET": address, "CHIPLOG_API_KEY_FILE": str(key)}

    def chiplog(*words: str) -> str:
        done = subprocess.run([*CHIPLOG, *words], env=outside, capture_output=True, text=True, timeout=90, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    said = chiplog("run", "--name", run_name, "--project", "lab", "--", sys.executable, "-c", SCRIPT)
    assert "everything is in the bucket" in said
    [found] = json.loads(chiplog("ls", f'name = "{run_name}"', "-o", "json"))
    assert (found["namespace"], found["project"], found["state"]) == (granted, "lab", "finished")
    place = layout.run_key(layout.Run(cluster, granted, found["run"]))
    told = records.unpack_document(bucket.get(place).data, records.RUN_FORMAT, place)
    first = embedded.get("secret", f"{run_name}-1", keys.NAMESPACE)["metadata"]["uid"]
    assert told["written_by"] == {"key": run_name, "service_account": "default", "key_uid": first}
    embedded.until("its last use", lambda: json.loads(last_use(run_name)))
    assert key.read_text().strip() not in said + embedded.kubectl(
        "logs", "-n", "chiplog-system", "-l", "app.kubernetes.io/component=ingest", "--tail=-1"
    )


def last_use(name: str) -> str:
    """As `keys list` says it, in JSON."""
    done = subprocess.run([*CHIPLOG, "keys", "list", "-o", "json"], capture_output=True, text=True, check=True)
    return json.dumps(next(row["last_used_at"] for row in json.loads(done.stdout) if row["name"] == name))
