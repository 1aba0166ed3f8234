"""What is asked of the API server, and what its answers mean: over real HTTP, to a server that says what it is told."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import kubernetes.client
import pytest

from chiplog.access import Person, Right, Unanswered
from chiplog.access.reviews import Reviews


class Server(ThreadingHTTPServer):
    """Answers every POST with `status` and `said`, and keeps what was sent."""

    status = 201
    said: Any = None

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.sent: list[tuple[str, Any]] = []


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server: Any = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server.sent.append((self.path, json.loads(body)))
        said = server.said if isinstance(server.said, bytes) else json.dumps({"status": server.said}).encode()
        self.send_response(server.status)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()


@pytest.fixture
def kube(server: Server) -> Reviews:
    configuration = kubernetes.client.Configuration(host=f"http://127.0.0.1:{server.server_address[1]}")
    return Reviews(kubernetes.client.ApiClient(configuration), "chiplog-api")


USER = {"username": "alice", "uid": "7", "groups": ["ml"], "extra": {"pod": ["x"]}}
RIGHT = Right("list", "trainingruns", "team")
ALICE = Person("alice", ("ml",), "7", (("pod", ("x",)),))


def test_a_token_is_reviewed_for_our_audience(server: Server, kube: Reviews) -> None:
    server.said = {"authenticated": True, "user": USER, "audiences": ["chiplog-api"]}
    assert kube.person("a.b.c") == ALICE
    ((path, review),) = server.sent
    assert path == "/apis/authentication.k8s.io/v1/tokenreviews"
    assert review["spec"] == {"token": "a.b.c", "audiences": ["chiplog-api"]}


@pytest.mark.parametrize(
    "said",
    [
        None,
        {},
        {"authenticated": False, "user": USER, "audiences": ["chiplog-api"]},
        {"authenticated": True, "user": USER},
        {"authenticated": True, "user": USER, "audiences": ["chiplog-bucket"]},
        {"authenticated": True, "user": {}, "audiences": ["chiplog-api"]},
        {"error": "expired"},
    ],
)
def test_a_token_that_is_not_confirmed_for_us_is_nobodys(server: Server, kube: Reviews, said: Any) -> None:
    server.said = said
    assert kube.person("a.b.c") is None


def test_a_right_is_asked_for_with_all_that_is_known_of_somebody(server: Server, kube: Reviews) -> None:
    server.said = {"allowed": True}
    assert kube.may(ALICE, RIGHT)
    ((path, review),) = server.sent
    assert path == "/apis/authorization.k8s.io/v1/subjectaccessreviews"
    wanted = {"group": "chiplog.dev", "resource": "trainingruns", "verb": "list", "namespace": "team"}
    assert review["spec"] == {
        "user": "alice", "uid": "7", "groups": ["ml"], "extra": {"pod": ["x"]}, "resourceAttributes": wanted,
    }  # fmt: skip


@pytest.mark.parametrize("said", [None, {}, {"allowed": False}, {"allowed": "yes"}, {"allowed": True, "denied": True}])
def test_what_is_not_allowed_is_not(server: Server, kube: Reviews, said: Any) -> None:
    server.said = said
    assert not kube.may(ALICE, RIGHT)


@pytest.mark.parametrize(("status", "said"), [(403, {}), (500, {}), (429, {}), (200, b"<html>"), (302, b"{}")])
def test_no_answer_is_an_error_and_no_right(server: Server, kube: Reviews, status: int, said: Any) -> None:
    server.status, server.said = status, said
    with pytest.raises(Unanswered):
        kube.may(ALICE, RIGHT)
    with pytest.raises(Unanswered):
        kube.person("a.b.c")


def test_a_token_never_stands_in_a_message(kube: Reviews, server: Server) -> None:
    server.shutdown()
    server.server_close()
    with pytest.raises(Unanswered) as refused:
        kube.person("secret.to.ken")
    assert "secret" not in str(refused.value)
