"""The callback under the real Optuna."""

from pathlib import Path

import optuna
import pytest
from tracking_world import make_run, recorded

from chiplog.integrations.optuna import ChiplogCallback


@pytest.fixture(autouse=True)
def _quiet() -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)


def objective(trial: optuna.Trial) -> float:
    x = trial.suggest_float("x", -5, 5)
    if trial.number == 2:
        raise optuna.TrialPruned
    return (x - 1) ** 2


def test_each_trial_of_a_study_is_a_row_and_the_best_is_in_the_summary(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    study = optuna.create_study(study_name="s", sampler=optuna.samplers.RandomSampler(seed=1))
    study.optimize(objective, n_trials=6, callbacks=[ChiplogCallback("loss", run)])
    run.finish()
    found = recorded(tmp_path)
    assert [step for step, _ in found.history] == list(range(6))
    assert [values.get("loss") for _, values in found.history] == [trial.value for trial in study.trials]
    assert found.history[2][1]["state"] == "PRUNED"
    assert found.history[0][1]["params.x"] == study.trials[0].params["x"]
    assert found.summary["best.loss"] == study.best_value
    assert found.summary["best.params"] == study.best_params
    assert found.fold.config == {"direction": "minimize", "study": "s"}


def test_several_values_have_a_name_each(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    study = optuna.create_study(directions=["minimize", "maximize"])
    study.optimize(lambda trial: (trial.suggest_int("n", 0, 9), 2.0), n_trials=2, callbacks=[ChiplogCallback(run=run)])
    run.finish()
    assert all(values["value_1"] == 2.0 for _, values in recorded(tmp_path).history)


def test_another_number_of_names_is_refused(tmp_path: Path) -> None:
    study = optuna.create_study()
    callback = ChiplogCallback(["a", "b"], make_run(tmp_path))
    with pytest.raises(ValueError, match="2 names"):
        study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1, callbacks=[callback])
