"""A pytest plugin that hears every output of the suite and fails a test in which a secret was told; it changes none.

It hears what pytest captured of the test and its servers, what processes and commands gave back, the logs that lie in
the test's folder, and, where there is a node, what its pods logged meanwhile.
"""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click.testing
import pytest
import secrecy

ROOT = Path(__file__).parents[2]

_heard: list[tuple[str, list[str]]] = []
"""Where something was told since the test began."""

_read: dict[Path, int] = {}
"""Up to where the logs of pods were read."""


def pytest_configure() -> None:
    """Listen at the two places through which what others say comes back to a test."""
    for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        secrecy.note(os.environ.get(name, ""))
    _hear_processes()
    _hear_commands()


def _hear_processes() -> None:
    communicate = subprocess.Popen.communicate

    def heard(self: Any, *words: Any, **more: Any) -> Any:
        out, err = communicate(self, *words, **more)
        _hear(self.args, out, err)
        return out, err

    subprocess.Popen.communicate = heard  # type: ignore[method-assign]


def _hear_commands() -> None:
    invoke = click.testing.CliRunner.invoke

    def heard(self: Any, cli: Any, args: Any = None, **more: Any) -> Any:
        result = invoke(self, cli, args, **more)
        _hear(args or (), result.stdout, result.stderr)
        return result

    click.testing.CliRunner.invoke = heard  # type: ignore[method-assign]


def _hear(words: Any, out: str | bytes | None, err: str | bytes | None) -> None:
    command = [str(word) for word in ([words] if isinstance(words, str | os.PathLike) else words)]
    secrets = secrecy.told_by_command(command, _text(out), _text(err))
    _heard.append((secrecy.masked(" ".join(command))[:200], secrets))


def _text(said: str | bytes | None) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else said or ""


def pytest_runtest_setup() -> None:
    _heard.clear()
    secrecy.forget()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: "pytest.CallInfo[None]") -> Any:
    """At the end of a test, its fixtures' as well: nobody told a secret."""
    report: Any = yield
    if call.when == "teardown":
        said = secrecy.lines(_places(item, report))
        if said:
            report.outcome, report.longrepr = "failed", f"secrets were told:\n{said}"
    return report


def _places(item: pytest.Item, report: Any) -> Iterator[tuple[str, list[str]]]:
    yield from _heard
    yield from ((name, secrecy.told(text)) for name, text in report.sections)
    folder = getattr(item, "funcargs", {}).get("tmp_path")
    for path in _logs(folder) if folder else ():
        yield str(path), secrecy.told(path.read_text(errors="replace"))
    yield from ((name, secrecy.told(text)) for name, text in _all_pods())


def _logs(folder: Path) -> Iterator[Path]:
    """Where one can go: tests leave behind paths that are too long, links without an end and directories of nobody."""
    for place, _, names in os.walk(folder):
        paths = (os.path.join(place, name) for name in names if name.endswith(".log"))  # noqa: PTH118  # as `walk` says it
        yield from (Path(path) for path in paths if os.path.isfile(path) and os.access(path, os.R_OK))  # noqa: PTH113


def _all_pods() -> Iterator[tuple[str, str]]:
    """What the node's pods logged since the last look: the kubelet's files, for a pod may be gone by the end."""
    name = os.environ.get("CHIPLOG_BUCKET", "").rstrip("/").rpartition("/")[2]
    for path in (ROOT / ".chiplog" / name / "log" / "pods").glob("*/*/*.log") if name else ():
        with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
            file.seek(_read.get(path, 0))
            yield str(path.relative_to(ROOT)), _text(file.read())
            _read[path] = file.tell()
