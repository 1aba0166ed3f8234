"""The status page."""

import json
import socket
import urllib.error
import urllib.request

import pytest

from chiplog_sidecar import status


def test_the_page_shows_the_report() -> None:
    server = status.serve(_free_port(), lambda: {"bucket": {"state": "denied"}})
    assert server is not None
    with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/status") as answer:
        assert json.load(answer) == {"bucket": {"state": "denied"}}
    with pytest.raises(urllib.error.HTTPError, match="404") as missing:
        urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/else")
    missing.value.close()
    server.shutdown()
    server.server_close()


def test_a_taken_port_costs_the_page_and_nothing_else() -> None:
    with socket.socket() as taken:
        taken.bind(("", 0))
        taken.listen()
        assert status.serve(taken.getsockname()[1], dict) is None


def test_port_zero_switches_the_page_off() -> None:
    assert status.serve(0, dict) is None


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
