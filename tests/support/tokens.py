"""An STS and an S3 behind one port, with a clock of their own: keys are good for an hour, signed times are checked."""

import datetime
import email.utils
import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

import secrecy

HOUR = 3600.0
SECRET, SESSION = secrecy.note("secret-of-the-keys"), secrecy.note("session-of-the-keys")


@dataclass
class Store:
    """What the server knows; `now` is moved by hand."""

    now: float = 1_795_500_000.0
    is_sts_away: bool = False
    tokens: list[str] = field(default_factory=list)
    """The web identity tokens that STS was shown, in order."""
    expiries: list[float] = field(default_factory=list)
    """When the keys that it gave expire, in order; key number 2 is `KEY2`."""
    remaining: list[float] = field(default_factory=list)
    """How long the keys of each request to S3 were still good; negative ones were refused."""
    objects: dict[str, bytes] = field(default_factory=dict)
    address: str = ""

    def time(self) -> float:
        return self.now


@contextmanager
def serving() -> Iterator[Store]:
    """The two, at an address of their own."""
    store = Store()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(store))
    server.daemon_threads = True
    store.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield store
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(store: Store) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = parse_qs(self._body().decode())
            store.tokens.append(asked["WebIdentityToken"][0])
            if store.is_sts_away:
                self._answer(503, b"<ErrorResponse><Error><Code>ServiceUnavailable</Code></Error></ErrorResponse>")
                return
            store.expiries.append(store.now + HOUR)
            self._answer(200, _keys(len(store.expiries), store.expiries[-1]))

        def do_PUT(self) -> None:
            body = self._body()
            if self._is_refused():
                return
            key, present = self._key(), store.objects.get(self._key())
            match, absent = self.headers.get("If-Match"), self.headers.get("If-None-Match")
            if (absent and present is not None) or (match and (present is None or match != _etag(present))):
                self._answer(412, b"<Error><Code>PreconditionFailed</Code></Error>")
                return
            store.objects[key] = body
            self._answer(200, b"", ETag=_etag(body))

        def do_GET(self) -> None:
            if self._is_refused():
                return
            asked = parse_qs(urlsplit(self.path).query)
            if "list-type" in asked:
                self._answer(200, _listing(store, asked.get("prefix", [""])[0]))
                return
            found = store.objects.get(self._key())
            if found is None:
                self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
                return
            self._answer(200, found, **{"ETag": _etag(found), "Last-Modified": self.date_time_string(int(store.now))})

        def date_time_string(self, timestamp: float | None = None) -> str:
            return email.utils.formatdate(store.now if timestamp is None else timestamp, usegmt=True)

        def log_message(self, *_: object) -> None:
            pass

        def _body(self) -> bytes:
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def _key(self) -> str:
            return unquote(urlsplit(self.path).path).split("/", 2)[2]

        def _is_refused(self) -> bool:
            (number,) = re.findall(r"Credential=KEY([0-9]+)/", self.headers["Authorization"])
            signed = datetime.datetime.strptime(self.headers["X-Amz-Date"], "%Y%m%dT%H%M%S%z").timestamp()
            store.remaining.append(store.expiries[int(number) - 1] - store.now)
            if abs(signed - store.now) > 900:
                self._answer(403, b"<Error><Code>RequestTimeTooSkewed</Code></Error>")
            elif store.remaining[-1] < 0:
                self._answer(400, b"<Error><Code>ExpiredToken</Code></Error>")
            else:
                return False
            return True

        def _answer(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


def _keys(number: int, expiry: float) -> bytes:
    expires = datetime.datetime.fromtimestamp(expiry, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return (
        '<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
        f"<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>KEY{number}</AccessKeyId><SecretAccessKey>{SECRET}"
        f"</SecretAccessKey><SessionToken>{SESSION}</SessionToken><Expiration>{expires}</Expiration></Credentials>"
        "<AssumedRoleUser><Arn>arn:aws:sts::1:assumed-role/a/b</Arn><AssumedRoleId>i</AssumedRoleId></AssumedRoleUser>"
        "</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
    ).encode()


def _listing(store: Store, prefix: str) -> bytes:
    at = datetime.datetime.fromtimestamp(store.now, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    found = "".join(
        f"<Contents><Key>{key}</Key><LastModified>{at}</LastModified><ETag>{_etag(data)}</ETag><Size>{len(data)}</Size>"
        "</Contents>"
        for key, data in sorted(store.objects.items())
        if key.startswith(prefix)
    )
    return f"<ListBucketResult><IsTruncated>false</IsTruncated>{found}</ListBucketResult>".encode()


def _etag(data: bytes) -> str:
    return f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'
