"""The one number by which a trial counts for the search, with what stands for it where there is none (W&B's impute)."""

from collections.abc import Sequence

from chiplog_operator.sweeps.configs import Impute, Metric
from chiplog_operator.sweeps.trials import Trial


def of(trial: Trial, trials: Sequence[Trial], metric: Metric) -> float | None:
    """A trial's number; None for one that says nothing yet, or where nothing can stand for it.

    One that ended well counts by its best value over its whole life, as in W&B's engine, and so does one that was
    stopped early. One that failed counts by `metric.impute`: by default the worst value that any ended trial ever had.
    """
    own = trial.curve(metric.name).best(metric.sign)
    if trial.state in ("succeeded", "pruned"):
        return own if own is not None else imputed(trial, trials, metric, metric.impute)
    if trial.state == "failed":
        return imputed(trial, trials, metric, metric.impute)
    if metric.impute_while_running is not None and trial.state == "running":
        return own if own is not None else imputed(trial, trials, metric, metric.impute_while_running)
    return None


def imputed(trial: Trial, trials: Sequence[Trial], metric: Metric, how: Impute) -> float | None:
    """What stands for a trial's number. W&B puts 0 where nothing does; here the trial then says nothing."""
    curve = trial.curve(metric.name)
    if how == "latest":
        return curve.last
    if how == "best":
        return curve.best(metric.sign)
    worst = [other.curve(metric.name).worst(metric.sign) for other in trials if other.is_over]
    return max((value for value in worst if value is not None), key=lambda value: metric.sign * value, default=None)


def best(trials: Sequence[Trial], metric: Metric) -> tuple[Trial, float] | None:
    """The trial with the best value, the earliest of several, among those that ended well or still run."""
    found = [(trial, trial.curve(metric.name).best(metric.sign)) for trial in trials if trial.state != "failed"]
    valued = [(trial, value) for trial, value in found if value is not None]
    return min(valued, key=lambda item: (metric.sign * item[1], item[0].index), default=None)
