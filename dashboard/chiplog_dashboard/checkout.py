"""Reports that lie in a directory, such as a checkout of Git, for reading alone; no path comes from a request.

Each is `<namespace>/<name>.md`. What a link in the directory leads to counts only where it lies in there as well.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from chiplog.word_layout import Report
from chiplog_dashboard import papers, sight
from chiplog_dashboard.papers import Paper

PREFIX = "git."
"""Begins the name of each; a report of the bucket has no dot in its name."""
MAX_FILES = 1000
MAX_BYTES = 1 << 20
"""Of one; a longer file is none."""
NOWHERE = "local"
"""Stands for the cluster where the dashboard shows those of all clusters."""


@dataclass(frozen=True)
class Kept:
    """A report of the directory."""

    report: Report
    paper: Paper
    modified: float
    """Unix seconds, by the file."""


@dataclass(frozen=True)
class Checkout:
    """The directory, read anew at each question: whoever fills it may put another in its place; None holds nothing."""

    folder: Path | None = None
    cluster: str = ""

    def every(self, namespace: str = "") -> Iterator[Kept]:
        """All that there are, or those of a namespace."""
        if self.folder is None:
            return
        top = self.folder.resolve()
        for path in sorted(top.glob("*/*.md"))[:MAX_FILES]:
            home, name = path.parent.name, path.stem
            if sight.is_name(home) and sight.is_name(name) and namespace in ("", home):
                found = _read(path, top)
                if found is not None:
                    yield Kept(Report(self.cluster or NOWHERE, home, PREFIX + name), *found)

    def find(self, report: Report) -> Kept | None:
        """The one at a place."""
        return next((kept for kept in self.every(report.namespace) if kept.report == report), None)


def is_kept(report: Report) -> bool:
    """Whether a report can only be one of a directory."""
    return report.name.startswith(PREFIX)


def _read(path: Path, top: Path) -> tuple[Paper, float] | None:
    try:
        real = path.resolve()
        state = real.stat()
        if not (real.is_relative_to(top) and real.is_file() and state.st_size <= MAX_BYTES):
            return None
        return papers.unpacked(real.read_bytes()), state.st_mtime
    except OSError:
        return None  # It went while we looked, or is not for us.
