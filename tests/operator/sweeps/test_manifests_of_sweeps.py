"""The TrainingRun of a trial: parameters reach the script in every way that W&B's agent has."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from sweep_world import sweep

from chiplog_operator import documents, names, specs
from chiplog_operator import manifests as runs
from chiplog_operator.sweeps import manifests, resources

PARAMETERS = {"lr": 1e-05, "layers": 3, "optimizer": {"name": "adam"}, "note": "$(HOME)"}
CONFIG: dict[str, Any] = {
    "method": "random",
    "metric": {"name": "val/loss", "goal": "maximize"},
    "program": "train.py",
    "parameters": {"lr": {"distribution": "log_uniform_values", "min": 1e-6, "max": 1}},
}


def made(config: dict[str, Any] = CONFIG, container: dict[str, Any] | None = None) -> dict[str, Any]:
    found = resources.sweep(sweep(config))
    template = {"spec": {"containers": [{"name": "train", "image": "x", **(container or {})}]}}
    body = sweep(config, template={"metadata": {"labels": {"team": "a"}}, "spec": {"template": template}})
    found = resources.sweep(body)
    return manifests.trial(found, resources.task(found), 7, PARAMETERS)


def trainer(trial: dict[str, Any]) -> dict[str, Any]:
    [container] = trial["spec"]["template"]["spec"]["containers"]
    return dict(container)


def test_a_trial_is_named_owned_and_labelled() -> None:
    metadata = made()["metadata"]
    assert metadata["name"] == "lr-7"
    assert metadata["labels"] == {"team": "a", "chiplog.dev/sweep": "lr", "chiplog.dev/trial": "7"}
    [owner] = metadata["ownerReferences"]
    assert (owner["kind"], owner["name"], owner["controller"]) == ("Sweep", "lr", True)


def test_a_trial_says_its_parameters_and_its_metric_as_a_run_does() -> None:
    spec = made()["spec"]
    assert spec["config"] == PARAMETERS
    assert spec["metrics"] == [{"name": "val/loss", "goal": "maximize"}]


def test_the_command_comes_from_the_configuration() -> None:
    command = trainer(made())["command"]
    assert command[:4] == ["/usr/bin/env", "python", "train.py", "--lr=1e-05"]
    assert command[-1] == "--note=$$(HOME)"


def test_macros_in_the_container_s_own_words_win() -> None:
    container = trainer(made(container={"command": ["torchrun", "a.py"], "args": ["--fast", "${args_no_hyphens}"]}))
    assert container["command"] == ["torchrun", "a.py"]
    assert container["args"][:3] == ["--fast", "lr=1e-05", "layers=3"]


def test_a_command_without_macros_stays_where_the_configuration_has_none() -> None:
    config = {key: value for key, value in CONFIG.items() if key != "program"}
    assert trainer(made(config, {"command": ["python3", "mine.py"]}))["command"] == ["python3", "mine.py"]


def test_the_recorder_and_the_volume_of_parameters_live_in_one_pod() -> None:
    from operator_world import SETTINGS

    body = made()
    body["metadata"] |= {"uid": "3f2a9c10-0", "namespace": "team"}
    job = runs.job(specs.run(body), SETTINGS)
    pod = job["spec"]["template"]
    assert {volume["name"] for volume in pod["spec"]["volumes"]} >= {"chiplog", "chiplog-sweep"}
    assert pod["metadata"]["annotations"][names.SWEEP_CONFIG_ANNOTATION].startswith("wandb_version: 1")
    assert job["metadata"]["labels"]["chiplog.dev/sweep"] == "lr"


SCRIPT = """
import wandb
run = wandb.init(config={"lr": 0.5, "seed": 1})
print("CONFIG", dict(run.config), run.sweep_id)
run.finish()
"""


def test_the_real_wandb_offline_takes_the_parameters(tmp_path: Path) -> None:
    """An unmodified script sees them in wandb.config, over what it says itself, with their types."""
    trial = made()
    text = trial["spec"]["template"]["metadata"]["annotations"][names.SWEEP_CONFIG_ANNOTATION]
    (tmp_path / "config.yaml").write_text(text)
    given = {item["name"]: item["value"].replace("$$", "$") for item in trainer(trial)["env"]}
    environ = {
        **os.environ, **given, "WANDB_MODE": "offline", "WANDB_DIR": str(tmp_path), "WANDB_SILENT": "true",
        "WANDB_SWEEP_PARAM_PATH": str(tmp_path / "config.yaml"),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environ, cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    [line] = [line for line in done.stdout.splitlines() if line.startswith("CONFIG")]
    config, _, sweep_id = line.removeprefix("CONFIG ").rpartition(" ")
    assert yaml.safe_load(config.replace("1e-05", "1.0e-05")) == {**PARAMETERS, "seed": 1}
    assert sweep_id == "lr-5eeb0000"


def placed(**changes: Any) -> Any:
    """What `run.json` of a trial says of its sweep, after somebody changed its annotations."""
    body = made()
    body["metadata"] |= {"uid": "3f2a9c10-0", "namespace": "team"}
    body["metadata"]["annotations"] |= changes
    return documents.run(specs.run(body), "prod").get("trial")


def test_the_run_s_document_of_a_trial_tells_its_sweep_and_what_is_searched() -> None:
    found = placed()
    assert (found["sweep"], found["index"], found["method"], found["searched"]) == ("lr", 7, "random", {"lr": 1e-05})
    assert found["sweep_id"] == "lr-5eeb0000"


@pytest.mark.parametrize(
    "text", ["", "{", "7", "{}", '{"method": 1, "searched": {}}', '{"method": "grid", "searched": []}']
)
def test_a_trial_s_annotation_that_is_none_makes_no_trial_of_a_run(text: str) -> None:
    assert placed(**{names.SWEEP_TRIAL_ANNOTATION: text}) is None
