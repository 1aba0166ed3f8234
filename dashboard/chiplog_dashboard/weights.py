"""What the config of some runs has to do with a metric: the question of the page; the weighing is the sweeps' own."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chiplog import codec, layout
from chiplog.errors import FormatError, SettingsError
from chiplog.query import fields
from chiplog.reading import sweeps
from chiplog.reading.views import RunView
from chiplog_dashboard import answers
from chiplog_dashboard.sight import Sight

OWN = ("step", "took", "attempts")
"""Numbers of a run that stand in neither tree."""
MAX_RUNS = 500
MAX_PARAMETERS = 40
"""Of those that vary, the most important ones."""


@dataclass
class Weights:
    """The question."""

    sight: Sight

    def routes(self) -> list[Route]:
        """Every path of it."""
        return [Route("/api/v1/importance", self.weigh)]

    def weigh(self, request: Request) -> Response:
        """The parameters of every `run` that is named, by how much they explain of `metric`, such as `summary.loss`."""
        metric = request.query_params.get("metric", "")
        part, _, key = metric.partition(".")
        if metric not in OWN and not (part in ("summary", "config") and key):
            raise SettingsError(f"metric is neither summary.…, config.… nor one of {', '.join(OWN)}")
        named = request.query_params.getlist("run")
        if len(named) > MAX_RUNS:
            raise SettingsError(f"{len(named)} runs are asked for, {MAX_RUNS} are allowed")
        views = [self.sight.view(request, _place(name)) for name in named]
        now = self.sight.shelf.time()
        valued = [
            (dict(_flat(view.config)), value) for view in views if (value := _value(view, metric, now)) is not None
        ]
        found = [item for item in sweeps.weigh(_varied(valued)) if metric != f"config.{item.parameter}"]
        return answers.document({"importance": [asdict(item) for item in found[:MAX_PARAMETERS]]})


def _place(name: str) -> layout.Run:
    try:
        return layout.parse_run_path(name)
    except FormatError as error:
        raise SettingsError(f"run={error}") from error


def _value(view: RunView, metric: str, now: float) -> float | None:
    part, _, key = metric.partition(".")
    if metric in OWN:
        value = fields.of(view, now)((metric,))
    else:
        value = dict(_flat(view.summary if part == "summary" else view.config)).get(key)
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        return None
    return float(value)


def _varied(valued: list[tuple[dict[str, Any], float]]) -> list[tuple[dict[str, Any], float]]:
    """Without parameters that are the same everywhere, or are wandb's own."""
    names = {name for parameters, _ in valued for name in parameters if not name.startswith("_")}
    seen = {name: {codec.dump(parameters.get(name)) for parameters, _ in valued} for name in names}
    varied = {name for name, values in seen.items() if len(values) > 1}
    return [({key: item for key, item in parameters.items() if key in varied}, value) for parameters, value in valued]


def _flat(tree: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, item in tree.items():
        if isinstance(item, dict) and "_type" not in item:
            yield from _flat(item, f"{before}{key}.")
        else:
            yield f"{before}{key}", item
