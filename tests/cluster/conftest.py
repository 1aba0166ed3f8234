"""The embedded cluster's package, which is not part of the distribution, on the path; and nodes that nobody starts."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "cluster"))

from chiplog_cluster.checkout import Checkout  # noqa: E402 - the line above makes it importable
from chiplog_cluster.node import Node  # noqa: E402


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A checkout with the cluster's sources, a state folder and a cache of the test's own."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "cluster").symlink_to(ROOT / "cluster")
    return Checkout(root=root, cache=tmp_path / "cache")


@pytest.fixture
def node(checkout: Checkout) -> Node:
    """A demo node in slot 7, which nobody starts."""
    return Node(checkout, "demo", slot=7)
