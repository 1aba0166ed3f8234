"""The API server is asked as it answers, over real HTTP."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from chiplog.errors import ClusterDenied, ClusterUnreachable, NotFound, SettingsError
from chiplog_cli import cluster

ANSWERS: dict[str, Any] = {
    "/apis/chiplog.dev/v1alpha1/namespaces/team/trainingruns/mnist": {"kind": "TrainingRun"},
    "/apis/batch/v1/namespaces/team/jobs/mnist-0123abcd": {"kind": "Job"},
    "/api/v1/namespaces/team/pods/p": {"kind": "Pod"},
    "/api/v1/namespaces/team/pods": {
        "items": [
            {"metadata": {"name": "new", "creationTimestamp": "2026-11-23T22:00:00Z"}},
            {"metadata": {"name": "mine", "annotations": {"chiplog.dev/run-id": "mnist-0123abcd"}}},
            {"metadata": {"name": "older", "annotations": {"chiplog.dev/run-id": "mnist-99999999"}}},
        ]
    },
}

SELECTOR = {"labelSelector": ["chiplog.dev/run=mnist"]}


class Server(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        code = 403 if "forbidden" in parts.path else 500 if "broken" in parts.path else 200
        answer = ANSWERS.get(parts.path)
        if code == 200 and (answer is None or (parts.query and parse_qs(parts.query) != SELECTOR)):
            code = 404
        body = json.dumps(answer if code == 200 else {"message": f"said {code}"}).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = body["metadata"]["name"]
        code = {"taken": 409, "wrong": 422, "secret": 403, "lost": 404}.get(name, 201)
        answer = json.dumps(body if code == 201 else {"message": f"said {code} of {name}"}).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def found(tmp_path: Path) -> Iterator[cluster.Cluster]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield cluster.connect(kubeconfig(f"http://127.0.0.1:{server.server_port}", tmp_path))
    server.shutdown()
    thread.join()
    server.server_close()


def kubeconfig(address: str, folder: Path) -> str:
    """The path of a kubeconfig whose only context leads to `address`."""
    path = folder / "kubeconfig"
    path.write_text(
        json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "demo",
            "clusters": [{"name": "c", "cluster": {"server": address}}],
            "users": [{"name": "u", "user": {}}],
            "contexts": [{"name": "demo", "context": {"cluster": "c", "user": "u", "namespace": "team"}}],
        })
    )  # fmt: skip
    return str(path)


def test_the_contexts_name_and_namespace_are_known(found: cluster.Cluster) -> None:
    assert (found.context, found.namespace) == ("demo", "team")


def test_objects_come_as_the_server_wrote_them(found: cluster.Cluster) -> None:
    assert found.training_run("team", "mnist") == {"kind": "TrainingRun"}
    assert found.job("team", "mnist-0123abcd") == {"kind": "Job"}
    assert found.pod("team", "p") == {"kind": "Pod"}


def test_what_is_not_there_is_none(found: cluster.Cluster) -> None:
    assert found.training_run("team", "nope") is None


def test_pods_of_an_earlier_run_of_that_name_are_left_out(found: cluster.Cluster) -> None:
    assert sorted(pod["metadata"]["name"] for pod in found.pods("team", "mnist", "mnist-0123abcd")) == ["mine", "new"]
    assert len(found.pods("team", "mnist", "")) == 3


def test_a_refusal_and_a_failure_are_told_apart(found: cluster.Cluster) -> None:
    with pytest.raises(ClusterDenied, match="said 403"):
        found.pod("forbidden", "p")
    with pytest.raises(ClusterUnreachable, match="said 500"):
        found.pod("broken", "p")


def test_a_server_that_is_not_there_is_unreachable(tmp_path: Path) -> None:
    with pytest.raises(ClusterUnreachable, match="of context demo"):
        cluster.connect(kubeconfig("http://127.0.0.1:1", tmp_path)).pod("team", "p")


def test_no_context_at_all_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no Kubernetes context"):
        cluster.connect(str(tmp_path / "absent"))


def test_a_run_is_made_and_what_the_server_says_is_said(found: cluster.Cluster) -> None:
    assert found.create("team", {"metadata": {"name": "mnist"}}) == {"metadata": {"name": "mnist"}}
    for name, code, error in (("taken", 409, SettingsError), ("wrong", 422, SettingsError), ("lost", 404, NotFound)):
        with pytest.raises(error, match=str(code)):
            found.create("team", {"metadata": {"name": name}})
    with pytest.raises(ClusterDenied, match="403"):
        found.create("team", {"metadata": {"name": "secret"}})
