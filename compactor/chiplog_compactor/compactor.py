"""The compactor's pass: seal what is over, list it, sweep what was given up, draw what is settled; it is told when."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from chiplog import layout, logs
from chiplog.bucket import Bucket
from chiplog.errors import NotFound
from chiplog.reading import soundness
from chiplog_compactor.drawing import Drawer
from chiplog_compactor.finding import Finder
from chiplog_compactor.indexing import Indexer
from chiplog_compactor.sealing import Sealing, SupersededError, Task
from chiplog_compactor.settings import Settings
from chiplog_compactor.sweeping import Sweeper

RETRY_SECONDS = 600.0
"""A run that could not be sealed, for an object of it is damaged, is tried again after this long."""

log = logs.Logger()


@dataclass
class Compactor:
    """Seals and sweeps; everything it remembers only saves requests."""

    bucket: Bucket
    settings: Settings
    clock: Callable[[], float] = time.time
    problems: dict[layout.Run, str] = field(default_factory=dict)
    """Why runs could not be sealed."""
    _later: dict[layout.Run, float] = field(default_factory=dict)
    _swept: float = float("-inf")

    def __post_init__(self) -> None:
        self._finder = Finder(self.bucket)
        self._indexer = Indexer(self.bucket)
        self._drawer = Drawer(self.bucket)
        self._sweeper = Sweeper(self.bucket, self.settings, self.clock)

    @property
    def is_behind(self) -> bool:
        """There are curves to be drawn yet."""
        return self._drawer.is_behind

    def pause(self) -> float:
        """Seconds until the next look."""
        return self.settings.look_seconds if self._finder.is_busy else self.settings.idle_look_seconds

    def look(self) -> int:
        """Seal every run that is over, and sweep when it is time; how many runs were sealed. Raises BucketError."""
        sealed = [task.run for task in self._finder.look(self.clock()) if self._seal(task)]
        self._indexer.add(sealed)
        if self.clock() - self._swept >= self.settings.sweep_seconds:
            for task in self._finder.long(self.clock()):
                self._seal(task)
            self._sweeper.sweep()
            self._indexer.reconcile(self.clock())
            self._swept = self.clock()
            self._drawer.draw(self.clock())
        elif self._drawer.is_behind:
            self._drawer.draw(self.clock())
        return len(sealed)

    def _seal(self, task: Task) -> bool:
        if self.clock() < self._later.get(task.run, float("-inf")):
            return False
        try:
            began = time.monotonic()
            if task.is_sealed:
                self._indexer.drop(task.run)
            seal = Sealing(self.bucket, task, self.clock(), self.settings.keep_segments).seal()
        except (SupersededError, NotFound, *soundness.MALFORMED) as error:
            # Whoever may write into one namespace may write anything there: it holds up no other run.
            log.warning("not sealed, nothing was deleted", run=task.run.path, reason=str(error) or repr(error))
            self._later[task.run] = self.clock() + RETRY_SECONDS
            self.problems[task.run] = str(error)
            return False
        self._later.pop(task.run, None)
        self.problems.pop(task.run, None)
        lines = sum(part["lines"] for part in seal["parts"])
        seconds = round(time.monotonic() - began, 3)
        log.info("sealed", run=task.run.path, generation=seal["generation"], lines=lines, seconds=seconds)
        return True
