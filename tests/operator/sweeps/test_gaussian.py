"""The Gaussian process: it finds what it is for, in few trials, and no values break it."""

import math

import numpy
import pytest

from chiplog_operator.sweeps import configs, gaussian, samplers
from chiplog_operator.sweeps.samplers import Search
from chiplog_operator.sweeps.trials import Trial, curve

BRANIN = configs.parse({
    "method": "bayes",
    "metric": {"name": "loss"},
    "parameters": {
        "x": {"distribution": "uniform", "min": -5.0, "max": 10.0},
        "y": {"distribution": "uniform", "min": 0.0, "max": 15.0},
    },
})  # fmt: skip
CUBE = gaussian.Space(lambda points: points, lambda points: points, (0, 1))


def branin(x: float, y: float) -> float:
    bent = y - 5.1 / (4 * math.pi**2) * x**2 + 5 / math.pi * x - 6
    return bent**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10


def test_thirty_trials_come_to_the_bottom_of_a_smooth_function() -> None:
    assert BRANIN.metric is not None
    search, trials = Search("u", BRANIN, (BRANIN.metric,), "gp", 5), []
    for index in range(30):
        found = samplers.suggest(search, index, trials)
        trials.append(Trial(index, f"s-{index}", "succeeded", found, {"loss": curve([branin(**found)])}))
    assert min(trial.curve("loss").last or 0.0 for trial in trials) < 0.397887 + 0.01


def test_the_gradient_of_the_cost_is_its_slope() -> None:
    points = numpy.random.default_rng(3).random((9, 2))
    apart = numpy.array([gaussian._apart(points[:, [place]]) for place in (0, 1)])
    values, told = numpy.sin(6 * points[:, 0]) + points[:, 1], numpy.log([0.3, 0.7, 1e-2])
    gradient = gaussian._cost(told, apart, values)[1]
    for place in range(3):
        step = numpy.zeros(3)
        step[place] = 1e-5
        rise = gaussian._cost(told + step, apart, values)[0] - gaussian._cost(told - step, apart, values)[0]
        assert gradient[place] == pytest.approx(rise / 2e-5, rel=1e-4)


def suggested(points: numpy.ndarray, values: numpy.ndarray, *pending: tuple[float, float]) -> numpy.ndarray:
    asked = numpy.array(pending).reshape(-1, 2)
    found: numpy.ndarray = gaussian.suggest(CUBE, points, values, asked, numpy.random.default_rng(0))
    return found


@pytest.mark.parametrize(
    "values",
    [[1.0, 1.0, 1.0, 1.0], [0.0, 1e300, -1e300, 1.0], [1e-300, 0.0, 1e-300, 0.0], [1.0, 2.0, 3.0, 1e12]],
)
def test_no_finite_values_break_it(values: list[float]) -> None:
    points = numpy.random.default_rng(1).random((4, 2))
    with numpy.errstate(over="ignore", invalid="ignore"):
        found = suggested(points, numpy.array(values))
    assert found.shape == (2,)
    assert ((found >= 0) & (found <= 1)).all()


def test_points_that_are_tried_twice_do_not_break_it() -> None:
    points = numpy.full((8, 2), 0.5)
    assert suggested(points, numpy.arange(8.0)).shape == (2,)


def test_what_is_being_tried_is_not_tried_again() -> None:
    points = numpy.random.default_rng(2).random((12, 2))
    values = ((points - 0.5) ** 2).sum(axis=1)
    first = suggested(points, values)
    second = suggested(points, values, (float(first[0]), float(first[1])))
    assert numpy.abs(first - second).max() > 1e-3


def test_of_many_trials_the_best_and_the_newest_are_told() -> None:
    values = numpy.arange(1000.0)[::-1].copy()
    values[3] = -1.0
    chosen = gaussian._chosen(values)
    assert len(chosen) == gaussian.MAX_POINTS
    assert 3 in chosen
    assert set(range(990, 1000)) <= set(chosen)
