"""Which slice of addresses each node of this machine has; it must not route anything."""

import json
from ipaddress import IPv4Network
from pathlib import Path

from chiplog_cluster import commands, files, node, ranges
from chiplog_cluster.checkout import Checkout
from chiplog_cluster.errors import ClusterError
from chiplog_cluster.node import Node


def existing_node(checkout: Checkout, purpose: str) -> Node | None:
    """The node whose state folder is there, up or down."""
    text = files.read(_slot_file(checkout, purpose))
    return None if text is None else Node(checkout, purpose, int(text))


def claim_node(checkout: Checkout, purpose: str) -> Node:
    """The node of this purpose, with a slice of its own that stays its own as long as its state folder is there.

    The slice is in etcd's Services and in the certificates, so it is chosen once. Two checkouts that start at the same
    moment are kept apart by the ledger's lock.
    """
    with files.lock(checkout.cache / "slots.lock", when_waiting=lambda: None):
        found = existing_node(checkout, purpose)
        return found or _claim(checkout, purpose)


def check_routes(it: Node) -> None:
    """Raise ClusterError when somebody else routes our slice, as a VPN might that came after us."""
    ours = {str(network) for network in it.ranges.networks()}
    foreign = [network for network in routed_networks() if str(network) not in ours]
    if ranges.clashes(it.ranges, foreign):
        raise ClusterError(
            f"another network of this machine uses {it.ranges.services}, {it.ranges.pods} or {it.ranges.link}: "
            f"`make down`, then `python3 -m chiplog_cluster down --purpose {it.purpose} --wipe` to choose anew"
        )


def routed_networks() -> list[IPv4Network]:
    """Every IPv4 network that the host has a route for, default routes aside."""
    routes = json.loads(commands.run(["ip", "-json", "-4", "route", "show", "table", "all"]))
    words = [route["dst"] for route in routes if route["dst"] != "default"]
    return [network for network in map(IPv4Network, words) if network.prefixlen > 0]


def _claim(checkout: Checkout, purpose: str) -> Node:
    ledger = checkout.cache / "slots.json"
    held = _held_slots(ledger)
    identity = f"{checkout.root}\n{purpose}"
    slot = ranges.choose_slot(identity, set(held.values()), routed_networks())
    files.write(_slot_file(checkout, purpose), str(slot))
    files.write(ledger, json.dumps({**held, str(_slot_file(checkout, purpose)): slot}, indent=1))
    return Node(checkout, purpose, slot)


def _held_slots(ledger: Path) -> dict[str, int]:
    known: dict[str, int] = json.loads(files.read(ledger) or "{}")
    return {path: slot for path, slot in known.items() if files.read(Path(path)) == str(slot)}


def _slot_file(checkout: Checkout, purpose: str) -> Path:
    return node.state_dir(checkout, purpose) / "slot"
