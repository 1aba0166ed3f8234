"""The recorder before a real S3 over a bad network: whatever happens to requests and answers, every row once."""

import random
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import botocore.auth
import pytest
import recorder_process
from recorder_world import World
from toxic import NOTHING, Proxy, Toxic

from chiplog.bucket.s3 import S3Bucket
from chiplog.errors import AccessDenied, BucketError, Unreachable

pytestmark = pytest.mark.integration

STEPS = 40
WAITED_FOR = {"nothing comes", "1 kbps", "stalls of 3 s"}
"""Each of these costs the client's whole patience."""
KINDS = {
    "slow down": Toxic(refuse=(503, "SlowDown")),
    "internal error": Toxic(refuse=(500, "InternalError")),
    "conflict": Toxic(refuse=(409, "ConditionalRequestConflict")),
    "no access for a while": Toxic(refuse=(403, "AccessDenied")),
    "an expired token": Toxic(refuse=(400, "ExpiredToken")),
    "a page of a proxy": Toxic(refuse=(502, "")),
    "reset": Toxic(reset=True),
    "reset at any byte of the request": Toxic(reset_at=0.0),
    "1 kbps": Toxic(bytes_per_second=125),
    "answer lost": Toxic(lose=True),
    "answer cut": Toxic(truncate=10),
    "nothing comes": Toxic(hang=True),
    "stalls of 3 s": Toxic(stall_seconds=3.0),
    "one byte at a time": Toxic(slice_bytes=1),
}


def through(store: Proxy, prefix: str) -> S3Bucket:
    return recorder_process.bucket(prefix, store.address)


def persist(step: Callable[[], None], tries: int = 400) -> int:
    """Make a step again until the store lets it through; the number of refusals."""
    for refusals in range(tries):
        try:
            step()
        except BucketError:
            continue
        return refusals
    raise AssertionError(f"{tries} tries were not enough")


@pytest.mark.parametrize("kind", KINDS)
def test_a_third_of_all_requests_goes_wrong_and_nothing_is_lost(kind: str, store: Proxy, tmp_path: Path) -> None:
    draws = random.Random(kind)
    share = 0.1 if kind in WAITED_FOR else 0.3
    bucket = through(store, uuid.uuid4().hex)
    world = World(tmp_path, bucket)
    log = world.log()
    model = tmp_path / "main" / "files" / "model.bin"
    model.parent.mkdir(parents=True)
    model.write_bytes(b"weights" * 1000)
    hurt = []

    def choose(method: str, path: str) -> Toxic:
        if draws.random() >= share:
            return NOTHING
        hurt.append(f"{method} {path}")
        toxic = KINDS[kind]
        return toxic if toxic.reset_at is None else replace(toxic, reset_at=draws.random())

    store.choose = choose
    recorder = world.recorder
    made = []
    persist(lambda: made.append(recorder()))
    for step in range(STEPS):
        log.history(step, loss=str(step / 7))
        persist(lambda: world.step(made[-1], 120))
    persist(made[-1].drain)
    store.choose = lambda method, path: NOTHING
    assert hurt, "the test must have hurt a request"
    assert world.steps() == list(range(STEPS))
    assert world.head()["state"] == "drained"
    assert world.head()["streams"][0]["kinds"]["history"] == STEPS
    files = world.rows()["files"]
    assert {bucket.get(row["key"]).data for row in files} == {model.read_bytes()}


def test_an_outage_of_a_day_is_caught_up(store: Proxy, tmp_path: Path) -> None:
    """The backlog is the trainer's file: while the store is away reading stops, and memory with it."""
    world = World(tmp_path, through(store, uuid.uuid4().hex))
    log = world.log()
    recorder = world.recorder()
    store.choose = lambda method, path: KINDS["slow down"]
    rows = 0
    for _ in range(24):
        log.history(*range(rows, rows + 1000), loss="0.125", text='"' + "x" * 200 + '"')
        rows += 1000
        with pytest.raises(Unreachable):
            world.step(recorder, 3600)
    assert recorder.batch.size < 4 * 1024 * 1024
    assert recorder.pending_bytes() > 1024 * 1024
    store.choose = lambda method, path: NOTHING
    before = len(store.seen)
    while recorder.pending_bytes():
        world.step(recorder, 0.2)
    recorder.drain()
    assert world.steps() == list(range(rows))
    assert len(store.seen) - before < 200


@pytest.mark.parametrize("hours", [-25, -1, 1, 30])
def test_a_wrong_clock_is_corrected_by_the_stores(
    hours: int, store: Proxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = botocore.auth.get_current_datetime
    # The machine's clock can't be set here; botocore reads it in this one place.
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *a, **k: right(*a, **k) + timedelta(hours=hours))
    bucket = through(store, uuid.uuid4().hex)
    bucket.put("a", b"x")
    asked = len(store.seen)
    assert asked == 2, "one refusal, one correction"
    assert bucket.get("a").data == b"x"
    assert len(list(bucket.list(""))) == 1
    assert len(store.seen) == asked + 2, "the correction is kept"


def test_a_refusal_at_the_right_time_is_not_tried_again(store: Proxy) -> None:
    bucket = through(store, uuid.uuid4().hex)
    store.choose = lambda method, path: KINDS["no access for a while"]
    with pytest.raises(AccessDenied):
        bucket.get("a")
    assert len(store.seen) == 1


def test_the_pause_that_the_store_asks_for_is_told(store: Proxy) -> None:
    store.choose = lambda method, path: Toxic(refuse=(503, "SlowDown"), headers={"Retry-After": "7"})
    with pytest.raises(Unreachable) as told:
        through(store, uuid.uuid4().hex).get("a")
    assert told.value.retry_after_seconds == 7.0
