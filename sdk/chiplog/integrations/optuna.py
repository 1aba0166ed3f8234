"""A callback for Optuna: each trial of a study is a row of the run, its parameters and values are metrics."""

from typing import Any

from chiplog.tracking import session


class ChiplogCallback:
    """Give it to `study.optimize(objective, callbacks=[ChiplogCallback()])`.

    Args:
        metric_name: of the value, or of each of several; `value` without it.
        run: which run; the current one without it, and a new one where there is none.
        init: what `chiplog.init` is told for a new one.
    """

    def __init__(self, metric_name: str | list[str] = "value", run: Any = None, **init: Any) -> None:
        self._names = [metric_name] if isinstance(metric_name, str) else list(metric_name)
        self._run = run
        self._init = init

    def __call__(self, study: Any, trial: Any) -> None:
        """Record a trial that ended.

        Raises ValueError where the study has another number of values than there are names.
        """
        run = self._run or session.current() or session.init(**self._init)
        directions = [direction.name.lower() for direction in study.directions]
        names = (
            self._names
            if len(self._names) == len(directions) or len(self._names) > 1
            else _numbered(self._names, directions)
        )
        if len(names) != len(directions):
            raise ValueError(f"ChiplogCallback: {len(names)} names {names} for {len(directions)} values")
        run.config.update(
            {"direction": directions if len(directions) > 1 else directions[0], "study": study.study_name},
            allow_val_change=True,
        )
        row = {"trial": trial.number, "state": trial.state.name, **{f"params.{k}": v for k, v in trial.params.items()}}
        row |= dict(zip(names, trial.values or [], strict=False))
        run.log(row, step=trial.number, commit=True)
        self._best(run, study, names)

    def _best(self, run: Any, study: Any, names: list[str]) -> None:
        if len(names) > 1:
            return
        done = [trial for trial in study.get_trials(deepcopy=False) if trial.state.name == "COMPLETE"]
        if done:
            best = study.best_trial
            run.summary.update({f"best.{names[0]}": best.value, "best.trial": best.number, "best.params": best.params})


def _numbered(names: list[str], directions: list[str]) -> list[str]:
    return names if len(directions) == 1 else [f"{names[0]}_{number}" for number in range(len(directions))]
