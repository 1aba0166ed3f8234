"""Names: two nodes of one machine never share any, and the kernel and Kubernetes take them all."""

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from chiplog_cluster import node as nodes
from chiplog_cluster.checkout import Checkout
from chiplog_cluster.node import Node


def test_purposes_and_checkouts_have_names_of_their_own(tmp_path: Path) -> None:
    here, there = Checkout(tmp_path / "here", tmp_path), Checkout(tmp_path / "there", tmp_path)
    all_nodes = [Node(checkout, purpose, 0) for checkout in (here, there) for purpose in ("demo", "test")]
    for names in (
        {node.name for node in all_nodes},
        {node.interface for node in all_nodes},
        {node.cgroup for node in all_nodes},
        {node.state for node in all_nodes},
        {node.kubeconfig for node in all_nodes},
        {node.env_file for node in all_nodes},
    ):
        assert len(names) == 4


@given(st.text(min_size=1), st.sampled_from(["demo", "test"]))
def test_the_interface_fits_into_the_kernels_15_characters(root: str, purpose: str) -> None:
    node = Node(Checkout(Path(root), Path("/cache")), purpose, 0)
    assert re.fullmatch(r"[a-z0-9]{1,15}", node.interface)
    assert re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", node.name)


def test_the_demos_kubeconfig_lies_where_people_look(node: Node) -> None:
    assert node.kubeconfig == node.checkout.state / "kubeconfig"
    assert node.env_file == node.checkout.state / "env"


def test_the_tests_kubeconfig_does_not_replace_the_demos(checkout: Checkout) -> None:
    assert Node(checkout, "test", 0).kubeconfig == checkout.state / "test" / "kubeconfig"


def test_the_cache_follows_the_xdg_rule() -> None:
    assert Checkout.from_env({"XDG_CACHE_HOME": "/x", "HOME": "/h"}).cache == Path("/x/chiplog")
    assert Checkout.from_env({"HOME": "/h"}).cache == Path("/h/.cache/chiplog")


def test_socket_paths_inside_the_node_are_short_whatever_the_checkouts_path_is() -> None:
    assert len(str(nodes.CONTAINERD_SOCKET)) < 108
    assert len(str(nodes.RUN)) < 20
