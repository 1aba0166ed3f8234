"""A door before a bucket, by a real API server's word: a key is renewed under a client that writes, and revoked."""

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import door
import pytest
from click.testing import CliRunner
from operator_process import until

from chiplog import layout
from chiplog.access import keys
from chiplog.bucket.apikey import ApiKey
from chiplog.bucket.directory import DirectoryBucket
from chiplog.bucket.http import HttpBucket
from chiplog.errors import AccessDenied, BucketError
from chiplog_cli.main import cli
from chiplog_cli.session import Session
from chiplog_ingest.kube import Kube
from chiplog_ingest.uses import Uses
from chiplog_operator.kube import Kube as OperatorsKube
from chiplog_operator.overlaps import Overlaps

pytestmark = pytest.mark.integration

REVOKED_SECONDS = 30


@pytest.fixture
def team(kubectl: Any) -> Iterator[str]:
    name = f"it-{uuid.uuid4().hex[:8]}"
    kubectl("create", "namespace", keys.NAMESPACE)
    for words in (["create", "namespace", name], ["create", "serviceaccount", "trainer", "-n", name]):
        done = kubectl(*words)
        assert done.returncode == 0, done.stderr
    yield name
    kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture
def name(kubectl: Any) -> Iterator[str]:
    name = f"k{uuid.uuid4().hex[:8]}"
    yield name
    kubectl("delete", "secret,serviceaccount", "-n", keys.NAMESPACE, "-l", f"{keys.LABEL}={name}", "--wait=false")


@pytest.fixture
def chiplog(team: str) -> Callable[..., Any]:
    def call(*words: str) -> Any:
        done = CliRunner().invoke(cli, ["keys", *words], obj=Session(namespace=team), catch_exceptions=False)
        assert done.exit_code == 0, done.stderr
        return done

    return call


class Writer(threading.Thread):
    """Writes one segment after the other until it is refused or told to stop."""

    def __init__(self, bucket: HttpBucket, recorder: layout.Recorder) -> None:
        super().__init__()
        self.written = 0
        self.refusal: BucketError | None = None
        self._bucket, self._recorder, self._over = bucket, recorder, threading.Event()

    def run(self) -> None:
        while not self._over.wait(0.02):
            key = layout.segment_key(self._recorder, "s", self.written, self.written + 1)
            try:
                self._bucket.put(key, b"row", if_absent=True)
            except BucketError as error:
                self.refusal = error
                return
            self.written += 1

    def stop(self) -> None:
        self._over.set()
        self.join()


def test_a_key_is_renewed_under_a_client_that_writes_and_a_revoked_one_is_refused_in_time(
    team: str, name: str, chiplog: Any, tmp_path: Path
) -> None:
    place, kube = tmp_path / "key", Kube.connect("chiplog-api")
    (tmp_path / "store").mkdir()
    store, uses = DirectoryBucket(tmp_path / "store"), Uses(kube, time.time)
    chiplog("create", name, "--service-account", "trainer", "--project", "digits", "--to", str(place))
    first, recorder = place.read_text().strip(), layout.Recorder("c1", team, "loop")
    with door.serving(door.judging(store, kube, used=uses.used)) as address:
        writer = Writer(HttpBucket(address, ApiKey(file=place)), recorder)
        writer.start()
        until("the first writes", lambda: writer.written > 10)
        chiplog("rotate", name, "--overlap", "1h", "--to", str(place))
        until("the new key to be used", lambda: used(chiplog, name).get(2))
        assert used(chiplog, name)[1]
        Overlaps(OperatorsKube.connect(), lambda: time.time() + 3700).end()
        old = HttpBucket(address, ApiKey(first))
        until("the old key to be refused", lambda: is_refused(old), REVOKED_SECONDS)
        so_far = writer.written
        until("more writes", lambda: writer.written > so_far + 20)
        assert writer.refusal is None

        chiplog("revoke", name)
        until("the client to be refused", lambda: writer.refusal, REVOKED_SECONDS)
        assert isinstance(writer.refusal, AccessDenied)
        writer.stop()
    uses.close()
    there = {item.key for item in store.list(layout.raw_prefix(recorder))} - {layout.writer_key(recorder)}
    assert there == {layout.segment_key(recorder, "s", number, number + 1) for number in range(writer.written)}
    assert json.loads(store.get(layout.writer_key(recorder)).data)["service_account"] == "trainer"


def used(chiplog: Any, name: str) -> dict[int, str | None]:
    """When each generation was last used, as `keys list` says."""
    listed = json.loads(chiplog("list", "-o", "json").stdout)
    return {row["generation"]: row["last_used_at"] for row in listed if row["name"] == name}


def is_refused(bucket: HttpBucket) -> bool:
    try:
        bucket.home()
    except AccessDenied:
        return True
    return False
