"""What the operator shows of itself: health, numbers, logs; and what it asks of recorders and of the API server."""

import asyncio
import http.server
import io
import json
import logging
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import structlog

from chiplog_operator import health, logs, recorder_probe
from chiplog_operator.cluster import Conflict, Forbidden, Invalid, Missing, Unavailable
from chiplog_operator.heads import Probe
from chiplog_operator.health import Health
from chiplog_operator.kube import TIMEOUT_SECONDS, Kube
from chiplog_operator.metrics import Metrics
from chiplog_operator.recorder_probe import HttpProber


def fetch(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def asked(told: Health, *paths: str) -> list[tuple[int, str]]:
    async def main() -> list[tuple[int, str]]:
        async with health.serving(told, 0) as port:
            return [await asyncio.to_thread(fetch, port, path) for path in paths]

    return asyncio.run(main())


def test_a_healthy_operator_says_ok() -> None:
    told = Health(lambda: "", lambda: "", Metrics())
    assert asked(told, "/healthz", "/readyz") == [(200, "ok\n"), (200, "ok\n")]


def test_an_ill_operator_says_why() -> None:
    told = Health(lambda: "a watch stands still", lambda: "the name is taken", Metrics())
    assert asked(told, "/healthz", "/readyz") == [(503, "a watch stands still\n"), (503, "the name is taken\n")]


def test_metrics_are_in_prometheus_format() -> None:
    metrics = Metrics()
    metrics.count("reconciles_total", result="ok")
    metrics.count("reconciles_total", result="ok")
    metrics.count("heads_read")
    metrics.gauge("queue_depth", lambda: 3)
    [(status, text)] = asked(Health(lambda: "", lambda: "", metrics), "/metrics")
    assert status == 200
    assert 'chiplog_operator_reconciles_total{result="ok"} 2\n' in text
    assert "chiplog_operator_heads_read_total 1\n" in text
    assert "# TYPE chiplog_operator_queue_depth gauge\nchiplog_operator_queue_depth 3\n" in text


def test_what_is_timed_is_a_histogram() -> None:
    metrics = Metrics()
    for seconds in (0.005, 0.3, 0.3, 99):
        metrics.took("reconcile_seconds", seconds)
    text = metrics.text()
    assert "# TYPE chiplog_operator_reconcile_seconds histogram\n" in text
    assert 'reconcile_seconds_bucket{le="0.01"} 1\n' in text
    assert 'reconcile_seconds_bucket{le="0.5"} 3\n' in text
    assert 'reconcile_seconds_bucket{le="+Inf"} 4\n' in text
    assert "reconcile_seconds_count 4\n" in text


def test_every_answer_of_the_api_server_is_counted() -> None:
    counted: list[tuple[str, int]] = []
    with answering(404, b"{}") as (port, _):
        asked = kube(port)
        asked.count = lambda method, status: counted.append((method, status))
        asked.run("team", "mnist")
    with pytest.raises(Unavailable):
        asked.run("team", "mnist")
    assert counted == [("GET", 404), ("GET", 0)]


def test_a_label_s_value_is_escaped() -> None:
    metrics = Metrics()
    metrics.count("events_total", reason='a"b\\c\nd')
    assert 'reason="a\\"b\\\\c\\nd"' in metrics.text()


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    root, level = logging.getLogger(), logging.getLogger().level
    handlers = list(root.handlers)
    out = io.StringIO()
    logs.configure("info", out)
    yield out
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_a_line_is_one_json_object(logged: io.StringIO) -> None:
    structlog.get_logger("x").info("job made", namespace="team", run="mnist-1")
    line = json.loads(logged.getvalue())
    assert (line["event"], line["namespace"], line["run"], line["level"]) == ("job made", "team", "mnist-1", "info")


def test_kopf_s_lines_look_like_ours_and_name_their_object(logged: io.StringIO) -> None:
    logging.getLogger("kopf.other").warning("odd", extra={"k8s_ref": {"namespace": "team", "name": "mnist"}})
    line = json.loads(logged.getvalue())
    assert (line["event"], line["namespace"], line["object"]) == ("odd", "team", "mnist")


def test_kopf_s_chatter_about_each_event_is_left_out(logged: io.StringIO) -> None:
    logging.getLogger("kopf.objects").info("Handler 'pods' succeeded.")
    assert logged.getvalue() == ""


@contextmanager
def answering(
    status: int, *bodies: bytes, after_seconds: float = 0.0
) -> Iterator[tuple[int, list[tuple[str, str, Any, Any]]]]:
    """A server that answers with one body after the other, the last for ever, and notes method, path, type and body."""
    requests: list[tuple[str, str, Any, Any]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            sent = json.loads(self.rfile.read(length)) if length else None
            body = bodies[min(len(requests), len(bodies) - 1)]
            requests.append((self.command, self.path, self.headers.get("Content-Type"), sent))
            time.sleep(after_seconds)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815  (the names that http.server calls)

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.server_address[1], requests
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_recorder_s_answer_is_good_for_a_while() -> None:
    page = {"bucket": {"state": "denied", "message": "no"}, "pending_bytes": 5, "streams": []}
    with answering(200, json.dumps(page).encode()) as (port, requests):
        prober = HttpProber(clock=lambda: 0.0, port=port)
        assert prober.ask("u1", "127.0.0.1") == Probe("denied", "no", 5, has_streams=False)
        prober.ask("u1", "127.0.0.1")
        assert [path for _, path, _, _ in requests] == ["/status"]


def test_a_recorder_that_does_not_answer_is_silent() -> None:
    with answering(200, b"") as (port, _):
        pass
    assert HttpProber(port=port).ask("u1", "127.0.0.1").bucket == "silent"


@pytest.mark.parametrize("page", [b"<html>", b"[]", b'{"bucket": "ok"}', b'{"bucket": {"state": "unknown"}}'])
def test_a_page_that_says_nothing_of_the_bucket_is_silence(page: bytes) -> None:
    with answering(200, page) as (port, _):
        assert HttpProber(port=port).ask("u1", "127.0.0.1").bucket == "silent"


def test_an_answer_is_read_without_its_surprises() -> None:
    assert recorder_probe.probe({"bucket": {"state": "ok"}, "streams": [1]}) == Probe("ok")


def kube(port: int, timeout: tuple[float, float] = TIMEOUT_SECONDS) -> Kube:
    import kubernetes.client

    configuration = kubernetes.client.Configuration()
    configuration.host = f"http://127.0.0.1:{port}"
    configuration.retries = False
    return Kube(kubernetes.client.ApiClient(configuration), timeout=timeout)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (413, Invalid),
        (403, Forbidden),
        (404, Missing),
        (409, Conflict),
        (422, Invalid),
        (429, Unavailable),
        (500, Unavailable),
    ],
)
def test_the_api_server_s_answers_are_our_errors_with_its_words(status: int, error: type[Exception]) -> None:
    page = b'{"kind": "Status", "message": "quota says no"}'
    with answering(status, page) as (port, _), pytest.raises(error, match="jobs: quota says no"):
        kube(port).create_job({"metadata": {"namespace": "team", "name": "j"}})


