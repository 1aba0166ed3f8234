"""One embedded node as a value: its names, addresses and files, all derived; it must not touch any of them."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from chiplog_cluster import ranges
from chiplog_cluster.checkout import Checkout

RUN = Path("/run/node")
"""Where the node's own mount namespace shows its state folder: short, so that socket paths fit into 108 bytes."""

CONTAINERD_SOCKET = Path("/run/containerd/containerd.sock")
"""Inside the node's mount namespace, on a tmpfs that ends with it."""

S3_PORT = 7070
IAM_PORT = 7071
"""IAM and STS, which the S3 server answers on a port of their own."""

LINK = "uplink"
"""The node's end of the veth pair."""


def short_id(root: Path, purpose: str) -> str:
    """Eight hex digits that differ between checkouts and between purposes."""
    return hashlib.sha256(f"{root}\n{purpose}".encode()).hexdigest()[:8]


@dataclass(frozen=True)
class Node:
    """The node of one purpose of one checkout."""

    checkout: Checkout
    purpose: str
    slot: int

    @property
    def id(self) -> str:
        """What tells this node's things on the host from another node's."""
        return short_id(self.checkout.root, self.purpose)

    @property
    def name(self) -> str:
        """The Kubernetes node name and the host name inside."""
        return f"chiplog-{self.purpose}-{self.id}"

    @property
    def interface(self) -> str:
        """The host's end of the veth pair; the kernel allows 15 characters."""
        return f"chip{self.id}"

    @property
    def cgroup(self) -> str:
        """The cgroup under which the kubelet keeps its pods, so that two kubelets never tidy each other's."""
        return f"chiplog-{self.id}"

    @property
    def ranges(self) -> ranges.Ranges:
        """The node's slices of 198.18.0.0/15."""
        return ranges.of_slot(self.slot)

    @property
    def state(self) -> Path:
        """What survives `down`: etcd, images, S3 data, certificates, logs."""
        return state_dir(self.checkout, self.purpose)

    @property
    def logs(self) -> Path:
        """One file per daemon."""
        return self.state / "log"

    @property
    def certificates(self) -> Path:
        """Keys and certificates of every component."""
        return self.state / "pki"

    @property
    def pid_file(self) -> Path:
        """The host's process id of the node's PID 1, with what tells it from a later process of that number."""
        return self.state / "node.pid"

    @property
    def kubeconfig(self) -> Path:
        """The admin's kubeconfig, there only while the node is up."""
        return visible_dir(self.checkout, self.purpose) / "kubeconfig"

    @property
    def env_file(self) -> Path:
        """The shell file that points a terminal at this node, there only while the node is up."""
        return visible_dir(self.checkout, self.purpose) / "env"

    @property
    def api_url(self) -> str:
        """The API server as the host sees it."""
        return f"https://{self.ranges.node}:6443"

    @property
    def s3_url(self) -> str:
        """The S3 server as the host sees it."""
        return f"http://{self.ranges.s3}:{S3_PORT}"

    @property
    def iam_url(self) -> str:
        """IAM and STS as the host sees them."""
        return f"http://{self.ranges.s3}:{IAM_PORT}"


def state_dir(checkout: Checkout, purpose: str) -> Path:
    """The folder of a purpose, which exists once its node was up."""
    return checkout.state / purpose


def visible_dir(checkout: Checkout, purpose: str) -> Path:
    """Where people look for the kubeconfig: the demo's lies at the top of `.chiplog`."""
    return checkout.state if purpose == "demo" else state_dir(checkout, purpose)
