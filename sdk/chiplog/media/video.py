"""Videos: from an array of frames (as an animated GIF), or a file."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from chiplog.media import arrays, medium

_FORMATS = ("gif", "mp4", "webm", "ogg")


class Video(medium.Medium):
    """A video.

    Args:
        data_or_path: an array (time, channels, height, width) of bytes, or a file, or bytes of one with `format`.
        caption: shown beside it.
        fps: frames per second, 4 without it.
        format: of bytes; an array becomes a GIF.

    Raises ValueError for an array of another shape or format, FileNotFoundError, and ImportError without Pillow.
    """

    kind = "video-file"
    folder = "videos"

    def __init__(
        self,
        data_or_path: Any,
        caption: str | None = None,
        fps: int | None = None,
        format: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(caption)
        self.width = self.height = 0
        if format is not None and format not in _FORMATS:
            raise ValueError(f"chiplog.Video: format={format!r} is none of {', '.join(_FORMATS)}")
        if isinstance(data_or_path, str | Path):
            self._hold(data_or_path, Path(data_or_path).suffix[1:])
        elif isinstance(data_or_path, bytes | io.BytesIO):
            content = data_or_path.getvalue() if isinstance(data_or_path, io.BytesIO) else data_or_path
            self._hold(content, format or "gif")
        else:
            self._from_array(arrays.plain(data_or_path), fps or 4, format or "gif")

    def _from_array(self, frames: Any, fps: int, form: str) -> None:
        if getattr(frames, "ndim", 0) != 4 or frames.shape[1] not in (1, 3, 4):
            raise ValueError(
                f"chiplog.Video: shape {getattr(frames, 'shape', ())} is not (time, channels, height, width)"
            )
        if form != "gif":
            raise ValueError(f"chiplog.Video: format={form!r}: an array becomes a gif; encode it and give the file")
        try:
            from PIL import Image as pictures  # noqa: N813
        except ImportError:
            raise ImportError("chiplog.Video: an array needs Pillow (pip install pillow)") from None
        pixels = arrays.bytes_of_image(frames).transpose(0, 2, 3, 1)
        made = [pictures.fromarray(frame.squeeze()).convert("RGB") for frame in pixels]
        buffer = io.BytesIO()
        made[0].save(buffer, format="gif", save_all=True, append_images=made[1:], duration=1000 // fps, loop=0)
        self.height, self.width = pixels.shape[1:3]
        self._hold(buffer.getvalue(), "gif")

    def _facts(self, files: Path, key: str, step: int | str) -> medium.Json:  # noqa: ARG002
        return {"width": self.width, "height": self.height} if self.width else {}

    @classmethod
    def _list_json(cls, items: Sequence[Self], files: Path, key: str, step: int | str) -> medium.Json:
        told = [item._chiplog_json(files, key, step) for item in items]
        captions = [item.caption for item in items] if items[0].caption is not None else False
        return {"_type": "videos", "count": len(told), "videos": told, "captions": captions}
