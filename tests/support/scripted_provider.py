"""An OIDC provider that answers what it is told, right or wrong: for the answers that a real one never gives."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from joserfc.jws import JWSRegistry

CLIENT, SECRET = "chiplog", "a secret of the client that is long enough"


@dataclass
class Scripted:
    """What the provider says; a test changes it."""

    issuer: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}))
    nonce: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    """Laid over the right ones; None takes one away."""
    metadata: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=lambda: {"alg": "RS256", "kid": "one"})
    secret: str = ""
    """Sign by this in place of the key."""
    status: dict[str, int] = field(default_factory=dict)
    """Path to another status than 200."""
    asked: list[str] = field(default_factory=list)
    """Every path that was asked for."""
    bodies: list[tuple[str, str]] = field(default_factory=list)
    """Authorization header and body of each question for a token."""

    def answer(self, path: str) -> Any:
        """The document at a path."""
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/keys",
                "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"], **self.metadata,
            }  # fmt: skip
        if path == "/keys":
            return {
                "keys": [
                    {"kty": "unheard-of"},
                    {"kty": "oct", "use": "enc", "k": "AA"},
                    self.key.as_dict(private=False),
                ]
            }
        return {"access_token": "x", "token_type": "Bearer", "id_token": self.token()}

    def token(self) -> str:
        """The id_token."""
        now = int(time.time())
        right = {
            "iss": self.issuer, "sub": "1", "aud": CLIENT, "exp": now + 300, "iat": now, "nonce": self.nonce,
            "email": "ada@example.org", "groups": ["ml"],
        }  # fmt: skip
        claims = {name: value for name, value in {**right, **self.claims}.items() if value is not None}
        if self.header["alg"] == "none":
            parts = [json.dumps(part).encode() for part in (self.header, claims)]
            from joserfc.util import urlsafe_b64encode

            return b".".join([*map(urlsafe_b64encode, parts), b""]).decode()
        key = OctKey.import_key(self.secret) if self.secret else self.key
        registry = JWSRegistry(algorithms=["RS256", "HS256"])
        return jwt.encode(self.header, claims, key, registry=registry)


@contextmanager
def serving() -> Iterator[Scripted]:
    """The provider at an address of its own."""
    script = Scripted()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(script))
    script.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(script: Scripted) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            script.asked.append(self.path)
            status = script.status.get(self.path, 200)
            body = json.dumps(script.answer(self.path)).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            script.bodies.append((self.headers.get("Authorization", ""), body))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    return Handler
