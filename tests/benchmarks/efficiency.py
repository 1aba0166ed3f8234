"""Sample efficiency of our default sampler beside W&B's bayes engine, Katib's TPE and chance; it is no target.

    python3 -m venv /tmp/engine && /tmp/engine/bin/pip install sweeps==0.3.0 hyperopt==0.3.0
    python tests/benchmarks/efficiency.py --peers /tmp/engine/bin/python

The engines of the others need numpy below 2, so they run as processes of their own, by this same file. All search one
trial at a time, from the same spaces, with the same number of trials. What is measured is how far the best of the
first 20 and of all 50 trials is from the optimum, which is known for each function.
"""

import argparse
import itertools
import json
import math
import random
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

TRIALS, EARLY = 50, 20
TABLE = Path(__file__).parents[1] / "fixtures" / "sweeps" / "digits.json"

Config = dict[str, Any]
Space = dict[str, Any]


def branin(x: Config) -> float:
    """Two dimensions, three optima of the same depth."""
    bent = x["x1"] - 5.1 / (4 * math.pi**2) * x["x0"] ** 2 + 5 / math.pi * x["x0"] - 6
    return float(bent**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x["x0"]) + 10)


HARTMANN_A = [
    [10, 3, 17, 3.5, 1.7, 8],
    [0.05, 10, 17, 0.1, 8, 14],
    [3, 3.5, 1.7, 10, 17, 8],
    [17, 8, 0.05, 10, 0.1, 14],
]
HARTMANN_P = [[1312, 1696, 5569, 124, 8283, 5886], [2329, 4135, 8307, 3736, 1004, 9991],
              [2348, 1451, 3522, 2883, 3047, 6650], [4047, 8828, 8732, 5743, 1091, 381]]  # fmt: skip


def hartmann6(x: Config) -> float:
    """Six dimensions, six optima, one of them the deepest."""
    total = 0.0
    for weight, row, places in zip((1.0, 1.2, 3.0, 3.2), HARTMANN_A, HARTMANN_P, strict=True):
        pairs = enumerate(zip(row, places, strict=True))
        total += weight * math.exp(-sum(a * (x[f"x{i}"] - p / 1e4) ** 2 for i, (a, p) in pairs))
    return -total


def ackley(x: Config) -> float:
    """Five dimensions, many optima; the deepest is not in the middle of the space."""
    at = [x[f"x{i}"] for i in range(5)]
    return float(-20 * math.exp(-0.2 * math.sqrt(sum(v * v for v in at) / 5))
                 - math.exp(sum(math.cos(2 * math.pi * v) for v in at) / 5) + 20 + math.e)  # fmt: skip


def rosenbrock(x: Config) -> float:
    """Four dimensions, one bent valley."""
    at = [x[f"x{i}"] for i in range(4)]
    return float(sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in itertools.pairwise(at)))


def digits(x: Config) -> float:
    """The error of a small network on handwritten digits, looked up: every combination was trained before."""
    table = json.loads(TABLE.read_text())
    place = "/".join(f"{x[name]:g}" for name in table["space"])
    return float(table["errors"][place])


def uniform(count: int, least: float, most: float) -> Space:
    """A space of equal dimensions."""
    return {f"x{i}": {"distribution": "uniform", "min": least, "max": most} for i in range(count)}


def of_table() -> Space:
    """The table's parameters, as choices."""
    return {name: {"values": values} for name, values in json.loads(TABLE.read_text())["space"].items()}


PROBLEMS: dict[str, tuple[Callable[[Config], float], Callable[[], Space], float]] = {
    "Branin (2)": (branin, lambda: {**uniform(1, -5.0, 10.0), "x1": uniform(1, 0.0, 15.0)["x0"]}, 0.397887),
    "Hartmann6 (6)": (hartmann6, lambda: uniform(6, 0.0, 1.0), -3.32237),
    "Ackley (5)": (ackley, lambda: uniform(5, -20.0, 40.0), 0.0),
    "Rosenbrock (4)": (rosenbrock, lambda: uniform(4, -5.0, 10.0), 0.0),
    "digits, a table (4)": (digits, of_table, math.nan),
}  # fmt: skip
"""What is minimised, where, and the least value there is; NaN is the table's own."""


def chiplog(space: Space, function: Callable[[Config], float], seed: int, sampler: str = "tpe") -> list[float]:
    """The operator's own suggestions, by its default sampler."""
    from chiplog_operator.sweeps import configs, samplers
    from chiplog_operator.sweeps.trials import Trial, curve

    config = configs.parse({"method": "bayes", "metric": {"name": "loss"}, "parameters": space})
    assert config.metric is not None
    startup = samplers.STARTUP.get(sampler, 10)
    search, trials = samplers.Search(f"seed-{seed}", config, (config.metric,), sampler, startup), []
    for index in range(TRIALS):
        tried = samplers.suggest(search, index, trials)
        trials.append(Trial(index, f"t{index}", "succeeded", tried, {"loss": curve([function(tried)])}))
    return [trial.curve("loss").last or 0.0 for trial in trials]


def process(space: Space, function: Callable[[Config], float], seed: int) -> list[float]:
    """The operator's Gaussian process."""
    return chiplog(space, function, seed, "gp")


