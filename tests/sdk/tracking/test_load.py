"""The load of container and process, from trees like `/proc` and both cgroups; GPUs through a library like NVML."""

import ctypes
from pathlib import Path
from typing import Any

import pytest

from chiplog.tracking.load import Load
from chiplog.tracking.nvml import Gpus

MIB = 1024 * 1024


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def process(cpu_ticks: int) -> dict[str, str]:
    fields = ["S", *["0"] * 10, str(cpu_ticks), "0", *["0"] * 4, "7", *["0"] * 5]
    return {
        "proc/9/stat": f"9 (a name) with) {' '.join(fields)}",
        "proc/9/statm": "5000 2560 0 0 0 0 0",
        "proc/meminfo": "MemTotal: 1024000 kB\nMemAvailable: 512000 kB\n",
        "proc/net/dev": "a\nb\n  lo: 9 0 0 0 0 0 0 0 9 0\neth0: 1000 0 0 0 0 0 0 0 500 0\n",
        "proc/stat": f"cpu {cpu_ticks * 2} 0 0 1000 0 0 0 0 0 0\n",
    }


V2 = {
    "sys/fs/cgroup/memory.max": str(100 * MIB),
    "sys/fs/cgroup/memory.current": str(60 * MIB),
    "sys/fs/cgroup/memory.stat": f"anon 1\ninactive_file {10 * MIB}\n",
    "sys/fs/cgroup/cpu.max": "200000 100000\n",
}
V1 = {
    "sys/fs/cgroup/memory/memory.limit_in_bytes": str(100 * MIB),
    "sys/fs/cgroup/memory/memory.usage_in_bytes": str(60 * MIB),
    "sys/fs/cgroup/memory/memory.stat": f"total_inactive_file {10 * MIB}\n",
    "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "200000",
    "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
}


def used(seconds: float) -> dict[str, str]:
    return {
        "sys/fs/cgroup/cpu.stat": f"usage_usec {int(seconds * 1e6)}\nuser_usec 1\n",
        "sys/fs/cgroup/cpuacct/cpuacct.usage": str(int(seconds * 1e9)),
    }


@pytest.mark.parametrize("limits", [V1, V2])
def test_a_container_is_measured_by_its_limits(tmp_path: Path, limits: dict[str, str]) -> None:
    load = Load(tree(tmp_path, {**process(100), **limits, **used(10.0)}), process=9, disk=tmp_path)
    first = load.look(now=0.0)
    assert (first["memory_percent"], first["proc.memory.availableMB"]) == (50.0, 50.0)
    assert first["proc.memory.rssMB"] == 10.0
    assert first["proc.cpu.threads"] == 7.0
    assert "cpu" not in first
    tree(tmp_path, {**process(300), **used(12.0)})
    second = load.look(now=10.0)
    assert second["cpu"] == pytest.approx(10.0)
    assert second["proc.cpu"] == pytest.approx(20.0)


def test_without_limits_it_is_the_machine(tmp_path: Path) -> None:
    unlimited = {"sys/fs/cgroup/memory.max": "max", "sys/fs/cgroup/cpu.max": "max 100000"}
    found = Load(tree(tmp_path, {**process(1), **unlimited}), process=9, disk=tmp_path).look(now=0.0)
    assert found["memory_percent"] == 50.0
    assert (found["network.recv"], found["network.sent"]) == (0.0, 0.0)
    assert 0 < found[f"disk.{tmp_path}.usagePercent"] <= 100


def test_the_network_counts_from_the_first_look(tmp_path: Path) -> None:
    load = Load(tree(tmp_path, process(1)), process=9, disk=tmp_path)
    load.look(now=0.0)
    tree(tmp_path, {"proc/net/dev": "a\nb\neth0: 1500 0 0 0 0 0 0 0 900 0\n"})
    found = load.look(now=1.0)
    assert (found["network.recv"], found["network.sent"]) == (500.0, 400.0)


def test_what_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    assert Load(tmp_path / "nothing", process=9, disk=tmp_path / "nothing").look(now=0.0).keys() <= {
        "cpu",
        "network.recv",
        "network.sent",
    }


def test_this_machine_has_a_load() -> None:
    load = Load()
    load.look()
    assert load.look()["proc.memory.rssMB"] > 1


class _Nvml:
    """Two cards of NVML's C interface, of which the second tells no power."""

    def __init__(self) -> None:
        self.cards = [{"power": 250_000}, {}]

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: self._call(name, *arguments)

    def _call(self, name: str, *arguments: Any) -> int:
        out = getattr(arguments[-1], "_obj", None) if arguments else None
        if name == "nvmlDeviceGetCount_v2":
            out.value = len(self.cards)  # type: ignore[union-attr]
        elif name == "nvmlDeviceGetHandleByIndex_v2":
            out.value = arguments[0].value + 1  # type: ignore[union-attr]
        elif name == "nvmlDeviceGetUtilizationRates":
            out.gpu, out.memory = 90, 40  # type: ignore[union-attr]
        elif name == "nvmlDeviceGetMemoryInfo":
            out.total, out.used = 80 * MIB, 20 * MIB  # type: ignore[union-attr]
        elif name == "nvmlDeviceGetName":
            arguments[1].value = b"H100"
        elif name == "nvmlDeviceGetPowerUsage":
            power = self.cards[arguments[0].value - 1].get("power")
            if power is None:
                return 3
            out.value = power  # type: ignore[union-attr]
        elif isinstance(out, ctypes.c_uint):
            out.value = 50
        return 0


def test_gpus_are_told_through_their_own_library() -> None:
    gpus = Gpus(_Nvml())
    found = gpus.look()
    assert len(gpus) == 2
    assert (found["gpu.0.gpu"], found["gpu.0.memoryAllocated"], found["gpu.0.powerWatts"]) == (90, 25.0, 250.0)
    assert "gpu.1.powerWatts" not in found
    assert found["gpu.1.temp"] == 50
    assert gpus.names() == [{"name": "H100", "memory_total": 80 * MIB}] * 2
