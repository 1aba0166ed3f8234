"""Calling the built kubectl against one node; it must not know what is applied or asked."""

from pathlib import Path

from chiplog_cluster import commands, tools
from chiplog_cluster.node import Node


def program(node: Node) -> Path:
    """The kubectl of the version that the node runs."""
    return tools.KUBERNETES.folder(node.checkout) / "kubectl"


def environ(node: Node) -> dict[str, str]:
    """The environment of a command that shall speak to this node and to no other cluster."""
    return commands.clean_environ(KUBECONFIG=str(node.kubeconfig), KUBECACHEDIR=str(node.state / "kubectl-cache"))


def answer(node: Node, *words: str) -> str:
    """What kubectl prints, or nothing when it cannot say."""
    return commands.output_or_nothing([program(node), "--request-timeout=2s", *words], env=environ(node))


def asks(node: Node, *words: str) -> bool:
    """Whether kubectl succeeds."""
    return commands.succeeds([program(node), "--request-timeout=2s", *words], env=environ(node))


def apply(node: Node, manifests: str) -> None:
    """Apply manifests (YAML or JSON documents) by server-side apply, so that a second apply is free of surprises."""
    argv: list[str | Path] = [
        program(node),
        "apply",
        "--server-side",
        "--force-conflicts",
        "--field-manager=chiplog-cluster",
        "-f",
        "-",
    ]
    commands.run(argv, text=manifests, env=environ(node))
