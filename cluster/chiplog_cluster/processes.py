"""Telling a process of ours from another that got its number; it must not start any."""

import json
import os
import signal
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from chiplog_cluster import files


@dataclass(frozen=True)
class Identity:
    """What no other process ever shares: its number, the clock tick of its start, and the boot of its machine."""

    pid: int
    start: int
    boot: str


def identify(pid: int) -> Identity | None:
    """The identity of a living process, or None; a zombie is not living."""
    stat = files.read(Path(f"/proc/{pid}/stat"))
    if stat is None:
        return None
    # The second field is the name in parentheses, which may itself hold spaces and parentheses.
    fields = stat.rpartition(")")[2].split()
    if fields[0] in "ZX":
        return None
    return Identity(pid, int(fields[19]), Path("/proc/sys/kernel/random/boot_id").read_text().strip())


def remember(path: Path, identity: Identity) -> None:
    """Write an identity down."""
    files.write(path, json.dumps(asdict(identity)))


def recall(path: Path) -> int | None:
    """The number of the process that was written down, if that very process still lives."""
    text = files.read(path)
    if text is None:
        return None
    known = Identity(**json.loads(text))
    return known.pid if identify(known.pid) == known else None


def end(path: Path, grace_seconds: float) -> None:
    """End the process that was written down: politely, and after the grace by force."""
    pid = recall(path)
    if pid is not None:
        os.kill(pid, signal.SIGTERM)
        if not _gone(path, grace_seconds):
            os.kill(pid, signal.SIGKILL)
            _gone(path, 10)
    path.unlink(missing_ok=True)


def _gone(path: Path, seconds: float) -> bool:
    limit = time.monotonic() + seconds
    while recall(path) is not None:
        if time.monotonic() > limit:
            return False
        time.sleep(0.02)
    return True
