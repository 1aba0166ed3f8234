"""Requests to the API server: a burst, then so many a second, and a pause where it asks for one."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import kubernetes.client
import pytest
from operator_world import Time

from chiplog_operator.cluster import Unavailable
from chiplog_operator.kube import Kube
from chiplog_operator.throttle import Throttle


@contextmanager
def busy(times: int, retry_after: str) -> Iterator[tuple[int, list[str]]]:
    """A server that puts off the first `times` requests."""
    paths: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            is_put_off = len(paths) <= times
            body = b'{"message": "too many requests"}' if is_put_off else b"{}"
            self.send_response(429 if is_put_off else 200)
            self.send_header("Retry-After", retry_after)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.server_address[1], paths
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def kube_with(port: int, throttle: Throttle) -> Kube:
    configuration = kubernetes.client.Configuration()
    configuration.host = f"http://127.0.0.1:{port}"
    configuration.retries = False
    return Kube(kubernetes.client.ApiClient(configuration), throttle)


class Sleeper:
    """Notes the waits, and lets the clock go on."""

    def __init__(self, clock: Time) -> None:
        self.clock = clock
        self.waits: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.clock.now += seconds


def test_a_burst_goes_at_once_and_the_rest_at_its_rate() -> None:
    clock = Time()
    sleeper = Sleeper(clock)
    throttle = Throttle(50, 100, clock, sleeper)
    began = clock.now
    for _ in range(100):
        throttle.wait()
    assert sleeper.waits == []
    for _ in range(500):
        throttle.wait()
    assert clock.now - began == pytest.approx(10, rel=0.01)


def test_a_quiet_time_saves_up_no_more_than_a_burst() -> None:
    clock = Time()
    sleeper = Sleeper(clock)
    throttle = Throttle(10, 5, clock, sleeper)
    clock.now += 3600
    for _ in range(6):
        throttle.wait()
    assert sleeper.waits == [pytest.approx(0.1)]


def test_a_pause_holds_everything_back() -> None:
    clock = Time()
    sleeper = Sleeper(clock)
    throttle = Throttle(10, 5, clock, sleeper)
    throttle.pause(7)
    throttle.wait()
    assert sleeper.waits == [pytest.approx(7.1)]


def test_a_request_that_is_put_off_is_made_again_after_the_time_that_was_asked_for() -> None:
    clock = Time()
    sleeper = Sleeper(clock)
    with busy(times=2, retry_after="3") as (port, paths):
        assert kube_with(port, Throttle(50, 100, clock, sleeper)).run("team", "mnist") == {}
    assert len(paths) == 3
    assert sum(sleeper.waits) == pytest.approx(6, abs=0.1)


def test_a_server_that_stays_busy_is_unavailable_in_its_words() -> None:
    clock = Time()
    with busy(times=99, retry_after="1") as (port, paths), pytest.raises(Unavailable, match="too many"):
        kube_with(port, Throttle(50, 100, clock, Sleeper(clock))).run("team", "mnist")
    assert len(paths) == 3
