"""The shell file that points a terminal at a node; it must not hold what the node does not know."""

import os
import shlex
from pathlib import Path

from chiplog_cluster import files, services
from chiplog_cluster.checkout import Checkout
from chiplog_cluster.node import Node

BUCKET = "chiplog"
"""The bucket of every node; the purpose is the prefix in it and the name of the cluster."""

_HARMFUL = ("AWS_CA_BUNDLE", "AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE")
"""Variables of the host that would turn boto3 away from this node."""


def variables(node: Node) -> dict[str, str]:
    """What a program on the host needs to use the node and its S3 as its owner."""
    access, secret = services.root_key(node)
    return {
        "KUBECONFIG": str(node.kubeconfig),
        "CHIPLOG_BUCKET": f"s3://{BUCKET}/{node.purpose}",
        "AWS_ENDPOINT_URL_S3": node.s3_url,
        "AWS_ENDPOINT_URL_STS": node.iam_url,
        "AWS_ENDPOINT_URL_IAM": node.iam_url,
        "AWS_REGION": services.REGION,
        "AWS_DEFAULT_REGION": services.REGION,
        "AWS_ACCESS_KEY_ID": access,
        "AWS_SECRET_ACCESS_KEY": secret,
    }


def render(node: Node) -> str:
    """The file's text: exports, and unsets of what would get in the way."""
    exports = [f"export {name}={shlex.quote(value)}" for name, value in variables(node).items()]
    paths = ":".join(shlex.quote(str(path)) for path in program_folders(node.checkout))
    unproxied = ",".join(_unproxied(node))
    lines = [
        f"# Written by `make cluster` for the {node.purpose} node; use it with: source {node.env_file}",
        *exports,
        f"export PATH={paths}:$PATH",
        f'export NO_PROXY="${{NO_PROXY:+$NO_PROXY,}}{unproxied}"',
        'export no_proxy="$NO_PROXY"',
        f"unset {' '.join(_HARMFUL)}",
    ]
    return "\n".join(lines) + "\n"


def environ(node: Node) -> dict[str, str]:
    """The same for a program that we start ourselves."""
    kept = {name: value for name, value in os.environ.items() if name not in _HARMFUL}
    path = ":".join([*map(str, program_folders(node.checkout)), kept.get("PATH", "")])
    no_proxy = ",".join(filter(None, [kept.get("NO_PROXY"), *_unproxied(node)]))
    return {**kept, **variables(node), "PATH": path, "NO_PROXY": no_proxy, "no_proxy": no_proxy}


def write(node: Node) -> None:
    """Put the file in place, for the owner's eyes only: it holds the root key of the embedded S3."""
    files.write(node.env_file, render(node), mode=0o600)


def program_folders(checkout: Checkout) -> list[Path]:
    """Where kubectl and helm are, and the `chiplog` command of the checkout."""
    return [checkout.binaries, checkout.venv / "bin"]


def _unproxied(node: Node) -> list[str]:
    """Addresses one by one for Python, whose rules know no networks, and the networks for Go."""
    single = (node.ranges.node, node.ranges.s3)
    return [*map(str, single), *map(str, node.ranges.networks())]
