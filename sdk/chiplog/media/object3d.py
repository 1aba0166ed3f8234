"""Objects in space: point clouds from arrays, scenes from files."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from chiplog.media import arrays, medium

_FORMATS = ("obj", "gltf", "glb", "babylon", "stl", "pts.json")
_COLUMNS = (3, 4, 6)
"""x y z; with a class; with a colour."""


class Object3D(medium.Medium):
    """A cloud of points, or a scene.

    Args:
        data_or_path: an array (points, 3 | 4 | 6): place, place and class, place and colour; a mapping as wandb takes
            it (`{"type": "lidar/beta", "points": …, "boxes": …}`); or a file (obj, gltf, glb, babylon, stl, pts.json).
        caption: shown beside it.

    Raises ValueError for another shape or kind of file.
    """

    kind = "object3D-file"
    folder = "object3D"

    def __init__(self, data_or_path: Any, caption: str | None = None, **_: Any) -> None:
        super().__init__(caption)
        if isinstance(data_or_path, str | Path):
            self._from_file(Path(data_or_path))
        elif isinstance(data_or_path, dict):
            self._hold(json.dumps(data_or_path, default=_plain).encode(), "pts.json")
        else:
            self._from_array(arrays.plain(data_or_path))

    def _from_file(self, path: Path) -> None:
        extension = next((form for form in _FORMATS if path.name.endswith(f".{form}")), "")
        if not extension:
            raise ValueError(f"chiplog.Object3D: {path.name!r} is none of {', '.join(_FORMATS)}")
        self._hold(path, extension)

    def _from_array(self, points: Any) -> None:
        if getattr(points, "ndim", 0) != 2 or points.shape[1] not in _COLUMNS:
            raise ValueError(f"chiplog.Object3D: shape {getattr(points, 'shape', ())} is not (points, 3, 4 or 6)")
        self._hold(json.dumps(points.tolist(), separators=(",", ":")).encode(), "pts.json")

    @classmethod
    def _list_json(cls, items: Sequence[Self], files: Path, key: str, step: int | str) -> medium.Json:
        told = [item._chiplog_json(files, key, step) for item in items]
        names = [one["path"].removeprefix(f"media/{cls.folder}/") for one in told]
        return {"_type": "object3D", "filenames": names, "count": len(told), "objects": told}


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else str(value)
