"""The client of a door: what it refuses to do with a key, and what it makes of a door that is none, gone or cut off."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import door
import pytest
import tls
import toxic

from chiplog.bucket import wire
from chiplog.bucket.apikey import ApiKey
from chiplog.bucket.http import HttpBucket
from chiplog.bucket.memory import MemoryBucket
from chiplog.errors import AccessDenied, BucketError, BucketMissing, NotFound, SettingsError, Unreachable

KEY = ApiKey(door.TOKEN)


@pytest.mark.parametrize(
    "address", ["http://ingest.example", "https://", "https://me:secret@host", "https://host/?a=b"]
)
def test_a_key_is_sent_in_clear_to_this_machine_alone(address: str) -> None:
    with pytest.raises(SettingsError):
        HttpBucket(address, KEY)


def test_a_door_speaks_tls_and_one_that_nobody_vouches_for_gets_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = tls.Authority.make(tmp_path, "authority")
    paths = tmp_path / "c.pem", tmp_path / "k.pem"
    for path, data in zip(paths, authority.sign("door", "127.0.0.1"), strict=True):
        path.write_bytes(data)
    with speaking_tls(*paths) as (address, shown):
        kind, said = refusal(address)
        assert (kind, "certificate" in said, shown) == (Unreachable, True, [])
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.crt"))
        assert refusal(address)[0] == NotFound
        assert shown == [f"Bearer {door.TOKEN}"]


@pytest.mark.parametrize(("start", "end"), [(3, 7), (7, None), (0, 2), (20, 30)])
def test_a_range_is_had_from_a_door_that_knows_none(start: int, end: int | None) -> None:
    with giving(b"0123456789") as address, HttpBucket(address, KEY).open("a", start, end) as stream:
        assert stream.read() == b"0123456789"[start:end]


@contextmanager
def giving(data: bytes) -> Iterator[str]:
    """A door that gives this, whatever part is asked for."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextmanager
def speaking_tls(certificate: Path, key: Path) -> Iterator[tuple[str, list[str]]]:
    """A door that has nothing, behind TLS, and the keys that it was shown."""
    shown: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shown.append(self.headers["Authorization"])
            body = json.dumps({"error": wire.NOT_FOUND, "message": "x"}).encode()
            self.send_response(404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"https://127.0.0.1:{server.server_port}", shown
        server.shutdown()
        thread.join()


def refusal(address: str) -> tuple[type[BucketError], str]:
    """Why an object is not read; the client is gone then, and its connections with it."""
    try:
        HttpBucket(address, KEY).get("x")
    except BucketError as error:
        return type(error), str(error)
    raise AssertionError("it was read")


def test_a_server_that_is_no_door_is_a_bucket_that_is_missing() -> None:
    served = door.serving(door.unjudged(MemoryBucket()))
    with served as address, pytest.raises(BucketMissing, match="is there a door"):
        HttpBucket(f"{address}/elsewhere", KEY).get("x")
    with pytest.raises(Unreachable):
        HttpBucket(address, KEY).get("x")


def test_a_connection_that_breaks_is_tried_again_and_one_that_always_does_is_an_error() -> None:
    store = MemoryBucket()
    store.put("x", b"data")
    with door.serving(door.unjudged(store)) as address, toxic.proxy(address) as between:
        bucket = HttpBucket(between.address, KEY)
        between.choose = lambda method, path: toxic.Toxic(reset=len(between.seen) % 3 == 1)
        assert [bucket.get("x").data for _ in range(6)] == [b"data"] * 6
        between.choose = lambda method, path: toxic.Toxic(reset=True)
        with pytest.raises(Unreachable):
            bucket.get("x")


def test_an_answer_that_is_cut_off_is_never_taken_for_a_whole_one() -> None:
    store = MemoryBucket()
    store.put("x", b"0123456789" * 1000)
    with door.serving(door.unjudged(store)) as address, toxic.proxy(address) as between:
        between.choose = lambda method, path: toxic.Toxic(truncate=100)
        bucket = HttpBucket(between.address, KEY)
        with pytest.raises(Unreachable):
            bucket.get("x")
        with pytest.raises(Unreachable):
            list(bucket.list(""))


def test_a_key_comes_from_the_environment_or_from_a_file_that_nobody_else_reads(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("a.b.c\n")
    file.chmod(0o644)
    assert ApiKey.from_env({"CHIPLOG_API_KEY": " x.y.z\n"}).read() == "x.y.z"
    with pytest.raises(SettingsError, match="chmod 600"):
        ApiKey.from_env({"CHIPLOG_API_KEY_FILE": str(file)})
    file.chmod(0o600)
    assert ApiKey.from_env({"CHIPLOG_API_KEY_FILE": str(file)}).read() == "a.b.c"
    for environ in ({}, {"CHIPLOG_API_KEY_FILE": str(tmp_path / "gone")}):
        with pytest.raises(SettingsError, match="CHIPLOG_API_KEY"):
            ApiKey.from_env(environ)


def test_a_key_file_is_read_again_when_it_changed_and_a_gap_does_no_harm(tmp_path: Path) -> None:
    file, new = tmp_path / "key", tmp_path / "new"
    for path, text in ((file, "a.b.c"), (new, "d.e.f")):
        path.touch(0o600)
        path.write_text(text)
    key = ApiKey(file=file)
    assert key.read() == "a.b.c"
    file.unlink()
    assert key.read() == "a.b.c"
    new.rename(file)
    assert key.read() == "d.e.f"
    file.write_text("two words")
    with pytest.raises(AccessDenied):
        key.read()
    assert "d.e.f" not in repr(key) + repr(ApiKey("x.y.z"))
