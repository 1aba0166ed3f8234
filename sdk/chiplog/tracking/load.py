"""The load of this process, its container and its machine, under wandb's names. It keeps what it needs for differences.

CPU and memory are the container's where there is a limit (cgroup v2 or v1), else the machine's. A figure that cannot be
read is left out.
"""

import os
import shutil
import time
from pathlib import Path

Values = dict[str, float]

_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
_MIB = 1024 * 1024
_UNLIMITED = 1 << 60
"""cgroup v1 says a number beyond this for no limit."""


class Load:
    """Looks at the load again and again.

    Args:
        root: `/`, or a directory that looks like it.
        process: of which the memory and CPU are.
        disk: a path on the disk that is told.
    """

    def __init__(self, root: Path = Path("/"), process: int | None = None, disk: Path = Path("/")) -> None:
        self._proc = root / "proc"
        self._cgroup = root / "sys/fs/cgroup"
        self._process = self._proc / str(process or os.getpid())
        self._disk = disk
        self._before: dict[str, tuple[float, float]] = {}

    def look(self, now: float | None = None) -> Values:
        """The figures of this moment; rates are since the look before.

        Args:
            now: a monotonic clock's, in seconds.
        """
        now = time.monotonic() if now is None else now
        return {**self._memory(), **self._cpu(now), **self._disks(), **self._network()}

    def _memory(self) -> Values:
        total, used = self._memory_limit()
        found: Values = {}
        resident = _first(self._process / "statm", 1) * _PAGE
        if total:
            found["memory_percent"] = 100 * used / total
            found["proc.memory.availableMB"] = (total - used) / _MIB
            found["proc.memory.percent"] = 100 * resident / total
        if resident:
            found["proc.memory.rssMB"] = resident / _MIB
        return found

    def _memory_limit(self) -> tuple[float, float]:
        """What may be used and what is, in bytes."""
        for limit, used in (
            ("memory.max", "memory.current"),
            ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
        ):
            allowed = _first(self._cgroup / limit)
            if 0 < allowed < _UNLIMITED:
                return allowed, _first(self._cgroup / used) - self._cache()
        known = {line.split(":")[0]: line.split() for line in _lines(self._proc / "meminfo")}
        total, free = (float(known[name][1]) * 1024 if name in known else 0.0 for name in ("MemTotal", "MemAvailable"))
        return total, total - free

    def _cache(self) -> float:
        """Of the container's memory, what the kernel would give back at once."""
        for place, name in (("memory.stat", "inactive_file"), ("memory/memory.stat", "total_inactive_file")):
            for line in _lines(self._cgroup / place):
                if line.startswith(f"{name} "):
                    return float(line.split()[1])
        return 0.0

    def _cpu(self, now: float) -> Values:
        fields = "".join(_lines(self._process / "stat")).rpartition(")")[2].split()
        found: Values = {}
        if len(fields) > 17:
            found["proc.cpu.threads"] = float(fields[17])
            self._rate(found, "proc.cpu", (float(fields[11]) + float(fields[12])) / _TICKS, now, 100.0)
        used, cpus = self._container_cpu()
        if used is None:
            used, cpus = self._machine_cpu(), float(os.cpu_count() or 1)
        self._rate(found, "cpu", used, now, 100.0 / cpus)
        return found

    def _container_cpu(self) -> tuple[float | None, float]:
        """Seconds of CPU that the container used, and how many CPUs it may use."""
        quota = (_lines(self._cgroup / "cpu.max") or [""])[0].split()
        if len(quota) == 2 and quota[0].isdigit():
            used = next(
                (line.split()[1] for line in _lines(self._cgroup / "cpu.stat") if line.startswith("usage_usec")), None
            )
            return (float(used) / 1e6 if used else None), float(quota[0]) / float(quota[1])
        allowed = _first(self._cgroup / "cpu/cpu.cfs_quota_us")
        if allowed > 0:
            used_ns = _first(self._cgroup / "cpuacct/cpuacct.usage")
            return used_ns / 1e9, allowed / (_first(self._cgroup / "cpu/cpu.cfs_period_us") or 100_000)
        return None, 1.0

    def _machine_cpu(self) -> float:
        fields = [float(part) for part in (_lines(self._proc / "stat") or ["cpu"])[0].split()[1:]]
        return (sum(fields[:8]) - sum(fields[3:5])) / _TICKS  # Without idle and iowait.

    def _disks(self) -> Values:
        try:
            usage = shutil.disk_usage(self._disk)
        except OSError:
            return {}
        return {
            f"disk.{self._disk}.usagePercent": 100 * usage.used / max(usage.total, 1),
            f"disk.{self._disk}.usageGB": usage.used / 1024**3,
        }

    def _network(self) -> Values:
        """Bytes since the first look."""
        received = sent = 0.0
        for line in _lines(self._proc / "net/dev")[2:]:
            name, _, rest = line.partition(":")
            fields = rest.split()
            if name.strip() != "lo" and len(fields) > 8:
                received, sent = received + float(fields[0]), sent + float(fields[8])
        at_start = self._before.setdefault("network", (received, sent))
        return {"network.recv": received - at_start[0], "network.sent": sent - at_start[1]}

    def _rate(self, found: Values, name: str, used: float, now: float, scale: float) -> None:
        """Put the rate of a counter in, from the second look on."""
        before = self._before.get(name)
        self._before[name] = (used, now)
        if before is not None and now > before[1]:
            found[name] = max(0.0, scale * (used - before[0]) / (now - before[1]))


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except (OSError, ValueError):
        return []


def _first(path: Path, place: int = 0) -> float:
    """A number of a file's first line; 0 where there is none (cgroup v2 says `max`)."""
    fields = (_lines(path) or [""])[0].split()
    try:
        return float(fields[place])
    except (IndexError, ValueError):
        return 0.0
