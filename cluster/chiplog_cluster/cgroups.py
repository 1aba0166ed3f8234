"""The cgroups under which the node's pods live, version 1 or 2; it must not touch those of others."""

import contextlib
import os
import time
from pathlib import Path

from chiplog_cluster import files
from chiplog_cluster.node import Node

_ROOT = Path("/sys/fs/cgroup")
_PATIENCE_SECONDS = 5.0


def is_version_2(root: Path = _ROOT) -> bool:
    """Whether one hierarchy holds all controllers (v2), instead of one for each (v1)."""
    return (root / "cgroup.controllers").exists()


def create(node: Node, root: Path = _ROOT) -> None:
    """Make the node's cgroup in every hierarchy: the kubelet refuses a `cgroupRoot` that is not there."""
    for hierarchy in _hierarchies(root):
        (hierarchy / node.cgroup).mkdir(exist_ok=True)
        if is_version_2(root):
            _delegate(hierarchy)
            _delegate(hierarchy / node.cgroup)
        elif (hierarchy / "cpuset.cpus").exists():
            _inherit_cpuset(hierarchy / node.cgroup)


def remove(node: Node, root: Path = _ROOT) -> None:
    """Remove the node's cgroups after its last process ended; what the kernel still holds is tried again a while."""
    limit = time.monotonic() + _PATIENCE_SECONDS
    # Wherever they are: runc makes its own in the unified hierarchy of a hybrid set-up.
    for top in (root / node.cgroup, *root.glob(f"*/{node.cgroup}")):
        while top.exists() and time.monotonic() < limit:
            _remove_tree(top)
            if top.exists():
                time.sleep(0.05)


def _hierarchies(root: Path) -> list[Path]:
    if is_version_2(root):
        return [root]
    # The unified hierarchy of a hybrid set-up has no controller that a kubelet on version 1 would use.
    links_resolved = {path.resolve() for path in root.iterdir() if path.is_dir() and path.name != "unified"}
    return sorted(path for path in links_resolved if (path / "cgroup.procs").exists())


def _delegate(cgroup: Path) -> None:
    """Let the children of a version 2 cgroup have every controller that it has itself."""
    for controller in (cgroup / "cgroup.controllers").read_text().split():
        # A controller that cannot be handed on (cpu, while realtime processes run) is missed later by whoever needs it.
        with contextlib.suppress(OSError):
            (cgroup / "cgroup.subtree_control").write_text(f"+{controller}")


def _inherit_cpuset(cgroup: Path) -> None:
    """A new cpuset of version 1 is empty and takes no process until it is told which CPUs and memory nodes it has."""
    for name in ("cpuset.cpus", "cpuset.mems"):
        if not (files.read(cgroup / name) or "").strip():
            (cgroup / name).write_text((cgroup.parent / name).read_text())


def _remove_tree(top: Path) -> None:
    for folder, _, _ in os.walk(top, topdown=False):
        with contextlib.suppress(OSError):
            Path(folder).rmdir()
