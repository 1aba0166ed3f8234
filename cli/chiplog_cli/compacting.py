"""Starts the compactor's program over a bucket; this knows nothing of it but its arguments and its exit codes."""

import importlib.util
import subprocess
import sys
from collections.abc import Mapping

from chiplog import layout
from chiplog.errors import SettingsError

COMMAND = [sys.executable, "-m", "chiplog_compactor.main"]

_NEEDS = ("duckdb", "msgspec", "numpy", "structlog", "zstandard")


def once(bucket: str, environ: Mapping[str, str]) -> int:
    """One pass over everything; its exit code. Raises SettingsError where the compactor is not installed."""
    return _start(["--once"], bucket, environ)


def rebuild(bucket: str, run: layout.Run, environ: Mapping[str, str]) -> int:
    """Make the lost tables of a run again; the exit code. Raises SettingsError as `once` does."""
    return _start(["--rebuild", run.path], bucket, environ)


def _start(arguments: list[str], bucket: str, environ: Mapping[str, str]) -> int:
    missing = [name for name in _NEEDS if importlib.util.find_spec(name) is None]
    if missing:
        raise SettingsError(f"the compactor needs {', '.join(missing)}: pip install 'chiplog[compactor,sidecar]'")
    return subprocess.run([*COMMAND, *arguments, "--bucket", bucket], env=dict(environ), check=False).returncode
