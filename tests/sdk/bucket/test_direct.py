"""A small file goes by one signed request; what is not simply done is the ordinary client's."""

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
from chiplog.errors import AccessDenied, Unreachable

DATA = b"the content of a file"
SHA256 = hashlib.sha256(DATA).hexdigest()
KEY = f"v1/blobs/c/ns/r/{SHA256}/with space ä.png"


class Store:
    """Answers PUTs from a list of status codes, the last one again and again, and keeps what it was told."""

    def __init__(self) -> None:
        self.answers = [200]
        self.requests: list[tuple[str, Message, bytes]] = []
        self.address = ""


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


def test_what_is_there_already_is_done(store: Store, tmp_path: Path) -> None:
    store.answers = [412]
    put(store, tmp_path)
    assert len(store.requests) == 1


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
