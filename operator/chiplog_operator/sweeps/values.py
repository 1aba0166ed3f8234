"""The one number by which a trial counts for the search, with what stands for it where there is none (W&B's impute)."""

from collections.abc import Sequence

from chiplog_operator.sweeps.configs import Impute, Metric
from chiplog_operator.sweeps.trials import Trial


def every(trials: Sequence[Trial], metric: Metric) -> list[float | None]:
    """The number of each trial; None for one that says nothing yet, or where nothing can stand for it.

    One that ended well counts by its best value over its whole life, as in W&B's engine, and so does one that was
    stopped early. One that failed counts by `metric.impute`: by default the worst value that any ended trial ever had,
    which is looked for once, so that a thousand failures cost no million looks.
    """
    ended = (trial.curve(metric.name).worst(metric.sign) for trial in trials if trial.is_over)
    worst = max((value for value in ended if value is not None), key=lambda value: metric.sign * value, default=None)
    return [_of(trial, worst, metric) for trial in trials]


def of(trial: Trial, trials: Sequence[Trial], metric: Metric) -> float | None:
    """One trial's number among others."""
    return every([trial, *(other for other in trials if other is not trial)], metric)[0]


def _of(trial: Trial, worst: float | None, metric: Metric) -> float | None:
    own = trial.curve(metric.name).best(metric.sign)
    if trial.state in ("succeeded", "pruned"):
        return own if own is not None else _imputed(trial, worst, metric, metric.impute)
    if trial.state == "failed":
        return _imputed(trial, worst, metric, metric.impute)
    if metric.impute_while_running is not None and trial.state == "running":
        return own if own is not None else _imputed(trial, worst, metric, metric.impute_while_running)
    return None


def _imputed(trial: Trial, worst: float | None, metric: Metric, how: Impute) -> float | None:
    """What stands for a trial's number. W&B puts 0 where nothing does; here the trial then says nothing."""
    if how == "worst":
        return worst
    curve = trial.curve(metric.name)
    return curve.last if how == "latest" else curve.best(metric.sign)


def best(trials: Sequence[Trial], metric: Metric) -> tuple[Trial, float] | None:
    """The trial with the best value, the earliest of several, among those that ended well or still run."""
    found = [(trial, trial.curve(metric.name).best(metric.sign)) for trial in trials if trial.state != "failed"]
    valued = [(trial, value) for trial, value in found if value is not None]
    return min(valued, key=lambda item: (metric.sign * item[1], item[0].index), default=None)
