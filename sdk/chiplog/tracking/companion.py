"""A recorder beside a script that runs outside of a cluster, where its program is installed and nobody else records.

It makes the run directory that `chiplog run` would make, holds the lock that says that the script lives, and starts
`chiplog.local.attending` as a process of its own. The script never waits for it, and needs nothing of it.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from chiplog import masking
from chiplog.errors import SettingsError
from chiplog.local import alive
from chiplog.local import identity as names
from chiplog.local import places as local
from chiplog.tracking import notices, places
from chiplog.tracking.identity import Identity
from chiplog.tracking.places import Place

_NEEDED = ("chiplog_sidecar", "structlog", "zstandard", "botocore", "google.protobuf")

LATER = "`chiplog sync` brings it into a bucket"


class _Held:
    """Locks of this process's runs; they go with the process, however it ends."""

    descriptors: list[int] = []  # noqa: RUF012 - the descriptors of one process.


def is_installed() -> bool:
    """Whether the recorder's program is here."""
    try:
        return all(find_spec(name) is not None for name in _NEEDED)
    except (ImportError, ValueError):
        return False


def begin(environ: Mapping[str, str], who: Identity, working: Path) -> Place | None:
    """Start a recorder for a new run; where the run is to be written, None where there is no recorder."""
    if not is_installed():
        notices.info("local", f"no recorder is installed here (pip install 'chiplog[sidecar]'): the run is written to "
                     f"{working / places.OWN}, {LATER}")  # fmt: skip
        return None
    try:
        return _begin(environ, who, working)
    except (OSError, SettingsError, subprocess.SubprocessError) as error:
        notices.warn(
            "local", f"no recorder was started: {error}; the run is written to {working / places.OWN}, {LATER}"
        )
        return None


def _begin(environ: Mapping[str, str], who: Identity, working: Path) -> Place:
    bucket = local.writable(environ.get("CHIPLOG_BUCKET", ""), environ)
    recorder = names.new_recorder_id()
    title = names.name(who.name)
    run = names.run_id(title, recorder)
    root = local.runs(environ) / run
    main = root / names.CONTAINER
    main.mkdir(parents=True)
    held = alive.hold(root / "alive")
    if held is not None:
        _Held.descriptors.append(held)
    told = {
        "bucket": bucket, "recorder": recorder, "run": run, "name": title, "display_name": who.name,
        "project": who.project if who.project != "uncategorized" else names.name(working.name, "uncategorized"),
        "command": masking.arguments([sys.executable, *sys.argv], masking.secrets(environ)),
        "notes": who.notes, "tags": list(who.tags), "started_at": time.time(),
    }  # fmt: skip
    with (root / "recorder.log").open("ab") as log:
        subprocess.Popen(
            [sys.executable, "-m", "chiplog.local.attending", str(root), json.dumps(told)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            env=_environment(environ),
        )  # fmt: skip
    notices.info("local", f"{run} is recorded into {bucket}; its files are in {root}")
    return Place(main / places.OWN, is_recorded=True)


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The attendant's environment: ours, and where this package was imported from."""
    paths = [str(Path(__file__).parents[2]), *filter(None, environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {**environ, "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths))}
