"""Ships one found run with a recorder beside it, and writes its documents; `syncing` decides when.

A directory at rest is drained: the recorder reads to its end and says so. One that is still written to is only
followed: a torn end would become a gap for ever. Its recorder is killed, which costs nothing, and a later sync goes on.
"""

import contextlib
import hashlib
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from chiplog import codec, layout, records
from chiplog.bucket import Bucket
from chiplog.errors import FormatError, NotFound
from chiplog.local import alive, beside, directory, identity, owning, papers
from chiplog.local.papers import End, LocalRun
from chiplog.reading import details, heads, views, written
from chiplog.reading.views import Papers
from chiplog.records import LiveHead
from chiplog_cli.importing import finding, mlflow
from chiplog_cli.importing.finding import Found

STILL_SECONDS = 4.0
"""A recorder that read and shipped nothing for so long has caught up: what is left is a torn end."""

REST_SECONDS = 60.0
"""A directory that nobody wrote to for so long is at rest."""


@dataclass(frozen=True)
class Target:
    """Where runs are brought."""

    bucket: str
    cluster: str
    namespace: str
    state: Path
    """Where receipts stand, and directories that were made of others' stores."""
    project: str = ""
    state_unknown: str = "silent"
    """What is said of a run that does not tell how it ended."""
    user: str = ""
    host: str = ""


