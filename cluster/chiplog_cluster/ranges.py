"""The address ranges of one node, cut from RFC 2544's benchmark range; it must not ask the machine anything."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from chiplog_cluster.errors import ClusterError

SLOTS = 252
"""How many nodes fit side by side.

Slot k has the services 198.18.k.0/24, the pods 198.19.k.0/24, and the k-th /30 of 198.19.252.0/22.
"""

_SERVICES = IPv4Address("198.18.0.0")
_PODS = IPv4Address("198.19.0.0")
_LINKS = IPv4Address("198.19.252.0")


@dataclass(frozen=True)
class Ranges:
    """The three networks of a node and the addresses in them that are fixed."""

    services: IPv4Network
    pods: IPv4Network
    link: IPv4Network
    """The veth pair between the host and the node."""

    @property
    def api_service(self) -> IPv4Address:
        """The first address of the service range, which Kubernetes takes for `kubernetes.default`."""
        return self.services[1]

    @property
    def dns(self) -> IPv4Address:
        """CoreDNS, in the part of the range that is never handed out by itself (the first sixteenth)."""
        return self.services[10]

    @property
    def s3(self) -> IPv4Address:
        """The S3 service, fixed so that the environment file stays true over `down` and `up`."""
        return self.services[11]

    @property
    def host(self) -> IPv4Address:
        """The host's end of the veth pair."""
        return self.link[1]

    @property
    def node(self) -> IPv4Address:
        """The node's end of the veth pair, and its InternalIP."""
        return self.link[2]

    def networks(self) -> tuple[IPv4Network, ...]:
        """All that the host must route to the node and to nowhere else."""
        return (self.services, self.pods, self.link)


def of_slot(slot: int) -> Ranges:
    """The ranges of a slot in 0..251; no two slots overlap."""
    if not 0 <= slot < SLOTS:
        raise ClusterError(f"slot {slot} is outside 0..{SLOTS - 1}")
    return Ranges(
        services=IPv4Network((_SERVICES + 256 * slot, 24)),
        pods=IPv4Network((_PODS + 256 * slot, 24)),
        link=IPv4Network((_LINKS + 4 * slot, 30)),
    )


def choose_slot(identity: str, taken: Collection[int], routed: Collection[IPv4Network]) -> int:
    """The slot for a new node: the one its identity hashes to, or the next that nobody has.

    `taken` are slots that other state folders hold, up or down; `routed` are the networks the host has routes for (a
    default route is not among them). Raises ClusterError when all are in use.
    """
    first = int.from_bytes(hashlib.sha256(identity.encode()).digest()[:4], "big") % SLOTS
    for step in range(SLOTS):
        slot = (first + step) % SLOTS
        if slot not in taken and not clashes(of_slot(slot), routed):
            return slot
    raise ClusterError("every slice of 198.18.0.0/15 is in use on this machine: take a node down with --wipe")


def clashes(ranges: Ranges, routed: Collection[IPv4Network]) -> bool:
    """Whether any of the ranges is already routed somewhere."""
    return any(ours.overlaps(theirs) for ours in ranges.networks() for theirs in routed)
