"""Suggestions by models: Optuna's TPE and NSGA-II, CMA-ES and Sobol's sequence; the only module that knows them.

The libraries are imported at the first suggestion that needs them: an operator without such a sweep stays as it is.
Continuous parameters are searched by their share of probability in [0, 1], as W&B's engine does, so that a model sees
the law that the config says. Whole numbers and choices are told as what they are.
"""

import warnings
from collections.abc import Sequence
from typing import Any

from chiplog_operator.sweeps import gaussian, seeds, values
from chiplog_operator.sweeps.configs import Metric
from chiplog_operator.sweeps.distributions import Categorical, Distribution, Integers
from chiplog_operator.sweeps.parameters import Parameter, Path, at
from chiplog_operator.sweeps.trials import Trial

_POPULATION = 20
"""Trials of one generation of NSGA-II."""

_EDGE = 1e-9


def ask(
    uid: str,
    index: int,
    searched: Sequence[Parameter],
    objectives: Sequence[Metric],
    trials: Sequence[Trial],
    sampler: str,
    startup: int,
) -> dict[Path, Any]:
    """What Optuna's TPE or NSGA-II suggests after these trials, which are in the order of their indexes."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    space = {parameter.name: _searched(parameter.distribution) for parameter in searched}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        directions: list[Any] = ["minimize" if metric.sign > 0 else "maximize" for metric in objectives]
        study = optuna.create_study(sampler=_sampler(sampler, seeds.of(uid, index), startup), directions=directions)
        study.add_trials(_told(searched, objectives, trials, space))
        suggested = study.ask(space).params
    return {parameter.path: _value(parameter.distribution, suggested[parameter.name]) for parameter in searched}


def evolve(
    uid: str, index: int, searched: Sequence[Parameter], metric: Metric, trials: Sequence[Trial]
) -> dict[Path, Any]:
    """What CMA-ES suggests, told whole generations in the order of their trials' indexes."""
    import cmaes
    import numpy

    if len(searched) < 2:  # CMA-ES has no covariance to learn in one dimension.
        return ask(uid, index, searched, [metric], trials, "tpe", 10)
    size = len(searched)
    evolution = cmaes.CMA(
        mean=numpy.full(size, 0.5), sigma=0.2, bounds=numpy.array([[0.0, 1.0]] * size), seed=seeds.of(uid, "cmaes")
    )
    told = zip(trials, values.every(trials, metric), strict=True)
    known = [(trial, value) for trial, value in told if value is not None]
    points = [(numpy.array(_shares(searched, trial)), metric.sign * value) for trial, value in known]
    for start in range(0, len(points) - evolution.population_size + 1, evolution.population_size):
        evolution.tell(points[start : start + evolution.population_size])
    evolution.reseed_rng(seeds.of(uid, index))
    return _at_shares(searched, [float(share) for share in evolution.ask()])


def model(
    uid: str, index: int, searched: Sequence[Parameter], metric: Metric, trials: Sequence[Trial], startup: int
) -> dict[Path, Any]:
    """Where a Gaussian process expects most; the first `startup` are Sobol's points, which fill a space evenly."""
    import numpy

    told = list(zip(trials, values.every(trials, metric), strict=True))
    known = [(trial, value) for trial, value in told if value is not None]
    if index < startup or len(known) < 2:
        return low_discrepancy(uid, index, searched)
    pending = [trial for trial, value in told if value is None and not trial.is_over]
    points = numpy.array([_places(searched, trial) for trial, _ in known])
    numbers = numpy.array([metric.sign * value for _, value in known])
    asked = numpy.array([_places(searched, trial) for trial in pending]).reshape(-1, len(searched))
    chance = numpy.random.default_rng(seeds.of(uid, index))
    found = gaussian.suggest(_space(searched), points, numbers, asked, chance)
    return _at_shares(searched, [float(share) for share in found])


