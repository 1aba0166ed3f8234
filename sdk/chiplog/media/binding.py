"""Media objects as values of a row. It decides by their type alone, and writes nothing itself."""

from pathlib import Path
from typing import Any


def bound(value: Any, files: Path, key: str, step: int | str) -> Any:
    """The value of a media object, or of a list of them, after its file was written.

    Raises OSError where it cannot be written, and what the object says of itself.
    """
    if not isinstance(value, list):
        return value._chiplog_json(files, key, step)
    kinds = {type(item) for item in value}
    if len(kinds) == 1:
        return kinds.pop()._list_json(value, files, key, step)
    return [item._chiplog_json(files, key, step) for item in value]
