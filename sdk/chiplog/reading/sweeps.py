"""Sweeps from the bucket: the trials that are over, by their `trial.json`, and what can be said of them together.

Trials that still run have no such document yet; `trials` finds them among the runs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chiplog import codec, layout, records
from chiplog.bucket import Bucket
from chiplog.documents import TrialDocument, TrialMetric
from chiplog.errors import FormatError, RunNotFound
from chiplog.reading import fetching


@dataclass(frozen=True)
class Sweep:
    """One sweep and its trials, in the order of their indexes."""

    cluster: str
    namespace: str
    trials: tuple[TrialDocument, ...]
    """Those that are over."""
    running: tuple[TrialDocument, ...] = ()
    """The others, as far as `trials.joined` was asked: with a run's state, and the newest value as every value."""

    @property
    def newest(self) -> TrialDocument:
        """The trial that says what the sweep is now."""
        return (self.trials or self.running)[-1]

    @property
    def name(self) -> str:
        """The Sweep's name."""
        return self.newest["sweep"]

    @property
    def id(self) -> str:
        """Its name and 8 digits of its UID."""
        return self.newest["sweep_id"]

    @property
    def metric(self) -> TrialMetric | None:
        """What trials are judged by, as the newest logged it."""
        return next(iter(self.newest["metrics"]), None)

    def value(self, trial: TrialDocument) -> float | None:
        """The best value that a trial logged of the first metric."""
        metric = next(iter(trial["metrics"]), None)
        if metric is None:
            return None
        return metric["least"] if metric["goal"] == "minimize" else metric["most"]

    def ranked(self) -> list[TrialDocument]:
        """Trials that did not fail and have a value, the best first, the earlier of equals first."""
        sign = 1 if self.metric is None or self.metric["goal"] == "minimize" else -1
        valued = [(self.value(trial), trial) for trial in self.trials if trial["state"] != "failed"]
        found = [(sign * value, trial["index"], trial) for value, trial in valued if value is not None]
        return [trial for _, _, trial in sorted(found, key=lambda item: item[:2])]


def every(bucket: Bucket, cluster: str = "", namespace: str = "") -> list[Sweep]:
    """All sweeps that have a trial which is over, the newest first. Raises BucketError."""
    found_in = bucket.list(layout.runs_prefix(cluster, namespace))
    listed = [(layout.parse_trial_key(item.key), item.key) for item in found_in]
    keys = [(place, key) for place, key in listed if place is not None and namespace in ("", place.namespace)]
    found: dict[tuple[str, str, str], list[TrialDocument]] = {}
    for (place, key), stored in zip(keys, fetching.fetch(bucket, [key for _, key in keys]), strict=True):
        document = _read(stored.data, key) if stored is not None else None
        if document is not None:
            found.setdefault((place.cluster, place.namespace, document["sweep_id"]), []).append(document)
    sweeps = [
        Sweep(place[0], place[1], tuple(sorted(trials, key=lambda trial: trial["index"])))
        for place, trials in found.items()
    ]
    return newest_first(sweeps)


def newest_first(sweeps: Iterable[Sweep]) -> list[Sweep]:
    """Sweeps by when their last trial began."""
    return sorted(sweeps, key=_began, reverse=True)


def find(bucket: Bucket, name: str, cluster: str = "", namespace: str = "") -> Sweep:
    """The newest sweep of a name, or the one of an id; `namespace/name` says where. Raises RunNotFound, BucketError."""
    *places, wanted = name.split("/")
    within = places[0] if len(places) == 1 else namespace
    for sweep in every(bucket, cluster, within):
        if wanted in (sweep.name, sweep.id):
            return sweep
    raise RunNotFound(
        f"no sweep answers to {name!r} with a trial that is over; kubectl get sweeps shows those that run"
    )


@dataclass(frozen=True)
class Importance:
    """How much a parameter has to do with the metric."""

    parameter: str
    importance: float
    """Share of the metric's ranks that the parameter explains, from 0 to 1."""
    correlation: float | None
    """Spearman's rank correlation with the metric; None where the parameter is no number."""
    trials: int


