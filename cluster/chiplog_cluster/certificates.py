"""The node's keys and certificates, made by openssl; it must not leave a key that others may read."""

import hashlib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from chiplog_cluster import commands
from chiplog_cluster.node import Node

_DAYS = "3650"
_CONFIG = "[req]\ndistinguished_name=dn\nprompt=no\n[dn]\n"
"""Instead of the system's openssl.cnf, which would add CA:TRUE to every certificate."""


@dataclass(frozen=True)
class Certificate:
    """One certificate to issue: file name, subject, what it is for, and the names it serves under."""

    name: str
    subject: str
    usage: str = "clientAuth"
    authority: str = "ca"
    names: tuple[str, ...] = ()


def wanted(node: Node) -> list[Certificate]:
    """Every leaf certificate of a node."""
    return [
        Certificate("apiserver", "/CN=kube-apiserver", "serverAuth", names=_api_names(node)),
        Certificate(
            "kubelet-server", f"/CN={node.name}", "serverAuth", names=(node.name, str(node.ranges.node), "127.0.0.1")
        ),
        Certificate("kubelet", f"/O=system:nodes/CN=system:node:{node.name}"),
        Certificate("apiserver-kubelet-client", "/O=system:masters/CN=kube-apiserver-kubelet-client"),
        Certificate("admin", "/O=system:masters/CN=chiplog-admin"),
        Certificate("controller-manager", "/CN=system:kube-controller-manager"),
        Certificate("scheduler", "/CN=system:kube-scheduler"),
        Certificate("proxy", "/CN=system:kube-proxy"),
        Certificate("front-proxy-client", "/CN=front-proxy-client", authority="front-proxy-ca"),
    ]


def issue_all(node: Node) -> None:
    """Make whatever is missing; what is there stays, for tokens and kubeconfigs refer to it."""
    folder = node.certificates
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in ("ca", "front-proxy-ca"):
        _authority(folder, name)
    for certificate in wanted(node):
        _issue(folder, certificate)
    _append_authority(folder)
    _service_account_key(folder)


def thumbprint(authority: Path) -> str:
    """SHA-1 over a certificate's DER form, in hex: how IAM pins an OIDC provider's authority."""
    der = ssl.PEM_cert_to_DER_cert(authority.read_text())
    return hashlib.sha1(der, usedforsecurity=False).hexdigest()


def _api_names(node: Node) -> tuple[str, ...]:
    service = ("kubernetes", "kubernetes.default", "kubernetes.default.svc")
    longer = ("kubernetes.default.svc.cluster", "kubernetes.default.svc.cluster.local")
    return (*service, *longer, "localhost", "127.0.0.1", str(node.ranges.api_service), str(node.ranges.node))


def _authority(folder: Path, name: str) -> None:
    if not (folder / f"{name}.crt").exists():
        extensions = [
            "basicConstraints=critical,CA:TRUE",
            "keyUsage=critical,keyCertSign,cRLSign",
            "subjectKeyIdentifier=hash",
        ]
        _request(folder, name, f"/CN=chiplog-{name}", extensions, ())


def _issue(folder: Path, certificate: Certificate) -> None:
    if (folder / f"{certificate.name}.crt").exists():
        return
    extensions = [
        "basicConstraints=CA:FALSE",
        f"extendedKeyUsage={certificate.usage}",
        "keyUsage=critical,digitalSignature",
    ]
    if certificate.names:
        extensions.append("subjectAltName=" + ",".join(map(_alternative_name, certificate.names)))
    signer = (
        "-CA",
        str(folder / f"{certificate.authority}.crt"),
        "-CAkey",
        str(folder / f"{certificate.authority}.key"),
    )
    _request(folder, certificate.name, certificate.subject, extensions, signer)


def _request(folder: Path, name: str, subject: str, extensions: Sequence[str], signer: Sequence[str]) -> None:
    key, draft = folder / f"{name}.key", folder / f"{name}.crt.draft"
    argv = [
        "openssl",
        "req",
        "-x509",
        "-new",
        "-config",
        "/dev/stdin",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
    ]
    argv += ["-nodes", "-days", _DAYS, "-subj", subject, "-keyout", str(key), "-out", str(draft), *signer]
    for extension in extensions:
        argv += ["-addext", extension]
    commands.run(argv, text=_CONFIG)
    key.chmod(0o600)
    draft.replace(folder / f"{name}.crt")


def _alternative_name(name: str) -> str:
    return f"{'IP' if name.replace('.', '').isdigit() else 'DNS'}:{name}"


def _append_authority(folder: Path) -> None:
    """Serve the authority with the API server's certificate: the S3 server pins the last certificate of the chain."""
    chain = folder / "apiserver-chain.crt"
    if not chain.exists():
        chain.write_text((folder / "apiserver.crt").read_text() + (folder / "ca.crt").read_text())


def _service_account_key(folder: Path) -> None:
    """The key that signs ServiceAccount tokens: RSA, since every STS verifies RS256."""
    key = folder / "service-account.key"
    if not key.exists():
        draft = folder / "service-account.key.draft"
        commands.run(["openssl", "genrsa", "-out", draft, "2048"])
        draft.chmod(0o600)
        draft.replace(key)
    if not (folder / "service-account.pub").exists():
        commands.run(["openssl", "rsa", "-in", key, "-pubout", "-out", folder / "service-account.pub"])
