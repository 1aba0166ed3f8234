"""A sweep config as a value, and everything that is wrong with one; it decides nothing.

It is W&B's sweep configuration (`sweeps` 0.3.0, config/schema.json), with the same keys and defaults. Where that schema
leaves a mistake to the run (a bayes search without a metric), it is refused here.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from chiplog_operator.sweeps import parameters
from chiplog_operator.sweeps.parameters import Findings, Parameter

Tree = Mapping[str, Any]
Method = Literal["grid", "random", "bayes"]
Impute = Literal["latest", "best", "worst"]

METHODS = get_args(Method)
GOALS = ("minimize", "maximize")
GRID_KINDS = ("constant", "categorical", "int_uniform", "q_uniform")
"""What a grid can go through, as W&B's engine says."""

MAX_GRID = 1_000_000
"""Combinations that a grid may have."""

_KEYS = {
    "apiVersion", "kind", "controller", "description", "program", "job", "image_uri", "entity", "project", "method",
    "command", "name", "run_cap", "metric", "metrics", "scheduler", "early_terminate", "parameters",
}  # fmt: skip
_UNSUPPORTED = {
    "scheduler": "schedulers of W&B Launch run their own code; use spec.sampler",
    "metrics": "several metrics need a scheduler of W&B Launch; use spec.objectives",
}
_BAND_KEYS = {"type", "min_iter", "max_iter", "s", "eta", "strict"}


class InvalidConfig(ValueError):
    """A sweep config that cannot be run; the message says every reason."""


@dataclass(frozen=True)
class Metric:
    """What a trial is judged by."""

    name: str
    goal: str = "minimize"
    target: float | None = None
    """The sweep is over when a trial reaches it."""
    impute: Impute = "worst"
    """What stands for the value of a trial that failed or has none."""
    impute_while_running: Impute | None = None
    """What stands for a trial that still runs; without it such a trial is only known to be under way."""

    @property
    def sign(self) -> int:
        """1 where less is better, -1 where more is."""
        return 1 if self.goal == "minimize" else -1

    def best(self, values: list[float]) -> float | None:
        """The best of several values."""
        return min(values, key=lambda value: self.sign * value, default=None)

    def is_reached(self, value: float | None) -> bool:
        """A value is as good as the target."""
        return self.target is not None and value is not None and self.sign * value <= self.sign * self.target


@dataclass(frozen=True)
class Hyperband:
    """`early_terminate` of type hyperband."""

    eta: float = 3
    min_iter: int | None = None
    max_iter: int | None = None
    s: float = 0
    strict: bool = True


@dataclass(frozen=True)
class SweepConfig:
    """A sweep config that can be run."""

    method: Method
    parameters: tuple[Parameter, ...]
    metric: Metric | None = None
    run_cap: int | None = None
    hyperband: Hyperband | None = None
    program: str = ""
    command: tuple[str, ...] = ()
    name: str = ""
    description: str = ""
    project: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def searched(self) -> tuple[Parameter, ...]:
        """Parameters with more than one value."""
        return tuple(parameter for parameter in self.parameters if parameter.is_searched)

    def searched_of(self, given: Tree) -> dict[str, Any]:
        """The searched parameters of what a trial is given, by their names joined with dots."""
        return {item.name: parameters.at(given, item.path) for item in self.searched}


def parse(config: Tree) -> SweepConfig:
    """Read a sweep config. Raises InvalidConfig with everything that is wrong, each naming its field and value."""
    findings = Findings()
    found = parameters.parse(config.get("parameters"), findings)
    findings.problems[:0] = [*_top(config), *_metric_problems(config.get("metric")), *_hyperband_problems(config)]
    if config.get("method") == "grid":
        findings.problems += _grid_problems(found)
    if findings.problems:
        raise InvalidConfig("; ".join(f"sweepConfig.{problem}" for problem in findings.problems))
    return SweepConfig(
        method=config["method"],
        parameters=tuple(found),
        metric=_metric(config.get("metric")),
        run_cap=int(config["run_cap"]) if "run_cap" in config else None,
        hyperband=_hyperband(config.get("early_terminate")),
        command=tuple(str(word) for word in config.get("command") or ()),
        warnings=tuple(findings.warnings),
        **{key: str(config.get(key) or "") for key in ("program", "name", "description", "project")},
    )


