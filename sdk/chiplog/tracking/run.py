"""A run as scripts see it. It raises for a wrong call, never for a trouble of its own."""

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from chiplog.tracking import absent, gathering, metrics, notices
from chiplog.tracking import artifact as artifacts
from chiplog.tracking.artifact import Artifact
from chiplog.tracking.journal import File, Journal, Row
from chiplog.tracking.metrics import Rule
from chiplog.tracking.recording import Recording


class Run(Recording):
    """A run that is being recorded. `chiplog.init()` makes one."""

    def define_metric(
        self,
        name: str,
        step_metric: str | None = None,
        step_sync: bool | None = None,
        hidden: bool | None = None,
        summary: str | None = None,
        goal: str | None = None,
        overwrite: bool | None = None,
    ) -> Rule:
        """Say which value of a metric its summary shows, and which metric is its x-axis.

        Args:
            name: of the metric, or the beginning of several with a `*` behind.
            step_metric: the metric that is its x-axis.
            step_sync: put the step metric's last value into rows that lack it; by default where one is named.
            hidden: not shown in charts by itself.
            summary: `min`, `max`, `mean`, `last`, `first`, `none`, `best` (with `goal`), divided by commas.
            goal: `minimize` or `maximize`.
            overwrite: forget what was said of it before.

        Raises ValueError for an argument that means nothing.
        """
        rule = metrics.rule(_name(name), _name(step_metric), step_sync, hidden, summary, goal, overwrite)
        with self._steps.lock:
            self._rules.add(rule)
            self._shapes.clear()
        self.journal.rows([rule.row()])
        return rule

    def save(
        self,
        glob_str: str | Path,
        base_path: str | Path | None = None,
        policy: Literal["live", "now", "end"] = "live",
    ) -> list[str]:
        """Keep files: they are linked or copied beside the run's file, and shipped. Returns their paths there.

        Args:
            glob_str: a path or a glob, looked up now.
            base_path: what is left off their paths.
            policy: `live`: again whenever they change, `now`, or `end`.
        """
        from chiplog.tracking import saving

        found = saving.save(self.files, glob_str, base_path)
        if found:
            self.journal.rows([{"kind": "files", "files": [{"path": path, "policy": policy} for path in found]}])
        return [str(self.files / path) for path in found]

    def alert(self, title: str, text: str = "", level: Any = None, wait_duration: Any = 0) -> None:
        """Record an alert.

        Args:
            title: a few words.
            text: the rest.
            level: `INFO`, `WARN` or `ERROR`.
            wait_duration: seconds (or a timedelta) in which the same title is not said again.
        """
        seconds = (
            wait_duration.total_seconds() if hasattr(wait_duration, "total_seconds") else float(wait_duration or 0)
        )
        told = str(getattr(level, "value", level) or "INFO").upper()
        row = {"kind": "alert", "title": str(title), "text": str(text), "level": told}
        self.journal.rows([{**row, "wait_milliseconds": int(seconds * 1000)}])

    def use_dataset(self, name: str, uri: str | Path | None = None, digest: str | None = None) -> None:
        """Record which data the run reads; the data itself is not stored.

        Args:
            name: what people call it.
            uri: where it is. A path without a `digest` is hashed in the background.
            digest: what it is, such as `sha256:…`.
        """
        from chiplog.tracking import datasets

        self._dataset(name, {"uri": str(uri or name), **({"digest": digest} if digest else {})})
        if digest is None and uri is not None and Path(uri).exists():
            self.ends.append(datasets.hashed(Path(uri), lambda found: self._dataset(name, {"uri": str(uri), **found})))

    def log_artifact(
        self,
        artifact_or_path: Artifact | str | Path,
        name: str | None = None,
        type: str | None = None,  # noqa: A002 - W&B's name of it.
        aliases: Sequence[str] | None = None,
        tags: Sequence[str] | None = None,  # noqa: ARG002
    ) -> Artifact:
        """Keep a set of files under a name; they are copied beside the run's file, and shipped.

        Args:
            artifact_or_path: an `Artifact`, or a file or directory.
            name: of a path's artifact; its own name without it.
            type: of a path's artifact.
            aliases: besides `latest`.
            tags: nothing.

        Raises ValueError for a path that is not there.
        """
        given = artifact_or_path
        made = given if isinstance(given, artifacts.Artifact) else artifacts.of_path(given, name, type)
        try:
            row = artifacts.staged(
                made, self.files.parent / "artifacts", list(dict.fromkeys(["latest", *(aliases or [])]))
            )
        except OSError as error:
            notices.warn(f"artifact {made.name}", f"log_artifact: {made.name} was not kept: {error}")
            return made
        self.journal.rows([row])
        return made

    def log_model(self, path: str | Path, name: str | None = None, aliases: Sequence[str] | None = None) -> Artifact:
        """Keep a file or directory as an artifact of type `model`."""
        return self.log_artifact(path, name or f"run-{self.id}-{Path(path).name}", "model", aliases)

    def mark_preempting(self) -> None:
        """Record that the machine is about to be taken away."""
        self.journal.rows([{"kind": "preempting"}])

    def finish(self, exit_code: int | None = None, quiet: bool | None = None) -> None:  # noqa: ARG002 - wandb's.
        """End the run; a second call does nothing. `log` records nothing afterwards.

        Args:
            exit_code: 0 without it.
            quiet: nothing.
        """
        if self.is_finished:
            return
        for end in self.ends:
            end()
        code = exit_code if exit_code is not None else self.exit_code or 0
        self.journal.rows(self._last_rows(code))
        self.is_finished = True
        self._shapes.clear()
        self.journal.forget()
        self.journal = Journal(_nowhere, list)

    def _last_rows(self, exit_code: int) -> list[Row]:
        now = time.time()
        rows: list[Row] = []
        pending = self._steps.pending
        if pending is not None:
            rows = [{"kind": "history", "step": pending.step, "time": now, "values": {}}]
            self._steps.pending = None
        last = {"_runtime": now - self.started_at, "_timestamp": now, "_step": max(0, self._steps.next - (not pending))}
        rows.append({"kind": "summary", "update": [[[key], value] for key, value in last.items()], "remove": []})
        return [*rows, {"kind": "exit", "exit_code": int(exit_code), "runtime": int(now - self.started_at)}]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self.finish(exit_code=None if kind is None else gathering.exit_code(error))

    def __repr__(self) -> str:
        return f"<chiplog.Run {self.project}/{self.name} ({self.id})>"

    @property
    def id(self) -> str:
        """Its id."""
        return self.identity.id

    @property
    def name(self) -> str:
        """Its name, which may be changed."""
        return self.identity.name

    @name.setter
    def name(self, name: str) -> None:
        self.identity = self.identity._replace(name=str(name))
        self.journal.rows([{"kind": "run", "name": self.identity.name}])

    @property
    def notes(self) -> str:
        """What it is about, which may be changed."""
        return self.identity.notes

    @notes.setter
    def notes(self, notes: str) -> None:
        self.identity = self.identity._replace(notes=str(notes))
        self.journal.rows([{"kind": "run", "notes": self.identity.notes}])

    @property
    def tags(self) -> tuple[str, ...]:
        """Its tags, which may be changed."""
        return self.identity.tags

    @tags.setter
    def tags(self, tags: Iterable[str]) -> None:
        self.identity = self.identity._replace(tags=tuple(map(str, tags)))
        self.journal.rows([{"kind": "run", "tags": list(self.identity.tags)}])

    @property
    def project(self) -> str:
        """Its project."""
        return self.identity.project

    @property
    def entity(self) -> str:
        """Whose it is, as `init` was told."""
        return self.identity.entity

    @property
    def group(self) -> str:
        """Its group."""
        return self.identity.group

    @property
    def job_type(self) -> str:
        """Its job type."""
        return self.identity.job_type

    @property
    def sweep_id(self) -> str | None:
        """The sweep whose trial it is."""
        return self.identity.sweep_id or None

    @property
    def resumed(self) -> bool:
        """Whether it goes on with an earlier one."""
        return self.identity.resume and self._start > 0

    @property
    def start_time(self) -> float:
        """When it began, in Unix seconds."""
        return self.started_at

    @property
    def disabled(self) -> bool:
        """Nothing of it is recorded."""
        return self.settings.is_disabled

    @property
    def offline(self) -> bool:
        """True: it writes files, and nothing else."""
        return True

    @property
    def url(self) -> None:
        """None: there is no server."""
        return

    @property
    def path(self) -> str:
        """Project and id."""
        return "/".join(part for part in (self.entity, self.project, self.id) if part)

    def project_name(self) -> str:
        """Its project, as Lightning and older scripts ask for it."""
        return self.project

    def get_url(self) -> None:
        """None: there is no server."""
        return

    def _label(self, **_: Any) -> None:
        """Nothing: by this transformers tells W&B who calls."""

    def __getattr__(self, name: str) -> Any:
        raise absent.refuse(name, "run")

    @property
    def step(self) -> int:
        """The step of the next row."""
        return self._steps.next

    @property
    def dir(self) -> str:
        """The directory of its files."""
        return str(self.files)


def _name(metric: Any) -> Any:
    """A metric's name, also of the object that `define_metric` gave back."""
    return getattr(metric, "name", metric)


def _nowhere(_: str = "") -> File:
    raise FileNotFoundError("the run is finished")
