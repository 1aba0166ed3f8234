"""The kubeconfigs of the node's components and of its admin; it must not make keys."""

import base64
import json
from pathlib import Path

from chiplog_cluster import files
from chiplog_cluster.node import Node

_COMPONENTS = ("kubelet", "controller-manager", "scheduler", "proxy")


def render(folder: Path, user: str, server: str, context: str) -> str:
    """A kubeconfig with its certificates inside, as JSON, which is YAML too.

    `folder` holds `ca.crt`, `<user>.crt` and `<user>.key`.
    """
    cluster = {"server": server, "certificate-authority-data": _encoded(folder / "ca.crt")}
    credentials = {
        "client-certificate-data": _encoded(folder / f"{user}.crt"),
        "client-key-data": _encoded(folder / f"{user}.key"),
    }
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": context, "cluster": cluster}],
        "users": [{"name": user, "user": credentials}],
        "contexts": [{"name": context, "context": {"cluster": context, "user": user}}],
        "current-context": context,
    }
    return json.dumps(document, indent=2) + "\n"


def write_components(node: Node) -> None:
    """The kubeconfigs that the daemons inside the node read; they reach the API server over its loopback."""
    for user in _COMPONENTS:
        text = render(node.certificates, user, "https://127.0.0.1:6443", node.name)
        files.write(node.state / "kubeconfigs" / f"{user}.conf", text, mode=0o600)


def write_admin(node: Node) -> None:
    """The kubeconfig that people and tests use from the host."""
    files.write(node.kubeconfig, render(node.certificates, "admin", node.api_url, node.name), mode=0o600)


def _encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
