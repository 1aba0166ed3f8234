"""Whether this machine can run the embedded cluster, told in the first second; it must not change the machine."""

import os
import platform
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from chiplog_cluster.checkout import Checkout
from chiplog_cluster.errors import MachineUnfitError

_GIB = 2**30
_DISK_GIB = 12
_DISK_BUILT_GIB = 3
_MEMORY_GIB = 4
_KERNEL = (5, 4)

OTHER_WAYS = """Other ways in:
  - any Kubernetes 1.33 or later that `kubectl` points at now:
      helm install chiplog charts/chiplog -n chiplog-system --create-namespace
  - Debian 12 in a virtual machine with root, 2 cores, 4 GiB of memory and 12 GiB of disk:
      make demo"""


@dataclass(frozen=True)
class Facts:
    """What the machine says about itself."""

    system: str
    architecture: str
    kernel: tuple[int, int]
    is_root: bool
    debian: str
    """The code name in /etc/os-release, such as `bookworm`."""

    has_apt: bool
    python: tuple[int, int]
    free_disk_bytes: int
    needed_disk_gib: int
    memory_bytes: int
    has_cgroups: bool


def observe(checkout: Checkout, built: bool) -> Facts:
    """Read the facts; `built` says that tools and images are there already, so that less disk is needed."""
    major, minor = platform.release().split(".")[:2]
    return Facts(
        system=platform.system(),
        architecture=platform.machine(),
        kernel=(int(major), int("".join(filter(str.isdigit, minor)) or 0)),
        is_root=os.geteuid() == 0,
        debian=_os_release().get("VERSION_CODENAME", ""),
        has_apt=shutil.which("apt-get") is not None,
        python=sys.version_info[:2],
        free_disk_bytes=shutil.disk_usage(checkout.root).free,
        needed_disk_gib=_DISK_BUILT_GIB if built else _DISK_GIB,
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        has_cgroups=Path("/sys/fs/cgroup").is_dir() and any(Path("/sys/fs/cgroup").iterdir()),
    )


def problems(facts: Facts) -> list[str]:
    """What stands in the way, each with what was found; empty when nothing does."""
    if facts.system != "Linux":
        return [f"Linux is needed, for its namespaces; this is {facts.system}"]
    checks = [
        (facts.architecture in ("x86_64", "aarch64"), f"x86_64 or aarch64 is needed; this is {facts.architecture}"),
        (facts.kernel >= _KERNEL, f"kernel 5.4 or later is needed; this is {_dotted(facts.kernel)}"),
        (facts.is_root, "root is needed, for namespaces and containers: use sudo, or a virtual machine"),
        (
            facts.debian == "bookworm",
            f"Debian 12 (bookworm) is needed, for its packages; this is {facts.debian or 'something else'}",
        ),
        (facts.has_apt, "apt-get is needed"),
        (facts.python >= (3, 11), f"Python 3.11 or later is needed; this is {_dotted(facts.python)}"),
        (
            facts.free_disk_bytes >= facts.needed_disk_gib * _GIB,
            _short("free disk", facts.needed_disk_gib, facts.free_disk_bytes),
        ),
        # Firmware keeps a few percent of what a machine is sold as.
        (facts.memory_bytes >= 0.9 * _MEMORY_GIB * _GIB, _short("memory", _MEMORY_GIB, facts.memory_bytes)),
        (facts.has_cgroups, "cgroups are needed: nothing is mounted at /sys/fs/cgroup"),
    ]
    return [problem for holds, problem in checks if not holds]


def require(facts: Facts) -> None:
    """Raise MachineUnfitError with all problems and the other ways in."""
    found = problems(facts)
    if found:
        listed = "\n".join(f"  - {problem}" for problem in found)
        raise MachineUnfitError(f"This machine cannot run the embedded cluster:\n{listed}\n{OTHER_WAYS}")


def _short(what: str, needed_gib: int, found_bytes: int) -> str:
    return f"{needed_gib} GiB of {what} are needed; there are {found_bytes / _GIB:.1f} GiB"


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


def _os_release() -> dict[str, str]:
    path = Path("/etc/os-release")
    lines = path.read_text().splitlines() if path.exists() else []
    pairs = (line.partition("=") for line in lines)
    return {name: value.strip('"') for name, _, value in pairs}
