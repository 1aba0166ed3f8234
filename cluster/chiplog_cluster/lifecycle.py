"""Taking a node up and down; it must not build what the node runs."""

import shutil
import subprocess
import sys
from contextlib import AbstractContextManager
from datetime import UTC, datetime

from chiplog_cluster import (
    certificates,
    cgroups,
    commands,
    configuration,
    envfile,
    files,
    kubeconfigs,
    network,
    processes,
    readiness,
    registry,
    services,
    slots,
    strays,
    tools,
)
from chiplog_cluster.checkout import Checkout
from chiplog_cluster.node import Node
from chiplog_cluster.progress import Progress

_FOLDERS = (
    "containerd",
    "etc",
    "etcd",
    "kubeconfigs",
    "kubelet",
    "log",
    "log/pods",
    "pki",
    "s3",
    "s3/iam",
    "s3/objects",
)
_STOP_SECONDS = 10
_MODULES = ("overlay", "br_netfilter", "veth", "nf_conntrack", "xt_conntrack", "xt_MASQUERADE")


def up(checkout: Checkout, purpose: str, progress: Progress) -> Node:
    """Start the node of a purpose and wait until everything on it answers; nothing to do if it does already."""
    if slots.existing_node(checkout, purpose) is None:
        strays.end(checkout, purpose)
    it = slots.claim_node(checkout, purpose)
    with _alone(it, progress):
        if is_up(it) and readiness.api_answers(it) and readiness.s3_answers(it):
            progress.say(f"the {purpose} node is up: {it.name}")
        else:
            with progress.step(f"starting the {purpose} node"):
                _start(it)
    return it


def down(checkout: Checkout, purpose: str, progress: Progress, wipe: bool = False) -> None:
    """Stop the node and leave nothing of it on the host but its state folder, and with `wipe` not even that."""
    it = slots.existing_node(checkout, purpose)
    if it is None:
        strays.end(checkout, purpose)
        return
    with _alone(it, progress), progress.step(f"stopping the {purpose} node"):
        _stop(it)
    if wipe:
        shutil.rmtree(it.state)
        progress.say(f"removed {it.state}")


def is_up(it: Node) -> bool:
    """Whether the node's PID 1 lives."""
    return processes.recall(it.pid_file) is not None


def _alone(it: Node, progress: Progress) -> AbstractContextManager[None]:
    waiting = f"waiting for another command on the {it.purpose} node"
    return files.lock(it.state / "lock", when_waiting=lambda: progress.say(waiting))


def _start(it: Node) -> None:
    if not is_up(it):
        _launch(it)
    seconds, log = 60.0, f"{it.logs}/"
    since = _started_at(it)
    readiness.wait("containerd does not answer", lambda: registry.answers(it), seconds, log)
    services.load_images(it)
    readiness.wait("the API server does not answer", lambda: readiness.api_answers(it), seconds, log)
    services.apply(it)
    readiness.wait("the node is not Ready", lambda: readiness.node_is_ready(it, since), seconds, log)
    readiness.wait(
        "the default ServiceAccount does not exist", lambda: readiness.default_account_exists(it), seconds, log
    )
    readiness.wait("CoreDNS does not answer", lambda: readiness.dns_answers(it), seconds, log)
    readiness.wait("the S3 server does not answer", lambda: readiness.s3_answers(it), seconds, log)


def _started_at(it: Node) -> str:
    """When the node's PID 1 wrote itself down, as Kubernetes writes times."""
    return datetime.fromtimestamp(it.pid_file.stat().st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _launch(it: Node) -> None:
    """Begin the namespaces with their PID 1 and give them their network."""
    _clear(it)
    slots.check_routes(it)
    _prepare_files(it)
    commands.succeeds(["modprobe", "--all", *_MODULES])
    network.guard(it)
    cgroups.create(it)
    _unshare(it)
    readiness.wait("the node's first process did not start", lambda: is_up(it), 10, f"{it.logs}/supervisor.log")
    network.connect(it, processes.recall(it.pid_file) or 0)


def _prepare_files(it: Node) -> None:
    it.state.mkdir(parents=True, exist_ok=True)
    it.state.chmod(0o700)
    for folder in _FOLDERS:
        (it.state / folder).mkdir(exist_ok=True)
    for path, text in configuration.files_of(it).items():
        files.write(it.state / path, text)
    certificates.issue_all(it)
    kubeconfigs.write_components(it)
    kubeconfigs.write_admin(it)
    tools.link(it.checkout)
    envfile.write(it)


def _unshare(it: Node) -> None:
    """Start the supervisor as PID 1 of namespaces of its own, and of a session of its own."""
    argv = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--uts", "--ipc", *_supervisor(it)]
    env = {"PATH": commands.SYSTEM_PATH, "PYTHONPATH": str(it.checkout.package)}
    with (it.logs / "supervisor.log").open("ab") as log:
        subprocess.Popen(
            argv, cwd="/", env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )


def _supervisor(it: Node) -> list[str]:
    binaries = tools.KUBERNETES.folder(it.checkout)
    named = {
        "root": it.checkout.root,
        "cache": it.checkout.cache,
        "purpose": it.purpose,
        "slot": it.slot,
        "binaries": binaries,
    }
    return [sys.executable, "-m", "chiplog_cluster.supervisor", *(f"--{name}={value}" for name, value in named.items())]


def _stop(it: Node) -> None:
    processes.end(it.pid_file, _STOP_SECONDS)
    _clear(it)
    for path in (it.kubeconfig, it.env_file):
        path.unlink(missing_ok=True)
    network.unguard(it)


def _clear(it: Node) -> None:
    """Remove what a node that died leaves behind; its processes and mounts ended with its PID 1."""
    it.pid_file.unlink(missing_ok=True)
    network.disconnect(it)
    cgroups.remove(it)