def low_discrepancy(uid: str, index: int, searched: Sequence[Parameter]) -> dict[Path, Any]:
    """The index-th point of Sobol's sequence, scrambled by the sweep's UID."""
    from scipy.stats import qmc

    sequence = qmc.Sobol(d=len(searched), scramble=True, rng=seeds.of(uid, "qmc"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # It is balanced only at powers of 2, and says so each time.
        point = sequence.fast_forward(index).random(1)[0] if index else sequence.random(1)[0]
    return _at_shares(searched, [float(share) for share in point])


def _sampler(kind: str, seed: int, startup: int) -> Any:
    import optuna

    if kind == "nsga2":
        return optuna.samplers.NSGAIISampler(population_size=_POPULATION, seed=seed)
    return optuna.samplers.TPESampler(
        n_startup_trials=startup, multivariate=True, group=False, constant_liar=True, seed=seed
    )


def _told(
    searched: Sequence[Parameter], objectives: Sequence[Metric], trials: Sequence[Trial], space: dict[str, Any]
) -> list[Any]:
    """The trials as Optuna's, without those that say nothing."""
    import optuna

    states = optuna.trial.TrialState
    found = []
    for trial, *told in zip(trials, *(values.every(trials, metric) for metric in objectives), strict=True):
        numbers = [number for number in told if number is not None]
        is_known = len(numbers) == len(told)
        if not is_known and trial.is_over:
            continue
        found.append(
            optuna.trial.create_trial(
                state=states.COMPLETE if is_known else states.RUNNING,
                params={item.name: _coordinate(item.distribution, at(trial.config, item.path)) for item in searched},
                distributions=space,
                values=numbers if is_known else None,
                system_attrs={"NSGAIISampler:generation": trial.index // _POPULATION},
            )
        )
    return found


def _searched(law: Distribution) -> Any:
    import optuna.distributions

    if isinstance(law, Categorical):
        return optuna.distributions.CategoricalDistribution(range(len(law.values)))
    if isinstance(law, Integers):
        return optuna.distributions.IntDistribution(law.least, law.most)
    return optuna.distributions.FloatDistribution(0.0, 1.0)


def _coordinate(law: Distribution, value: Any) -> Any:
    if isinstance(law, Categorical):
        return law.place(value)
    if isinstance(law, Integers):
        return min(max(int(value), law.least), law.most)
    return law.share(value)


def _value(law: Distribution, coordinate: Any) -> Any:
    if isinstance(law, Categorical):
        return law.values[int(coordinate)]
    return int(coordinate) if isinstance(law, Integers) else law.value(float(coordinate))


def _shares(searched: Sequence[Parameter], trial: Trial) -> list[float]:
    shares = [item.distribution.share(at(trial.config, item.path)) for item in searched]
    return [min(max(share, _EDGE), 1 - _EDGE) for share in shares]


def _places(searched: Sequence[Parameter], trial: Trial) -> list[float]:
    return [item.distribution.share(at(trial.config, item.path)) for item in searched]


def _space(searched: Sequence[Parameter]) -> gaussian.Space:
    """Choices and whole numbers are told as what they are: a share stands for the value that it gives."""
    import numpy

    laws = [item.distribution for item in searched]
    sizes = [len(law.values) if isinstance(law, Categorical) else 1 for law in laws]

    def snap(points: Any) -> Any:
        columns = [
            [law.share(law.value(share)) for share in points[:, place]]
            if isinstance(law, Categorical | Integers)
            else points[:, place]
            for place, law in enumerate(laws)
        ]
        return numpy.array(columns).T

    def features(points: Any) -> Any:
        columns = []
        for place, law in enumerate(laws):
            shares = points[:, place]
            if isinstance(law, Categorical):
                chosen = numpy.array([law.place_of(share) for share in shares])
                columns += [(chosen == choice) * 0.5 for choice in range(len(law.values))]
            else:
                columns.append(shares)
        return numpy.array(columns, dtype=float).T

    owners = [place for place, size in enumerate(sizes) for _ in range(size)]
    return gaussian.Space(snap, features, owners)


def _at_shares(searched: Sequence[Parameter], shares: Sequence[float]) -> dict[Path, Any]:
    return {item.path: item.distribution.value(share) for item, share in zip(searched, shares, strict=True)}
