"""The node's PID 1: starts the daemons, again when they die, and reaps orphans; it must not talk to Kubernetes."""

import argparse
import os
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from chiplog_cluster import commands, daemons, namespace, processes
from chiplog_cluster.checkout import Checkout
from chiplog_cluster.daemons import Daemon
from chiplog_cluster.node import Node

_TICK_SECONDS = 0.02
_CALM_TICK_SECONDS = 0.5
_RESTART_SECONDS = 1.0
"""How long a daemon stays down after it died, so that one that dies at once does not take a core."""

_STOP_SECONDS = 3.0
_LOG_BYTES = 20_000_000
"""A log longer than this is put aside at the daemon's next start."""

_ENVIRONMENT = {"PATH": commands.SYSTEM_PATH, "HOME": "/root"}
"""Nothing of the caller's: a proxy or a CA bundle of theirs has no business in here."""


class Supervisor:
    """The daemons of one node and their processes."""

    def __init__(self, node: Node, wanted: list[Daemon]) -> None:
        self._node = node
        self._wanted = {daemon.name: daemon for daemon in wanted}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._not_before: dict[str, float] = {}
        self._stopping = False
        self._wake, self._woken_by = os.pipe()

    def run(self) -> None:
        """Keep all daemons running until SIGTERM, then stop them; the kernel ends the pods with our last breath."""
        self._listen()
        while not self._stopping:
            self._reap()
            self._start_missing()
            self._wait()
        self._end_all()

    def _listen(self) -> None:
        """Have every SIGTERM and SIGCHLD write a byte into a pipe, which cuts `_wait` short without a race."""
        os.set_blocking(self._wake, False)
        os.set_blocking(self._woken_by, False)
        signal.set_wakeup_fd(self._woken_by, warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGCHLD, lambda _signal, _frame: None)

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _wait(self) -> None:
        pause = _CALM_TICK_SECONDS if len(self._running) == len(self._wanted) else _TICK_SECONDS
        if select.select([self._wake], [], [], pause)[0]:
            os.read(self._wake, 4096)

    def _reap(self) -> None:
        """Collect dead daemons, and the shims and pods whose parents left them to PID 1."""
        for name, process in list(self._running.items()):
            if process.poll() is not None:
                self._note(f"{name} ended with {process.returncode}, starting it again")
                del self._running[name]
                self._not_before[name] = time.monotonic() + _RESTART_SECONDS
        self._reap_orphans()

    def _reap_orphans(self) -> None:
        ours = {process.pid for process in self._running.values()}
        while True:
            try:
                found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if found is None or found.si_pid in ours:
                # A daemon's own end is left for its Popen to collect in the next turn.
                return
            os.waitpid(found.si_pid, os.WNOHANG)

    def _start_missing(self) -> None:
        for name, daemon in self._wanted.items():
            if name not in self._running and self._may_start(daemon):
                self._running[name] = self._start(daemon)

    def _may_start(self, daemon: Daemon) -> bool:
        if time.monotonic() < self._not_before.get(daemon.name, 0):
            return False
        return daemon.after is None or _answers(self._wanted[daemon.after].port)

    def _start(self, daemon: Daemon) -> subprocess.Popen[bytes]:
        log = self._node.logs / f"{daemon.name}.log"
        if log.exists() and log.stat().st_size > _LOG_BYTES:
            log.replace(log.with_suffix(".old.log"))
        self._note(f"starting {daemon.name}")
        with log.open("ab") as out:
            return subprocess.Popen(
                daemon.argv, env=_ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
            )

    def _end_all(self) -> None:
        """Let those with files close them; the others keep nothing, and only hold up etcd by their open requests."""
        closing = [process for name, process in self._running.items() if self._wanted[name].has_state]
        for process in self._running.values():
            if process in closing:
                process.terminate()
            else:
                process.kill()
        limit = time.monotonic() + _STOP_SECONDS
        while time.monotonic() < limit and any(process.poll() is None for process in closing):
            time.sleep(_TICK_SECONDS)
        self._note("stopped")

    def _note(self, line: str) -> None:
        print(f"{time.strftime('%Y-%m-%dT%H:%M:%S')} {line}", flush=True)


def _answers(port: int | None) -> bool:
    with socket.socket() as probe:
        return port is not None and probe.connect_ex(("127.0.0.1", port)) == 0


def main() -> None:
    """Become the node that the arguments name."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--purpose", required=True)
    parser.add_argument("--slot", type=int, required=True)
    parser.add_argument("--binaries", type=Path, required=True)
    given = parser.parse_args()
    node = Node(Checkout(given.root, given.cache), given.purpose, given.slot)
    _become(node, given.binaries)


def _become(node: Node, binaries: Path) -> None:
    identity = processes.identify(namespace.host_pid())
    if os.getpid() != 1 or identity is None:
        sys.exit("supervisor: must be the first process of a PID namespace that still sees the host's /proc")
    processes.remember(node.pid_file, identity)
    namespace.furnish(node)
    Supervisor(node, daemons.of_node(node, binaries)).run()


if __name__ == "__main__":
    main()
