"""The inside of the node's namespaces: mounts, addresses and kernel settings; it must not change the host's."""

import contextlib
import socket
import time
from pathlib import Path

from chiplog_cluster import commands
from chiplog_cluster.errors import ClusterError
from chiplog_cluster.node import LINK, RUN, Node

_SHARED = ("containerd", "etc", "etcd", "kubeconfigs", "kubelet", "log", "pki", "s3")
"""The parts of the state folder that the node sees under /run/node."""

_TUNED = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}
"""What a kubelet sets on a machine that is all its own, and what it finds here instead of doing so."""

_LINK_TIMEOUT_SECONDS = 10


def furnish(node: Node) -> None:
    """Make the fresh namespaces a machine for the daemons; must run as their PID 1, first of all."""
    socket.sethostname(node.name)
    mount_proc()
    commands.run(["mount", "--make-rshared", "/"])
    mount_state(node)
    shadow_host_folders()
    shadow_kernel_settings()
    connect(node)


def mount_proc() -> None:
    """Show this PID namespace's processes; until now /proc was the host's, which told our number there."""
    commands.run(["mount", "-t", "proc", "proc", "/proc"])


def mount_state(node: Node) -> None:
    """A fresh /run, as after a boot, with the parts of the state that survive in it."""
    commands.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run"])
    for part in _SHARED:
        target = RUN / part
        target.mkdir(parents=True)
        commands.run(["mount", "--bind", node.state / part, target])
    commands.run(["mount", "--bind", node.state / "etc" / "hosts", "/etc/hosts"])


def shadow_host_folders() -> None:
    """Let daemons write where their paths are built in, and let nothing of it reach the host's disk."""
    for folder in ("/var/lib", "/var/log"):
        upper, work = (Path("/run/overlay") / folder[1:] / kind for kind in ("upper", "work"))
        upper.mkdir(parents=True)
        work.mkdir()
        options = f"lowerdir={folder},upperdir={upper},workdir={work}"
        commands.run(["mount", "-t", "overlay", "overlay", "-o", options, folder])


def shadow_kernel_settings() -> None:
    """Lay files with the wanted values over the machine's settings, so that the kubelet leaves those alone."""
    for name, value in _TUNED.items():
        setting = Path("/proc/sys") / name
        if setting.exists():
            shadow = Path("/run/sys") / name
            shadow.parent.mkdir(parents=True, exist_ok=True)
            shadow.write_text(value + "\n")
            commands.run(["mount", "--bind", shadow, setting])


def connect(node: Node) -> None:
    """Bring up the loopback and our end of the veth pair, which the host moves in here.

    There is no default route: what leaves the node's ranges is unreachable at once. The services have a route only so
    that the node's own packets get as far as the rule that rewrites them.
    """
    commands.run(["ip", "link", "set", "lo", "up"])
    _await_link()
    commands.run(["ip", "address", "add", f"{node.ranges.node}/30", "dev", LINK])
    commands.run(["ip", "link", "set", LINK, "up"])
    commands.run(["ip", "route", "add", str(node.ranges.services), "dev", LINK, "src", str(node.ranges.node)])
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1\n")
    with contextlib.suppress(FileNotFoundError):
        Path("/proc/sys/net/bridge/bridge-nf-call-iptables").write_text("1\n")


def host_pid() -> int:
    """Our number outside; only true before `mount_proc`."""
    return int(Path("/proc/self").readlink().name)


def _await_link() -> None:
    limit = time.monotonic() + _LINK_TIMEOUT_SECONDS
    while LINK not in (name for _, name in socket.if_nameindex()):
        if time.monotonic() > limit:
            raise ClusterError(f"the host did not hand over {LINK} within {_LINK_TIMEOUT_SECONDS} s")
        time.sleep(0.01)
