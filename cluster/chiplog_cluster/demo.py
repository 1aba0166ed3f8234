"""The main job, shown: a TrainingRun on the node, and what the bucket holds of it; it must not build anything."""

import json
import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from chiplog_cluster import commands, envfile, release
from chiplog_cluster.errors import ClusterError
from chiplog_cluster.node import Node
from chiplog_cluster.progress import Progress

RUN = "digits"
_SECONDS = 180


def run(node: Node, progress: Progress) -> None:
    """Start the example anew, follow it to its end, and show what came of it."""
    env = envfile.environ(node)
    _start(node, env)
    with progress.step("training: an unmodified wandb script, with the recorder beside it"):
        _follow(env, progress)
    _show(node, env)


def _start(node: Node, env: Mapping[str, str]) -> None:
    commands.run(["kubectl", "delete", "trainingrun", RUN, "--ignore-not-found"], env=env)
    commands.run(["kubectl", "apply", "-f", node.checkout.root / "examples" / "trainingrun.yaml"], env=env)


def _follow(env: Mapping[str, str], progress: Progress) -> None:
    """One line whenever the run has moved, until its end is in the bucket."""
    deadline, shown = time.monotonic() + _SECONDS, ""
    while time.monotonic() < deadline:
        status = json.loads(commands.run(["kubectl", "get", "trainingrun", RUN, "-o", "json"], env=env)).get(
            "status", {}
        )
        line = _line(status)
        if line != shown:
            progress.say(line)
            shown = line
        conditions = {found["type"]: found["status"] for found in status.get("conditions", [])}
        if conditions.get("Durable") == "True":
            return
        time.sleep(1)
    described = commands.output_or_nothing(["kubectl", "describe", "trainingrun", RUN], env=env)
    raise ClusterError(f"the demo's run did not end in {_SECONDS} s:\n{described}")


def _line(status: Mapping[str, object]) -> str:
    metric = status.get("metric")
    value = f", {metric['name']} {metric.get('value', '…')}" if isinstance(metric, dict) else ""
    step = f", step {status['step']}" if "step" in status else ""
    return f"{status.get('state', 'pending')}{step}{value}"


def _show(node: Node, env: Mapping[str, str]) -> None:
    _print(env, "kubectl", "get", "trainingruns")
    _print(env, "chiplog", "show", RUN)
    _print(env, "chiplog", "history", RUN, "--last", "5")
    _print_objects(node, env)
    path = os.path.relpath(node.env_file, node.checkout.root)
    print(f"\nThe cluster, the bucket and the operator go on running. Next:\n\n  . {path}")
    print("  chiplog ui                          # its curves in a browser: http://127.0.0.1:8090")
    print(
        f"  kubectl port-forward -n {release.NAMESPACE} service/{release.RELEASE}-dashboard 8090   # the cluster's own"
    )
    print("  chiplog ls                          # every run in the bucket")
    print(f"  chiplog logs {RUN}                 # its console; `chiplog files {RUN}`: its files")
    print(f"  kubectl describe trainingrun {RUN} # its life: conditions, attempts, Events")
    print("  make down                           # stop everything; the records stay\n")


def _print_objects(node: Node, env: Mapping[str, str]) -> None:
    print("\nThe objects of the bucket behind it:", flush=True)
    argv: list[str | Path] = [node.checkout.python, "-m", "chiplog_cluster.objects", RUN]
    commands.show(argv, env={**env, "PYTHONPATH": str(node.checkout.package)})


def _print(env: Mapping[str, str], *words: str) -> None:
    print(f"\n$ {' '.join(words)}", flush=True)
    code = subprocess.run(words, env=dict(env), check=False, stdin=subprocess.DEVNULL).returncode
    if code:
        raise ClusterError(f"`{' '.join(words)}` ended with {code} ({release.RELEASE} demo)")
