"""Canaille as a process that a test starts, and starts again with other keys; who signs on there is said elsewhere."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import identity_provider
import requests
from joserfc.jwk import RSAKey


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Canaille:
    """The provider's process, which can be started again with other keys."""

    def __init__(self, folder: Path, callback: str) -> None:
        self.port = free_port()
        self.issuer = f"http://localhost:{self.port}"
        self._folder, self._callback = folder, callback
        self._process: subprocess.Popen[bytes] | None = None
        self._keys: list[Path] = []

    def rotate(self) -> None:
        """Sign with a new key from now on; the one before is published still."""
        self.stop()
        path = self._folder / f"{len(self._keys)}.pem"
        path.write_bytes(RSAKey.generate_key(2048).as_pem(private=True))
        self._keys.insert(0, path)
        words = [str(self.port), self._callback, *map(str, self._keys)]
        self._process = subprocess.Popen(
            [sys.executable, identity_provider.__file__, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                requests.get(f"{self.issuer}/.well-known/openid-configuration", timeout=5)
                return
            except requests.ConnectionError:
                time.sleep(0.05)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
