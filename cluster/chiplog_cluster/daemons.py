"""The command lines of the node's daemons and the order of their start; it must not start them."""

from dataclasses import dataclass
from pathlib import Path

from chiplog_cluster.node import RUN, Node


@dataclass(frozen=True)
class Daemon:
    """One daemon: its name (also its log's), its command line, and how others see that it answers."""

    name: str
    argv: tuple[str, ...]
    port: int | None = None
    """A TCP port on the node's loopback that is open once the daemon answers."""

    after: str | None = None
    """The daemon whose port must be open first: started sooner it would only wait in a slow retry."""

    has_state: bool = False
    """Whether it writes to disk, so that the end of the node waits for it to close its files."""


_PKI = RUN / "pki"
_ETCD = 2379
_API = 6443
_LOOPBACK = "--bind-address=127.0.0.1"


def of_node(node: Node, binaries: Path) -> list[Daemon]:
    """All daemons in the order of their start; `binaries` is the folder that holds the Kubernetes commands."""
    return [
        _etcd(node),
        Daemon("containerd", ("containerd", "--config", f"{RUN}/etc/containerd.toml"), has_state=True),
        Daemon("kube-apiserver", (f"{binaries}/kube-apiserver", *_api_flags(node)), port=_API, after="etcd"),
        Daemon(
            "kube-controller-manager",
            (f"{binaries}/kube-controller-manager", *_controller_flags(node)),
            after="kube-apiserver",
        ),
        Daemon("kube-scheduler", (f"{binaries}/kube-scheduler", *_scheduler_flags()), after="kube-apiserver"),
        Daemon("kubelet", (f"{binaries}/kubelet", *_kubelet_flags(node)), after="kube-apiserver"),
        Daemon("kube-proxy", (f"{binaries}/kube-proxy", *_proxy_flags(node)), after="kube-apiserver"),
    ]


def _etcd(node: Node) -> Daemon:
    flags = [
        "etcd",
        f"--data-dir={RUN}/etcd",
        f"--name={node.name}",
        f"--listen-client-urls=http://127.0.0.1:{_ETCD}",
        f"--advertise-client-urls=http://127.0.0.1:{_ETCD}",
        "--listen-peer-urls=http://127.0.0.1:2380",
        "--auto-compaction-retention=1",
        "--logger=zap",
    ]
    if node.purpose == "test":
        # What the tests store is thrown away, so a crash of the machine may lose it.
        flags.append("--unsafe-no-fsync")
    return Daemon("etcd", tuple(flags), port=_ETCD, has_state=True)


def _api_flags(node: Node) -> tuple[str, ...]:
    issuer = "https://kubernetes.default.svc"
    return (
        f"--etcd-servers=http://127.0.0.1:{_ETCD}",
        f"--advertise-address={node.ranges.node}",
        f"--secure-port={_API}",
        f"--service-cluster-ip-range={node.ranges.services}",
        "--allow-privileged=true",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--profiling=false",
        f"--tls-cert-file={_PKI}/apiserver-chain.crt",
        f"--tls-private-key-file={_PKI}/apiserver.key",
        f"--client-ca-file={_PKI}/ca.crt",
        f"--kubelet-certificate-authority={_PKI}/ca.crt",
        f"--kubelet-client-certificate={_PKI}/apiserver-kubelet-client.crt",
        f"--kubelet-client-key={_PKI}/apiserver-kubelet-client.key",
        "--kubelet-preferred-address-types=InternalIP",
        f"--service-account-issuer={issuer}",
        # The default would name the advertise address, which no OIDC verifier resolves to the issuer.
        f"--service-account-jwks-uri={issuer}/openid/v1/jwks",
        f"--service-account-key-file={_PKI}/service-account.pub",
        f"--service-account-signing-key-file={_PKI}/service-account.key",
        f"--requestheader-client-ca-file={_PKI}/front-proxy-ca.crt",
        "--requestheader-allowed-names=front-proxy-client",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-username-headers=X-Remote-User",
        f"--proxy-client-cert-file={_PKI}/front-proxy-client.crt",
        f"--proxy-client-key-file={_PKI}/front-proxy-client.key",
    )


def _controller_flags(node: Node) -> tuple[str, ...]:
    return (
        *_client_flags("controller-manager"),
        "--use-service-account-credentials=true",
        f"--service-account-private-key-file={_PKI}/service-account.key",
        f"--root-ca-file={_PKI}/ca.crt",
        f"--cluster-cidr={node.ranges.pods}",
        "--allocate-node-cidrs=false",
        f"--flex-volume-plugin-dir={RUN}/kubelet/volume-plugins",
        *_UNHURRIED,
    )


def _scheduler_flags() -> tuple[str, ...]:
    return (*_client_flags("scheduler"), *_UNHURRIED)


_UNHURRIED = ("--kube-api-qps=200", "--kube-api-burst=400")
"""The client's own limit, ten times the default: a benchmark of a thousand Jobs should measure us, not it."""


def _client_flags(user: str) -> tuple[str, ...]:
    kubeconfig = f"{RUN}/kubeconfigs/{user}.conf"
    return (
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        _LOOPBACK,
        "--leader-elect=false",
        "--profiling=false",
    )


def _kubelet_flags(node: Node) -> tuple[str, ...]:
    return (
        f"--config={RUN}/etc/kubelet.json",
        f"--kubeconfig={RUN}/kubeconfigs/kubelet.conf",
        f"--root-dir={RUN}/kubelet",
        f"--cert-dir={RUN}/kubelet/pki",
        f"--hostname-override={node.name}",
        f"--node-ip={node.ranges.node}",
        # Lowering one's own score needs CAP_SYS_RESOURCE, which root may lack.
        "--oom-score-adj=0",
    )


def _proxy_flags(node: Node) -> tuple[str, ...]:
    return (
        f"--kubeconfig={RUN}/kubeconfigs/proxy.conf",
        "--proxy-mode=iptables",
        f"--cluster-cidr={node.ranges.pods}",
        f"--hostname-override={node.name}",
        "--healthz-bind-address=127.0.0.1:10256",
        "--metrics-bind-address=127.0.0.1:10249",
        # The connection table's size belongs to the host.
        "--conntrack-max-per-core=0",
        "--oom-score-adj=0",
    )
