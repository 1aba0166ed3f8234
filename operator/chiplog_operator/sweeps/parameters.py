"""The parameters of a sweep config: reads them, says of each what is wrong, and knows their order; it draws nothing.

The shapes are those of W&B's schema (`sweeps` 0.3.0, config/schema.json): a parameter is the first shape whose keys
and values fit, and a key too many fits none.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chiplog_operator.sweeps import distributions
from chiplog_operator.sweeps.distributions import (
    Beta,
    Categorical,
    Constant,
    Distribution,
    Integers,
    Normal,
    Rounded,
    Uniform,
)

Tree = Mapping[str, Any]
Path = tuple[str, ...]

_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_.-]*$")
_MAX_DEPTH = 16

LAWS: dict[str, set[str]] = {
    "constant": {"value"},
    "categorical": {"values"},
    "categorical_w_probabilities": {"values", "probabilities"},
    "int_uniform": {"min", "max"},
    "uniform": {"min", "max"},
    "q_uniform": {"min", "max", "q"},
    "log_uniform": {"min", "max"},
    "inv_log_uniform": {"min", "max"},
    "q_log_uniform": {"min", "max", "q"},
    "log_uniform_values": {"min", "max"},
    "inv_log_uniform_values": {"min", "max"},
    "q_log_uniform_values": {"min", "max", "q"},
    "normal": {"mu", "sigma"},
    "q_normal": {"mu", "sigma", "q"},
    "log_normal": {"mu", "sigma"},
    "q_log_normal": {"mu", "sigma", "q"},
    "beta": {"a", "b"},
    "q_beta": {"a", "b", "q"},
}
"""Every distribution and its keys."""

_DEPRECATED = {name: f"{name}_values" for name in ("log_uniform", "inv_log_uniform", "q_log_uniform")}
"""Bounds are exponents of e in these; W&B names the other, whose bounds are values."""

_DEFAULTS: dict[str, float] = {"q": 1, "mu": 0.0, "sigma": 1.0, "a": 1.0, "b": 1.0}
_NEEDED = ("min", "max", "value", "values", "probabilities")


@dataclass(frozen=True)
class Parameter:
    """One parameter of a sweep."""

    path: Path
    """Its keys from the outside in; nested parameters have several."""
    distribution: Distribution
    kind: str
    """The name of the distribution."""

    @property
    def name(self) -> str:
        """Its keys joined by dots, as people write it."""
        return ".".join(self.path)

    @property
    def is_searched(self) -> bool:
        """It has more than one value."""
        return self.kind != "constant"


@dataclass
class Findings:
    """What is wrong with a config, and what is merely worth a word."""

    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def parse(section: Any, findings: Findings) -> list[Parameter]:
    """The parameters in W&B's order (keys sorted at each level, depth first); whatever is wrong goes to `findings`."""
    if not isinstance(section, Mapping) or not section:
        findings.problems.append(f"parameters: {section!r} is not an object with at least one parameter")
        return []
    return list(_parsed(section, (), findings))


def nested(values: Mapping[Path, Any]) -> dict[str, Any]:
    """Values by path as the object that a trial's config is."""
    found: dict[str, Any] = {}
    for path, value in values.items():
        place = found
        for key in path[:-1]:
            place = place.setdefault(key, {})
        place[path[-1]] = value
    return found


def at(config: Tree, path: Path) -> Any:
    """The value at a path of a trial's config; None where there is none."""
    found: Any = config
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _parsed(section: Tree, above: Path, findings: Findings) -> Iterator[Parameter]:
    for key in sorted(section, key=str):
        path = (*above, str(key))
        item = section[key]
        if problem := _misnamed(path):
            findings.problems.append(problem)
        elif isinstance(item, Mapping) and set(item) == {"parameters"} and isinstance(item["parameters"], Mapping):
            yield from _parsed(item["parameters"], path, findings)
        else:
            yield from _one(path, item, findings)


def _misnamed(path: Path) -> str:
    if not _NAME.match(path[-1]):
        text = "a name has letters, digits, '_', '.' and '-', and begins with a letter or '_'"
        return f"parameters.{'.'.join(path)}: {text}"
    return f"parameters.{'.'.join(path)}: nested more than {_MAX_DEPTH} deep" if len(path) > _MAX_DEPTH else ""


def _one(path: Path, item: Any, findings: Findings) -> Iterator[Parameter]:
    where = f"parameters.{'.'.join(path)}"
    if not isinstance(item, Mapping):
        findings.problems.append(
            f"{where}: {item!r} is not an object such as {{value: …}}, {{values: […]}}, {{min, max}}"
        )
        return
    kind = _kind(item)
    problems = [f"{where}: {text}" for text in _problems(kind, item)]
    findings.problems += problems
    if problems:
        return
    if kind in _DEPRECATED:
        findings.warnings.append(
            f"{where}: {kind} takes min and max as exponents of e; {_DEPRECATED[kind]} takes them as values"
        )
    yield Parameter(path, _BUILDERS[kind]({**_DEFAULTS, **item}), kind)


def _kind(item: Tree) -> str:
    """The distribution, named or implied by the keys; empty where neither says it."""
    if "distribution" in item:
        return str(item["distribution"])
    keys = set(item)
    if {"min", "max"} == keys:
        return "int_uniform" if _is_whole(item["min"]) and _is_whole(item["max"]) else "uniform"
    return next((kind for kind in ("constant", "categorical", "categorical_w_probabilities") if keys == LAWS[kind]), "")


