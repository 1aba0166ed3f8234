"""The Debian root with Python that stands in for the official Python image; it must not hold anything of ours."""

import os
from pathlib import Path

from chiplog_cluster import buildah, commands
from chiplog_cluster.checkout import Checkout
from chiplog_cluster.progress import Progress
from chiplog_cluster.recipes import IMAGE_PYTHON

_SUITE = "bookworm"
"""Its Python is the one of the images' wheels."""

_PACKAGES = "python3,ca-certificates"
_UNWANTED = ("doc", "man", "locale")
_EDITION = "1"
"""Raise it to have the root made anew, as for a security update."""

REFERENCE = f"localhost/chiplog-base:{IMAGE_PYTHON}-{_SUITE}-{_EDITION}"

PYTHON = Path(f"/usr/bin/python{IMAGE_PYTHON}")
"""The host's own Python of the same minor version, which compiles the images' bytecode."""


def ensure(checkout: Checkout, progress: Progress) -> None:
    """Make the base image in the checkout's store, of a root that is kept in the cache."""
    if buildah.has_image(checkout, REFERENCE):
        return
    root = _root(checkout)
    if not root.exists():
        with progress.step("making the images' base from Debian packages"):
            _bootstrap(root)
    with progress.step("storing the images' base"):
        _commit(checkout, root)


def _root(checkout: Checkout) -> Path:
    return checkout.cache / "roots" / f"{_SUITE}-python{IMAGE_PYTHON}-{_EDITION}.tar"


def _bootstrap(root: Path) -> None:
    """The packages come from where the host's own come from: no address stands here."""
    root.parent.mkdir(parents=True, exist_ok=True)
    draft = root.with_name(f".{os.getpid()}.tar")
    lean = [f"--dpkgopt=path-exclude=/usr/share/{folder}/*" for folder in _UNWANTED]
    commands.run(["nice", "mmdebstrap", "--variant=minbase", f"--include={_PACKAGES}", *lean, _SUITE, draft])
    draft.replace(root)


def _commit(checkout: Checkout, root: Path) -> None:
    container = buildah.run(checkout, "from", "scratch")
    buildah.run(checkout, "add", "--quiet", container, root, "/")
    buildah.run(checkout, "config", "--cmd=python3", container)
    buildah.run(checkout, "commit", "--quiet", "--rm", container, REFERENCE)
