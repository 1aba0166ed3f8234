"""Where runs without Kubernetes stand on this machine, by the XDG conventions; it makes no directory."""

import re
from collections.abc import Mapping
from pathlib import Path

from chiplog.errors import SettingsError

_MISSPELT = re.compile(r"(?i)s3:/*[^/]*|[a-z0-9+.-]+:/[^/].*|s3[^/:]*//.*")


def bucket(environ: Mapping[str, str]) -> Path:
    """The default bucket: `$XDG_DATA_HOME/chiplog`, else `~/.local/share/chiplog`."""
    return _base(environ, "XDG_DATA_HOME", ".local/share") / "chiplog"


def runs(environ: Mapping[str, str]) -> Path:
    """The directory of run directories: `$XDG_STATE_HOME/chiplog/runs`, else `~/.local/state/chiplog/runs`."""
    return _base(environ, "XDG_STATE_HOME", ".local/state") / "chiplog" / "runs"


def writable(address: str, environ: Mapping[str, str]) -> str:
    """The address of a bucket to write to, the default one where none is named; a directory is absolute in it.

    Raises SettingsError for a directory whose name looks like a misspelt address of S3.
    """
    if "://" in address:
        return address
    if _MISSPELT.fullmatch(address):
        raise SettingsError(
            f"the bucket address {address!r} is no directory and lacks a part: write s3://bucket/prefix"
        )
    return str((Path(address).expanduser() if address else bucket(environ)).absolute())


def _base(environ: Mapping[str, str], variable: str, otherwise: str) -> Path:
    told = Path(environ.get(variable) or "")
    # A relative path there is to be ignored, says the convention.
    return told if told.is_absolute() else Path(environ.get("HOME") or Path.home()) / otherwise
