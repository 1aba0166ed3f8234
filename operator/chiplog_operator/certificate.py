"""A serving certificate that is renewed under a running server: no connection is refused, and none is cut."""

import hashlib
import ssl
from pathlib import Path

import structlog

CHECK_SECONDS = 2.0
"""Between two looks at the files; the kubelet brings a renewed Secret within about a minute anyway."""

log = structlog.get_logger()


class Certificate:
    """`tls.crt` and `tls.key` of a folder, as a TLS context for a server.

    Every handshake takes the newest pair: the context that listens hands each one on to the context of that pair, which
    is replaced whole. Loading into the listening context itself would leave it without a key if the two files did not
    match for a moment.
    """

    def __init__(self, folder: Path) -> None:
        self._files = (folder / "tls.crt", folder / "tls.key")
        self._digest = self._read()
        self._newest = self._load()
        self.context = self._load()
        self.context.sni_callback = self._hand_on

    def refresh(self) -> bool:
        """Take what the files hold now; says whether it is another pair. A half-written one waits for the next look."""
        try:
            digest = self._read()
            if digest == self._digest:
                return False
            newest = self._load()
            if self._read() != digest:
                return False
        except (OSError, ssl.SSLError) as error:
            log.warning("certificate not renewed, the old one serves on", error=str(error))
            return False
        self._digest, self._newest = digest, newest
        log.info("certificate renewed", sha256=digest[:16])
        return True

    def _hand_on(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        connection.context = self._newest

    def _read(self) -> str:
        return hashlib.sha256(b"".join(path.read_bytes() for path in self._files)).hexdigest()

    def _load(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*self._files)
        return context
