"""What all media share: content, a caption, how they become a file and a value. It knows no kind of media."""

import hashlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

Json = dict[str, Any]

_DIGEST_LETTERS = 20
_CHUNK_BYTES = 1 << 20
_MAX_NAME_BYTES = 200


class Medium:
    """A piece of media.

    Args:
        caption: shown beside it.
    """

    kind: ClassVar[str]
    """`_type` of its value."""

    folder: ClassVar[str]
    """Below `files/media/`."""

    def __init__(self, caption: str | None = None) -> None:
        self.caption = caption
        self.extension = ""
        self._content: bytes | Path = b""

    def _hold(self, content: bytes | str | Path, extension: str) -> None:
        """Take the content in: bytes, or the path of a file, which is copied when it is logged."""
        if isinstance(content, str | Path) and not Path(content).is_file():
            raise FileNotFoundError(f"chiplog.{type(self).__name__}: there is no file {str(content)!r}")
        self._content = Path(content) if isinstance(content, str) else content
        self.extension = extension

    def _chiplog_json(self, files: Path, key: str, step: int | str) -> Json:
        """Write the file, and give the value that names it."""
        path, sha256, size = stored(files, self.folder, key, step, self._content, self.extension)
        told: Json = {"_type": self.kind, "path": path, "sha256": sha256, "size": size}
        if self.caption is not None:
            told["caption"] = self.caption
        return {**told, **self._facts(files, key, step)}

    def _facts(self, files: Path, key: str, step: int | str) -> Json:  # noqa: ARG002
        """What its value says besides."""
        return {}

    @classmethod
    def _list_json(cls, items: Sequence[Self], files: Path, key: str, step: int | str) -> Any:
        """The value of a list of these."""
        return [item._chiplog_json(files, key, step) for item in items]


def stored(
    files: Path, folder: str, key: str, step: int | str, content: bytes | Path, extension: str
) -> tuple[str, str, int]:
    """Put content under `files/media` by its digest; its path below `files`, its SHA-256 and its size in bytes."""
    sha256, size = _digest(content)
    name = _name(f"{key}_{step}_{sha256[:_DIGEST_LETTERS]}", extension)
    path = f"media/{folder}/{name}"
    target = files / path
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        making = target.with_name(f".{target.name[-100:]}.{os.getpid()}.tmp")
        if isinstance(content, Path):
            shutil.copyfile(content, making)
        else:
            making.write_bytes(content)
        making.replace(target)
    return path, sha256, size


def _digest(content: bytes | Path) -> tuple[str, int]:
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest(), len(content)
    digest, size = hashlib.sha256(), 0
    with content.open("rb") as file:
        while piece := file.read(_CHUNK_BYTES):
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size


def _name(name: str, extension: str) -> str:
    """A path that leads nowhere else, and that file systems take; `/` in a key makes directories, as in wandb."""
    parts = [part.replace("..", "__") for part in name.replace("\0", "").split("/") if part not in ("", ".")]
    short = [part.encode()[-_MAX_NAME_BYTES:].decode(errors="ignore") for part in parts]
    return "/".join(short) + (f".{extension}" if extension else "")
