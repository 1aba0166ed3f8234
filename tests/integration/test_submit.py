"""`chiplog submit` before a real API server: every option is taken as it was said, and a refusal says why."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.integration

Server = Callable[..., "subprocess.CompletedProcess[str]"]

OPTIONS = ["--image", "localhost/none:1", "--project", "vision", "--tag", "a", "--notes", "a try", "--config", "lr=0.1",
           "--config", "opt.name=adam", "--env", "A=b=c", "--cpu", "1", "--memory", "2Gi", "--gpus", "1"]  # fmt: skip


def submit(namespace: str, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "chiplog_cli", "submit", "-n", namespace, *words]
    return subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, timeout=60)


def made(api_server: Server, namespace: str, told: str) -> dict[str, Any]:
    name = told.strip().removeprefix(f"{namespace}/")
    found: dict[str, Any] = json.loads(api_server("get", "trainingrun", name, "-n", namespace, "-o", "json").stdout)
    return found


def test_every_option_is_in_the_run_that_the_server_keeps(api_server: Server, namespace: str) -> None:
    done = submit(namespace, *OPTIONS, "--", "python3", "train.py", "--lr", "0.1")
    assert done.returncode == 0, done.stderr
    spec = made(api_server, namespace, done.stdout)["spec"]
    told = {key: spec[key] for key in ("project", "tags", "notes", "config")}
    assert told == {
        "project": "vision",
        "tags": ["a"],
        "notes": "a try",
        "config": {"lr": 0.1, "opt": {"name": "adam"}},
    }
    (container,) = spec["template"]["spec"]["containers"]
    assert container["command"] == ["python3", "train.py", "--lr", "0.1"]
    assert container["env"] == [{"name": "A", "value": "b=c"}]
    assert container["resources"] == {"limits": {"nvidia.com/gpu": "1"}, "requests": {"cpu": "1", "memory": "2Gi"}}


def test_what_a_dry_run_prints_is_a_file_to_submit(api_server: Server, namespace: str, tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(submit(namespace, *OPTIONS, "--dry-run", "--", "python3", "train.py").stdout)
    done = submit(namespace, "-f", str(path), "--name", "again", "--tag", "b")
    assert (done.returncode, done.stdout) == (0, f"{namespace}/again\n"), done.stderr
    spec = made(api_server, namespace, done.stdout)["spec"]
    assert (spec["tags"], spec["notes"]) == (["b"], "a try")


def test_what_the_server_refuses_is_told_with_the_field_and_makes_nothing(api_server: Server, namespace: str) -> None:
    bad = submit(namespace, "--image", "x", "--name", "bad", "--project", "no/key", "--", "true")
    assert bad.returncode == 2
    assert "spec.project" in bad.stderr
    again = submit(namespace, "-f", "/dev/null")
    assert again.returncode == 2
    nowhere = submit("it-nowhere", "--image", "x", "--", "true")
    assert nowhere.returncode == 3, nowhere.stderr
    assert "it-nowhere" in nowhere.stderr
    assert api_server("get", "trainingrun", "bad", "-n", namespace).returncode != 0
