"""A Sweep as a value that the rest can rely on; it reads the resource and decides nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chiplog_operator import names, times
from chiplog_operator.sweeps import configs, samplers
from chiplog_operator.sweeps.configs import Metric, SweepConfig
from chiplog_operator.sweeps.samplers import Search
from chiplog_operator.sweeps.stopping import Bands, Percentile, Rule, SuccessiveHalving

Tree = Mapping[str, Any]


@dataclass(frozen=True)
class Sweep:
    """One Sweep: what its owner wants, and the status that we wrote last."""

    namespace: str
    name: str
    uid: str
    resource_version: str
    generation: int
    created_at: float
    is_deleting: bool
    created_by: str
    """Who applied it, as the API server said."""
    sweep_config: Tree
    template: Tree
    parallelism: int
    max_failed_trials: int | None
    suspend: bool
    objectives: tuple[Tree, ...]
    sampler: Tree
    pruner: Tree
    status: Tree

    @property
    def id(self) -> str:
        """What scripts see as WANDB_SWEEP_ID."""
        return names.run_id(self.name, self.uid)


def sweep(body: Tree) -> Sweep:
    """Read a Sweep as the API server gives it."""
    metadata, spec = body["metadata"], body["spec"]
    return Sweep(
        namespace=metadata["namespace"],
        name=metadata["name"],
        uid=metadata["uid"],
        resource_version=metadata.get("resourceVersion", ""),
        generation=metadata.get("generation", 0),
        created_at=times.seconds(metadata.get("creationTimestamp")) or 0.0,
        is_deleting="deletionTimestamp" in metadata,
        created_by=(metadata.get("annotations") or {}).get(names.CREATED_BY_ANNOTATION, ""),
        sweep_config=spec["sweepConfig"],
        template=spec["template"],
        parallelism=spec.get("parallelism", 1),
        max_failed_trials=spec.get("maxFailedTrials"),
        suspend=spec.get("suspend", False),
        objectives=tuple(spec.get("objectives") or ()),
        sampler=spec.get("sampler") or {},
        pruner=spec.get("pruner") or {},
        status=body.get("status") or {},
    )


@dataclass(frozen=True)
class Task:
    """What a Sweep asks for, once its configuration is known to be good."""

    search: Search
    rule: Rule | None
    metric: Metric | None
    """What trials are stopped by, and what Best shows."""

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Every metric that is followed."""
        found = {metric.name: metric for metric in self.search.objectives}
        if self.metric is not None:
            found.setdefault(self.metric.name, self.metric)
        return tuple(found.values())

    @property
    def iterations(self) -> tuple[int, ...]:
        """Those whose values are kept of a trial that is over."""
        return tuple(self.rule.iterations()) if self.rule is not None else ()


def task(found: Sweep) -> Task:
    """Everything that the search needs. Raises InvalidConfig, naming fields and values."""
    config = configs.parse(found.sweep_config)
    objectives = tuple(Metric(item["name"], item["goal"]) for item in found.objectives)
    metric = config.metric or (objectives[0] if objectives else None)
    sampler = found.sampler.get("name", "tpe")
    search = Search(
        uid=found.uid,
        config=config,
        objectives=objectives or ((metric,) if metric is not None else ()),
        sampler=sampler,
        startup=found.sampler.get("startupTrials", samplers.STARTUP.get(sampler, 10)),
    )
    if sampler in ("cmaes", "gp") and len(search.objectives) > 1:
        raise configs.InvalidConfig(f"sampler.name: {sampler} takes one objective; nsga2 and tpe take several")
    return Task(search, _rule(config, found.pruner), metric)


def _rule(config: SweepConfig, pruner: Tree) -> Rule | None:
    if config.hyperband is not None:
        return Bands(config.hyperband)
    if not pruner:
        return None
    first = pruner.get("firstIteration", 1)
    if pruner["name"] == "asha":
        return SuccessiveHalving(first, pruner.get("eta", 3))
    percent = 50 if pruner["name"] == "median" else pruner.get("percent", 50)
    return Percentile(percent, first, pruner.get("everyIterations", 1), pruner.get("startupTrials", 5))
