"""Canaille as a process that a test starts, and starts again with other keys; who signs on there is said elsewhere."""

import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import identity_provider
from joserfc.jwk import RSAKey
from tls import Authority


def free_port(host: str = "127.0.0.1") -> int:
    with socket.socket() as found:
        found.bind((host, 0))
        return int(found.getsockname()[1])


class Canaille:
    """The provider's process, which can be started again with other keys.

    It is reached on this machine alone, or, with an `authority` that signs its certificate, by TLS at `host`, an
    address of this machine.
    """

    def __init__(
        self, folder: Path, callback: str, host: str = "localhost", authority: Authority | None = None
    ) -> None:
        port = free_port("127.0.0.1" if host == "localhost" else host)
        self.issuer = f"{'https' if authority else 'http'}://{host}:{port}"
        self._folder, self._callback = folder, callback
        self._tls: list[str] = []
        if authority is not None:
            authority.sign("provider", host)
            self._tls = ["--tls", *(str(authority.folder / f"provider.{kind}") for kind in ("crt", "key"))]
        self._process: subprocess.Popen[bytes] | None = None
        self._keys: list[Path] = []

    def rotate(self) -> None:
        """Sign with a new key from now on; the one before is published still."""
        self.stop()
        path = self._folder / f"{len(self._keys)}.pem"
        path.write_bytes(RSAKey.generate_key(2048).as_pem(private=True))
        self._keys.insert(0, path)
        words = [self.issuer, self._callback, *map(str, self._keys), *self._tls]
        self._process = subprocess.Popen(
            [sys.executable, identity_provider.__file__, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        issuer = urlsplit(self.issuer)
        address = (issuer.hostname, issuer.port)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                with socket.create_connection(address, timeout=5):
                    return
            except OSError:
                time.sleep(0.05)
        raise AssertionError(f"nobody answers at {self.issuer}")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
