"""`save`: a script's files beside the run's, so that the recorder can read them. It decides nothing on shipping."""

import glob
import os
import shutil
from pathlib import Path

from chiplog.tracking import notices


def save(files: Path, pattern: str | Path, base_path: str | Path | None) -> list[str]:
    """Link or copy what a path or glob finds below `files`; their paths there.

    As in W&B: a relative path stays as it is, of an absolute one without `base_path` one directory is kept.
    """
    text = os.fspath(pattern)
    base = Path(base_path).absolute() if base_path is not None else _base(text)
    found = [Path(path).absolute() for path in sorted(glob.glob(text, recursive=True))]  # noqa: PTH207 - an absolute glob, too.
    kept = [_keep(files, path, base) for path in found if path.is_file()]
    if not kept:
        notices.warn(f"save {text}", f"save: {text!r} finds no file, nothing was saved")
    return [path for path in kept if path]


def _base(text: str) -> Path:
    if not os.path.isabs(text):  # noqa: PTH117 - it may be a glob.
        return Path.cwd()
    return Path(text).parent.parent


def _keep(files: Path, path: Path, base: Path) -> str:
    inside = Path(path.name) if not path.is_relative_to(base) else path.relative_to(base)
    target = files / inside
    if target.exists() and target.samefile(path):
        return inside.as_posix()
    making = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        making.unlink(missing_ok=True)
        try:
            os.link(path, making)
        except OSError:
            shutil.copyfile(path, making)  # Another file system.
        making.replace(target)
    except OSError as error:
        notices.warn(f"save {path}", f"save: {str(path)!r} was not saved: {error}")
        return ""
    return inside.as_posix()
