"""Images: from an array, a picture of Pillow, a figure of matplotlib, or a file, with masks and boxes."""

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from chiplog.media import arrays, medium, png

_FORMATS = ("png", "jpg", "jpeg", "bmp")
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
_MAX_ITEMS = 108
"""Of one list, as in wandb."""


class Image(medium.Medium):
    """A picture.

    Args:
        data_or_path: an array (height, width[, channels]; torch: channels first) of bytes, or of floats from 0 to 1;
            a picture of Pillow; a figure of matplotlib; the path of a file; or another `Image`.
        mode: Pillow's mode, such as `L` or `RGB`; by the array's shape without it.
        caption: shown beside it.
        grouping: recorded as it is.
        classes: nothing but a check in wandb; recorded nowhere.
        boxes: by name, `{"box_data": […], "class_labels": {…}}`.
        masks: by name, `{"mask_data": array, "class_labels": {…}}`, or `{"path": …}`.
        file_type: `png` (the default), `jpg` or `bmp`.

    Raises ValueError for a shape or type that is no picture, FileNotFoundError, and ImportError where Pillow is needed
    (jpg, bmp, a mode) and not installed.
    """

    kind = "image-file"
    folder = "images"

    def __init__(
        self,
        data_or_path: Any,
        mode: str | None = None,
        caption: str | None = None,
        grouping: int | None = None,
        classes: Any = None,
        boxes: Mapping[str, Any] | None = None,
        masks: Mapping[str, Any] | None = None,
        file_type: str | None = None,
        normalize: bool = True,  # noqa: ARG002 - of older wandb.
    ) -> None:
        super().__init__(caption)
        del classes
        if file_type is not None and file_type not in _FORMATS:
            raise ValueError(f"chiplog.Image: file_type={file_type!r} is none of {', '.join(_FORMATS)}")
        self.grouping = grouping
        self.width = self.height = 0
        self.format = file_type or "png"
        self._boxes = dict(boxes or {})
        self._masks = {name: _mask(name, mask) for name, mask in (masks or {}).items()}
        self._take(data_or_path, mode)

    def _take(self, data: Any, mode: str | None) -> None:
        if isinstance(data, Image):
            self.__dict__.update({**data.__dict__, "caption": self.caption or data.caption})
        elif isinstance(data, str | Path):
            self._from_file(Path(data))
        elif hasattr(data, "savefig") or hasattr(getattr(data, "figure", None), "savefig"):
            self._from_figure(data)
        elif hasattr(data, "save") and hasattr(data, "getbands"):
            self._from_picture(data)
        else:
            self._from_array(data, mode)

    def _from_file(self, path: Path) -> None:
        self.format = path.suffix[1:]
        self._hold(path, self.format)
        self.width, self.height = _size(path)

    def _from_figure(self, figure: Any) -> None:
        if hasattr(figure, "gcf"):
            figure = figure.gcf()  # `plt` itself.
        figure = figure if hasattr(figure, "savefig") else figure.figure
        buffer = io.BytesIO()
        figure.savefig(buffer, format=self.format)
        try:
            from PIL import Image as pictures  # noqa: N813
        except ImportError:
            self._hold(buffer.getvalue(), self.format)
            self.width, self.height = (int(side) for side in figure.canvas.get_width_height())
            return
        self._from_picture(pictures.open(buffer))

    def _from_picture(self, picture: Any) -> None:
        buffer = io.BytesIO()
        if self.format in ("jpg", "jpeg") and picture.mode == "RGBA":
            picture = picture.convert("RGB")
        picture.save(buffer, format={"jpg": "jpeg"}.get(self.format, self.format))
        self.width, self.height = picture.size
        self._hold(buffer.getvalue(), self.format)

    def _from_array(self, data: Any, mode: str | None) -> None:
        is_torch = arrays.is_torch(data)
        pixels = arrays.plain(data)
        if not hasattr(pixels, "ndim"):
            raise ValueError(f"chiplog.Image: {type(data).__name__} is neither an array, a picture nor a path")
        if is_torch and pixels.ndim == 3:
            pixels = pixels.transpose(1, 2, 0)
        shape = tuple(pixels.shape)
        pixels = pixels.squeeze() if pixels.ndim > 2 else pixels
        channels = 1 if pixels.ndim == 2 else pixels.shape[-1] if pixels.ndim == 3 else 0
        if channels not in _MODES:
            raise ValueError(f"chiplog.Image: an array of shape {shape} is no picture")
        pixels = arrays.bytes_of_image(pixels)
        usual = "RGB" if channels == 4 and self.format in ("jpg", "jpeg") else _MODES[channels]
        self._encode(pixels, channels, mode or usual, needs_pillow=mode is not None or self.format != "png")

    def _encode(self, pixels: Any, channels: int, mode: str, *, needs_pillow: bool) -> None:
        try:
            from PIL import Image as pictures  # noqa: N813
        except ImportError:
            if needs_pillow:
                raise ImportError(
                    f"chiplog.Image: {self.format} and mode={mode!r} need Pillow (pip install pillow)"
                ) from None
            self.height, self.width = pixels.shape[:2]
            self._hold(png.encoded(pixels.tobytes(), self.width, self.height, channels), "png")
            return
        self._from_picture(pictures.fromarray(pixels).convert(mode))

    def _facts(self, files: Path, key: str, step: int | str) -> medium.Json:
        told: medium.Json = {"format": self.format}
        if self.width:
            told |= {"width": self.width, "height": self.height}
        if self.grouping:
            told["grouping"] = self.grouping
        if self._boxes:
            told["boxes"] = {name: _boxes_json(boxes, files, key, step) for name, boxes in self._boxes.items()}
        if self._masks:
            told["masks"] = {name: mask._chiplog_json(files, key, step) for name, mask in self._masks.items()}
        return told

    @classmethod
    def _list_json(cls, items: Sequence[Self], files: Path, key: str, step: int | str) -> medium.Json:
        told = [item._chiplog_json(files, key, step) for item in items[:_MAX_ITEMS]]
        first = items[0]
        found: medium.Json = {
            "_type": "images/separated", "width": first.width, "height": first.height, "format": first.format,
            "count": len(told), "filenames": [one["path"] for one in told],
        }  # fmt: skip
        captions = [item.caption for item in items[:_MAX_ITEMS]]
        if any(caption is not None for caption in captions):
            found["captions"] = captions
        for name in ("masks", "boxes"):
            if any(name in one for one in told):
                found[f"all_{name}"] = [one.get(name) for one in told]
        return found


