"""The run directory of a local run, with what is needed to complete it when everybody is gone: `local.json`, two locks.

`root/` holds `local.json`, the locks `alive` (the command's) and `recorder`, the recorder's own log, and `main/`, which
the command knows as `$CHIPLOG_DIR`.
"""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from chiplog import layout
from chiplog.errors import FormatError
from chiplog.local import identity, papers
from chiplog.local.papers import End, LocalRun

FILE = "local.json"
ALIVE = "alive"
RECORDER = "recorder"
LOG = "recorder.log"

FORMAT = "chiplog.local"


@dataclass(frozen=True)
class Directory:
    """One run directory and what its `local.json` says."""

    root: Path
    bucket: str
    run: LocalRun
    started_at: float | None = None
    end: End = papers.RUNNING
    is_complete: bool = False
    """Everything is in the bucket, the documents included."""

    @property
    def main(self) -> Path:
        """What the command writes to."""
        return self.root / identity.CONTAINER

    def write(self, **changes: Any) -> "Directory":
        """Change it and write it down, whole or not at all. Raises OSError."""
        changed = replace(self, **changes)
        document = {"format": FORMAT, **asdict(changed)}
        del document["root"]
        new = self.root / f".{FILE}.new"
        new.write_text(json.dumps(document, indent=1))
        new.chmod(0o600)
        new.replace(self.root / FILE)
        return changed


def read(root: Path) -> Directory | None:
    """The run directory at `root`; None where it is none. Raises FormatError for one whose words cannot be read."""
    try:
        told = json.loads((root / FILE).read_text())
        told = {key: value for key, value in told.items() if key != "format"}
        run = told.pop("run")
        run |= {"place": layout.Run(**run["place"]), "command": tuple(run["command"]), "tags": tuple(run["tags"])}
        return Directory(root=root, run=LocalRun(**run), end=End(**told.pop("end")), **told)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FormatError(f"{root / FILE} cannot be read: {error}") from error