def test_what_is_too_large_for_etcd_will_never_fit() -> None:
    page = b'{"kind": "Status", "message": "etcdserver: request is too large"}'
    with answering(500, page) as (port, _), pytest.raises(Invalid, match="too large"):
        kube(port).create_job({"metadata": {"namespace": "team", "name": "j"}})


def test_an_api_server_that_is_not_there_is_unavailable() -> None:
    with answering(200, b"{}") as (port, _):
        pass
    with pytest.raises(Unavailable):
        kube(port).run("team", "mnist")


def test_what_does_not_exist_is_none() -> None:
    with answering(404, b'{"kind": "Status", "message": "not found"}') as (port, _):
        assert kube(port).run("team", "mnist") is None
        assert kube(port).job("team", "mnist") is None


def test_a_listing_of_several_pages_is_read_to_its_end() -> None:
    one, two = ({"name": name, "uid": name, "resourceVersion": "7"} for name in "ab")
    pages = ({"items": [{"metadata": one}], "metadata": {"continue": "x/1"}}, {"items": [{"metadata": two}]})
    with answering(200, *(json.dumps(page).encode() for page in pages)) as (port, requests):
        assert [item["metadata"]["uid"] for item in kube(port).listed("trainingruns", [])] == ["a", "b"]
    paths = [path.partition("?")[2] for _, path, _, _ in requests]
    assert paths == ["limit=200", "limit=200&continue=x%2F1"]


def test_an_answer_may_take_longer_than_a_connection() -> None:
    """A listing of ten thousand pods takes seconds; it was given up after the time for a connection."""
    with answering(200, b'{"items": [{"a": 1}]}', after_seconds=0.3) as (port, _):
        assert kube(port, (0.1, 10.0)).pods("team", "mnist") == [{"a": 1}]


def test_a_status_is_applied_by_its_one_field_manager() -> None:
    manifest = {"metadata": {"namespace": "team", "name": "mnist"}, "status": {"state": "running"}}
    with answering(200, b"{}") as (port, requests):
        kube(port).apply_status(manifest)
    path = (
        "/apis/chiplog.dev/v1alpha1/namespaces/team/trainingruns/mnist/status?fieldManager=chiplog-operator&force=true"
    )
    assert requests == [("PATCH", path, "application/apply-patch+yaml", manifest)]


def test_a_run_is_deleted_only_if_it_is_still_that_one() -> None:
    with answering(200, b"{}") as (port, requests):
        kube(port).delete_run("team", "mnist", "uid-1", "7")
    [(method, path, _, body)] = requests
    assert (method, path) == ("DELETE", "/apis/chiplog.dev/v1alpha1/namespaces/team/trainingruns/mnist")
    assert body["preconditions"] == {"uid": "uid-1", "resourceVersion": "7"}


def test_a_listing_is_of_what_the_watch_shows() -> None:
    page = b'{"items": [{"metadata": {"name": "a", "uid": "u", "resourceVersion": "7"}}]}'
    with answering(200, page) as (port, requests):
        for kind, namespaces in (("pods", []), ("jobs", ["a", "b"])):
            found = [item["metadata"]["uid"] for item in kube(port).listed(kind, namespaces)]
            assert found == ["u"] * max(1, len(namespaces))
    assert [path for _, path, _, _ in requests] == [
        "/api/v1/pods?limit=200&labelSelector=chiplog.dev%2Finject%3Dtrue",
        "/apis/batch/v1/namespaces/a/jobs?limit=200&labelSelector=chiplog.dev%2Frun",
        "/apis/batch/v1/namespaces/b/jobs?limit=200&labelSelector=chiplog.dev%2Frun",
    ]
