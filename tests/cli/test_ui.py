"""`chiplog ui` starts the dashboard as a process."""

import http.client
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from chiplog_cli.main import cli


def test_it_serves_the_bucket_until_it_is_told_to_stop(tmp_path: Path) -> None:
    argv = [str(Path(sys.executable).with_name("chiplog")), "ui", "--bucket", str(tmp_path), "--port", "0"]
    with subprocess.Popen(
        argv, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    ) as process:
        assert process.stderr is not None
        try:
            told = next(found for line in process.stderr if (found := re.search(r"http://127\.0\.0\.1:(\d+)", line)))
            connection = http.client.HTTPConnection("127.0.0.1", int(told[1]), timeout=20)
            connection.request("GET", "/api/v1/runs")
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (200, b'{"total": 0, "runs": []}')
            connection.close()
            process.terminate()
            process.wait(30)
        finally:
            process.kill()  # To leave the block is to wait for its end, which a failure would else never see.


def test_without_a_bucket_it_says_so() -> None:
    result = CliRunner(env={"CHIPLOG_BUCKET": None, "XDG_DATA_HOME": "/nowhere"}).invoke(cli, ["ui"])
    assert (result.exit_code, "no bucket" in result.output) == (2, True)


def test_a_port_that_is_taken_is_wrong_usage_and_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = CliRunner().invoke(cli, ["ui", "--bucket", str(tmp_path), "--port", port])
    assert result.exit_code == 2
    assert f"--port {port}: Address already in use; another one, or 0 for any free one" in result.stderr


def test_it_says_where_to_look(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    argv = [str(Path(sys.executable).with_name("chiplog")), "ui", "--bucket", str(tmp_path), "--port", port]
    with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            assert process.stderr.readline() == f"chiplog: {tmp_path} at http://127.0.0.1:{port} until Ctrl-C\n"
        finally:
            process.kill()
