"""Compiling the node's Go programs into the cache; it must not decide which versions."""

import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from chiplog_cluster import commands, files, tools
from chiplog_cluster.checkout import Checkout
from chiplog_cluster.errors import ClusterError
from chiplog_cluster.progress import Progress
from chiplog_cluster.tools import Tool

_REPORT_SECONDS = 10


def build_missing(checkout: Checkout, go: Path, progress: Progress) -> None:
    """Compile what the cache lacks, one after the other, while the sources of the next ones are being downloaded.

    Another checkout that builds at the same time is waited for, and its results are used.
    """
    if all(tool.is_built(checkout) for tool in tools.ALL):
        return
    waiting = "another checkout is building the same tools: waiting for it"
    with files.lock(checkout.cache / "tools.lock", when_waiting=lambda: progress.say(waiting)):
        missing = [tool for tool in tools.ALL if not tool.is_built(checkout)]
        fetcher = threading.Thread(target=_fetch_all, args=(checkout, go, missing[1:]), daemon=True)
        fetcher.start()
        for tool in missing:
            with progress.step(f"compiling {tool.title} {tool.version}"):
                _build(checkout, go, tool, progress)


def arguments(go: Path, tool: Tool, out: Path) -> list[str]:
    """The command line that builds one static program."""
    stamps = " ".join(f"-X {stamp}" for stamp in tool.stamps)
    return [str(go), "build", "-v", "-trimpath", f"-ldflags=-s -w {stamps}".rstrip(), f"-o={out}", tool.target]


def environ(go: Path) -> dict[str, str]:
    """The caller's Go settings with what makes a program static; the toolchain is the one given, never a download."""
    path = f"{go.parent}:{os.environ.get('PATH', commands.SYSTEM_PATH)}"
    return {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "PATH": path}


def _build(checkout: Checkout, go: Path, tool: Tool, progress: Progress) -> None:
    final = tool.folder(checkout)
    final.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{tool.name}-", dir=final.parent))
    try:
        _compile(arguments(go, tool, draft / tool.name), tool, checkout, environ(go), progress)
        for command in tool.commands:
            (draft / command).symlink_to(tool.name)
        draft.chmod(0o755)
        draft.replace(final)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _compile(argv: list[str], tool: Tool, checkout: Checkout, env: dict[str, str], progress: Progress) -> None:
    """Run the compiler at low priority, counting the packages that it names on stderr."""
    nice = ["nice", "-n", "10", *argv]
    process = subprocess.Popen(nice, cwd=tool.source(checkout), env=env, stderr=subprocess.PIPE, text=True)
    if process.stderr is None:
        raise ClusterError("the compiler's messages cannot be read")
    said = _follow(process.stderr, tool, progress)
    if process.wait():
        raise ClusterError(f"`{' '.join(argv)}` ended with {process.returncode}:\n" + "\n".join(said[-20:]))


def _follow(lines: Iterable[str], tool: Tool, progress: Progress) -> list[str]:
    said: list[str] = []
    compiled, reported = 0, time.monotonic()
    for line in lines:
        said.append(line.rstrip())
        compiled += not line.startswith("go: ")
        if time.monotonic() - reported >= _REPORT_SECONDS:
            reported = time.monotonic()
            progress.say(f"{compiled} of about {max(tool.packages, compiled)} packages compiled")
    return said


def _fetch_all(checkout: Checkout, go: Path, wanted: list[Tool]) -> None:
    """Download the sources that the builds after the first will read; should it fail, the build itself says why."""
    for tool in wanted:
        argv = [str(go), "list", "-deps", tool.target]
        subprocess.run(argv, cwd=tool.source(checkout), env=environ(go), capture_output=True, check=False)
