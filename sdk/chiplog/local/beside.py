"""Starts the recorder's program beside a directory: the sidecar's own; this knows nothing of it but its environment."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chiplog.bucket import apikey
from chiplog.errors import SettingsError
from chiplog.local import alive, directory
from chiplog.local.directory import Directory

COMMAND = [sys.executable, "-m", "chiplog_sidecar.start"]

DRAINED = 0
"""Exit code of a recorder after which everything that it found is in the bucket."""


@dataclass(frozen=True)
class Subject:
    """What a recorder is told."""

    bucket: str
    cluster: str
    namespace: str
    recorder: str
    root: Path
    """The directory above the run directory."""
    container: str
    """The run directory's name there."""
    run: str = ""
    project: str = ""
    host: str = ""
    sources: tuple[str, ...] = ()
    """Globs of the files to follow; empty means all."""
    copies: bool = False
    """The directory may be a copy of one that was recorded before."""
    until: Path | None = None
    drain_seconds: float = 0.0

    @classmethod
    def of(cls, place: Directory, drain_seconds: float) -> "Subject":
        """The run directory of a local run, recorded until its command has ended."""
        run = place.run
        return cls(
            bucket=place.bucket,
            cluster=run.place.cluster,
            namespace=run.place.namespace,
            recorder=run.recorder,
            root=place.root,
            container=place.main.name,
            run=run.place.id,
            project=run.project,
            host=run.host,
            until=place.root / directory.ALIVE,
            drain_seconds=drain_seconds,
        )

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The recorder's environment: the machine's own, for the bucket's credentials, and what is said here."""
        if "," in self.container or self.container.startswith("."):
            raise SettingsError(f"{self.root / self.container}: its name holds a comma, or begins with a dot")
        told = {
            "CHIPLOG_BUCKET": self.bucket,
            "CHIPLOG_CLUSTER": self.cluster,
            "CHIPLOG_NAMESPACE": self.namespace,
            "CHIPLOG_RECORDER": self.recorder,
            "CHIPLOG_DIR": str(self.root),
            "CHIPLOG_CONTAINERS": self.container,
            "CHIPLOG_SOURCES": ",".join(self.sources),
            "CHIPLOG_COPIES": "1" if self.copies else "",
            "CHIPLOG_RUN": self.run,
            "CHIPLOG_PROJECT": self.project,
            "CHIPLOG_POD": self.host,
            "CHIPLOG_NODE": self.host,
            "CHIPLOG_UNTIL": str(self.until or ""),
            "CHIPLOG_DRAIN_SECONDS": str(self.drain_seconds),
        }
        kept = {name: value for name, value in environ.items() if not name.startswith("CHIPLOG_") or _is_tuning(name)}
        return {**kept, **told}


def start(subject: Subject, environ: Mapping[str, str], log: Path, lock: Path) -> "subprocess.Popen[bytes] | None":
    """Start the recorder in a session of its own, so that Ctrl-C does not reach it; None while another one is at work.

    Args:
        log: what the recorder says of itself is appended there.
        lock: held by the recorder as long as it lives.
    """
    held = alive.hold(lock)
    if held is None:
        return None
    try:
        with log.open("ab") as output:
            return subprocess.Popen(
                COMMAND,
                env=subject.environment(environ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(held,),
                start_new_session=True,
                preexec_fn=_take_signals,
            )
    finally:
        os.close(held)


def _take_signals() -> None:
    """Who starts a recorder may have signals blocked, and children inherit that."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _is_tuning(name: str) -> bool:
    """What the recorder takes from its surroundings: settings, and the key of a door."""
    told = ("CHIPLOG_INCLUDE", "CHIPLOG_EXCLUDE", "CHIPLOG_LOG_LEVEL", apikey.VARIABLE, apikey.FILE_VARIABLE)
    return name.endswith("_SECONDS") or name in told
