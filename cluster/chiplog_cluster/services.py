"""What runs on the node from its first start: CoreDNS and the S3 server; it must not know roles or buckets."""

import json
import secrets
from pathlib import Path
from string import Template

from chiplog_cluster import configuration, files, kubectl, registry, scratch, tools
from chiplog_cluster.checkout import Checkout
from chiplog_cluster.node import IAM_PORT, RUN, S3_PORT, Node
from chiplog_cluster.scratch import ScratchImage

REGION = "us-east-1"
_BUSYBOX = Path("/bin/busybox")


def images(checkout: Checkout) -> list[ScratchImage]:
    """The node's own images: the pause container of every pod, CoreDNS and versitygw."""
    served = [_tool_image(checkout, tool) for tool in (tools.COREDNS, tools.VERSITYGW)]
    pause = ScratchImage(configuration.PAUSE_IMAGE, (("bin/busybox", _BUSYBOX),), ("/bin/busybox", "sleep", "infinity"))
    return [pause, *served]


def load_images(node: Node) -> None:
    """Import those of the node's own images that containerd lacks."""
    present = registry.references(node)
    for image in images(node.checkout):
        if image.reference not in present:
            archive = node.state / "image.tar"
            scratch.write_archive(image, archive)
            registry.load(node, archive)
            archive.unlink()


def apply(node: Node) -> None:
    """Apply the manifests, unless etcd has these very ones already."""
    rendered = [render(path.read_text(), parameters(node)) for path in sorted(_manifests(node.checkout).glob("*.yaml"))]
    text = "\n---\n".join(rendered)
    stamp = node.state / "services.stamp"
    wanted = files.digest([], text)
    if files.read(stamp) != wanted:
        kubectl.apply(node, text)
        files.write(stamp, wanted)


def render(template: str, values: dict[str, str]) -> str:
    """A manifest with every `${name}` replaced; an unknown name is a KeyError."""
    return Template(template).substitute(values)


def parameters(node: Node) -> dict[str, str]:
    """What the manifests leave open."""
    access, secret = root_key(node)
    return {
        "coredns_image": _reference(tools.COREDNS, node.checkout),
        "versitygw_image": _reference(tools.VERSITYGW, node.checkout),
        "dns_address": str(node.ranges.dns),
        "s3_address": str(node.ranges.s3),
        "s3_port": str(S3_PORT),
        "iam_port": str(IAM_PORT),
        "s3_directory": f"{RUN}/s3",
        "region": REGION,
        "root_access": json.dumps(access),
        "root_secret": json.dumps(secret),
    }


def root_key(node: Node) -> tuple[str, str]:
    """The S3 server's root key, made once and kept where only root reads it: (access key id, secret)."""
    path = node.state / "s3-root-key.json"
    text = files.read(path)
    if text is None:
        text = json.dumps([f"CHIPLOG{secrets.token_hex(6).upper()}", secrets.token_urlsafe(30)])
        files.write(path, text, mode=0o600)
    access, secret = json.loads(text)
    return access, secret


def _manifests(checkout: Checkout) -> Path:
    return checkout.package / "manifests"


def _tool_image(checkout: Checkout, tool: tools.Tool) -> ScratchImage:
    files_inside = ((tool.name, tool.program(checkout)),)
    return ScratchImage(_reference(tool, checkout), files_inside, (f"/{tool.name}",))


def _reference(tool: tools.Tool, checkout: Checkout) -> str:
    """Named by what was compiled, so that a new build is imported and rolled out by itself."""
    return f"localhost/chiplog-{tool.name}:{tool.folder(checkout).name.removeprefix(f'{tool.name}-')}"
