"""The Go programs of the node, and where their builds are kept; it must not compile them."""

from dataclasses import dataclass
from pathlib import Path

from chiplog_cluster import files
from chiplog_cluster.checkout import Checkout


@dataclass(frozen=True)
class Tool:
    """One program: a module of its own under `cluster/tools`, so that no tool bends another's versions."""

    name: str
    title: str
    version: str
    target: str
    """What `go build` is told to build."""

    stamps: tuple[str, ...]
    """Linker variables; without them Kubernetes calls itself v0.0.0 and Helm's version checks refuse it."""

    packages: int
    """About how many packages a cold build compiles, for the progress line."""

    commands: tuple[str, ...] = ()
    """Further names to call the program by, where the name chooses what it does."""

    def source(self, checkout: Checkout) -> Path:
        """The folder of its go.mod."""
        return checkout.package / "tools" / self.name

    def folder(self, checkout: Checkout) -> Path:
        """The folder of the built program, keyed by everything that was compiled."""
        parts = [self.source(checkout) / name for name in ("go.mod", "go.sum", "main.go")]
        return checkout.cache / "tools" / f"{self.name}-{self.version}-{files.digest(parts, *self.stamps)}"

    def program(self, checkout: Checkout) -> Path:
        """The built program."""
        return self.folder(checkout) / self.name

    def is_built(self, checkout: Checkout) -> bool:
        """Whether the program is in the cache; it appears there whole."""
        return self.program(checkout).exists()


def _kubernetes_stamps(version: str) -> tuple[str, ...]:
    major, minor, _ = version.removeprefix("v").split(".")
    base = "k8s.io/component-base/version"
    return (
        f"{base}.gitVersion={version}",
        f"{base}.gitMajor={major}",
        f"{base}.gitMinor={minor}",
        f"{base}.gitTreeState=clean",
        f"k8s.io/client-go/pkg/version.gitVersion={version}",
    )


def _helm_stamps(version: str, kubernetes: str) -> tuple[str, ...]:
    """Its own version, and the Kubernetes that it renders and lints for where no cluster is asked."""
    major, minor, _ = kubernetes.split(".")
    base = "helm.sh/helm/v3"
    return (
        f"{base}/internal/version.version=v{version}",
        *(f"{base}/pkg/{package}.k8sVersionMajor={major}" for package in ("chartutil", "lint/rules")),
        *(f"{base}/pkg/{package}.k8sVersionMinor={minor}" for package in ("chartutil", "lint/rules")),
    )


KUBERNETES = Tool(
    name="kubernetes",
    title="Kubernetes",
    version="1.35.4",
    target=".",
    stamps=_kubernetes_stamps("v1.35.4"),
    packages=2700,
    commands=("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "kubelet", "kubectl"),
)
COREDNS = Tool("coredns", "CoreDNS", "1.14.5", ".", (), packages=500)
HELM = Tool(
    name="helm",
    title="Helm",
    version="3.20.2",
    target="helm.sh/helm/v3/cmd/helm",
    stamps=_helm_stamps("3.20.2", kubernetes=KUBERNETES.version),
    packages=360,
)
VERSITYGW = Tool(
    "versitygw", "the S3 server versitygw", "1.8.0", "github.com/versity/versitygw/cmd/versitygw", (), packages=380
)

ALL = (KUBERNETES, COREDNS, HELM, VERSITYGW)
"""In the order of their builds: the later ones find the packages of the first compiled."""


def link(checkout: Checkout) -> None:
    """Put what people call into the checkout's folder of programs."""
    for name, tool in (("kubectl", KUBERNETES), ("helm", HELM)):
        place(checkout.binaries / name, tool.folder(checkout) / name)


def place(path: Path, target: Path) -> None:
    """Make a symbolic link, or turn an old one to its new target."""
    if not (path.is_symlink() and path.readlink() == target):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.symlink_to(target)
