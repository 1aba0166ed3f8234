"""The load of NVIDIA's GPUs through their own library, by ctypes, under wandb's names. It needs no package."""

import ctypes
from ctypes import byref, c_uint, c_ulonglong, c_void_p
from typing import Any

_LIBRARY = "libnvidia-ml.so.1"
_MIB = 1024 * 1024
_TEMPERATURE_GPU = 0
_CLOCK_SM, _CLOCK_MEMORY = 1, 2


class _Utilization(ctypes.Structure):
    _fields_ = (("gpu", c_uint), ("memory", c_uint))


class _Memory(ctypes.Structure):
    _fields_ = (("total", c_ulonglong), ("free", c_ulonglong), ("used", c_ulonglong))


class Gpus:
    """The GPUs that this process sees.

    Args:
        library: NVML as ctypes loads it.
    """

    def __init__(self, library: Any) -> None:
        self._library = library
        self._devices: list[c_void_p] = []
        if library.nvmlInit_v2() != 0:
            return
        count = c_uint()
        if library.nvmlDeviceGetCount_v2(byref(count)) == 0:
            self._devices = [device for index in range(count.value) if (device := self._device(index)) is not None]

    def __len__(self) -> int:
        return len(self._devices)

    def look(self) -> dict[str, float]:
        """The figures of every GPU: load, memory, temperature, power, clocks. What a card does not tell is left out."""
        return {
            f"gpu.{index}.{name}": value
            for index, device in enumerate(self._devices)
            for name, value in self._of(device).items()
        }

    def names(self) -> list[dict[str, Any]]:
        """Name and memory (bytes) of each."""
        found = []
        for device in self._devices:
            buffer, memory = ctypes.create_string_buffer(96), _Memory()
            told: dict[str, Any] = {}
            if self._library.nvmlDeviceGetName(device, buffer, c_uint(96)) == 0:
                told["name"] = buffer.value.decode(errors="replace")
            if self._library.nvmlDeviceGetMemoryInfo(device, byref(memory)) == 0:
                told["memory_total"] = memory.total
            found.append(told)
        return found

    def _device(self, index: int) -> c_void_p | None:
        device = c_void_p()
        return device if self._library.nvmlDeviceGetHandleByIndex_v2(c_uint(index), byref(device)) == 0 else None

    def _of(self, device: c_void_p) -> dict[str, float]:
        found: dict[str, float] = {}
        load, memory = _Utilization(), _Memory()
        if self._library.nvmlDeviceGetUtilizationRates(device, byref(load)) == 0:
            found |= {"gpu": load.gpu, "memory": load.memory}
        if self._library.nvmlDeviceGetMemoryInfo(device, byref(memory)) == 0 and memory.total:
            found["memoryAllocated"] = 100 * memory.used / memory.total
            found["memoryAllocatedBytes"] = memory.used
        numbers = {
            "temp": (self._library.nvmlDeviceGetTemperature, (c_uint(_TEMPERATURE_GPU),), 1.0),
            "powerWatts": (self._library.nvmlDeviceGetPowerUsage, (), 0.001),
            "enforcedPowerLimitWatts": (self._library.nvmlDeviceGetEnforcedPowerLimit, (), 0.001),
            "smClock": (self._library.nvmlDeviceGetClockInfo, (c_uint(_CLOCK_SM),), 1.0),
            "memoryClock": (self._library.nvmlDeviceGetClockInfo, (c_uint(_CLOCK_MEMORY),), 1.0),
        }
        for name, (ask, arguments, scale) in numbers.items():
            answer = c_uint()
            if ask(device, *arguments, byref(answer)) == 0:
                found[name] = answer.value * scale
        return found


def find() -> Gpus | None:
    """The machine's GPUs; None where there is no library or no card."""
    try:
        gpus = Gpus(ctypes.CDLL(_LIBRARY))
    except (OSError, AttributeError):
        return None
    return gpus if len(gpus) else None
