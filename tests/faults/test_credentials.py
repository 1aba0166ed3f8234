"""Keys that expire, tokens that rotate, an STS that is away, wrong clocks: rows wait, none is lost or secret said."""

import datetime
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import botocore.auth
import pytest
import secrecy
import tokens
from recorder_world import World

from chiplog.bucket import Bucket
from chiplog.bucket.opening import open_bucket
from chiplog.errors import Unreachable

TOKEN = secrecy.note("eyJ-the-token-of-the-pod")


@pytest.fixture
def store() -> Iterator[tokens.Store]:
    with tokens.serving() as served:
        yield served


class Machine:
    """The clock of the machine, beside the store's: botocore reads it in one place."""

    def __init__(self, store: tokens.Store) -> None:
        self.store = store
        self.ahead = 0.0

    def __call__(self, remove_tzinfo: bool = True) -> datetime.datetime:
        now = datetime.datetime.fromtimestamp(self.store.now + self.ahead, datetime.UTC)
        return now.replace(tzinfo=None) if remove_tzinfo else now


def surroundings(store: tokens.Store, token: Path) -> dict[str, str]:
    token.write_text(TOKEN)
    return {
        "AWS_ROLE_ARN": "arn:aws:iam::000000000000:role/chiplog-sidecar-ns",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(token),
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_S3": store.address,
        "AWS_ENDPOINT_URL_STS": store.address,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


@pytest.fixture
def machine(store: tokens.Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in surroundings(store, tmp_path / "token").items():
        monkeypatch.setenv(name, value)
    clock = Machine(store)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", clock)
    return clock


@pytest.fixture
def bucket(machine: Machine) -> Bucket:
    return open_bucket("s3://team/prefix")


def test_keys_are_renewed_ten_minutes_ahead_at_least(store: tokens.Store, bucket: Bucket) -> None:
    for minute in range(300):
        store.now += 60
        bucket.put(f"a/{minute}", b"x")
    assert min(store.remaining) >= 600
    assert len(store.tokens) <= 300 / 44 + 1


def test_each_renewal_shows_the_token_that_lies_there_then(store: tokens.Store, bucket: Bucket, tmp_path: Path) -> None:
    bucket.put("a", b"x")
    (tmp_path / "token").write_text("the next token")
    store.now += 50 * 60
    bucket.put("a", b"x")
    assert store.tokens == [TOKEN, "the next token"]


def test_while_sts_is_away_keys_are_used_to_their_end_and_sts_is_asked_seldom(
    store: tokens.Store, bucket: Bucket
) -> None:
    bucket.put("a", b"x")
    store.is_sts_away = True
    for minute in range(59):
        store.now += 60
        bucket.put(f"a/{minute}", b"x")
    assert 1 < len(store.tokens) <= 1 + 2 * 2, (
        "one or two tries of two requests each, for the test takes no half minute"
    )
    store.now += 120
    with pytest.raises(Unreachable, match="ServiceUnavailable"):
        bucket.put("b", b"x")
    store.is_sts_away = False
    bucket.put("b", b"x")
    assert min(store.remaining) >= 0


def test_no_row_is_lost_while_sts_is_away_for_an_hour(store: tokens.Store, bucket: Bucket, tmp_path: Path) -> None:
    world = World(tmp_path / "volume", bucket)
    log, recorder = world.log(), world.recorder(bucket)
    failures = 0
    for minute in range(150):
        store.now += 60
        store.is_sts_away = 40 <= minute < 100
        log.history(minute)
        try:
            world.step(recorder, 60.0)
        except Unreachable:
            failures += 1
    with suppress(Unreachable):
        recorder.drain()
    assert 30 <= failures <= 60, "or the keys outlived the outage"
    assert world.steps() == list(range(150))
    assert world.head()["state"] == "drained"


@pytest.mark.parametrize("hours", [-30, -2, 2, 30])
def test_keys_are_judged_by_the_stores_clock(store: tokens.Store, machine: Machine, bucket: Bucket, hours: int) -> None:
    machine.ahead = hours * 3600.0
    for minute in range(0, 180, 10):
        store.now += 600
        bucket.put(f"a/{minute}", b"x")
    assert min(store.remaining) >= 600
    assert len(store.tokens) <= 5


@pytest.mark.parametrize("hours", [-2, 2])
def test_a_clock_that_steps_is_found_out_and_costs_no_request(
    store: tokens.Store, machine: Machine, bucket: Bucket, hours: int
) -> None:
    bucket.put("a", b"x")
    machine.ahead = hours * 3600.0
    for minute in range(0, 180, 10):
        store.now += 600
        bucket.put(f"a/{minute}", b"x")
    assert len(store.objects) == 19


def test_nothing_that_a_recorder_says_holds_a_secret(store: tokens.Store, tmp_path: Path) -> None:
    """Its log at every level, with an STS that comes and goes, and all that it writes into the bucket."""
    store.now = time.time()
    (tmp_path / "volume").mkdir()
    environment = {
        **surroundings(store, tmp_path / "token"),
        "PATH": os.environ["PATH"],
        "CHIPLOG_BUCKET": "s3://team/prefix",
        "CHIPLOG_CLUSTER": "c",
        "CHIPLOG_NAMESPACE": "ns",
        "CHIPLOG_RECORDER": "rec",
        "CHIPLOG_DIR": str(tmp_path / "volume"),
        "CHIPLOG_LOG_LEVEL": "debug",
    }
    store.is_sts_away = True
    log = World(tmp_path / "volume").log()
    log.history(0)
    process = subprocess.Popen(
        [sys.executable, "-m", "chiplog_sidecar.start"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    _until(lambda: len(store.tokens) > 2)
    store.is_sts_away = False
    _until(lambda: any("/live/" in key for key in store.objects))
    store.now += 7200  # The keys expire: the store refuses, and gives new ones.
    log.history(1)
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert b"trying again" in said
    assert len(store.expiries) == 2
    for secret in (TOKEN, tokens.SECRET, tokens.SESSION):
        assert secret.encode() not in said
        assert not any(secret.encode() in data for data in store.objects.values())


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)
