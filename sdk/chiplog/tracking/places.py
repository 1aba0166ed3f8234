"""Which directory a run writes to; it makes none.

In a pod the injector says it (`CHIPLOG_DIR`), and the sidecar reads there. Elsewhere it is a directory of the user's,
which the recorder of `chiplog run`, of `init` itself or of `chiplog sync` reads.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from chiplog import rundir

OWN = "chiplog"
"""The directory of our run files below a run directory, and the run directory's own name outside of a cluster."""

OFF = ".chiplog-off"
"""A file of this name in a directory turns tracking off for scripts that run there or below; `chiplog off` makes it."""


class Place(NamedTuple):
    """Where a run stands."""

    directory: Path
    """Of its run file."""
    is_recorded: bool
    """Somebody else (a sidecar, `chiplog run`) reads it already."""

    @property
    def files(self) -> Path:
        """Of its media and saved files."""
        return self.directory / rundir.FILES


def decide(environ: Mapping[str, str], told: str | Path | None, working: Path, *, is_wandb: bool = False) -> Place:
    """The place of a new run.

    Args:
        told: `init(dir=…)`. It loses against `CHIPLOG_DIR`: only there does somebody read.
        working: the current directory.
        is_wandb: for wandb's own log, whose directories stand in `wandb`.
    """
    own = rundir.WANDB_DIRECTORIES[0] if is_wandb else OWN
    injected = environ.get("CHIPLOG_DIR")
    if injected:
        return Place(Path(injected) / own, is_recorded=True)
    return Place(Path(told or working).absolute() / own, is_recorded=False)


def is_off(working: Path) -> bool:
    """Whether tracking is turned off for a directory or one above it."""
    return any((folder / OFF).exists() for folder in (working, *working.parents))
