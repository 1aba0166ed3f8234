"""System load of the showroom's runs, by wandb's names, as the recorders have it; it stores nothing."""

import math
import random
from typing import Any

SECONDS = 15.0
"""Between two rows, as wandb and our SDK measure."""


def rows(started: float, finished: float, seed: int) -> list[dict[str, Any]]:
    """The load of one attempt, between two Unix times; the same for a seed."""
    chance = random.Random(seed)
    count = int((finished - started) / SECONDS)
    return [
        {"kind": "system", "time": started + place * SECONDS, "values": _load(place, chance)} for place in range(count)
    ]


def _load(place: int, chance: random.Random) -> dict[str, float]:
    """The GPU waits while weights are evaluated, once in 20 rows; memory is filled within the first minutes."""
    is_evaluating, filled = place % 20 == 19, 1 - math.exp(-place / 6)
    gpu = chance.uniform(18, 30) if is_evaluating else chance.uniform(90, 97)
    values = {
        "cpu": chance.uniform(60, 75) if is_evaluating else chance.uniform(32, 44),
        "memory_percent": 18 + 31 * filled + chance.uniform(-0.4, 0.4),
        "disk./.usagePercent": 41 + place * 0.01,
        "gpu.0.gpu": gpu * (0.3 + 0.7 * filled),
        "gpu.0.memoryAllocated": 4 + 74 * filled + chance.uniform(-0.5, 0.5),
        "gpu.0.temp": 38 + 34 * (1 - math.exp(-place / 15)) - (4 if is_evaluating else 0) + chance.uniform(-0.8, 0.8),
        "gpu.0.powerWatts": 60 + 2.6 * gpu,
        "network.sent": 2.4e6 * place,
    }
    return {name: round(value, 3) for name, value in values.items()}
