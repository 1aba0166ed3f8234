"""Gates: is tonight's result good enough, against a number or against earlier nights; it reads and writes nothing."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Tree = Mapping[str, Any]

MAD_SCALE = 1.4826
"""Makes the median absolute deviation of a normal law its standard deviation."""


@dataclass(frozen=True)
class Verdict:
    """What one gate says."""

    holds: bool
    is_warning: bool
    """A gate that does not hold only warns."""
    said: str
    """`loss 0.71 is above 0.53, the median of 7 nights and 3 deviations (gate failed)`."""


_LARGEST = 1e308
_BOUNDS: dict[str, tuple[float, float]] = {
    "limit": (-_LARGEST, _LARGEST),
    "previousPercent": (0, _LARGEST),
    "nights": (2, 366),
    "deviations": (0, _LARGEST),
    "quantile": (0, 1),
}
"""The numbers of a gate, and what they may be."""
_WORDS = {"goal": ("minimize", "maximize"), "action": ("fail", "warn")}


def problem(gate: Any) -> str:
    """Why the CRD's schema would refuse a gate, with field and value; empty for a good one."""
    if not isinstance(gate, dict):
        return f"is {gate!r} and no object"
    if not isinstance(gate.get("metric"), str) or not 1 <= len(gate["metric"]) <= 256:
        return f"names the metric {gate.get('metric')!r}"
    unknown = sorted(set(gate) - {"metric", *_BOUNDS, *_WORDS})
    if unknown:
        return f"has the unknown field {unknown[0]}"
    for name, words in _WORDS.items():
        if gate.get(name, words[0] if name == "action" else None) not in words:
            return f"has {name} {gate.get(name)!r}, which is none of {', '.join(words)}"
    return _numbers_problem(gate)


def _numbers_problem(gate: Tree) -> str:
    for name, (low, high) in _BOUNDS.items():
        value = gate.get(name, low)
        is_number = isinstance(value, int if name == "nights" else int | float) and not isinstance(value, bool)
        if name in gate and not (is_number and low <= value <= high):
            return f"has {name} {value!r}"
    if sum(name in gate for name in ("limit", "previousPercent", "nights")) != 1:
        return "needs one of limit, previousPercent and nights"
    if "nights" in gate and ("deviations" in gate) == ("quantile" in gate):
        return "needs deviations or quantile beside nights"
    return ""


def judge(gate: Tree, tonight: float | None, earlier: Sequence[float]) -> Verdict:
    """Judge one gate of `spec.gates`. `earlier` are the values of good nights, oldest first.

    A gate against earlier nights holds where there are too few of them to say.
    """
    is_warning = gate.get("action", "fail") == "warn"
    name = gate["metric"]
    if tonight is None or not math.isfinite(tonight):
        return Verdict(False, is_warning, f"{name} {'was not logged' if tonight is None else f'is {tonight}'}")
    sign = 1 if gate["goal"] == "minimize" else -1
    bound, what = _bound(gate, sign, earlier)
    if bound is None:
        return Verdict(True, is_warning, f"{name} {tonight:.6g}: {what}")
    holds = sign * tonight <= sign * bound
    side = "within" if holds else ("above" if sign > 0 else "below")
    return Verdict(holds, is_warning, f"{name} {tonight:.6g} is {side} {bound:.6g}, {what}")


def holds(verdicts: Sequence[Verdict]) -> bool:
    """Nothing but warnings stands against the night."""
    return all(verdict.holds or verdict.is_warning for verdict in verdicts)


def _bound(gate: Tree, sign: int, earlier: Sequence[float]) -> tuple[float | None, str]:
    """The worst value that holds, and what it is; None where nothing can be said."""
    if "limit" in gate:
        return float(gate["limit"]), "the limit"
    if "previousPercent" in gate:
        if not earlier:
            return None, "no earlier night to compare with"
        percent = gate["previousPercent"]
        return earlier[-1] + sign * abs(earlier[-1]) * percent / 100, f"the night before and {percent:g} %"
    return _of_nights(gate, sign, list(earlier)[-gate["nights"] :])


def _of_nights(gate: Tree, sign: int, values: list[float]) -> tuple[float | None, str]:
    if len(values) < 2:
        return None, f"{len(values)} earlier nights are too few to compare with"
    if "deviations" in gate:
        median = statistics.median(values)
        spread = MAD_SCALE * statistics.median(abs(value - median) for value in values)
        what = f"the median of {len(values)} nights and {gate['deviations']:g} deviations"
        return median + sign * gate["deviations"] * spread, what
    quantile = gate.get("quantile", 0.9)
    ordered = sorted(values, key=lambda value: sign * value)
    place = (len(ordered) - 1) * quantile
    low, high = math.floor(place), math.ceil(place)
    bound = ordered[low] + (ordered[high] - ordered[low]) * (place - low)
    return bound, f"the quantile {quantile:g} of {len(values)} nights"
