"""Asking a started node whether it really answers; it must not start or change anything but what kubectl caches."""

import socket
import struct
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from ipaddress import IPv4Address

from chiplog_cluster import kubectl
from chiplog_cluster.errors import ClusterError
from chiplog_cluster.node import Node

_INTERVAL_SECONDS = 0.1


def wait(complaint: str, answers: Callable[[], bool], seconds: float, where_to_look: str) -> None:
    """Poll until `answers()`; raises ClusterError naming the log after `seconds`."""
    limit = time.monotonic() + seconds
    while not answers():
        if time.monotonic() > limit:
            raise ClusterError(f"after {seconds:.0f} s {complaint}: see {where_to_look}")
        time.sleep(_INTERVAL_SECONDS)


def api_answers(node: Node) -> bool:
    """Whether the API server calls itself ready."""
    return kubectl.asks(node, "get", "--raw=/readyz")


def node_is_ready(node: Node, since: str) -> bool:
    """Whether the kubelet said Ready after `since` (RFC 3339): the word of an earlier life does not count."""
    path = "{range .status.conditions[?(@.type=='Ready')]}{.status} {.lastHeartbeatTime}{end}"
    word, _, when = kubectl.answer(node, "get", "node", node.name, f"-o=jsonpath={path}").partition(" ")
    return word == "True" and when >= since


def default_account_exists(node: Node) -> bool:
    """Whether pods may be created in `default`: its ServiceAccount comes a second after the node."""
    return kubectl.asks(node, "get", "serviceaccount", "default", "-n", "default")


def s3_answers(node: Node) -> bool:
    """Whether S3 and IAM both answer, through their Service."""
    return all(_http_ok(f"{url}/healthz") for url in (node.s3_url, node.iam_url))


def dns_answers(node: Node) -> bool:
    """Whether CoreDNS, through its Service, resolves the name that every pod needs."""
    return resolve("kubernetes.default.svc.cluster.local", node.ranges.dns) == node.ranges.api_service


def resolve(name: str, server: IPv4Address, seconds: float = 0.5) -> IPv4Address | None:
    """Ask one DNS server for one A record (RFC 1035, section 4); None when it does not say."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(seconds)
        try:
            asking.sendto(dns_query(name), (str(server), 53))
            return dns_address(asking.recv(512))
        except OSError:
            return None


def dns_query(name: str) -> bytes:
    """A query for an A record: header with one question, labels, type 1, class 1."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack(">6H", 0x6C67, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", 1, 1)


def dns_address(reply: bytes) -> IPv4Address | None:
    """The address of a reply whose last record is the A record, or None when it has no answer."""
    if len(reply) < 12 or struct.unpack(">H", reply[6:8])[0] == 0:
        return None
    return IPv4Address(reply[-4:])


def _http_ok(url: str) -> bool:
    # Proxies are for the world outside; these addresses end on this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=1) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False
