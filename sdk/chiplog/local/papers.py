"""The documents of a local run, which its own machine writes in place of the operator; as values, it writes none."""

import signal
from dataclasses import dataclass, field
from typing import Any, cast

from chiplog import layout, records
from chiplog.codec import Row
from chiplog.documents import OutcomeDocument, RunDocument
from chiplog.local import identity


@dataclass(frozen=True)
class LocalRun:
    """Who and what; all of it is known when the run begins."""

    place: layout.Run
    recorder: str
    name: str
    project: str
    created_at: float
    command: tuple[str, ...] = ()
    display_name: str = ""
    notes: str = ""
    tags: tuple[str, ...] = ()
    config: dict[str, Any] = field(default_factory=dict)
    created_by: str = ""
    claimed_by: str = ""
    host: str = ""

    def document(self) -> RunDocument:
        """`run.json`."""
        document: RunDocument = {
            "format": records.RUN_FORMAT,
            "min_reader": records.READER,
            "cluster": self.place.cluster,
            "namespace": self.place.namespace,
            "run": self.place.id,
            "name": self.name,
            "uid": self.recorder,
            "display_name": self.display_name or self.name,
            "project": self.project,
            "notes": self.notes,
            "tags": list(self.tags),
            "config": dict(self.config),
            "metrics": [],
            "datasets": [],
            "created_at": self.created_at,
            "created_by": self.created_by,
            "service_account": "",
            "images": {},
            "command": {identity.CONTAINER: list(self.command)} if self.command else {},
        }
        if self.claimed_by:
            document["claimed_by"] = self.claimed_by
        return document


@dataclass(frozen=True)
class End:
    """How a run ended, as far as anybody knows."""

    state: str
    reason: str
    finished_at: float | None = None
    exit_code: int | None = None
    signal: int | None = None

    @classmethod
    def of_process(cls, returncode: int, finished_at: float) -> "End":
        """The end of a process, by Python's count: a negative number is the signal that killed it."""
        if returncode < 0:
            return cls("killed", _signal(-returncode), finished_at, 128 - returncode, -returncode)
        return cls(
            "failed" if returncode else "finished", "Error" if returncode else "Completed", finished_at, returncode
        )

    @classmethod
    def of_exit_code(cls, exit_code: int | None, finished_at: float | None) -> "End":
        """The end by what the program itself recorded; where it recorded none, nobody knows."""
        if exit_code is None:
            return cls("silent", "Unknown", finished_at)
        return cls("failed" if exit_code else "finished", "Error" if exit_code else "Completed", finished_at, exit_code)


RUNNING = End("running", "Running")


def outcome(run: LocalRun, started_at: float | None, end: End, *, is_durable: bool) -> OutcomeDocument:
    """`outcome.json`: one attempt, one recorder."""
    facts: Row = {"started_at": started_at, "finished_at": end.finished_at, "exit_code": end.exit_code}
    known = {key: value for key, value in facts.items() if value is not None}
    killed = {} if end.signal is None else {"signal": end.signal}
    container = {"name": identity.CONTAINER, "restarts": 0, "image": "", "image_id": "", **known, **killed}
    recorder = {"id": run.recorder, "pod": run.host, "node": run.host, "rank": 0, "containers": [container]}
    document: Row = {
        "format": records.OUTCOME_FORMAT,
        "min_reader": records.READER,
        "run": run.place.id,
        "state": end.state,
        "reason": end.reason,
        "durable": is_durable,
        **{key: value for key, value in known.items() if key != "exit_code"},
        "attempts": [{"number": 1, "reason": end.reason, **known, "recorders": [recorder]}],
    }
    return cast("OutcomeDocument", document)


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
