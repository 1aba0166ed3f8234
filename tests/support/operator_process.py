"""The operator as a process of its own, in front of a real API server and over a directory as its bucket."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

CLUSTER = "faults"


class OperatorProcess:
    """One operator; `kill` and `start` are what a node does to it."""

    def __init__(self, kubeconfig: Path, bucket: Path, namespace: str, identity: str = "op-1", **more: str) -> None:
        self.log = bucket.parent / f"{identity}.log"
        self.port = free_port()
        role = "arn:aws:iam::1:role/{namespace}"
        self.environ = {
            "PATH": os.environ["PATH"],
            "KUBECONFIG": str(kubeconfig),
            "CHIPLOG_BUCKET": str(bucket),
            "CHIPLOG_CLUSTER": CLUSTER,
            "CHIPLOG_SIDECAR_IMAGE": "localhost/chiplog-sidecar:dev",
            "CHIPLOG_SIDECAR_ROLE_ARN": role,
            "CHIPLOG_NAMESPACES": namespace,
            "CHIPLOG_HTTP_PORT": str(self.port),
            "HOSTNAME": identity,
            **more,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as out:
            command = [sys.executable, "-m", "chiplog_operator.main"]
            self.process = subprocess.Popen(command, env=self.environ, stdout=out, stderr=out)

    def kill(self) -> None:
        """As a node that loses its power."""
        self.send(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()

    def stop(self) -> None:
        """As a kubelet that asks it to end, and does not wait for long. Raises TimeoutExpired."""
        if self.process is not None and self.process.poll() is None:
            self.send(signal.SIGTERM)
            try:
                self.process.wait(10)
            finally:
                self.kill()

    def send(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def page(self, path: str) -> tuple[int, str]:
        """A page of its health server; 0 where it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=2) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def metric(self, name: str) -> float:
        """The sum of a metric's series."""
        lines = [line for line in self.page("/metrics")[1].splitlines() if line.startswith(f"chiplog_operator_{name}")]
        return sum(float(line.rpartition(" ")[2]) for line in lines)

    def said(self, event: str) -> list[dict[str, object]]:
        """The log lines of an event."""
        lines = self.log.read_text().splitlines()  # Ten thousand of them, ten times a second: most are not parsed.
        found = [json.loads(line) for line in lines if line.startswith("{") and event in line]
        return [line for line in found if line.get("event") == event]


def until(what: str, probe: object, seconds: float = 60.0, log: Path | None = None) -> object:
    """Wait until `probe()` gives something true, and give it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = probe()  # type: ignore[operator]
        if found:
            return found
        time.sleep(0.1)
    told = f"\n{log.read_text()[-3000:]}" if log is not None and log.exists() else ""
    raise AssertionError(f"waited {seconds:g} s for: {what}{told}")


def free_port() -> int:
    """A port that nobody has right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
