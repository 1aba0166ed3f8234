"""Artifacts: a named set of files that a run made, such as a model. They are staged beside the run's file and shipped.

Names, digests and the manifest are wandb's, so that readers treat both alike. Nothing is looked up: there is no server.
"""

import base64
import hashlib
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

_CHUNK_BYTES = 1 << 20


class Artifact:
    """A set of files under one name.

    Args:
        name: letters, digits, `-`, `_` and `.`.
        type: what it is, such as `model` or `dataset`.
        description: in words.
        metadata: anything that JSON can say.

    Raises ValueError for a name that holds anything else.
    """

    def __init__(
        self,
        name: str,
        type: str,  # noqa: A002 - W&B's name of it.
        description: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        **_: Any,
    ) -> None:
        if not name or not all(letter.isalnum() or letter in "-_." for letter in name):
            raise ValueError(f"chiplog.Artifact: name={name!r} may hold letters, digits, '-', '_' and '.' only")
        self.name = name
        self.type = type
        self.description = description or ""
        self.metadata: dict[str, Any] = dict(metadata or {})
        self.files: dict[str, Path] = {}
        """Files of this machine by their path in the artifact."""
        self.references: dict[str, str] = {}
        """Addresses by path; what they lead to is not stored."""
        self._made: Path | None = None

    def add_file(self, local_path: str | Path, name: str | None = None, **_: Any) -> None:
        """Add a file, under its own name without `name`. Raises ValueError where there is none."""
        path = Path(local_path)
        if not path.is_file():
            raise ValueError(f"chiplog.Artifact.add_file: there is no file {str(local_path)!r}")
        self.files[_inside(name or path.name)] = path.absolute()

    def add_dir(self, local_path: str | Path, name: str | None = None, **_: Any) -> None:
        """Add all files below a directory. Raises ValueError where it is none."""
        root = Path(local_path)
        if not root.is_dir():
            raise ValueError(f"chiplog.Artifact.add_dir: there is no directory {str(local_path)!r}")
        for path in sorted(path for path in root.rglob("*") if path.is_file()):
            self.add_file(path, f"{name}/{path.relative_to(root)}" if name else str(path.relative_to(root)))

    def new_file(self, name: str, mode: str = "w", encoding: str | None = None) -> IO[Any]:
        """Open a new file of the artifact for writing."""
        path = self._folder() / _inside(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.files[_inside(name)] = path
        return path.open(mode, encoding=encoding or (None if "b" in mode else "utf-8"))

    def add(self, obj: Any, name: str, **_: Any) -> None:
        """Add a table, an image or another piece of media as `<name>.<extension>`; what it holds lies below `media/`.

        Raises TypeError for anything else.
        """
        from chiplog.media.medium import Medium

        if not isinstance(obj, Medium):
            raise TypeError(f"chiplog.Artifact.add: {name!r} is of type {type(obj).__name__}, no media")
        folder = self._folder()
        own = folder / obj._chiplog_json(folder, _inside(name), 0)["path"]
        self.files[f"{_inside(name)}.{obj.extension}"] = own
        for path in (folder / "media").rglob("*"):
            if path.is_file() and path not in self.files.values():
                self.files[path.relative_to(folder).as_posix()] = path

    def add_reference(self, uri: str, name: str | None = None, **_: Any) -> None:
        """Add an address, such as of an object in a bucket."""
        self.references[_inside(name or uri.rstrip("/").rpartition("/")[2] or "reference")] = uri

    @property
    def size(self) -> int:
        """Bytes of its files."""
        return sum(path.stat().st_size for path in self.files.values())

    def _folder(self) -> Path:
        """Where what is made for it lies until it is logged."""
        if self._made is None:
            import tempfile

            self._made = Path(tempfile.mkdtemp(prefix="chiplog-artifact-"))
        return self._made

    def __getattr__(self, name: str) -> Any:
        from chiplog.tracking import absent

        raise absent.refuse_of_artifact(name)

    def wait(self, timeout: int | None = None) -> "Artifact":  # noqa: ARG002 - W&B's.
        """Nothing is to be waited for: itself."""
        return self


def staged(artifact: Artifact, folder: Path, aliases: Sequence[str]) -> dict[str, Any]:
    """Put an artifact's files below `folder`; the row that names it. Raises OSError."""
    digests = {name: _md5(path) for name, path in artifact.files.items()}
    digests |= {
        name: hashlib.md5(uri.encode(), usedforsecurity=False).digest() for name, uri in artifact.references.items()
    }
    texts = {name: base64.b64encode(digest).decode() for name, digest in digests.items()}
    listing = "".join(f"{name}:{texts[name]}\n" for name in sorted(texts))
    digest = hashlib.md5(f"wandb-artifact-manifest-v1\n{listing}".encode(), usedforsecurity=False).hexdigest()
    place = folder / f"{artifact.name}-{digest[:12]}"
    entries = [_entry(name, path, place / name, texts[name]) for name, path in sorted(artifact.files.items())]
    entries += [{"path": name, "digest": texts[name], "ref": uri} for name, uri in sorted(artifact.references.items())]
    if artifact._made is not None:
        shutil.rmtree(artifact._made, ignore_errors=True)
        artifact._made = None
    return {
        "kind": "artifact", "type": artifact.type, "name": artifact.name, "digest": digest,
        "description": artifact.description, "metadata": artifact.metadata, "aliases": list(aliases),
        "manifest": {"version": 1, "entries": entries},
    }  # fmt: skip


def of_path(path: str | Path, name: str | None, kind: str | None) -> Artifact:
    """The artifact of a file or directory, named after it."""
    root = Path(path)
    safe = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in name or root.name)
    made = Artifact(safe, kind or "unspecified")
    if root.is_dir():
        made.add_dir(root)
    else:
        made.add_file(root)
    return made


def _entry(name: str, source: Path, target: Path, digest: str) -> dict[str, Any]:
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        making = target.with_name(f".{target.name}.{os.getpid()}.tmp")
        shutil.copyfile(source, making)  # Never a link: the script may go on writing to its own file.
        making.replace(target)
    return {"path": name, "digest": digest, "size": target.stat().st_size, "local_path": str(target.absolute())}


def _md5(path: Path) -> bytes:
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while piece := file.read(_CHUNK_BYTES):
            digest.update(piece)
    return digest.digest()


def _inside(name: str) -> str:
    parts = [part for part in str(name).replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return "/".join(parts) or "file"