GROUPS = 4
"""A number is cut into as many groups of equal size; a choice has one for each value."""


def importance(sweep: Sweep) -> list[Importance]:
    """Every parameter of a sweep, the most important first."""
    valued = ((trial["searched"], sweep.value(trial)) for trial in sweep.trials)
    return weigh([(searched, value) for searched, value in valued if value is not None])


def weigh(valued: Sequence[tuple[Mapping[str, Any], float]]) -> list[Importance]:
    """Every parameter by its name, the most important first, of runs by their parameters and the metric's value.

    The importance is eta-squared of the Kruskal-Wallis test, (H - k + 1) / (n - k) for n trials in k groups: it takes
    any shape of an effect, not only a rising one, looks at ranks alone, so that one diverged trial cannot decide, and
    is near 0 where there is none (Tomczak and Tomczak, 2014). Effects of parameters together are not told apart.
    """
    names = {name: None for parameters, _ in valued for name in parameters}
    found = [_of(name, [(parameters.get(name), value) for parameters, value in valued]) for name in names]
    return sorted(found, key=lambda item: (-item.importance, item.parameter))


def _of(name: str, pairs: Sequence[tuple[Any, float]]) -> Importance:
    ranks = _ranks([value for _, value in pairs])
    numbers = [item for item, _ in pairs if isinstance(item, int | float) and not isinstance(item, bool)]
    is_number = len(numbers) == len(pairs)
    groups = _parts(numbers) if is_number else [codec.dump(item) for item, _ in pairs]
    correlation = _pearson(_ranks(numbers), ranks) if is_number else None
    return Importance(name, _explained(groups, ranks), correlation, len(pairs))


def _explained(groups: Sequence[Any], ranks: Sequence[float]) -> float:
    count, distinct = len(ranks), set(groups)
    mean = sum(ranks) / count if count else 0.0
    spread = sum((rank - mean) ** 2 for rank in ranks)
    if len(distinct) < 2 or count <= len(distinct) or spread == 0:
        return 0.0
    between = 0.0
    for group in distinct:
        own = [rank for item, rank in zip(groups, ranks, strict=True) if item == group]
        between += len(own) * (sum(own) / len(own) - mean) ** 2
    statistic = (count - 1) * between / spread
    return min(1.0, max(0.0, (statistic - len(distinct) + 1) / (count - len(distinct))))


def _parts(numbers: Sequence[float]) -> list[int]:
    """Each number's group; equal numbers are in one."""
    if len(set(numbers)) <= GROUPS:
        return [sorted(set(numbers)).index(number) for number in numbers]
    return [min(GROUPS - 1, int((rank - 1) * GROUPS / len(numbers))) for rank in _ranks(numbers)]


def _ranks(numbers: Sequence[float]) -> list[float]:
    """Ranks from 1; equal ones share their mean."""
    order = sorted(range(len(numbers)), key=lambda place: numbers[place])
    ranks = [0.0] * len(numbers)
    start = 0
    for end in range(1, len(order) + 1):
        if end == len(order) or numbers[order[end]] != numbers[order[start]]:
            for place in order[start:end]:
                ranks[place] = (start + end + 1) / 2
            start = end
    return ranks


def _pearson(left: Sequence[float], right: Sequence[float]) -> float | None:
    count = len(left)
    if count < 2:
        return None
    one, other = sum(left) / count, sum(right) / count
    together = sum((a - one) * (b - other) for a, b in zip(left, right, strict=True))
    spreads = sum((a - one) ** 2 for a in left) * sum((b - other) ** 2 for b in right)
    return float(together / spreads**0.5) if spreads else None


def _read(data: bytes, key: str) -> TrialDocument | None:
    """A document; one that cannot be read hides no other."""
    try:
        document: TrialDocument = records.unpack_document(data, records.TRIAL_FORMAT, key)
    except FormatError:
        return None
    return document


def _began(sweep: Sweep) -> float:
    return max((trial.get("started_at", 0.0) for trial in (*sweep.trials, *sweep.running)), default=0.0)
