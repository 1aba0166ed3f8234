"""The process beside a script that called `chiplog.init()` outside of a cluster: it starts the recorder, and writes the
run's documents, as nobody else owns them. It ends when the script has ended and everything is in the bucket.

    python -m chiplog.local.attending <run directory> <what is known of the run, as JSON>
"""

import contextlib
import json
import os
import socket
import sys
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from chiplog import layout, records
from chiplog.bucket import Bucket, opening
from chiplog.errors import ChiplogError
from chiplog.local import beside, directory, homes, owning
from chiplog.local.directory import Directory
from chiplog.local.papers import End, LocalRun

DRAIN_SECONDS = 3600.0
"""How long the recorder tries to reach a store that stays away; then `chiplog sync` goes on."""


def main() -> int:
    """0 when everything is in the bucket, 1 when `chiplog sync` has to complete it."""
    root, told = Path(sys.argv[1]), json.loads(sys.argv[2])
    started_at = told.pop("started_at")
    place = described(root, told).write(started_at=started_at)
    if "://" not in place.bucket:
        Path(place.bucket).mkdir(parents=True, exist_ok=True)
    subject, open_bucket = beside.Subject.of(place, DRAIN_SECONDS), partial(opening.open_bucket, place.bucket)
    recorder = beside.start(subject, os.environ, root / directory.LOG, root / directory.RECORDER)
    if recorder is None:
        return 1
    owner = owning.Owner(place.run, open_bucket)
    owner.begin(started_at)
    if recorder.wait() != beside.DRAINED:
        return 1
    end = End.of_exit_code(_exit_code(open_bucket(), place), time.time())
    if not owner.finish(started_at, end, is_durable=True, seconds=DRAIN_SECONDS):
        return 1
    place.write(end=end, is_complete=True)
    return 0


def described(root: Path, told: Mapping[str, Any]) -> Directory:
    """The run directory of a run whose words are known."""
    at = homes.home(told["bucket"], os.environ)
    place = layout.Run(at.cluster, at.namespace, told["run"])
    run = LocalRun(
        place=place, recorder=told["recorder"], name=told["name"], created_at=time.time(),
        project=at.project_of(told["project"]),
        command=tuple(told["command"]), display_name=told["display_name"], notes=told["notes"],
        tags=tuple(told["tags"]), created_by=homes.user(), host=socket.gethostname(),
    )  # fmt: skip
    return Directory(root, told["bucket"], run)


def _exit_code(bucket: Bucket, place: Directory) -> int | None:
    """What the script's own run said; None where it was killed before it could."""
    where = layout.Recorder(place.run.place.cluster, place.run.place.namespace, place.run.recorder)
    with contextlib.suppress(ChiplogError):
        head = records.unpack_live_head(bucket.get(layout.live_key(where)).data, "the live object")
        codes = [stream["exit_code"] for stream in head["streams"] if "exit_code" in stream]
        return codes[0] if codes else None
    return None


if __name__ == "__main__":
    sys.exit(main())
