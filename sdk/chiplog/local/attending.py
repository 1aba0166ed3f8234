"""The process beside a script that called `chiplog.init()` outside of a cluster: it starts the recorder, and writes the
run's documents, as nobody else owns them. It ends when the script has ended and everything is in the bucket.

    python -m chiplog.local.attending <run directory> <what is known of the run, as JSON>
"""

import contextlib
import getpass
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chiplog import layout, records
from chiplog.bucket import Bucket, opening
from chiplog.errors import ChiplogError, PreconditionFailed
from chiplog.local import alive, directory, identity, papers
from chiplog.local.directory import Directory
from chiplog.local.papers import End, LocalRun

RECORDER = [sys.executable, "-m", "chiplog_sidecar.start"]

DRAIN_SECONDS = 3600.0
"""How long the recorder tries to reach a store that stays away; then `chiplog sync` goes on."""

PAUSE_SECONDS = 2.0


def main() -> int:
    """0 when everything is in the bucket, 1 when `chiplog sync` has to complete it."""
    root, told = Path(sys.argv[1]), json.loads(sys.argv[2])
    started_at = told.pop("started_at")
    place = described(root, told).write(started_at=started_at)
    recorder = _recorder(place, os.environ)
    if recorder is None:
        return 1
    bucket = _told(place, papers.RUNNING, recorder)
    is_durable = recorder.wait() == 0
    if bucket is None or not is_durable:
        return 1
    end = End.of_exit_code(_exit_code(bucket, place), time.time())
    _write(bucket, place, end, is_durable=True)
    place.write(end=end, is_complete=True)
    return 0


def described(root: Path, told: Mapping[str, Any]) -> Directory:
    """The run directory of a run whose words are known."""
    place = layout.Run(identity.CLUSTER, _user(), told["run"])
    run = LocalRun(
        place=place, recorder=told["recorder"], name=told["name"], project=told["project"], created_at=time.time(),
        command=tuple(told["command"]), display_name=told["display_name"], notes=told["notes"],
        tags=tuple(told["tags"]), created_by=_user(), host=socket.gethostname(),
    )  # fmt: skip
    return Directory(root, told["bucket"], run)


def recorder_environment(place: Directory, environ: Mapping[str, str]) -> dict[str, str]:
    """What the recorder is told: the machine's own variables, for the bucket's credentials, and where this run is."""
    run = place.run
    kept = {
        name: value for name, value in environ.items() if not name.startswith("CHIPLOG_") or name.endswith("_SECONDS")
    }
    return {
        **kept,
        "CHIPLOG_BUCKET": place.bucket, "CHIPLOG_CLUSTER": run.place.cluster, "CHIPLOG_NAMESPACE": run.place.namespace,
        "CHIPLOG_RECORDER": run.recorder, "CHIPLOG_DIR": str(place.root), "CHIPLOG_CONTAINERS": place.main.name,
        "CHIPLOG_RUN": run.place.id, "CHIPLOG_PROJECT": run.project, "CHIPLOG_POD": run.host, "CHIPLOG_NODE": run.host,
        "CHIPLOG_UNTIL": str(place.root / directory.ALIVE), "CHIPLOG_DRAIN_SECONDS": str(DRAIN_SECONDS),
    }  # fmt: skip


def _recorder(place: Directory, environ: Mapping[str, str]) -> "subprocess.Popen[bytes] | None":
    if "://" not in place.bucket:
        Path(place.bucket).mkdir(parents=True, exist_ok=True)
    held = alive.hold(place.root / directory.RECORDER)
    if held is None:
        return None
    try:
        return subprocess.Popen(
            RECORDER, env=recorder_environment(place, environ), stdin=subprocess.DEVNULL, pass_fds=(held,)
        )
    finally:
        os.close(held)


def _told(place: Directory, end: End, recorder: "subprocess.Popen[bytes]") -> Bucket | None:
    """The bucket, once it holds who and what; None where it cannot be reached as long as the recorder lives."""
    while True:
        with contextlib.suppress(ChiplogError):
            bucket = opening.open_bucket(place.bucket)
            _write(bucket, place, end, is_durable=False)
            return bucket
        if recorder.poll() is not None:
            return None
        time.sleep(PAUSE_SECONDS)


def _write(bucket: Bucket, place: Directory, end: End, *, is_durable: bool) -> None:
    run = place.run
    with contextlib.suppress(PreconditionFailed):
        bucket.put(layout.run_key(run.place), records.pack_document(run.document()), if_absent=True)
    outcome = papers.outcome(run, place.started_at, end, is_durable=is_durable)
    bucket.put(layout.outcome_key(run.place), records.pack_document(outcome))


def _exit_code(bucket: Bucket, place: Directory) -> int | None:
    """What the script's own run said; None where it was killed before it could."""
    where = layout.Recorder(place.run.place.cluster, place.run.place.namespace, place.run.recorder)
    with contextlib.suppress(ChiplogError):
        head = records.unpack_live_head(bucket.get(layout.live_key(where)).data, "the live object")
        codes = [stream["exit_code"] for stream in head["streams"] if "exit_code" in stream]
        return codes[0] if codes else None
    return None


def _user() -> str:
    try:
        return identity.name(getpass.getuser(), "user")
    except (KeyError, OSError):
        return "user"


if __name__ == "__main__":
    sys.exit(main())