def _problems(kind: str, item: Tree) -> Iterator[str]:
    keys = sorted(str(key) for key in item if key != "distribution")
    if kind not in LAWS:
        yield f"{kind!r} is no distribution: one of {', '.join(LAWS)}" if kind else f"keys {keys} say no distribution"
        return
    wanted = LAWS[kind]
    if unknown := [key for key in keys if key not in wanted]:
        yield f"{kind} has no {', '.join(unknown)}; its keys are {', '.join(sorted(wanted))}"
    if missing := [key for key in _NEEDED if key in wanted and key not in item]:
        yield f"{kind} needs {' and '.join(missing)}"
        return
    yield from _numeric(kind, item)
    if "values" in wanted:
        yield from _listed(item)


def _numeric(kind: str, item: Tree) -> Iterator[str]:
    """Numbers that are none, or stand in the wrong order."""
    bad = [key for key in ("min", "max", "q", "mu", "sigma", "a", "b") if key in item and not _is_number(item[key])]
    for key in bad:
        yield f"{key} {item[key]!r} is not a finite number"
    if bad:
        return
    yield from _bounded(kind, item)
    if "q" in item and not item["q"] > 0:
        yield f"q {item['q']} is not above 0"
    if "sigma" in item and item["sigma"] < 0:
        yield f"sigma {item['sigma']} is below 0"
    for key in ("a", "b"):
        if key in item and "beta" in kind and not item[key] > 0:
            yield f"{key} {item[key]} is not above 0"


def _bounded(kind: str, item: Tree) -> Iterator[str]:
    if "min" not in LAWS[kind]:
        return
    if not item["min"] < item["max"]:
        yield f"min {item['min']} is not less than max {item['max']}"
    elif kind.endswith("_values") and not item["min"] > 0:
        yield f"min {item['min']} is not above 0, and {kind} takes its logarithm"
    elif kind in _DEPRECATED and max(abs(item["min"]), abs(item["max"])) > 700:
        yield f"e to the power of {item['max']} is no number: {kind} takes exponents, {_DEPRECATED[kind]} values"
    elif kind == "int_uniform" and not (_is_whole(item["min"]) and _is_whole(item["max"])):
        yield f"min {item['min']} and max {item['max']} must be whole numbers for int_uniform"
    elif "distribution" not in item and kind == "int_uniform":
        yield (
            f"min {item['min']} and max {item['max']} are whole, and Kubernetes keeps no difference between 0 and 0.0: "
            "say distribution: int_uniform, or distribution: uniform"
        )


def _listed(item: Tree) -> Iterator[str]:
    values, shares = item["values"], item.get("probabilities")
    if not _is_list(values) or not values:
        yield f"values {values!r} is not a list of at least one value"
    elif shares is None:
        return
    elif not _is_list(shares) or not all(_is_number(share) and share >= 0 for share in shares):
        yield f"probabilities {shares!r} is not a list of numbers from 0 on"
    elif len(values) != len(shares):
        yield f"{len(values)} values have {len(shares)} probabilities"
    elif not math.isclose(math.fsum(shares), 1.0, rel_tol=1e-5):
        yield f"the probabilities sum up to {math.fsum(shares):g}, not to 1"


def _rounded(law: Callable[[Tree], Distribution]) -> Callable[[Tree], Distribution]:
    return lambda item: Rounded(law(item), item["q"])


def _even(item: Tree) -> Distribution:
    return Uniform(item["min"], item["max"])


def _log_even(item: Tree) -> Distribution:
    return distributions.log_uniform(item["min"], item["max"])


def _log_values(item: Tree) -> Distribution:
    return distributions.log_uniform(math.log(item["min"]), math.log(item["max"]))


def _normal(item: Tree) -> Distribution:
    return Normal(item["mu"], item["sigma"])


def _log_normal(item: Tree) -> Distribution:
    return Normal(item["mu"], item["sigma"], is_log=True)


def _beta(item: Tree) -> Distribution:
    return Beta(item["a"], item["b"])


_BUILDERS: dict[str, Callable[[Tree], Distribution]] = {
    "constant": lambda item: Constant(item["value"]),
    "categorical": lambda item: Categorical(item["values"]),
    "categorical_w_probabilities": lambda item: Categorical(item["values"], tuple(item["probabilities"])),
    "int_uniform": lambda item: Integers(int(item["min"]), int(item["max"])),
    "uniform": _even,
    "q_uniform": _rounded(_even),
    "log_uniform": _log_even,
    "inv_log_uniform": lambda item: distributions.inverse_log_uniform(item["min"], item["max"]),
    "q_log_uniform": _rounded(_log_even),
    "log_uniform_values": _log_values,
    "inv_log_uniform_values": _log_values,
    "q_log_uniform_values": _rounded(_log_values),
    "normal": _normal,
    "q_normal": _rounded(_normal),
    "log_normal": _log_normal,
    "q_log_normal": _rounded(_log_normal),
    "beta": _beta,
    "q_beta": _rounded(_beta),
}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_whole(value: Any) -> bool:
    return _is_number(value) and float(value).is_integer()


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