class _Mask(medium.Medium):
    """The classes of an image's pixels."""

    kind = "mask"
    folder = "images/mask"

    def __init__(self, labels: Mapping[Any, Any]) -> None:
        super().__init__()
        self._labels = {str(number): str(label) for number, label in labels.items()}

    def _facts(self, files: Path, key: str, step: int | str) -> medium.Json:  # noqa: ARG002
        return {"class_labels": self._labels} if self._labels else {}


def _mask(name: str, told: Mapping[str, Any]) -> _Mask:
    mask = _Mask(told.get("class_labels") or {})
    if "path" in told:
        mask._hold(Path(told["path"]), "mask.png")
        return mask
    pixels = arrays.plain(told["mask_data"])
    if getattr(pixels, "ndim", 0) != 2:
        raise ValueError(f"chiplog.Image: masks[{name!r}]['mask_data'] is no array of two dimensions")
    pixels = pixels.astype("uint8")
    try:
        from PIL import Image as pictures  # noqa: N813
    except ImportError:
        content = png.encoded(pixels.tobytes(), pixels.shape[1], pixels.shape[0], 1)
    else:
        buffer = io.BytesIO()
        pictures.fromarray(pixels).convert("L").save(buffer, format="png")
        content = buffer.getvalue()
    mask._hold(content, "mask.png")
    return mask


def _boxes_json(boxes: Mapping[str, Any], files: Path, key: str, step: int | str) -> medium.Json:
    content = json.dumps(
        {"box_data": boxes.get("box_data", []), "class_labels": boxes.get("class_labels", {})}, default=str
    )
    path, sha256, size = medium.stored(files, "metadata/boxes2D", key, step, content.encode(), "boxes2D.json")
    return {"_type": "boxes2D", "path": path, "sha256": sha256, "size": size}


def _size(path: Path) -> tuple[int, int]:
    """Width and height of a picture file; 0 where nobody can tell."""
    try:
        from PIL import Image as pictures  # noqa: N813

        with pictures.open(path) as picture:
            return int(picture.width), int(picture.height)
    except (ImportError, OSError, ValueError):
        head = path.open("rb").read(24)
        is_png = head.startswith(b"\x89PNG") and len(head) == 24
        return (int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")) if is_png else (0, 0)
