"""The images inside the node's containerd, which stands in for a registry; it must not build any."""

from collections.abc import Sequence
from pathlib import Path

from chiplog_cluster import commands, processes
from chiplog_cluster.errors import ClusterError
from chiplog_cluster.node import Node


def load(node: Node, archive: Path) -> None:
    """Import an archive (Docker's or OCI's) where the kubelet looks for images."""
    commands.run(_ctr(node, "images", "import", str(archive)))


def references(node: Node) -> set[str]:
    """The names of all images that are there."""
    return set(commands.run(_ctr(node, "images", "ls", "--quiet")).split())


def blobs(node: Node) -> set[str]:
    """The digests of all layers, configurations and manifests that are there."""
    return set(commands.run(_ctr(node, "content", "ls", "--quiet")).split())


def answers(node: Node) -> bool:
    """Whether containerd is up."""
    return commands.succeeds(_ctr(node, "version"))


def _ctr(node: Node, *words: str) -> Sequence[str]:
    pid = processes.recall(node.pid_file)
    if pid is None:
        raise ClusterError(
            f"the {node.purpose} node is not up: `python3 -m chiplog_cluster up --purpose {node.purpose}`"
        )
    return ["nsenter", f"--target={pid}", "--mount", "--root", "--", "ctr", "--namespace=k8s.io", *words]
