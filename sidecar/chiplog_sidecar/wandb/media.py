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
    stack: list[Any] = [_logged(row)]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            media |= {found["path"]: found for found in _named(node) if found["sha256"] or found["path"] not in media}
        if isinstance(node, dict | list):
            stack.extend(node.values() if isinstance(node, dict) else node)
    return [media[path] for path in sorted(media)]


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
    if not isinstance(path, str) or not path or "\0" in path:
        return False
    parts = PurePosixPath(path).parts
    return bool(parts) and not path.startswith("/") and ".." not in parts
