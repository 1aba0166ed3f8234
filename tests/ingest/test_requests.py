"""The door over HTTP: what its answers are, what it does not take, and that nothing in them is a key."""

import hashlib
import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import door
import pytest
from starlette.requests import Request

from chiplog import layout
from chiplog.access import Unanswered
from chiplog.access.pace import Pace
from chiplog.bucket import wire
from chiplog.bucket.apikey import ApiKey
from chiplog.bucket.http import HttpBucket
from chiplog.bucket.memory import MemoryBucket
from chiplog.errors import AccessDenied, FormatError, SettingsError, Unreachable
from chiplog.layout import Recorder
from chiplog_ingest import bodies
from chiplog_ingest.settings import Settings

TOKEN = "key-that-is-secret.b.c"
MINE = Recorder("c1", "team", "mine")


@pytest.fixture
def reviews() -> door.Reviews:
    made = door.Reviews()
    made.give(TOKEN)
    return made


@pytest.fixture
def address(reviews: door.Reviews) -> Iterator[str]:
    with door.serving(door.judging(MemoryBucket(), reviews, max_file_bytes=1 << 20)) as found:
        yield found


def ask(address: str, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, Any, bytes]:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
    connection.request(method, path, body, {"Authorization": f"Bearer {TOKEN}", **headers})
    answer = connection.getresponse()
    found = answer.status, answer.headers, answer.read()
    connection.close()
    return found


@pytest.mark.parametrize("method", ["DELETE", "POST", "PATCH"])
def test_nothing_is_deleted_or_changed_in_another_way(address: str, method: str) -> None:
    assert ask(address, method, f"{wire.OBJECT}?key=v1/x")[0] == 405
    with pytest.raises(AccessDenied):
        HttpBucket(address, ApiKey(TOKEN)).delete("v1/x")


@pytest.mark.parametrize(
    "told", ["start=9&end=5", "start=5&end=5", "start=-1", "start=a", "end=0", "start=" + "9" * 40]
)
def test_what_is_no_range_of_bytes_is_refused(address: str, told: str) -> None:
    status, _, said = ask(address, "GET", f"{wire.OBJECT}?key=v1/x&stream=1&{told}")
    assert (status, json.loads(said)["error"]) == (400, "format")


@pytest.mark.parametrize(
    "path", [wire.WHOAMI, f"{wire.OBJECT}?key=v1/x", f"{wire.OBJECTS}?prefix=", f"{wire.OBJECTS}", wire.OBJECT]
)
def test_nothing_is_answered_without_a_key(address: str, path: str) -> None:
    for shown in ("", "Bearer", "Bearer x", "Basic " + TOKEN, "Bearer key-that-is-secret.b.x"):
        status, headers, said = ask(address, "GET", path, Authorization=shown)
        assert (status, headers["WWW-Authenticate"]) == (401, "Bearer")
        assert b"secret" not in said
    assert ask(address, "PUT", f"{wire.OBJECT}?key=v1/x", b"x" * 100, Authorization="Bearer x")[0] == 401


def test_a_key_that_asks_too_often_is_told_when_to_come_again(reviews: door.Reviews) -> None:
    with door.serving(door.judging(MemoryBucket(), reviews, pace=Pace(0.25, lambda: 0.0))) as address:
        assert ask(address, "GET", wire.WHOAMI)[0] == 200
        status, headers, said = ask(address, "GET", wire.WHOAMI)
    assert (status, headers["Retry-After"]) == (429, "4")
    assert b"more requests than it may" in said


def test_the_client_waits_as_it_is_told_and_then_gives_the_pause_to_its_caller(reviews: door.Reviews) -> None:
    paces = iter([0.0, 0.5, 0.0, 20.0])

    class Paced:
        def wait_seconds(self, key: str) -> float:
            return next(paces)

    with door.serving(door.judging(MemoryBucket(), reviews, pace=Paced())) as address:
        bucket = HttpBucket(address, ApiKey(TOKEN))
        bucket.home()
        assert bucket.home().cluster == "c1"
        with pytest.raises(Unreachable) as error:
            bucket.home()
    assert error.value.retry_after_seconds == 20.0


def test_a_file_that_is_too_large_is_the_file_s_error_and_names_the_limit(address: str, tmp_path: Path) -> None:
    path = tmp_path / "model"
    path.write_bytes(b"x" * ((1 << 20) + 1))
    with pytest.raises(OSError, match=r"1048577 bytes are more than the 1048576"):
        HttpBucket(address, ApiKey(TOKEN)).put_file(layout.blob_key(MINE, "0" * 64, "m"), path, sha256="0" * 64)


def test_an_api_server_that_is_away_lets_nobody_in_and_is_worth_another_try(reviews: door.Reviews) -> None:
    made = door.judging(MemoryBucket(), reviews)

    class Away:
        def grant(self, token: str) -> Any:
            raise Unanswered("the API server does not answer a TokenReview")

    made.guard = Away()
    with door.serving(made) as address, pytest.raises(Unreachable):
        HttpBucket(address, ApiKey(TOKEN)).home()


def test_a_broken_door_says_nothing_of_why(reviews: door.Reviews) -> None:
    made = door.judging(MemoryBucket(), reviews)
    made.used = lambda handle: {}[handle]
    with door.serving(made, log_level="critical") as address:
        status, _, said = ask(address, "GET", wire.WHOAMI)
    assert (status, b"see its log" in said) == (500, True)


def test_health_is_answered_to_everybody(address: str) -> None:
    assert ask(address, "GET", "/healthz", Authorization="")[0] == 200


def test_settings_name_what_they_refuse() -> None:
    good = {"CHIPLOG_BUCKET": "/b", "CHIPLOG_CLUSTER": "c1"}
    assert Settings.from_env(good).requests_per_second == 50
    for name, value in [("CHIPLOG_BUCKET", ""), ("CHIPLOG_CLUSTER", ""), ("CHIPLOG_INGEST_PORT", "x"),
                        ("CHIPLOG_INGEST_CERTIFICATE", "/c"), ("CHIPLOG_INGEST_MAX_FILE_BYTES", "7")]:  # fmt: skip
        with pytest.raises(SettingsError, match=name):
            Settings.from_env({**good, name: value})


def test_no_more_is_taken_at_once_than_there_is_room_for() -> None:
    def asking(length: str | None) -> Request:
        headers = [(b"content-length", length.encode())] if length else []
        return Request({"type": "http", "headers": headers})

    room = bodies.Room(100)
    with room.taken(asking("60"), 80):
        with pytest.raises(bodies.Full), room.taken(asking("41"), 80):
            pass
        with pytest.raises(bodies.Full), room.taken(asking(None), 80):
            pass
        with room.taken(asking("40"), 80):
            pass
    with pytest.raises(bodies.TooLarge), room.taken(asking("81"), 80):
        pass
    with room.taken(asking(None), 80):
        pass


def test_a_file_under_whose_digest_something_else_stands_is_refused_for_good(
    reviews: door.Reviews, tmp_path: Path
) -> None:
    class Taken(MemoryBucket):
        def put_file(self, key: str, path: Path, *, sha256: str) -> None:
            raise FileExistsError(17, "the store holds other bytes under its digest", key)

    path = tmp_path / "model"
    path.write_bytes(b"weights")
    sha256 = hashlib.sha256(b"weights").hexdigest()
    judged = door.judging(Taken(), reviews, max_file_bytes=1 << 20)
    with door.serving(judged) as address, pytest.raises(FormatError):
        HttpBucket(address, ApiKey(TOKEN)).put_file(layout.blob_key(MINE, sha256, "m"), path, sha256=sha256)
