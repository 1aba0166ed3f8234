"""How a run's words become rows of its file. It raises for a wrong call, never for a trouble of its own.

`log` has two ways. Plain numbers under keys that were seen before take the fast one: one look-up, one `pack`, one
`write(2)`, no lock. Everything else goes through `_log`.
"""

import contextlib
import struct
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from chiplog import __version__, rundir
from chiplog.runfile import Shape
from chiplog.tracking import gathering, metrics, notices, values
from chiplog.tracking.config import Config
from chiplog.tracking.identity import Identity
from chiplog.tracking.journal import File, Journal, Row
from chiplog.tracking.metrics import Rules
from chiplog.tracking.places import Place
from chiplog.tracking.settings import Settings
from chiplog.tracking.steps import Pending, Placed, Steps, whole
from chiplog.tracking.summary import Summary

_now = time.time


class Recording:
    """A run as it is written down; `Run` adds what scripts call.

    Args:
        identity: who it is.
        place: where its files stand.
        settings: what is recorded beside the script's words.
        open_file: makes its file.
        start: its first step.
    """

    def __init__(
        self,
        identity: Identity,
        place: Place,
        settings: Settings,
        open_file: Callable[[str], File],
        start: int = 0,
    ) -> None:
        self.identity = identity
        self.place = place
        self.settings = settings
        self.started_at = time.time()
        self.exit_code: int | None = None
        self.parent = ""
        """The file of the process that this one was forked from."""
        self.ends: list[Callable[[], None]] = []
        """What stops with the run: threads, the console."""
        self.is_finished = False
        self._start = start
        self._steps = Steps(start)
        self._rules = Rules()
        self._aggregates: dict[str, metrics.Aggregate] = {}
        self._shapes: dict[tuple[Any, ...], Shape] = {}
        """Of rows that take the fast way, by their keys and types."""
        self._facts: dict[str, Any] = {}
        self.summary = Summary(self._on_summary, lambda value, key: values.one(value, self._bind, "summary", key))
        self._newest = self.summary.newest
        self.config = Config(self._on_config)
        self.journal = Journal(lambda: open_file(self.identity.id), self._preamble)

    def log(
        self,
        data: Mapping[str, Any],
        step: int | None = None,
        commit: bool | None = None,
        sync: bool | None = None,  # noqa: ARG002 - wandb's, and without a meaning there, too.
    ) -> None:
        """Record values of metrics; they are in the file when this returns. It never raises and never waits.

        Args:
            data: by name: numbers, texts, lists, nested mappings, media.
            step: where they belong; the counter's place without it. A step below the counter is ignored.
            commit: False: more follows at this step. By default True without `step`, and False with it.
            sync: nothing.
        """
        if step is None and commit is None and self._steps.pending is None:
            try:
                shape = self._shapes[(*data, *map(type, data.values()))]
                steps = self._steps
                number = steps.last = next(steps.counter)
                now = _now()
                self._newest[shape[0]] = (shape, self.journal.file.packed(shape, number, now, data.values()))  # type: ignore[union-attr]
                if now >= self._look_at:
                    self._look(now)
                return
            except KeyError:
                pass  # Keys or types that were not seen before.
            except (struct.error, OSError) as error:
                self._stumbled(data, number, now, error)
                return
            except (TypeError, AttributeError):
                pass  # No mapping at all, or keys that cannot be looked up.
        self._log(data, step, commit)

    _look_at = 0.0

    def _look(self, now: float) -> None:
        self._look_at = now + 2.0
        self.journal.look()
        if self.journal.file is None:
            self._shapes.clear()

    def _stumbled(self, data: Mapping[str, Any], number: int, now: float, error: Exception) -> None:
        """The fast way did not get through: the disk is full, or an integer is beyond 64 bits."""
        self._shapes.clear()
        if isinstance(error, OSError):
            self.journal.failed(error, 1)
        else:
            self._record(Placed(number, is_open=False), data, now)

    def _log(self, data: Any, step: Any, commit: bool | None) -> None:
        if self.is_finished:
            text = notices.shown(data)
            notices.warn("finished", f"log after finish: run {self.identity.id} is over, not recorded: {text}")
            return
        if not isinstance(data, Mapping):
            notices.warn("log", f"log: {notices.shown(data)} is no mapping of names to values, not recorded")
            return
        place = whole(step) if step is not None else None
        if step is not None and (place is None or place < 0):
            notices.warn("log step", f"log: step={notices.shown(step)} is no step, not recorded: {notices.shown(data)}")
            return
        now = time.time()
        placed = self._steps.place(place, commit)
        if placed.is_ignored:
            notices.warn(
                "log back",
                f"log: step={placed.step} goes back, the run is at step {self._steps.next}; not recorded: "
                f"{', '.join(map(str, data))}. Later ones are not told",
            )
            return
        self._record(placed, data, now)

    def _record(self, placed: Placed, data: Mapping[str, Any], now: float) -> None:
        """Write a row or a piece of one."""
        types = values.packed_types(data)
        step = placed.step
        tree = values.numbers(data) if types else values.tree(data, lambda value, key: self._bind(value, key, step))
        said = tree.pop("_timestamp", None)
        now = float(said) if isinstance(said, int | float) else now
        tree.pop("_step", None)
        tree.pop("_runtime", None)
        with self._steps.lock:
            row, then, is_plain = self._row(placed, tree, now)
        if row is None:
            return
        types = types if types and len(tree) == len(types) else None  # A step metric was put in.
        if types and is_plain and not placed.is_open and not self._steps.pending:
            self._learn(data, types)
        self.journal.logged(row, types, then)

    def _row(self, placed: Placed, tree: dict[str, Any], now: float) -> tuple[Row | None, list[Row], bool]:
        pending = self._steps.pending
        before = pending.values if pending else {}
        if not tree and not pending:
            return None, [], False
        for name in self._rules.missing_steps({**before, **tree}):
            if name in self.summary:
                tree[name] = self.summary[name]
        leaves = gathering.leaves(tree)
        is_plain = gathering.is_plain(leaves, self._rules, self.summary)
        row: Row = {"kind": "history", "step": placed.step, "time": now, "values": tree}
        was_plain = pending.is_plain if pending else True
        then: list[Row] = []
        if is_plain and was_plain:
            row["summary"] = True
            self.summary.logged([[list(path), value] for path, value in leaves])
        else:
            whole_row = gathering.leaves({**before, **tree}) if was_plain else leaves
            update = gathering.updates(whole_row, self._rules, self._aggregates, self.summary)
            self.summary.logged(update)
            then = [{"kind": "summary", "update": update, "remove": []}] if update else []
        if placed.is_open:
            row["open"] = True
            self._steps.pending = Pending(placed.step, {**before, **tree}, is_plain and was_plain)
        else:
            self._steps.pending = None
        return row, then, is_plain

    def _learn(self, data: Mapping[str, Any], types: str) -> None:
        """Let rows of these keys and types take the fast way."""
        file = self.journal.opened()
        try:
            shape = file.shape(list(data), types) if file else None
        except (OSError, ValueError):
            return  # The row itself will find out.
        if shape is not None:
            self._shapes[(*data, *map(type, data.values()))] = shape

    @property
    def files(self) -> Path:
        """The directory of its media and saved files, beside its file."""
        path = getattr(self.journal.opened(), "path", None)
        return self.place.files if path is None else Path(path).parent / rundir.FILES

    def note(self, facts: Mapping[str, Any]) -> None:
        """Record facts of its surroundings."""
        self._facts.update(facts)
        self.journal.rows([{"kind": "environment", "environment": dict(facts)}])

    def forked(self) -> None:
        """This process is a child: it goes on in a file of its own, which says whose child it is."""
        file, self.journal.file = self.journal.file, None
        self.parent = str(getattr(getattr(file, "path", None), "name", ""))
        self.ends.clear()
        self.summary.tree()
        self._shapes.clear()
        steps = Steps(self._steps.next)
        steps.pending, self._steps = self._steps.pending, steps
        if file is not None:
            with contextlib.suppress(OSError):  # The parent's is another descriptor.
                file.close()

    def _dataset(self, name: str, told: dict[str, Any]) -> None:
        known = {**self._facts.get("datasets", {}), name: told}
        self.note({"datasets": known})

    def _bind(self, value: Any, key: str, step: int | str = "summary") -> Any:
        from chiplog.media import binding

        return binding.bound(value, self.files, key.rpartition(values.BELOW)[2], step)

    def _preamble(self) -> list[Row]:
        """What each of the run's files begins with."""
        self._shapes.clear()
        who = self.identity
        told = {
            "run_id": who.id, "entity": who.entity, "project": who.project, "name": who.name, "notes": who.notes,
            "tags": list(who.tags), "group": who.group, "job_type": who.job_type, "sweep_id": who.sweep_id,
            "started_at": self.started_at, "rank": who.rank, "resume": who.resume, "parent": self.parent,
            "starting_step": self._steps.next, "config": [[[key], value] for key, value in self.config.items()],
        }  # fmt: skip
        said = {name: value for name, value in told.items() if value not in (None, "", [], False)}
        rows: list[Row] = [
            {"kind": "header", "producer": f"chiplog {__version__}", "format": 1},
            {"kind": "run", **said},
        ]
        rows += [rule.row() for rule in (*self._rules.named.values(), *self._rules.globs)]
        return [*rows, {"kind": "environment", "environment": self._facts}] if self._facts else rows

    def _on_config(self, changed: dict[str, Any]) -> None:
        journal = self.__dict__.get("journal")
        if journal is not None and journal.file is not None:
            journal.rows(
                [{"kind": "config", "update": [[[key], value] for key, value in changed.items()], "remove": []}]
            )

    def _on_summary(self, update: Sequence[Any], remove: Sequence[Any]) -> None:
        self._shapes.clear()
        self.journal.rows([{"kind": "summary", "update": list(update), "remove": list(remove)}])
