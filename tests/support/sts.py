"""A real STS and S3 (versitygw, as the embedded cluster runs it) and an issuer of tokens that it trusts, all of a
test's own: so the test can sign tokens, and take everything away.
"""

import base64
import ctypes
import http.client
import json
import os
import ssl
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import secrecy
from tls import Authority

from chiplog_cluster import certificates, tools
from chiplog_cluster.checkout import Checkout

AUDIENCE, BUCKET, ROLE, REGION = "chiplog-bucket", "team", "recorder", "us-east-1"
ISSUER, ISSUER_ADDRESS = "issuer.test", "198.18.99.1"
"""IAM takes no issuer with a port, and asks none on a loopback address: so it stands at 443 of a network of our own, by
a name that only the servers' own /etc/hosts has."""
CLONE_NEWNET = 0x40000000
ROLE_ARN = f"arn:aws:iam::000000000000:role/{ROLE}"
KEYS = {"aws_access_key_id": "ROOTOFTHETESTS", "aws_secret_access_key": secrecy.note("the-secret-of-the-root")}


@dataclass
class Place:
    """Where the two servers answer, and who signs tokens for them."""

    folder: Path
    s3: str
    sts: str

    def token(self, **claims: Any) -> str:
        """A token that STS takes, or one that it refuses, by its claims."""
        told = {"iss": f"https://{ISSUER}", "aud": AUDIENCE, "sub": "pod", "iat": int(time.time()),
                "exp": int(time.time()) + 3600, "jti": uuid.uuid4().hex, **claims}  # fmt: skip
        head = {"alg": "RS256", "typ": "JWT", "kid": "1"}
        said = ".".join(_base64(json.dumps(part).encode()) for part in (head, told))
        command = ["openssl", "dgst", "-sha256", "-sign", str(self.folder / "signing.key")]
        return f"{said}.{_base64(_run(command, said.encode()))}"


@contextmanager
def serving(folder: Path) -> Iterator[Place]:
    """Both servers, with a bucket and a role that may do everything in it."""
    with ExitStack() as ends:
        ends.enter_context(_network())
        ends.enter_context(_issuing(folder))
        socket = folder / "iam.sock"
        sts = ends.enter_context(_versitygw(folder, ["iam", "--dir", _made(folder / "iam"), "--private-ports", socket]))
        standalone = ["--iam-standalone-endpoint", socket]
        s3 = ends.enter_context(_versitygw(folder, ["posix", _made(folder / "objects")], standalone))
        place = Place(folder, s3, sts)
        _set_up(place)
        yield place


def _set_up(place: Place) -> None:
    boto3.client("s3", endpoint_url=place.s3, region_name=REGION, **KEYS).create_bucket(Bucket=BUCKET)
    iam = boto3.client("iam", endpoint_url=place.sts, region_name=REGION, **KEYS)
    print_of = certificates.thumbprint(place.folder / "ca.crt")
    iam.create_open_id_connect_provider(Url=f"https://{ISSUER}", ClientIDList=[AUDIENCE], ThumbprintList=[print_of])
    who = {"Federated": f"arn:aws:iam::000000000000:oidc-provider/{ISSUER}"}
    trust = {"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRoleWithWebIdentity",
             "Condition": {"StringEquals": {f"{ISSUER}:aud": AUDIENCE}}}  # fmt: skip
    iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=_policy(trust))
    iam.put_role_policy(RoleName=ROLE, PolicyName="all", PolicyDocument=everything())


def everything() -> str:
    """The role's policy: it may do everything in the bucket."""
    all_of_it = [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"]
    return _policy({"Effect": "Allow", "Action": ["s3:*"], "Resource": all_of_it})


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@contextmanager
def _network() -> Iterator[None]:
    """A network that has nothing but itself, for this thread and all that it starts meanwhile."""
    libc = ctypes.CDLL(None, use_errno=True)
    with Path("/proc/thread-self/ns/net").open() as before:
        if libc.unshare(CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "a network namespace of our own needs root")
        try:
            _run(["ip", "link", "set", "lo", "up"])
            _run(["ip", "address", "add", f"{ISSUER_ADDRESS}/32", "dev", "lo"])
            yield
        finally:
            libc.setns(before.fileno(), CLONE_NEWNET)


@contextmanager
def _issuing(folder: Path) -> Iterator[None]:
    """An OpenID Connect issuer over TLS."""
    Authority.make(folder, "ca").sign("issuer", ISSUER)
    _run(["openssl", "genrsa", "-out", str(folder / "signing.key"), "2048"])
    modulus = _run(["openssl", "rsa", "-in", str(folder / "signing.key"), "-noout", "-modulus"]).decode()
    number = _base64(bytes.fromhex(modulus.strip().partition("=")[2]))
    keys = {"keys": [{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1", "n": number, "e": "AQAB"}]}
    about = {"issuer": f"https://{ISSUER}", "jwks_uri": f"https://{ISSUER}/keys",
             "id_token_signing_alg_values_supported": ["RS256"]}  # fmt: skip
    (folder / "hosts").write_text(f"127.0.0.1 localhost\n{ISSUER_ADDRESS} {ISSUER}\n")
    handler = _telling({"/keys": keys, "/.well-known/openid-configuration": about})
    server = ThreadingHTTPServer((ISSUER_ADDRESS, 443), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    chain = folder / "chain.crt"  # With the authority, by whose print IAM knows the issuer.
    chain.write_text((folder / "issuer.crt").read_text() + (folder / "ca.crt").read_text())
    context.load_cert_chain(chain, folder / "issuer.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _telling(documents: dict[str, Any]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(documents.get(self.path, {})).encode()
            self.send_response(200 if self.path in documents else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextmanager
def _versitygw(folder: Path, mode: list[Any], options: list[Any] = []) -> Iterator[str]:  # noqa: B006  # never changed
    """One server at a free port; gives its address once it answers."""
    program = tools.VERSITYGW.folder(Checkout.from_env(os.environ)) / "versitygw"
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as free:
        port = free.server_port
    mount = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', folder / "hosts"]
    words = [
        *mount,
        program,
        "--port",
        f"127.0.0.1:{port}",
        "--region",
        REGION,
        "--health",
        "/healthz",
        "--quiet",
        *options,
    ]
    root = {"ROOT_ACCESS_KEY": KEYS["aws_access_key_id"], "ROOT_SECRET_KEY": KEYS["aws_secret_access_key"]}
    with (folder / f"{mode[0]}.log").open("wb") as log:
        process = subprocess.Popen(
            [*map(str, words), *map(str, mode)], env={**os.environ, **root}, stdout=log, stderr=log
        )
    try:
        _await(f"http://127.0.0.1:{port}/healthz", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def _await(address: str, process: "subprocess.Popen[bytes]") -> None:
    place, end = urlsplit(address), time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=2)
        try:
            connection.request("GET", place.path)
            connection.getresponse()
        except OSError:
            time.sleep(0.05)
        else:
            return
        finally:
            connection.close()
    raise AssertionError(f"{process.args} does not answer at {address}")


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _run(command: list[str], data: bytes = b"") -> bytes:
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout
