"""What a real API server says to Sweeps: what it refuses and how, what it fills in, and what may change."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.integration

EXAMPLE = Path(__file__).parents[2] / "examples" / "sweep.yaml"

Manifest = dict[str, Any]


def sweep(name: str = "lr", /, config: dict[str, Any] | None = None, **spec: Any) -> Manifest:
    """A small Sweep that waits, with keys of its configuration and fields of its spec replaced."""
    found = {
        "method": "random",
        "metric": {"name": "loss"},
        "parameters": {"lr": {"min": 0.5, "max": 1.5}},
        **(config or {}),
    }
    template = {"spec": {"template": {"spec": {"containers": [{"name": "train", "image": "x"}]}}}}
    return {
        "apiVersion": "chiplog.dev/v1alpha1",
        "kind": "Sweep",
        "metadata": {"name": name},
        "spec": {"suspend": True, "sweepConfig": found, "template": template, **spec},
    }


def parameter(**law: Any) -> Manifest:
    return sweep(config={"parameters": {"lr": law}})


def without_metric(**config: Any) -> Manifest:
    found = sweep(config=config)
    del found["spec"]["sweepConfig"]["metric"]
    return found


REFUSED = {
    "min over max": (parameter(min=2.5, max=1), ["spec.sweepConfig.parameters[lr]", "min 2.5 is not less than max 1"]),
    "whole bounds without a law": (
        parameter(min=0, max=1),
        ["spec.sweepConfig.parameters[lr]", "min 0 and max 1 are whole", "distribution: int_uniform"],
    ),
    "a bad distribution": (parameter(distribution="gauss"), ["parameters.lr.distribution", '"gauss"', '"log_normal"']),
    "a logarithm of zero": (
        parameter(distribution="log_uniform_values", min=0, max=1),
        ["parameters[lr]", "min 0 is not above 0", "log_uniform_values takes its logarithm"],
    ),
    "no values": (parameter(values=[]), ["parameters.lr.values", "at least 1"]),
    "a bayes search without a metric": (without_metric(method="bayes"), ["sweepConfig.metric", "bayes needs a metric"]),
    "hyperband without a metric": (
        without_metric(early_terminate={"type": "hyperband", "min_iter": 3}),
        ["sweepConfig.metric", "needs a metric"],
    ),
    "hyperband without a start": (
        sweep(config={"early_terminate": {"type": "hyperband"}}),
        ["sweepConfig.early_terminate", "min_iter, or max_iter and s"],
    ),
    "an eta of one": (
        sweep(config={"early_terminate": {"type": "hyperband", "min_iter": 3, "eta": 1}}),
        ["early_terminate.eta", "1 is not above 1"],
    ),
    "two ways of stopping": (
        sweep(config={"early_terminate": {"type": "hyperband", "min_iter": 3}}, pruner={"name": "median"}),
        ["spec.pruner", "keep one"],
    ),
    "an unknown method": (sweep(config={"method": "hill"}), ["sweepConfig.method", '"hill"', '"bayes"']),
    "a cap of none": (sweep(config={"run_cap": 0}), ["sweepConfig.run_cap", "0"]),
    "no parameters": (sweep(config={"parameters": {}}), ["sweepConfig.parameters", "at least 1"]),
    "a name too long for its trials": (sweep("a" * 43), ["metadata.name", "43 characters", "at most 42"]),
    "trials that go before the search": (
        sweep(template={"spec": {**sweep()["spec"]["template"]["spec"], "ttlSecondsAfterFinished": 60}}),
        ["spec.template.spec", "ttlSecondsAfterFinished cannot be set"],
    ),
    "an unknown field": (sweep(paralelism=2), ['unknown field "spec.paralelism"']),
    "an unknown sampler": (sweep(sampler={"name": "guess"}), ["spec.sampler.name", '"guess"', '"tpe"']),
}


@pytest.mark.parametrize("what", REFUSED)
def test_bad_input_is_refused_with_field_and_value(api_server: Any, namespace: str, what: str) -> None:
    manifest, said = REFUSED[what]
    done = api_server("create", "-n", namespace, "-f", "-", stdin=manifest)
    assert done.returncode != 0
    assert [words for words in said if words not in done.stderr] == [], done.stderr


ACCEPTED = {
    "any values": parameter(values=[None, 1, 2.5, "a", [1, 2], {"k": None}, True]),
    "nested parameters": sweep(config={"parameters": {"o": {"parameters": {"lr": {"min": 0, "max": 0.5}}}}}),
    "keys of W&B that we do not use": sweep(
        config={"name": "n", "description": "d", "entity": "e", "controller": {"type": "cloud"}, "program": "t.py"}
    ),
    "several objectives": sweep(
        objectives=[{"name": "loss", "goal": "minimize"}, {"name": "size", "goal": "minimize"}],
        sampler={"name": "nsga2"},
    ),
    "the longest name": sweep("a" * 42),
}


@pytest.mark.parametrize("what", ACCEPTED)
def test_good_input_is_taken(api_server: Any, namespace: str, what: str) -> None:
    done = api_server("create", "--dry-run=server", "-o", "json", "-n", namespace, "-f", "-", stdin=ACCEPTED[what])
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["spec"]["sweepConfig"] == ACCEPTED[what]["spec"]["sweepConfig"]


def test_the_example_is_taken(api_server: Any, namespace: str) -> None:
    done = api_server("create", "--dry-run=server", "-n", namespace, "-f", str(EXAMPLE))
    assert done.returncode == 0, done.stderr


FULL = sweep("full", config={"run_cap": 3}, pruner={"name": "median"}, sampler={"name": "tpe"})


@pytest.fixture(scope="module")
def full(api_server: Any, namespace: str) -> Manifest:
    created = api_server("create", "-n", namespace, "-f", "-", stdin=FULL)
    assert created.returncode == 0, created.stderr
    return FULL


GUARDED = {
    "the method": ({"sweepConfig": {**FULL["spec"]["sweepConfig"], "method": "grid"}}, "spec.sweepConfig.method"),
    "the sampler": ({"sampler": {"name": "qmc"}}, "spec.sampler"),
    "the pruner": ({"pruner": None}, "spec.pruner"),
}


@pytest.mark.parametrize("what", GUARDED)
def test_what_judges_trials_cannot_change(api_server: Any, namespace: str, full: Manifest, what: str) -> None:
    change, said = GUARDED[what]
    manifest = copy.deepcopy(full)
    manifest["spec"] = {key: value for key, value in {**manifest["spec"], **change}.items() if value is not None}
    done = api_server("replace", "-n", namespace, "-f", "-", stdin=manifest)
    assert done.returncode != 0
    assert said in done.stderr
    assert "make a new Sweep" in done.stderr


CHANGEABLE = {
    "run_cap": {"sweepConfig": {**FULL["spec"]["sweepConfig"], "run_cap": 9}},
    "parallelism": {"parallelism": 4},
    "maxFailedTrials": {"maxFailedTrials": 2},
    "suspend": {"suspend": False},
}


@pytest.mark.parametrize("what", CHANGEABLE)
def test_how_far_and_how_fast_it_goes_can_change(api_server: Any, namespace: str, full: Manifest, what: str) -> None:
    manifest = copy.deepcopy(full)
    manifest["spec"] |= CHANGEABLE[what]
    done = api_server("replace", "--dry-run=server", "-n", namespace, "-f", "-", stdin=manifest)
    assert done.returncode == 0, done.stderr


def test_a_run_is_stopped_once_and_for_all(api_server: Any, namespace: str) -> None:
    run = {
        "apiVersion": "chiplog.dev/v1alpha1",
        "kind": "TrainingRun",
        "metadata": {"name": "stopped"},
        "spec": {
            "managedBy": "chiplog.dev/nobody",
            **sweep()["spec"]["template"]["spec"],
            "stop": {"reason": "Stopped"},
        },
    }
    assert api_server("create", "-n", namespace, "-f", "-", stdin=run).returncode == 0
    del run["spec"]["stop"]
    done = api_server("replace", "-n", namespace, "-f", "-", stdin=run)
    assert done.returncode != 0
    assert "spec.stop: Forbidden: it cannot change or go" in done.stderr
