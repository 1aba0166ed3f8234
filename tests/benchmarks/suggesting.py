"""The next suggestion of a sweep with 1,000 finished trials of 10 parameters, by each sampler; it is no target.

    python tests/benchmarks/suggesting.py

Each sampler has a process of its own that imports what the operator does. The trials are TrainingRuns in a cluster in
memory, and what they found is `trial.json` in a bucket in memory. What is timed, in CPU seconds, which an idle core
takes as long for: a pass of an operator that has just begun (it loads the libraries, reads every trial, suggests one
and makes it), the pass after that one, and the suggestion alone. Memory is the process's most; it holds the cluster
and the bucket as well. Beside ours stands Optuna alone with the same sampler, asked in memory after 1,000 trials.
"""

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

TRIALS, TIMES = 1000, 5
GOAL_SECONDS, GOAL_MIB = 1.0, 150.0
PARAMETERS: dict[str, Any] = {
    **{f"l{i}": {"distribution": "log_uniform_values", "min": 1e-5, "max": 1.0} for i in range(3)},
    **{f"u{i}": {"distribution": "uniform", "min": 0.0, "max": 1.0} for i in range(3)},
    **{f"i{i}": {"distribution": "int_uniform", "min": 1, "max": 64} for i in range(2)},
    **{f"c{i}": {"values": ["a", "b", "c", "d"]} for i in range(2)},
}
KINDS = ("tpe", "gp", "cmaes", "nsga2", "qmc", "random")
PEERS = {"tpe": "tpe", "nsga2": "nsga2", "qmc": "qmc", "random": "random"}
"""Optuna's GP wants torch, its CMA-ES is the library that we ask too."""


def drawn(chance: random.Random) -> dict[str, Any]:
    """Ten parameters by chance, as a trial has them."""
    floats = {name: 10 ** chance.uniform(-5, 0) if name[0] == "l" else chance.random() for name in PARAMETERS}
    wholes = {"i0": chance.randint(1, 64), "i1": chance.randint(1, 64)}
    return {**floats, **wholes, "c0": chance.choice("abcd"), "c1": chance.choice("abcd")}


def loss(config: dict[str, Any]) -> float:
    """Something that a model can learn."""
    wrong = (config["u0"] - 0.3) ** 2 + (config["u1"] - 0.7) ** 2 + abs(config["i0"] - 20) / 64
    return float(wrong + (config["c0"] != "b") + config["l0"])


def ours(sampler: str) -> dict[str, float]:
    """Seconds of a pass and of a suggestion, and the process's memory in MiB."""
    import chiplog_operator.main  # noqa: F401  # What the operator has in memory before its first sweep.
    from chiplog_operator.sweeps import resources, samplers, trials

    world = _swept(sampler)
    before = _rss()
    world.start_operator()
    first = _timed(lambda: world.reconciler.reconcile(_key()))
    world.train(TRIALS, 1.0)
    world.end(TRIALS)
    following = _timed(lambda: world.reconciler.reconcile(_key()))
    assert len(world.trials) == TRIALS + 2, world.status
    task = resources.task(resources.sweep(world.cluster.sweeps[_key()]))
    known = [trials.Trial(i, f"t{i}", "succeeded", world.parameters(i),
                          {"loss": trials.curve([loss(world.parameters(i))])}) for i in range(TRIALS)]  # fmt: skip
    alone = [_timed(lambda: samplers.suggest(task.search, TRIALS, known)) for _ in range(TIMES)]
    return {"first": first, "following": following, "alone": statistics.median(alone), "before": before,
            "most": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}  # fmt: skip


def peer(sampler: str) -> dict[str, float]:
    """The same suggestion by Optuna alone, as people call it."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    kinds = {
        "tpe": lambda: optuna.samplers.TPESampler(multivariate=True, seed=1),
        "nsga2": lambda: optuna.samplers.NSGAIISampler(population_size=20, seed=1),
        "qmc": lambda: optuna.samplers.QMCSampler(seed=1),
        "random": lambda: optuna.samplers.RandomSampler(seed=1),
    }
    study, chance, space = optuna.create_study(sampler=kinds[sampler]()), random.Random(1), _space(optuna)
    for _ in range(TRIALS):
        config = drawn(chance)
        study.add_trial(optuna.trial.create_trial(params=config, distributions=space, value=loss(config)))
    times = [_timed(lambda: study.ask(space)) for _ in range(TIMES)]
    return {"alone": statistics.median(times), "most": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def _swept(sampler: str) -> Any:
    """A sweep with all its trials over but the next."""
    import sweep_world

    from chiplog_operator.sweeps import manifests, resources

    config = {"method": "random" if sampler == "random" else "bayes", "metric": {"name": "loss"},
              "parameters": PARAMETERS}  # fmt: skip
    more = {"objectives": [{"name": "loss", "goal": "minimize"}]} if sampler == "nsga2" else {}
    chosen = {} if sampler == "random" else {"sampler": {"name": sampler}}
    world = sweep_world.SweepWorld(sweep_world.sweep(config, parallelism=1, **chosen, **more))
    sweep = resources.sweep(world.cluster.sweeps[sweep_world.SWEEP])
    task, chance = resources.task(sweep), random.Random(1)
    for place in range(TRIALS):
        config = drawn(chance)
        world.cluster.create_run(manifests.trial(sweep, task, place, config))
        world.train(place, loss(config))
        world.end(place)
    return world


def _key() -> Any:
    import sweep_world

    return sweep_world.SWEEP


def _space(optuna: Any) -> dict[str, Any]:
    kinds = optuna.distributions
    return {
        name: kinds.FloatDistribution(1e-5, 1.0, log=True) if name[0] == "l"
        else kinds.FloatDistribution(0.0, 1.0) if name[0] == "u"
        else kinds.IntDistribution(1, 64) if name[0] == "i"
        else kinds.CategoricalDistribution(list("abcd"))
        for name in PARAMETERS
    }  # fmt: skip


def _timed(call: Any) -> float:
    began = time.process_time()
    call()
    return time.process_time() - began


def _rss() -> float:
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0]) / 1024


def measured(what: str, sampler: str) -> dict[str, float]:
    """The figures of a process of its own."""
    environ = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # As in images/operator.Dockerfile.
    command = [sys.executable, __file__, what, sampler]
    done = subprocess.run(command, env=environ, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> int:
    """Print the table, or one process's figures; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="?", choices=("ours", "peer"))
    parser.add_argument("sampler", nargs="?", choices=KINDS)
    given = parser.parse_args()
    if given.what:
        print(json.dumps(ours(given.sampler) if given.what == "ours" else peer(given.sampler)))
        return 0
    print("| sampler | first pass (s) | next pass (s) | suggestion (s) | before, most (MiB) | Optuna alone (s, MiB) |")
    print("|---|---|---|---|---|---|")
    is_kept = True
    for sampler in KINDS:
        found = measured("ours", sampler)
        beside = measured("peer", sampler) if sampler in PEERS else None
        told = f"{beside['alone']:.3f}, {beside['most']:.0f}" if beside else "-"
        print(f"| `{sampler}` | {found['first']:.2f} | {found['following']:.2f} | {found['alone']:.3f} | "
              f"{found['before']:.0f}, {found['most']:.0f} | {told} |", flush=True)  # fmt: skip
        is_kept = is_kept and found["following"] <= GOAL_SECONDS and found["most"] <= GOAL_MIB
    return 0 if is_kept else 1


if __name__ == "__main__":
    sys.exit(main())
