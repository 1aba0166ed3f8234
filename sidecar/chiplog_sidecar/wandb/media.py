"""The files under a run's `files/` that a row names as media. It opens none of them."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, TypedDict

from chiplog_sidecar.wandb import values
from chiplog_sidecar.wandb.decode import Row


class Media(TypedDict):
    """A file that a logged value stands for."""

    path: str
    """Below the run's `files/`; never absolute, never with `..`."""
    sha256: str | None
    """In hex; None for a list of images or molecules, whose row tells only the paths."""
    size: int | None
    """In bytes."""


_FOLDERS = {"object3D": "media/object3D/"}
"""Of lists whose `filenames` are relative to another directory than the run's files."""


def media_paths(row: Row) -> list[Media]:
    """The media of a history or summary row, each path once; any other row has none.

    A path that would lead out of the run's files is left out: a row is what a training container said, not an order
    to read.
    """
    media: dict[str, Media] = {}
    for node in _objects(row):
        media |= {found["path"]: found for found in _named(node) if found["sha256"] or found["path"] not in media}
    return [media[path] for path in sorted(media)]


def leaving(row: Row) -> list[str]:
    """Paths of what claims to be media and would lead out of the run's files, each once."""
    found: set[str] = set()
    for node in _objects(row):
        filenames = node.get("filenames")
        single = [node.get("path")] if isinstance(node.get("sha256"), str) else []
        paths = [*single, *(filenames if isinstance(filenames, list) else [])]
        found.update(path for path in paths if isinstance(path, str) and isinstance(node.get("_type"), str))
    return sorted(path for path in found if leaves(path) and "://" not in path)


def leaves(path: str) -> bool:
    """Whether a path leads out of the directory that it is relative to, or is none at all."""
    return path.startswith("/") or "\0" in path or ".." in PurePosixPath(path).parts


def _objects(row: Row) -> Iterator[dict[str, Any]]:
    stack: list[Any] = [_logged(row)]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            yield node
        if isinstance(node, dict | list):
            stack.extend(node.values() if isinstance(node, dict) else node)


def _logged(row: Row) -> dict[str, values.Json]:
    if row["kind"] == "history":
        return dict(row["values"])
    return values.nest(row["update"]) if row["kind"] == "summary" else {}


def _named(node: dict[str, Any]) -> Iterator[Media]:
    if not isinstance(node.get("_type"), str):
        return
    sha256, size = node.get("sha256"), node.get("size")
    if _is_inside(node.get("path")):
        digest = sha256 if isinstance(sha256, str) else None
        yield {"path": node["path"], "sha256": digest, "size": size if type(size) is int else None}
    filenames = node.get("filenames")
    folder = _FOLDERS.get(node["_type"], "")
    for path in filenames if isinstance(filenames, list) else []:
        if _is_inside(path) and "://" not in path:  # An image of an artifact has that one's address there.
            yield {"path": f"{folder}{path}", "sha256": None, "size": None}


def _is_inside(path: Any) -> bool:
    return isinstance(path, str) and bool(PurePosixPath(path).parts) and not leaves(path)
