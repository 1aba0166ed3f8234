"""A small file goes by one signed request; what is not simply done is the ordinary client's."""

import base64
import hashlib
import threading
from collections.abc import Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import boto3
import botocore.auth
import pytest
from botocore.config import Config

from chiplog.bucket.s3 import S3Bucket
from chiplog.errors import AccessDenied, NotFound, Unreachable

DATA = b"the content of a file"
SHA256 = hashlib.sha256(DATA).hexdigest()
CHECKSUM = base64.b64encode(bytes.fromhex(SHA256)).decode()
KEY = f"v1/blobs/c/ns/r/{SHA256}/with space ä.png"


class Store:
    """Answers PUTs from a list of status codes, the last one again and again, and keeps what it was told."""

    def __init__(self) -> None:
        self.answers = [200]
        self.requests: list[tuple[str, Message, bytes]] = []
        self.address = ""
        self.held: tuple[int, str] = (len(DATA), CHECKSUM)
        """What a HEAD says of the object: its size and its checksum, empty where the store keeps none."""
        self.asked: list[str] = []


@pytest.fixture
def store() -> Iterator[Store]:
    made = Store()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self) -> None:
            made.requests.append((self.path, self.headers, self.rfile.read(int(self.headers["Content-Length"]))))
            code = made.answers.pop(0) if len(made.answers) > 1 else made.answers[0]
            self.send_response(code)
            self.send_header("Content-Length", "0")
            self.send_header("ETag", '"e"')
            self.end_headers()

        def do_HEAD(self) -> None:
            made.asked.append(self.headers["x-amz-checksum-mode"])
            self.send_response(200 if made.held[0] >= 0 else 404)
            self.send_header("Content-Length", str(max(made.held[0], 0)))
            if made.held[1]:
                self.send_header("x-amz-checksum-sha256", made.held[1])
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    made.address = f"http://127.0.0.1:{server.server_port}"
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


def put(store: Store, tmp_path: Path) -> list[tuple[str, int]]:
    """Put DATA as a file; gives the requests that were counted."""
    counted: list[tuple[str, int]] = []
    client = boto3.client(
        "s3", endpoint_url=store.address, region_name="us-east-1", aws_access_key_id="k", aws_secret_access_key="s",
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
    )  # fmt: skip
    (tmp_path / "file").write_bytes(DATA)
    bucket = S3Bucket(client, "team", "prefix", on_request=lambda *request: counted.append(request))
    bucket.put_file(KEY, tmp_path / "file", sha256=SHA256)
    return counted


def test_a_small_file_is_one_request_that_is_counted(store: Store, tmp_path: Path) -> None:
    assert put(store, tmp_path) == [("PutObject", len(DATA))]
    ((path, headers, body),) = store.requests
    assert path == f"/team/prefix/v1/blobs/c/ns/r/{SHA256}/with%20space%20%C3%A4.png"
    assert body == DATA
    assert headers["If-None-Match"] == "*"
    assert headers["X-Amz-Content-SHA256"] == SHA256


def test_it_is_signed_as_the_ordinary_client_signs(store: Store, tmp_path: Path) -> None:
    put(store, tmp_path)
    ((path, headers, body),) = store.requests
    named = headers["Authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    request = botocore.awsrequest.AWSRequest("PUT", store.address + path, {n: headers[n] for n in named}, body)
    request.context["timestamp"] = headers["X-Amz-Date"]
    signer = botocore.auth.S3SigV4Auth(
        botocore.credentials.ReadOnlyCredentials("k", "s", None, None), "s3", "us-east-1"
    )
    del request.headers["X-Amz-Date"]
    request.headers["X-Amz-Date"] = headers["X-Amz-Date"]
    text = signer.string_to_sign(request, signer.canonical_request(request))
    assert headers["Authorization"].endswith(f"Signature={signer.signature(text, request)}")


@pytest.mark.parametrize("answers", [(412,), (503, 412)])
@pytest.mark.parametrize("checksum", [CHECKSUM, ""])
def test_what_is_there_already_is_done_once_the_store_says_that_it_is_this(
    store: Store, tmp_path: Path, answers: tuple[int, ...], checksum: str
) -> None:
    """The answer to an earlier request was lost: its object counts by a HEAD, and no byte is sent again."""
    store.answers, store.held = [*answers], (len(DATA), checksum)
    put(store, tmp_path)
    assert len(store.requests) == len(answers)
    assert store.asked == ["ENABLED"]


@pytest.mark.parametrize("held", [(len(DATA) - 1, ""), (len(DATA), base64.b64encode(bytes(32)).decode())])
def test_what_is_there_and_is_something_else_is_no_acknowledgement(
    store: Store, tmp_path: Path, held: tuple[int, str]
) -> None:
    store.answers, store.held = [412], held
    with pytest.raises(OSError, match="holds other bytes under its digest"):
        put(store, tmp_path)


def test_what_was_there_and_is_gone_is_tried_again(store: Store, tmp_path: Path) -> None:
    store.answers, store.held = [412], (-1, "")
    with pytest.raises(NotFound):
        put(store, tmp_path)


@pytest.mark.parametrize("refusal", [500, 503, 403, 301])
def test_any_other_answer_is_followed_by_the_ordinary_client(store: Store, tmp_path: Path, refusal: int) -> None:
    store.answers = [refusal, 200]
    put(store, tmp_path)
    assert [body for _, _, body in store.requests] == [DATA, DATA]
    assert "x-amz-checksum-sha256" in store.requests[1][1]


@pytest.mark.parametrize(("code", "error"), [(403, AccessDenied), (503, Unreachable)])
def test_a_store_that_refuses_is_told_as_before(
    store: Store, tmp_path: Path, code: int, error: type[Exception]
) -> None:
    store.answers = [code]
    with pytest.raises(error, match="v1/blobs"):
        put(store, tmp_path)