def _top(config: Tree) -> Iterator[str]:
    for key in sorted(set(config) - _KEYS):
        yield f"{key}: no key of a sweep config"
    for key in sorted(set(config) & set(_UNSUPPORTED)):
        yield f"{key}: {_UNSUPPORTED[key]}"
    method = config.get("method")
    if method not in METHODS:
        yield f"method: {method!r} is none of {', '.join(METHODS)}"
    if method == "bayes" and not config.get("metric"):
        yield "metric: method bayes needs one, as {name: …, goal: minimize}"
    cap = config.get("run_cap", 1)
    if not _is_whole(cap) or cap < 1:
        yield f"run_cap: {cap!r} is not a whole number above 0"
    if not isinstance(config.get("command", []), list):
        yield f"command: {config['command']!r} is not a list"


def _metric_problems(metric: Any) -> Iterator[str]:
    if metric is None:
        return
    if not isinstance(metric, Mapping) or not isinstance(metric.get("name"), str) or not metric["name"]:
        yield f"metric: {metric!r} has no name"
        return
    for key in sorted(set(metric) - {"name", "goal", "target", "impute", "impute_while_running"}):
        yield f"metric.{key}: no key of a metric"
    choices = {"goal": GOALS, "impute": get_args(Impute), "impute_while_running": (*get_args(Impute), "false", False)}
    for key, allowed in choices.items():
        if key in metric and metric[key] not in allowed:
            yield f"metric.{key}: {metric[key]!r} is none of {', '.join(str(item) for item in allowed[:4])}"
    if "target" in metric and not _is_number(metric["target"]):
        yield f"metric.target: {metric['target']!r} is not a finite number"


def _metric(metric: Any) -> Metric | None:
    if metric is None:
        return None
    running = metric.get("impute_while_running", "false")
    return Metric(
        name=metric["name"],
        goal=metric.get("goal", "minimize"),
        target=metric.get("target"),
        impute=metric.get("impute", "worst"),
        impute_while_running=None if running in ("false", False) else running,
    )


def _hyperband_problems(config: Tree) -> Iterator[str]:
    found = config.get("early_terminate")
    if found is None:
        return
    if not isinstance(found, Mapping) or found.get("type") != "hyperband":
        yield f"early_terminate: {found!r} is not of type hyperband; others are in spec.pruner"
        return
    if not config.get("metric"):
        yield "metric: early_terminate needs one, as {name: …, goal: minimize}"
    for key in sorted(set(found) - _BAND_KEYS):
        yield f"early_terminate.{key}: no key of hyperband; its keys are {', '.join(sorted(_BAND_KEYS))}"
    if "min_iter" not in found and not {"max_iter", "s"} <= set(found):
        yield "early_terminate: hyperband needs min_iter, or max_iter and s"
    for key in ("min_iter", "max_iter"):
        if key in found and not (_is_whole(found[key]) and found[key] >= 1):
            yield f"early_terminate.{key}: {found[key]!r} is not a whole number above 0"
    if "s" in found and not (_is_number(found["s"]) and found["s"] >= 1):
        yield f"early_terminate.s: {found['s']!r} is not a number from 1 on"
    if "eta" in found and not (_is_number(found["eta"]) and found["eta"] > 1):
        yield f"early_terminate.eta: {found['eta']!r} is not a number above 1"
    if not isinstance(found.get("strict", True), bool):
        yield f"early_terminate.strict: {found['strict']!r} is neither true nor false"


def _hyperband(found: Any) -> Hyperband | None:
    if found is None:
        return None
    fields = {key: found[key] for key in ("eta", "min_iter", "max_iter", "s", "strict") if key in found}
    return Hyperband(**fields)


def _grid_problems(found: list[Parameter]) -> Iterator[str]:
    for parameter in found:
        if parameter.kind not in GRID_KINDS:
            yield (
                f"parameters.{parameter.name}: method grid cannot go through {parameter.kind}, only through values, "
                "int_uniform and q_uniform"
            )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_whole(value: Any) -> bool:
    return _is_number(value) and float(value).is_integer()
