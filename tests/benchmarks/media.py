"""P12: CPU seconds that 200 files of 50 KB cost on their way to S3, beside rclone, with the same files and store.

Ours is a recorder that is up already, as it is in a pod, from the files to the drained bucket: finding, SHA-256 twice,
PUT, rows, the live object. rclone copies the directory and is started for it. Rounds alternate; medians of the CPU
seconds of user and kernel. Needs an S3 (`CHIPLOG_BUCKET` and the AWS variables) and the Debian package rclone.
"""

import os
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
import uuid
from pathlib import Path

from targets import Report

from chiplog import layout
from chiplog.bucket import Bucket
from chiplog.bucket.opening import open_bucket
from chiplog_sidecar.recorder import Clock, Recorder
from chiplog_sidecar.settings import Settings

FILES, BYTES, ROUNDS = 200, 50_000, 5


def measure() -> Report:
    """Five rounds of both."""
    if shutil.which("rclone") is None:
        raise SystemExit("P12 needs rclone beside us: apt-get install rclone")
    rounds = [(_ours(), _rclone()) for _ in range(ROUNDS)]
    ours, theirs = (statistics.median(figures) for figures in zip(*rounds, strict=True))
    version = subprocess.run(["rclone", "version"], capture_output=True, text=True, check=True).stdout.split()[1]
    return Report(
        target="P12",
        what=f"CPU for {FILES} files of {BYTES // 1000} KB to S3",
        ours=ours,
        unit="s",
        goal="<= rclone's",
        holds=ours <= theirs,
        peers={f"rclone {version} (s)": theirs},
        more={"ratio": ours / theirs, "worst round (s)": max(mine for mine, _ in rounds)},
    )


def _write(folder: Path) -> None:
    folder.mkdir(parents=True)
    for number in range(FILES):
        (folder / f"image_{number}.png").write_bytes(os.urandom(BYTES))


def _ours() -> float:
    place = layout.Recorder("bench", "bench", f"media-{uuid.uuid4().hex[:8]}")
    bucket = open_bucket(os.environ["CHIPLOG_BUCKET"])
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(bucket="", recorder=place, root=Path(folder), quiet_seconds=0.0)
        recorder = Recorder(settings, bucket, Clock(time.time, time.monotonic), {})
        recorder.resume()
        _write(Path(folder) / "main" / "files")
        before = _cpu(resource.RUSAGE_SELF)
        recorder.drain()
        used = _cpu(resource.RUSAGE_SELF) - before
    _forget(bucket, place)
    return used


def _forget(bucket: Bucket, place: layout.Recorder) -> None:
    keys = [
        listed.key
        for prefix in (layout.blobs_prefix(place), layout.raw_prefix(place))
        for listed in bucket.list(prefix)
    ]
    if len(keys) < FILES:
        raise SystemExit(f"only {len(keys)} objects of {FILES} files are in the bucket")
    for key in [*keys, layout.live_key(place)]:
        bucket.delete(key)


def _rclone() -> float:
    name, _, prefix = os.environ["CHIPLOG_BUCKET"].removeprefix("s3://").partition("/")
    target = f":s3:{name}/{prefix}/rclone-{uuid.uuid4().hex[:8]}"
    env = {
        **{
            name: value for name, value in os.environ.items() if name != "AWS_CA_BUNDLE"
        },  # Debian's rclone fails at it.
        "RCLONE_CONFIG": os.devnull,
        "RCLONE_S3_PROVIDER": "Other",
        "RCLONE_S3_ENV_AUTH": "true",
        "RCLONE_S3_ENDPOINT": os.environ["AWS_ENDPOINT_URL_S3"],
        "RCLONE_S3_REGION": os.environ.get("AWS_REGION", "us-east-1"),
        "RCLONE_S3_NO_CHECK_BUCKET": "true",
    }
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder) / "media")
        before = _cpu(resource.RUSAGE_CHILDREN)
        subprocess.run(["rclone", "copy", str(Path(folder) / "media"), target], env=env, check=True)
        used = _cpu(resource.RUSAGE_CHILDREN) - before
        subprocess.run(["rclone", "purge", target], env=env, check=True)
    return used


def _cpu(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime
