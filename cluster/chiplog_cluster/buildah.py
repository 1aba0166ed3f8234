"""Calling buildah and skopeo with a store and mounts of the checkout's own; it must not know our images."""

from collections.abc import Sequence
from pathlib import Path

from chiplog_cluster import commands
from chiplog_cluster.checkout import Checkout


def run(checkout: Checkout, *words: str | Path) -> str:
    """Run one buildah command; its mounts stay in a mount namespace that ends with it."""
    return commands.run([*_program(checkout), *words]).strip()


def export(checkout: Checkout, reference: str, layout: Path, tag: str) -> None:
    """Copy an image into a folder in OCI layout, uncompressed, so that layers that lie there are not read again."""
    source = f"containers-storage:[overlay@{_store(checkout)}+{_run_root(checkout)}]{reference}"
    options = ["--quiet", "--dest-oci-accept-uncompressed-layers"]
    commands.run(["unshare", "--mount", "skopeo", "copy", *options, source, f"oci:{layout}:{tag}"])


def has_image(checkout: Checkout, reference: str) -> bool:
    """Whether the store has an image of this name."""
    return commands.succeeds([*_program(checkout), "inspect", "--type=image", reference])


def _program(checkout: Checkout) -> Sequence[str | Path]:
    options = [f"--root={_store(checkout)}", f"--runroot={_run_root(checkout)}", "--storage-driver=overlay"]
    return ["unshare", "--mount", "buildah", *options]


def _store(checkout: Checkout) -> Path:
    return checkout.build / "store"


def _run_root(checkout: Checkout) -> Path:
    return checkout.build / "runroot"
