"""Runs a command with a recorder beside it: its signals, its console and its exit code pass through unchanged.

The command is never made to wait: it writes to files alone, also what it prints, and everybody else may die. Whether it
lives is told by a lock that it holds itself, so its recorder ends after it, whatever happened to this process.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from chiplog import rundir
from chiplog.bucket import Bucket
from chiplog.local import alive, beside, directory, owning
from chiplog.local.directory import Directory
from chiplog.local.papers import End

LOOK_SECONDS = 0.03
"""How often the command's console is looked at."""

NOT_FOUND, NOT_EXECUTABLE = 127, 126
"""Exit codes of a command that cannot be started, as shells say it."""

PASSED = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGINT, signal.SIGQUIT, signal.SIGCONT)
_TAKEN = {*PASSED, signal.SIGCHLD}


@dataclass(frozen=True)
class Options:
    """How the command is run."""

    console: bool = True
    """What it prints is recorded: it writes to files, which are shown as they grow."""
    wait_seconds: float = 60.0
    """For the store at the end, at most."""


@dataclass(frozen=True)
class Result:
    """How it went."""

    exit_code: int
    is_complete: bool
    """Everything is in the bucket."""
    problem: str = ""
    is_started: bool = True


class Relay:
    """Shows a growing file on one of our own outputs. A reader that is gone, or slow, costs the command nothing."""

    def __init__(self, source: Path, target: BinaryIO) -> None:
        self._source = source.open("rb")
        self._target: BinaryIO | None = target

    def show(self) -> None:
        """Show what is new."""
        data = self._source.read()
        if not data or self._target is None:
            return
        try:
            self._target.write(data)
            self._target.flush()
        except (BrokenPipeError, OSError):
            self._target = None


def run(
    place: Directory,
    words: Sequence[str],
    options: Options,
    environ: Mapping[str, str],
    open_bucket: Callable[[], Bucket],
    recorder_environ: Mapping[str, str] | None = None,
) -> Result:
    """Run a command to its end, and record it into the directory. Raises OSError where that cannot be made.

    `words` is the command as it was given; the one in the directory has lost its secrets. `recorder_environ` is the
    recorder's environment, where it reaches the bucket by what the command does not get.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _TAKEN)
    try:
        command = _start(place, words, options, environ, before)
        if isinstance(command, Result):
            return command
        return _Session(place, options, command, recorder_environ or environ, open_bucket).result()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def environment(place: Directory, options: Options, environ: Mapping[str, str]) -> dict[str, str]:
    """The command's environment. What the user set stays, but for where the run is written."""
    run = place.run
    metadata = {"name": run.display_name or run.name, "tags": ",".join(run.tags), "notes": run.notes}
    told = rundir.training_environment(
        run.place.id,
        run.project,
        run.place.id,
        {key: value for key, value in metadata.items() if value},
        str(place.main),
        console=not options.console,
    )
    if options.console:
        told["PYTHONUNBUFFERED"] = "1"  # To a file Python would print in blocks.
    ours = {name: told[name] for name in ("CHIPLOG_DIR", "CHIPLOG_RUN")}
    return {**told, **environ, **ours}


def _start(
    place: Directory, words: Sequence[str], options: Options, environ: Mapping[str, str], mask: Iterable[int]
) -> "subprocess.Popen[bytes] | Result":
    """The command, which alone holds the lock of its life; or why there is none."""
    held = alive.hold(place.root / directory.ALIVE)
    outputs = _outputs(place) if options.console else {}
    descriptors = [descriptor for descriptor in (held, *outputs.values()) if descriptor is not None]
    try:
        return subprocess.Popen(
            list(words),
            env=environment(place, options, environ),
            pass_fds=() if held is None else (held,),
            preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_SETMASK, mask),
            stdout=outputs.get("stdout"),
            stderr=outputs.get("stderr"),
        )
    except (FileNotFoundError, PermissionError, NotADirectoryError) as error:
        code = NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE
        return Result(code, False, f"{words[0]}: {error.strerror}", is_started=False)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def _outputs(place: Directory) -> dict[str, int]:
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
    return {name: os.open(place.main / file, flags, 0o644) for name, file in rundir.PRINTED.items()}


class _Session:
    """One command from its start to its end."""

    def __init__(
        self,
        place: Directory,
        options: Options,
        command: "subprocess.Popen[bytes]",
        environ: Mapping[str, str],
        open_bucket: Callable[[], Bucket],
    ) -> None:
        self._started_at = time.time()
        self._place = _noted(place, started_at=self._started_at)
        self._options = options
        self._command = command
        self._owner = owning.Owner(place.run, open_bucket)
        self._recorder = _recorder(place, options, environ)
        outputs = {"stdout": sys.stdout.buffer, "stderr": sys.stderr.buffer} if options.console else {}
        self._relays = [Relay(place.main / rundir.PRINTED[name], target) for name, target in outputs.items()]

    def result(self) -> Result:
        """Wait for the command, then for the store as long as was said."""
        self._owner.begin(self._started_at)
        returncode = self._follow()
        end = End.of_process(returncode, time.time())
        self._place = _noted(self._place, end=end)
        deadline = time.monotonic() + self._options.wait_seconds
        is_durable = self._drained(deadline)
        left = max(1.0, deadline - time.monotonic())
        is_told = self._owner.finish(self._started_at, end, is_durable=is_durable, seconds=left)
        if is_told and is_durable:
            _noted(self._place, is_complete=True)
        code = returncode if returncode >= 0 else 128 - returncode
        return Result(code, is_told and is_durable, self._problem())

    def _follow(self) -> int:
        """Pass signals on and show what is printed until the command has ended."""
        pause = LOOK_SECONDS if self._relays else 1.0
        while (returncode := self._command.poll()) is None:
            taken = signal.sigtimedwait(_TAKEN, pause)
            if taken is not None and is_to_pass(taken):
                self._command.send_signal(taken.si_signo)
            self._show()
        self._show()
        return returncode

    def _show(self) -> None:
        for relay in self._relays:
            relay.show()

    def _drained(self, deadline: float) -> bool:
        """Whether the recorder brought everything into the bucket in time. Ctrl-C ends the waiting alone."""
        if self._recorder is None:
            return False
        if alive.is_held(self._place.root / directory.ALIVE):
            self._recorder.terminate()  # A process that the command left behind holds the lock.
        while self._recorder.poll() is None and time.monotonic() < deadline:
            taken = signal.sigtimedwait(_TAKEN, LOOK_SECONDS)
            if taken is not None and taken.si_signo in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
                return False
        return self._recorder.poll() == beside.DRAINED

    def _problem(self) -> str:
        return str(self._owner.problem or "")


def _recorder(place: Directory, options: Options, environ: Mapping[str, str]) -> "subprocess.Popen[bytes] | None":
    """The recorder; None where it cannot be started, for the command runs all the same."""
    log, lock = place.root / directory.LOG, place.root / directory.RECORDER
    with contextlib.suppress(OSError):
        return beside.start(beside.Subject.of(place, options.wait_seconds), environ, log, lock)
    return None


def _noted(place: Directory, **changes: Any) -> Directory:
    """The directory with changes, written down where that can be done: on a full disk the command goes on."""
    try:
        return place.write(**changes)
    except OSError:
        return replace(place, **changes)


def is_to_pass(taken: signal.struct_siginfo) -> bool:
    """Whether a signal was meant for us alone. What the terminal sends (Ctrl-C) has reached the command already."""
    return taken.si_signo in PASSED and taken.si_code <= 0
