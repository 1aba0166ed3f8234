"""The Debian packages that the node is made of; it must not remove or upgrade any, nor leave a service running."""

import contextlib
import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from chiplog_cluster import commands, files
from chiplog_cluster.progress import Progress

_PROGRAMS = {
    "etcd": "etcd-server",
    "containerd": "containerd",
    "ctr": "containerd",
    "runc": "runc",
    "buildah": "buildah",
    "skopeo": "skopeo",
    "mmdebstrap": "mmdebstrap",
    "conntrack": "conntrack",
    "iptables": "iptables",
    "ip": "iproute2",
    "modprobe": "kmod",
    "socat": "socat",
    "ethtool": "ethtool",
    "openssl": "openssl",
    "nsenter": "util-linux",
    "mount": "mount",
}
"""What is called, and the package that has it: a program of another origin (Docker's containerd) serves as well."""

BROWSER = {"chromium": "chromium"}
"""What the tests look at the page with; nothing else needs it."""

CLOCK = "libfaketime"
"""By which the tests give a process another clock."""

_FILES = {
    "/usr/bin/python3.11": "python3",
    "/usr/lib/cni/bridge": "containernetworking-plugins",
    "/var/lib/dpkg/info/busybox-static.list": "busybox-static",
    "/etc/ssl/certs/ca-certificates.crt": "ca-certificates",
}

_SERVICES = ("etcd.service", "containerd.service")
_POLICY = Path("/usr/sbin/policy-rc.d")


def missing(finds: Callable[[str], bool], exists: Callable[[str], bool], has_venv: bool) -> list[str]:
    """The packages to install, sorted; `finds` tells of a program on the path, `exists` of a file."""
    wanted = {package for program, package in _PROGRAMS.items() if not finds(program)}
    wanted |= {package for path, package in _FILES.items() if not exists(path)}
    return sorted(wanted if has_venv else wanted | {"python3-venv"})


def install_missing(progress: Progress) -> None:
    """Install what is missing; apt may remove nothing for it (Debian's containerd conflicts with Docker's)."""
    _install(missing(_on_path, lambda path: Path(path).exists(), _can_make_venvs()), progress)


def install_for_tests(progress: Progress) -> None:
    """Install what only the tests need, where it is missing."""
    browser = [package for program, package in BROWSER.items() if not _on_path(program)]
    clock = [] if any(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")) else [CLOCK]
    _install([*browser, *clock], progress)


def _install(packages: list[str], progress: Progress) -> None:
    if not packages:
        return
    with progress.step(f"installing Debian packages: {' '.join(packages)}"), _services_kept_off():
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        commands.run(["apt-get", "update"], env=env)
        commands.run(["apt-get", "install", "--yes", "--no-remove", "--no-install-recommends", *packages], env=env)


@contextlib.contextmanager
def _services_kept_off() -> Iterator[None]:
    """Keep etcd's and containerd's packages from starting services of the host, now and at its next boot."""
    present = {service for service in _SERVICES if _is_installed(service)}
    ours = not _POLICY.exists()
    if ours:
        files.write(_POLICY, "#!/bin/sh\nexit 101\n", mode=0o755)
    try:
        yield
    finally:
        if ours:
            _POLICY.unlink(missing_ok=True)
    new = sorted(service for service in _SERVICES if service not in present and _is_installed(service))
    if new and Path("/run/systemd/system").exists():
        commands.succeeds(["systemctl", "disable", *new])


def _is_installed(service: str) -> bool:
    return Path("/lib/systemd/system", service).exists()


def _on_path(program: str) -> bool:
    return shutil.which(program, path=commands.SYSTEM_PATH) is not None


def _can_make_venvs() -> bool:
    """Debian's own Python has no pip for new environments until python3-venv is there; other Pythons bring it."""
    return sys.executable.startswith("/usr/bin/") is False or importlib.util.find_spec("ensurepip") is not None
