"""What the next trial of a sweep tries: a pure function of the sweep's UID, the trial's index and what others found.

Nothing is kept between two suggestions. The study is rebuilt from the trials each time, told in the order of their
indexes, and every source of chance is seeded by UID and index: an operator that died at any point goes on as if it
had not, and two that ask at once suggest the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chiplog_operator.sweeps import grids, seeds, studies
from chiplog_operator.sweeps.configs import Metric, SweepConfig
from chiplog_operator.sweeps.parameters import Parameter, Path, nested
from chiplog_operator.sweeps.trials import Trial

KINDS = ("tpe", "gp", "cmaes", "nsga2", "qmc", "random")

STARTUP = {"gp": 5}
"""Trials before a model is asked where the Sweep does not say and 10 are too many."""


@dataclass(frozen=True)
class Search:
    """Everything by which a suggestion is made but the trials."""

    uid: str
    config: SweepConfig
    objectives: tuple[Metric, ...]
    """What is optimised; several make a front instead of one best trial."""
    sampler: str = "tpe"
    startup: int = 10
    """Trials drawn at random before a model is asked."""


def total(search: Search) -> int | None:
    """How many trials there will be; None where nothing bounds them."""
    sizes = [search.config.run_cap] if search.config.run_cap is not None else []
    if search.config.method == "grid":
        sizes.append(len(grids.Grid(search.config.parameters)))
    return min(sizes, default=None)


def suggest(search: Search, index: int, trials: Sequence[Trial]) -> dict[str, Any]:
    """The parameters of the trial of that index, nested. Raises IndexError beyond the end of a grid."""
    if search.config.method == "grid":
        return nested(grids.Grid(search.config.parameters).combination(index))
    searched = search.config.searched
    if search.config.method == "random" or search.sampler == "random" or not searched:
        return _assembled(search, at_random(search.uid, index, search.config.parameters))
    draw = _DRAWS[search.sampler]
    return _assembled(search, draw(search, index, sorted(trials, key=lambda trial: trial.index)))


def at_random(uid: str, index: int, parameters: Sequence[Parameter]) -> dict[Path, Any]:
    """A value of each parameter by its law."""
    chance = seeds.chance(uid, index)
    return {parameter.path: parameter.distribution.value(chance.random()) for parameter in parameters}


def _assembled(search: Search, found: Mapping[Path, Any]) -> dict[str, Any]:
    """With the constants, in the order of the config."""
    laws = {item.path: item.distribution for item in search.config.parameters}
    return nested({path: found[path] if path in found else law.value(0.0) for path, law in laws.items()})


def _by_study(search: Search, index: int, trials: Sequence[Trial]) -> dict[Path, Any]:
    return studies.ask(search.uid, index, search.config.searched, search.objectives, trials, search.sampler,
                       search.startup)  # fmt: skip


def _by_evolution(search: Search, index: int, trials: Sequence[Trial]) -> dict[Path, Any]:
    return studies.evolve(search.uid, index, search.config.searched, search.objectives[0], trials)


def _by_model(search: Search, index: int, trials: Sequence[Trial]) -> dict[Path, Any]:
    return studies.model(search.uid, index, search.config.searched, search.objectives[0], trials, search.startup)


def _by_sequence(search: Search, index: int, _: Sequence[Trial]) -> dict[Path, Any]:
    return studies.low_discrepancy(search.uid, index, search.config.searched)


_DRAWS = {"tpe": _by_study, "nsga2": _by_study, "cmaes": _by_evolution, "gp": _by_model, "qmc": _by_sequence}
