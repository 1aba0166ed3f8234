"""What the page asks about runs that belong together, sweeps and lines; it computes nothing of a trial or a night."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chiplog import times
from chiplog.bucket import Bucket
from chiplog.documents import TrialDocument
from chiplog.errors import FormatError, RunNotFound
from chiplog.reading import groups, lines, sweeps
from chiplog.reading.lines import Line
from chiplog.reading.sweeps import Sweep
from chiplog_dashboard import answers
from chiplog_dashboard.sight import Sight

MISSED = "missed"
"""State of a night that had no run."""


@dataclass
class Groups:
    """The questions, over one bucket."""

    bucket: Bucket
    sight: Sight

    def routes(self) -> list[Route]:
        """Every path of these questions."""
        return [
            Route("/api/v1/sweeps", self.list_sweeps),
            Route("/api/v1/sweeps/{cluster}/{namespace}/{sweep}", self.show_sweep),
            Route("/api/v1/lines", self.list_lines),
            Route("/api/v1/lines/{cluster}/{namespace}/{line}", self.show_line),
        ]

    def list_sweeps(self, request: Request) -> Response:
        """Sweeps with a trial, newest first."""
        return answers.document({"sweeps": [_sweep(found) for found in self.sight.sweeps(request)]})

    def show_sweep(self, request: Request) -> Response:
        """One sweep with its trials and what its parameters have to do with the metric."""
        wanted = tuple(request.path_params[name] for name in ("cluster", "namespace", "sweep"))
        for found in self.sight.sweeps(request):
            if (found.cluster, found.namespace, found.id) == wanted:
                lists = {"trial_list": _trials(found, found.trials), "running_list": _trials(found, found.running)}
                weights = [asdict(item) for item in sweeps.importance(found)]
                return answers.document({**_sweep(found), **lists, "importance": weights})
        raise RunNotFound(f"there is no sweep {wanted[2]} with a trial in namespace {wanted[1]}")

    def list_lines(self, request: Request) -> Response:
        """Lines with a night that is over, the one that ran last first."""
        return answers.document({"lines": [self._line(found) for found in self.sight.lines(request)]})

    def show_line(self, request: Request) -> Response:
        """One line with its nights, those that were missed among them, and where its pointer stands."""
        wanted = tuple(request.path_params[name] for name in ("cluster", "namespace", "line"))
        for found in self.sight.lines(request):
            if (found.place.cluster, found.place.namespace, found.place.uid) == wanted:
                latest = self._latest(found)
                nights = [{**groups.night(item, latest), "id": _night(found, item["run"])} for item in found.nights]
                return answers.document({**self._line(found), "latest": latest or None, "night_list": nights})
        raise RunNotFound(f"there is no line {wanted[2]} with a night that is over in namespace {wanted[1]}")

    def _latest(self, found: Line) -> str:
        """The run at the pointer; one that cannot be read hides no night."""
        try:
            pointer = lines.latest(self.bucket, found)
        except FormatError:
            return ""
        return pointer["run"] if pointer else ""

    def _line(self, found: Line) -> dict[str, Any]:
        missed = [night["scheduled_at"] for night in found.nights if night["state"] == MISSED]
        failed = [gate["said"] for gate in found.nights[-1]["gates"] if not gate["holds"] and not gate["is_warning"]]
        return {
            **groups.line(found),
            "id": f"{found.place.cluster}/{found.place.namespace}/{found.place.uid}",
            "metric": found.metric or None,
            "reason": found.nights[-1]["reason"],
            "message": found.nights[-1].get("message", ""),
            "failed_gates": failed,
            "missed": [times.iso(moment) for moment in missed],
        }


def _sweep(found: Sweep) -> dict[str, Any]:
    place = f"{found.cluster}/{found.namespace}/{found.id}"
    return {"id": place, **groups.sweep(found), "running": len(found.running)}


def _trials(found: Sweep, documents: Iterable[TrialDocument]) -> list[dict[str, Any]]:
    place = f"{found.cluster}/{found.namespace}"
    return [{**groups.trial(found, item), "id": f"{place}/{item['run']}"} for item in documents]


def _night(found: Line, run: str) -> str | None:
    return f"{found.place.cluster}/{found.place.namespace}/{run}" if run else None
