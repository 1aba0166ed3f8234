"""Archives of images in OCI layout that leave out the layers a node has already; it must not build or import them."""

import io
import json
import tarfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

from chiplog_cluster import files
from chiplog_cluster.checkout import Checkout
from chiplog_cluster.errors import ClusterError


def folder(checkout: Checkout) -> Path:
    """The layout that all our images are pushed to: a layer they share lies there once."""
    return checkout.build / "layout"


def write_archive(layout: Path, tag: str, reference: str, present: Collection[str], archive: Path) -> None:
    """Write one image of a layout for `ctr images import`, without the blobs (`sha256:…`) that are `present`.

    The import is named `reference`. See https://github.com/opencontainers/image-spec/blob/main/image-layout.md.
    """
    entry = _entry(layout, tag)
    named = {**entry, "annotations": {"io.containerd.image.name": reference}}
    with tarfile.open(archive, "w") as out:
        _add(out, "oci-layout", json.dumps({"imageLayoutVersion": "1.0.0"}).encode())
        _add(out, "index.json", json.dumps({"schemaVersion": 2, "manifests": [named]}).encode())
        for digest in _digests(layout, entry["digest"]):
            if digest not in present:
                out.add(_blob(layout, digest), arcname=f"blobs/{digest.replace(':', '/')}")


def prune(layout: Path) -> None:
    """Forget images that lost their tag to a newer one, and delete what only they had."""
    index = json.loads((layout / "index.json").read_text())
    tagged = [entry for entry in index["manifests"] if _tag(entry)]
    files.write(layout / "index.json", json.dumps({**index, "manifests": tagged}))
    kept = {digest for entry in tagged for digest in _digests(layout, entry["digest"])}
    for blob in (layout / "blobs" / "sha256").iterdir():
        if f"sha256:{blob.name}" not in kept:
            blob.unlink()


def _tag(entry: dict[str, Any]) -> str | None:
    name: str | None = entry.get("annotations", {}).get("org.opencontainers.image.ref.name")
    return name


def _entry(layout: Path, tag: str) -> dict[str, Any]:
    index = json.loads((layout / "index.json").read_text())
    for entry in index["manifests"]:
        if _tag(entry) == tag:
            found: dict[str, Any] = entry
            return found
    raise ClusterError(f"{layout} holds no image that is tagged {tag}")


def _digests(layout: Path, manifest: str) -> list[str]:
    """The manifest, its configuration and its layers; the order of the layers matters to nobody here."""
    document = json.loads(_blob(layout, manifest).read_text())
    parts = [document["config"], *document["layers"]]
    return [manifest, *dict.fromkeys(part["digest"] for part in parts)]


def _blob(layout: Path, digest: str) -> Path:
    return layout / "blobs" / digest.replace(":", "/")


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))