class Shipment:
    """One run on its way.

    Args:
        found: the run.
        target: where it goes.
        environ: the recorder's, by the address of its bucket, for credentials.
    """

    def __init__(self, found: Found, target: Target, environ: Callable[[str], Mapping[str, str]]) -> None:
        self.found = found
        self._environ = environ
        self._folder = target.state / found.recorder
        self._local = directory.read(found.path) if found.is_own else None
        self._target = target if self._local is None else _own_target(target, self._local)
        self._process: subprocess.Popen[bytes] | None = None
        self._seen = ""
        self._started_at = 0.0
        self._reached: tuple[tuple[int, ...], float] = ((), 0.0)
        self._is_draining = False
        self.is_told = False
        """Its documents were written."""

    @property
    def place(self) -> layout.Run:
        """The run in the bucket."""
        if self._local is not None:
            return self._local.run.place
        run = identity.run_id(self.found.name, self.found.recorder)
        return layout.Run(self._target.cluster, self._target.namespace, run)

    @property
    def recorder(self) -> layout.Recorder:
        """Its recorder in the bucket."""
        return layout.Recorder(self.place.cluster, self.place.namespace, self.found.recorder)

    @property
    def address(self) -> str:
        """The bucket it goes to: of a run of `chiplog run`, the one it was begun in."""
        return self._target.bucket

    def is_done(self) -> bool:
        """Whether it was brought in as it stands now."""
        if self._local is not None:
            return self._local.is_complete
        return self._receipt().get(self.address) == self._fingerprint()

    def is_alive(self) -> bool:
        """Whether somebody still writes to it."""
        if self._local is not None:
            return alive.is_held(self.found.path / directory.ALIVE)
        if self.found.kind == finding.MLFLOW:
            return self.found.end is None and self._newest() > time.time() - REST_SECONDS
        return self._newest() > time.time() - REST_SECONDS

    def start(self, *, is_final: bool) -> bool:
        """Start its recorder; False while another one is at work. Raises OSError, SettingsError.

        Args:
            is_final: nobody writes there any more: read to the end and stop.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        self._seen, self._started_at = self._fingerprint(), time.time()
        self.refresh()
        own = self._local is not None
        log = (self.found.path if own else self._folder) / directory.LOG
        lock = (self.found.path if own else self._folder) / directory.RECORDER
        # A lock that nobody holds lets it end by itself; a signal could come before it listens.
        subject = replace(self._subject(), until=self._folder / "nobody" if is_final else None)
        self._process = beside.start(subject, self._environ(self.address), log, lock)
        return self._process is not None

    def refresh(self) -> None:
        """Take what is new in a store that no recorder reads itself. Raises OSError."""
        if self.found.kind == finding.MLFLOW:
            mlflow.convert(self.found.path, self._folder)

    def drain(self) -> None:
        """Let the recorder read to the end and stop. It is told once: a signal while it exits would kill it."""
        if self._process is not None and not self._is_draining:
            self._process.terminate()
            self._is_draining = True

    def kill(self) -> None:
        """Stop the recorder where it is; another one goes on there."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def is_running(self) -> bool:
        """Whether the recorder is at work."""
        return self._process is not None and self._process.poll() is None

    def is_drained(self) -> bool:
        """Whether the recorder brought everything in."""
        return self._process is not None and self._process.poll() == beside.DRAINED

    def head(self, bucket: Bucket) -> LiveHead | None:
        """What this recorder says in the bucket; None before it says anything. Raises BucketError."""
        key = layout.live_key(self.recorder)
        with contextlib.suppress(NotFound, FormatError):
            head = records.unpack_live_head(bucket.get(key).data, key)
            # An earlier recorder of the same directory said that nothing was left, then.
            return head if head["time"] >= self._started_at else None
        return None

    def has_caught_up(self, head: LiveHead) -> bool:
        """Whether the recorder has read and shipped all that is whole."""
        reached = (head["pending_bytes"], *(stream["position"] for stream in head["streams"]))
        if reached != self._reached[0]:
            self._reached = (reached, time.monotonic())
        is_still = time.monotonic() - self._reached[1] >= STILL_SECONDS
        return bool(head["streams"]) and (head["pending_bytes"] == 0 or is_still)

    def write(self, bucket: Bucket, *, is_durable: bool) -> None:
        """Write the run's documents from what its files say. Raises BucketError."""
        self.is_told = True
        if self._local is not None:
            self._write_own(bucket, is_durable=is_durable)
            return
        run = LocalRun(self.place, self.found.recorder, identity.name(self.found.name), self.found.project, time.time())
        fold, began, last = self._said(bucket, run)
        told = self.found.facts
        run = replace(
            run,
            display_name=str(told.get("display_name") or fold.run.get("name") or self.found.name),
            project=self._target.project or str(fold.run.get("project") or self.found.project or "imported"),
            notes=str(told.get("notes") or fold.run.get("notes") or ""),
            tags=tuple(dict.fromkeys([*told.get("tags", []), *fold.run.get("tags", [])])),
            config=codec.number({key: value for key, value in fold.config.items() if not key.startswith("_")}),
            created_at=began or time.time(),
            created_by=str(told.get("created_by") or self._target.user),
            host=str(fold.run.get("host") or self._target.host),
        )
        end = papers.RUNNING if not is_durable else self._end(fold.exit_code, last)
        owning.write(bucket, run, papers.outcome(run, began, end, is_durable=is_durable))

    def keep_receipt(self) -> None:
        """Remember that it is in the bucket as it stood when it was shipped. Raises OSError."""
        if self._local is None:
            receipt = {**self._receipt(), self.address: self._seen}
            (self._folder / "receipt.json").write_text(json.dumps(receipt))

    def size(self) -> int:
        """Bytes of its directory."""
        return sum(status.st_size for _, status in self._files())

    def _said(self, bucket: Bucket, run: LocalRun) -> "tuple[Any, float | None, float | None]":
        """What the files say, when the run began and when it last said something."""
        beginning = papers.outcome(run, None, papers.RUNNING, is_durable=False)
        beats = heads.of(bucket, [self.recorder])
        (known,) = written.with_seals(bucket, [Papers(run.place, run.document(), beginning)])
        view = views.of_run(known, beats, time.time())
        fold = details.read(bucket, view).fold
        began = self.found.facts.get("started_at") or fold.run.get("started_at") or self._oldest()
        return fold, began, fold.last_time or self._newest()

    def _end(self, exit_code: int | None, last: float | None) -> End:
        if self.found.end is not None:
            return self.found.end
        end = End.of_exit_code(exit_code, last)
        return end if exit_code is not None else replace(end, state=self._target.state_unknown)

    def _write_own(self, bucket: Bucket, *, is_durable: bool) -> None:
        local = directory.read(self.found.path)
        if local is None:
            return
        end = local.end
        if end == papers.RUNNING and is_durable:
            fold, _, last = self._said(bucket, local.run)
            end = End.of_exit_code(fold.exit_code, last)
        owning.write(bucket, local.run, papers.outcome(local.run, local.started_at, end, is_durable=is_durable))
        local.write(end=end, is_complete=is_durable)

    def _subject(self) -> beside.Subject:
        if self._local is not None:
            return beside.Subject.of(self._local, 0.0)
        is_made = self.found.kind == finding.MLFLOW
        folder = self._folder / identity.CONTAINER if is_made else self.found.path
        return beside.Subject(
            bucket=self.address,
            cluster=self.place.cluster,
            namespace=self.place.namespace,
            recorder=self.found.recorder,
            root=folder.parent,
            container=folder.name,
            run=self.place.id,
            project=self._target.project or self.found.project,
            host=self._target.host,
            sources=self.found.sources,
            copies=True,
        )

    def _files(self) -> Iterator[tuple[Path, os.stat_result]]:
        for folder, _, names in os.walk(self.found.path):
            for name in names:
                with contextlib.suppress(OSError):
                    path = Path(folder) / name
                    yield path, path.stat(follow_symlinks=False)

    def _newest(self) -> float:
        return max((status.st_mtime for _, status in self._files()), default=0.0)

    def _oldest(self) -> float | None:
        return min((status.st_mtime for _, status in self._files()), default=None)

    def _fingerprint(self) -> str:
        told = sorted(f"{path}\0{status.st_size}\0{status.st_mtime_ns}" for path, status in self._files())
        return hashlib.sha256("\n".join(told).encode(errors="surrogatepass")).hexdigest()

    def _receipt(self) -> dict[str, str]:
        try:
            told: dict[str, str] = json.loads((self._folder / "receipt.json").read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return told


def _own_target(target: Target, local: directory.Directory) -> Target:
    return replace(target, bucket=local.bucket)
