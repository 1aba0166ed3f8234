"""The host's side of the node's network: one veth and three routes; it must not change a rule of the host."""

from chiplog_cluster import commands
from chiplog_cluster.node import LINK, Node

_LAST_RESORT = "65000"
"""The metric of the blackholes: any real route to the same network comes first."""


def guard(node: Node) -> None:
    """Blackhole the node's ranges before the first packet: without it they would leave by the default gateway."""
    for network in node.ranges.networks():
        commands.run(["ip", "route", "replace", "blackhole", str(network), "metric", _LAST_RESORT])


def unguard(node: Node) -> None:
    """Take the blackholes away, the last act of `down`."""
    for network in node.ranges.networks():
        commands.succeeds(["ip", "route", "del", "blackhole", str(network), "metric", _LAST_RESORT])


def connect(node: Node, pid: int) -> None:
    """Join host and node by a veth pair and route the node's ranges through it; `pid` is the node's PID 1."""
    disconnect(node)
    host, it = node.interface, node.ranges
    commands.run(["ip", "link", "add", host, "type", "veth", "peer", "name", LINK, "netns", str(pid)])
    commands.run(["ip", "address", "add", f"{it.host}/30", "dev", host])
    commands.run(["ip", "link", "set", host, "up"])
    for network in (it.services, it.pods):
        commands.run(["ip", "route", "replace", str(network), "via", str(it.node), "dev", host])


def disconnect(node: Node) -> None:
    """Remove the veth pair if it is there; the kernel takes its routes along."""
    commands.succeeds(["ip", "link", "del", node.interface])
