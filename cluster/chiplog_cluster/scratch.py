"""Docker archives of images that are a few static files on nothing; it must not run or import them."""

import hashlib
import io
import json
import platform
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
"""What `uname -m` says, and what images and Debian call it."""


@dataclass(frozen=True)
class ScratchImage:
    """An image of static programs: its name, its files as (path inside, source), and its entry point."""

    reference: str
    files: tuple[tuple[str, Path], ...]
    entrypoint: tuple[str, ...]


def write_archive(image: ScratchImage, path: Path) -> None:
    """Write the image in the format of `docker save`; the same inputs give the same bytes."""
    layer = _layer(image.files)
    config = _config(image, hashlib.sha256(layer).hexdigest())
    manifest = [{"Config": "config.json", "RepoTags": [image.reference], "Layers": ["layer.tar"]}]
    members = [("manifest.json", _json(manifest)), ("config.json", _json(config)), ("layer.tar", layer)]
    draft = path.with_suffix(".draft")
    with tarfile.open(draft, "w") as archive:
        for name, content in members:
            _add(archive, name, content, mode=0o644)
    draft.replace(path)


def _config(image: ScratchImage, layer_sha256: str) -> dict[str, object]:
    return {
        "architecture": ARCHITECTURES[platform.machine()],
        "os": "linux",
        "config": {"Entrypoint": list(image.entrypoint)},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer_sha256}"]},
    }


def _layer(files: Sequence[tuple[str, Path]]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as layer:
        for inside, source in files:
            _add(layer, inside, source.read_bytes(), mode=0o755)
    return out.getvalue()


def _add(archive: tarfile.TarFile, name: str, content: bytes, mode: int) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), mode
    archive.addfile(member, io.BytesIO(content))


def _json(document: object) -> bytes:
    return json.dumps(document).encode()
