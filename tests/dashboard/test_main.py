"""The program itself: what it believes of headers, where it answers the kubelet, and that it ends when told to."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from dashboard_site import Site

KUBECONFIG = {
    "apiVersion": "v1", "kind": "Config", "current-context": "x",
    "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
    "clusters": [{"name": "x", "cluster": {"server": "http://127.0.0.1:9"}}],
    "users": [{"name": "x", "user": {"token": "x"}}],
}  # fmt: skip
"""An API server that nobody serves: a question about somebody's rights ends in 503."""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
def program(tmp_path: Path) -> Iterator[tuple[Site, Site, "subprocess.Popen[bytes]"]]:
    """The dashboard behind a proxy at 10.0.0.0/8, its health, and its process."""
    (tmp_path / "runs").mkdir()
    (tmp_path / "kubeconfig").write_text(json.dumps(KUBECONFIG))
    port, health = free_port(), free_port()
    told = {
        "CHIPLOG_BUCKET": str(tmp_path / "runs"), "CHIPLOG_CLUSTER": "prod", "CHIPLOG_UI_PORT": str(port),
        "CHIPLOG_HEALTH_PORT": str(health), "CHIPLOG_UI_TRUSTED_PROXIES": "10.0.0.0/8",
        "KUBECONFIG": str(tmp_path / "kubeconfig"), "PATH": os.environ["PATH"],
    }  # fmt: skip
    process = subprocess.Popen([sys.executable, "-m", "chiplog_dashboard.main"], env=told, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            Site(port).get("/healthz")
            break
        except OSError:
            time.sleep(0.05)
    yield Site(port), Site(health), process
    process.kill()
    process.wait()


def test_a_header_does_not_make_a_proxy_of_anybody_and_the_kubelet_has_a_port_of_its_own(
    program: tuple[Site, Site, "subprocess.Popen[bytes]"],
) -> None:
    site, health, process = program
    forged = {"X-Forwarded-For": "10.0.0.1", "X-Forwarded-Proto": "https", "X-Forwarded-User": "ada"}
    assert site.get("/api/v1/runs", **forged).status == 401
    assert health.get("/healthz").body == b"ok\n"
    assert health.get("/api/v1/runs", **forged).status == 404
    process.send_signal(signal.SIGTERM)
    process.wait(20)