def chance(space: Space, function: Callable[[Config], float], seed: int) -> list[float]:
    """Draws by the laws alone."""
    return chiplog(space, function, seed, "random")


def wandb(space: Space, function: Callable[[Config], float], seed: int) -> list[float]:
    """W&B's own engine, as its server calls it."""
    import warnings

    import numpy
    import sweeps
    from sweeps.run import RunState, SweepRun

    warnings.simplefilter("ignore")
    numpy.random.seed(seed)
    random.seed(seed)
    config = {"method": "bayes", "metric": {"name": "loss", "goal": "minimize"}, "parameters": space}
    runs: list[Any] = []
    for index in range(TRIALS):
        tried = sweeps.next_run(config, runs).config
        value = function({name: item["value"] for name, item in tried.items()})
        runs.append(SweepRun(name=str(index), state=RunState.finished, config=tried, history=[{"loss": value}],
                             summary_metrics={"loss": value}))  # fmt: skip
    return [run.summary_metrics["loss"] for run in runs]


def katib(space: Space, function: Callable[[Config], float], seed: int) -> list[float]:
    """hyperopt's TPE as Katib's service asks for one trial at a time: `n_startup_jobs` is that one, all else default.

    https://github.com/kubeflow/katib/blob/master/pkg/suggestion/v1beta1/hyperopt/base_service.py
    """
    import hyperopt
    import numpy

    laws = {name: hyperopt.hp.choice(name, law["values"]) if "values" in law
            else hyperopt.hp.uniform(name, law["min"], law["max"]) for name, law in space.items()}  # fmt: skip
    domain, trials = hyperopt.Domain(None, laws, pass_expr_memo_ctrl=None), hyperopt.Trials()
    chance = numpy.random.RandomState(seed)
    found = []
    for tid in trials.new_trial_ids(TRIALS):
        [made] = hyperopt.tpe.suggest([tid], domain, trials, seed=chance.randint(2**31 - 1), n_startup_jobs=1)
        tried = {name: space[name]["values"][value[0]] if "values" in space[name] else value[0]
                 for name, value in made["misc"]["vals"].items()}  # fmt: skip
        found.append(function(tried))
        made |= {"state": hyperopt.JOB_STATE_DONE, "result": {"loss": found[-1], "status": hyperopt.STATUS_OK}}
        trials.insert_trial_docs([made])
        trials.refresh()
    return found


ENGINES = {"chiplog": chiplog, "chiplog gp": process, "wandb bayes": wandb, "katib tpe": katib, "chance": chance}
PEERS = ("wandb bayes", "katib tpe")


def searched(engine: str, problem: str, seeds: range) -> list[list[float]]:
    """The values that an engine found, one list per seed in the order of its trials."""
    function, space, _ = PROBLEMS[problem]
    return [ENGINES[engine](space(), function, seed) for seed in seeds]


def optimum(problem: str) -> float:
    """The least value there is."""
    least = PROBLEMS[problem][2]
    return min(json.loads(TABLE.read_text())["errors"].values()) if math.isnan(least) else least


def asked(peers: str, engine: str, problem: str, seeds: int) -> list[list[float]]:
    """The same by another Python, where the engine needs one."""
    if engine not in PEERS:
        return searched(engine, problem, range(seeds))
    command = [peers, __file__, "--engine", engine, "--problem", problem, "--seeds", str(seeds)]
    found: list[list[float]] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def row(problem: str, found: dict[str, list[list[float]]]) -> str:
    """A line of the table: the median distance after 20 and 50 trials, and how often ours was nearer."""
    least = optimum(problem)
    gaps = {engine: [min(run) - least for run in runs] for engine, runs in found.items()}
    early = {engine: statistics.median(min(run[:EARLY]) - least for run in runs) for engine, runs in found.items()}
    cells = [f"{early[engine]:.3g} / {statistics.median(gaps[engine]):.3g}" for engine in ENGINES]
    nearer = [f"{wins(gaps['chiplog'], gaps[engine])} of {len(gaps[engine])}" for engine in PEERS]
    return f"| {problem} | {' | '.join([*cells, *nearer])} |"


def wins(ours: list[float], theirs: list[float]) -> str:
    """In how many pairs of seeds ours ended nearer; a tie is half a pair."""
    return f"{sum((a < b) + (a == b) / 2 for a, b in zip(ours, theirs, strict=True)):g}"


def main() -> None:
    """Print the table, or what an engine found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", default=sys.executable, help="a Python that has sweeps and hyperopt")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--problem", choices=PROBLEMS)
    parser.add_argument("--engine", choices=ENGINES)
    given = parser.parse_args()
    if given.engine:
        print(json.dumps(searched(given.engine, given.problem, range(given.seeds))))
        return
    print(f"| gap after {EARLY} / {TRIALS} trials | {' | '.join(ENGINES)} | nearer than wandb | nearer than katib |")
    print("|" + "---|" * (len(ENGINES) + 3))
    for problem in [given.problem] if given.problem else PROBLEMS:
        found = {engine: asked(given.peers, engine, problem, given.seeds) for engine in ENGINES}
        print(row(problem, found), flush=True)


if __name__ == "__main__":
    main()
