"""Configuration of the daemons: the measured traps stay avoided."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from chiplog_cluster import configuration, daemons
from chiplog_cluster.checkout import Checkout
from chiplog_cluster.daemons import Daemon
from chiplog_cluster.node import Node

BINARIES = Path("/tools")


def flags(node: Node, name: str) -> dict[str, str]:
    (daemon,) = [one for one in daemons.of_node(node, BINARIES) if one.name == name]
    pairs = (word.removeprefix("--").partition("=") for word in daemon.argv[1:])
    return {flag: value for flag, _, value in pairs}


def kubelet(node: Node) -> Any:
    return json.loads(configuration.kubelet(node))


def test_containerd_runs_where_root_lacks_cap_sys_resource() -> None:
    cri = tomllib.loads(configuration.containerd())["plugins"]["io.containerd.grpc.v1.cri"]
    assert cri["restrict_oom_score_adj"] is True
    assert cri["sandbox_image"] == "localhost/chiplog-pause:dev"
    assert cri["cni"]["bin_dir"] == "/usr/lib/cni"


def test_pods_get_addresses_of_the_nodes_slice_only(node: Node) -> None:
    bridge = json.loads(configuration.cni(node))["plugins"][0]
    assert bridge["ipam"]["ranges"] == [[{"subnet": str(node.ranges.pods)}]]
    assert (bridge["isGateway"], bridge["ipMasq"], bridge["hairpinMode"]) == (True, True, True)


def test_the_kubelet_takes_either_version_of_cgroups_and_swap(node: Node) -> None:
    assert kubelet(node)["failCgroupV1"] is False
    assert kubelet(node)["failSwapOn"] is False
    assert kubelet(node)["cgroupDriver"] == "cgroupfs"


def test_two_kubelets_keep_their_pods_in_cgroups_of_their_own(checkout: Checkout) -> None:
    roots = {kubelet(Node(checkout, purpose, 0))["cgroupRoot"] for purpose in ("demo", "test")}
    assert len(roots) == 2


def test_no_image_is_ever_collected_since_none_could_come_back(node: Node) -> None:
    assert kubelet(node)["imageGCHighThresholdPercent"] == 100


def test_pods_ask_the_clusters_own_dns(node: Node) -> None:
    assert kubelet(node)["clusterDNS"] == [str(node.ranges.dns)]


def test_there_are_addresses_for_as_many_pods_as_the_kubelet_takes(node: Node) -> None:
    assert node.ranges.pods.num_addresses - 3 > configuration.MAX_PODS


def test_the_issuer_is_a_name_that_the_s3_server_can_ask(node: Node) -> None:
    api = flags(node, "kube-apiserver")
    assert api["service-account-issuer"] == "https://kubernetes.default.svc"
    assert api["service-account-jwks-uri"] == "https://kubernetes.default.svc/openid/v1/jwks"
    assert api["advertise-address"] == str(node.ranges.node)
    assert api["service-cluster-ip-range"] == str(node.ranges.services)


@pytest.mark.parametrize("name", ["kubelet", "kube-proxy"])
def test_no_daemon_lowers_its_own_oom_score(node: Node, name: str) -> None:
    assert flags(node, name)["oom-score-adj"] == "0"


def test_the_hosts_connection_table_keeps_its_size(node: Node) -> None:
    assert flags(node, "kube-proxy")["conntrack-max-per-core"] == "0"


def test_only_the_throw_away_node_stores_without_fsync(checkout: Checkout) -> None:
    assert "unsafe-no-fsync" in flags(Node(checkout, "test", 0), "etcd")
    assert "unsafe-no-fsync" not in flags(Node(checkout, "demo", 0), "etcd")


def test_every_daemon_that_waits_waits_for_one_whose_port_is_known(node: Node) -> None:
    by_name: dict[str, Daemon] = {one.name: one for one in daemons.of_node(node, BINARIES)}
    awaited = [by_name[one.after] for one in by_name.values() if one.after]
    assert awaited
    assert all(one.port for one in awaited)


def test_the_end_of_the_node_waits_for_those_that_write_to_disk(node: Node) -> None:
    assert [one.name for one in daemons.of_node(node, BINARIES) if one.has_state] == ["etcd", "containerd"]
