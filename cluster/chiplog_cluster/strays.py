"""Nodes whose state folder was deleted under them, as `git clean` does; it must not touch a node that can be found."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from chiplog_cluster import cgroups, network, processes
from chiplog_cluster.checkout import Checkout
from chiplog_cluster.node import Node

_PATIENCE_SECONDS = 10.0


def end(checkout: Checkout, purpose: str) -> None:
    """End every supervisor of this checkout and purpose, and remove what it had on the host."""
    for pid, slot in _find(checkout, purpose):
        os.kill(pid, signal.SIGKILL)
        _await_end(pid)
        stray = Node(checkout, purpose, slot)
        network.disconnect(stray)
        cgroups.remove(stray)
        network.unguard(stray)


def slot_of(command_line: str, checkout: Checkout, purpose: str) -> int | None:
    """The slot in the command line (words end with NUL) of a supervisor of ours; None for any other process."""
    words = command_line.split("\0")
    ours = {"chiplog_cluster.supervisor", f"--root={checkout.root}", f"--purpose={purpose}"}
    slots = [word.removeprefix("--slot=") for word in words if word.startswith("--slot=")]
    return int(slots[0]) if ours <= set(words) and slots else None


def _find(checkout: Checkout, purpose: str) -> Iterator[tuple[int, int]]:
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            slot = slot_of((entry / "cmdline").read_text(errors="replace"), checkout, purpose)
        except OSError:
            continue
        # The first that is found may take the other along: PID 1 of the namespaces, and its parent `unshare`.
        if slot is not None and processes.identify(int(entry.name)):
            yield int(entry.name), slot


def _await_end(pid: int) -> None:
    limit = time.monotonic() + _PATIENCE_SECONDS
    while processes.identify(pid) and time.monotonic() < limit:
        time.sleep(0.02)
