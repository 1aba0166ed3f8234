"""What an S3 may answer, scripted over real HTTP: each answer becomes the error that callers rely on."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import pytest
from botocore.config import Config

from chiplog.bucket import ETag
from chiplog.bucket.s3 import S3Bucket
from chiplog.errors import AccessDenied, BucketMissing, NotFound, PreconditionFailed, Unreachable

Answer = tuple[int, str]


class Script:
    """The server's answers: by method, the newest rule first."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.answer: Callable[[str], Answer] = lambda _: (200, "")


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def server(script: Script) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = f"{self.command} {self.path}"
            script.requests.append(request)
            code, body = script.answer(request)
            if code >= 400:
                body = f"<Error><Code>{body}</Code><Message>m</Message></Error>"
            self.send_response(code)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", '"e"')
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body.encode())

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    thread.join()
    running.server_close()


def at(address: str, name: str = "team") -> S3Bucket:
    config = Config(
        retries={"total_max_attempts": 1}, connect_timeout=1, read_timeout=2, s3={"addressing_style": "path"},
        request_checksum_calculation="when_required",
    )  # fmt: skip
    client = boto3.client(
        "s3", endpoint_url=address, region_name="us-east-1", aws_access_key_id="k", aws_secret_access_key="s",
        config=config,
    )  # fmt: skip
    return S3Bucket(client, name, "")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((404, "NoSuchKey"), NotFound),
        ((404, "NoSuchBucket"), BucketMissing),
        ((403, "AccessDenied"), AccessDenied),
        ((403, "SomethingNew"), AccessDenied),
        ((401, "Unauthorized"), AccessDenied),
        ((400, "ExpiredToken"), AccessDenied),
        ((400, "InvalidToken"), AccessDenied),
        ((409, "ConditionalRequestConflict"), Unreachable),
        ((503, "SlowDown"), Unreachable),
        ((500, "InternalError"), Unreachable),
        ((502, ""), Unreachable),
    ],
)
def test_an_answer_is_the_error_it_means(server: str, script: Script, answer: Answer, kind: type[Exception]) -> None:
    script.answer = lambda _: answer
    for attempt in (lambda: at(server).get("a"), lambda: at(server).open("a")):
        with pytest.raises(kind, match=r"s3://team/a|chiplog|GET"):
            attempt()


def test_a_condition_that_did_not_hold_is_told_from_an_error(server: str, script: Script) -> None:
    script.answer = lambda _: (412, "PreconditionFailed")
    with pytest.raises(PreconditionFailed):
        at(server).put("a", b"x", if_absent=True)


def test_aws_says_not_found_to_a_condition_on_what_is_gone(server: str, script: Script) -> None:
    script.answer = lambda _: (404, "NoSuchKey")
    with pytest.raises(PreconditionFailed, match="gone"):
        at(server).put("a", b"x", if_match=ETag('"e"'))
    at(server).delete("a", if_match=ETag('"e"'))


def test_a_store_that_is_not_there_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        at("http://127.0.0.1:1").get("a")


def test_a_bucket_name_that_no_store_can_have_is_a_missing_bucket(server: str) -> None:
    with pytest.raises(BucketMissing, match="not a bucket"):
        at(server, "not a bucket").get("a")
