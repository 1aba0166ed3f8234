"""Where a run runs: program, arguments, host, Python, git, packages. It reads, and records no environment variable.

Arguments, remotes and differences lose their secrets first (`masking`).
"""

import getpass
import os
import platform
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from chiplog import masking

MAX_PATCH_BYTES = 4 * 1024 * 1024
"""A longer difference is not kept: it is data, not code."""

GIT_SECONDS = 10.0


def command(environ: Mapping[str, str]) -> dict[str, Any]:
    """Program, arguments, host, user and Python."""
    known = masking.secrets(environ)
    told: dict[str, Any] = {
        "os": platform.platform(),
        "python": platform.python_version(),
        "program": masking.text(_program(), known),
        "args": masking.arguments(sys.argv[1:], known),
        "executable": sys.executable,
        "host": environ.get("WANDB_HOST") or environ.get("CHIPLOG_POD") or socket.gethostname(),
        "username": environ.get("CHIPLOG_USERNAME") or environ.get("WANDB_USERNAME") or _user(),
        "cpu_count": os.cpu_count() or 0,
        "cpu_count_logical": os.cpu_count() or 0,
        "started_at": time.time(),
    }
    return {name: value for name, value in told.items() if value}


def git(folder: Path, environ: Mapping[str, str]) -> tuple[dict[str, Any], str]:
    """Commit, branch, remote and whether there are changes, and the difference; nothing outside of a repository."""
    if not any((above / ".git").exists() for above in (folder, *folder.parents)) or shutil.which("git") is None:
        return {}, ""
    commit = _git(folder, "rev-parse", "HEAD").strip()
    if not commit:
        return {}, ""
    known = masking.secrets(environ)
    patch = _git(folder, "diff", "HEAD", "--submodule=short", "--no-ext-diff", "--no-color")
    told = {
        "commit": commit,
        "branch": _git(folder, "rev-parse", "--abbrev-ref", "HEAD").strip(),
        "remote": masking.text(_git(folder, "config", "--get", "remote.origin.url").strip(), known),
        "is_changed": bool(patch),
    }
    too_long = len(patch.encode(errors="replace")) > MAX_PATCH_BYTES
    return {name: value for name, value in told.items() if value}, "" if too_long else masking.lines(patch, known)


def packages(paths: Iterable[str]) -> list[str]:
    """`name==version` of what is installed below import paths, by the names of its `.dist-info` directories."""
    found = {
        name.removesuffix(".dist-info") for path in paths for name in _names(path or ".") if name.endswith(".dist-info")
    }
    pairs = [name.rpartition("-") for name in found if "-" in name]
    return sorted((f"{name.replace('_', '-')}=={version}" for name, _, version in pairs), key=str.lower)


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - names alone, of directories with thousands.
    except OSError:
        return []


def _program() -> str:
    return sys.argv[0] if sys.argv and sys.argv[0] not in ("", "-c") else "<python>"


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""  # A container's user id needs no name.


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "--no-optional-locks", "-C", str(folder), *arguments],
            capture_output=True, stdin=subprocess.DEVNULL, timeout=GIT_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode(errors="replace") if done.returncode == 0 else ""
