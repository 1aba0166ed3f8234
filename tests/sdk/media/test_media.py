"""Media as values and files: from arrays, pictures, figures and files; with and without Pillow; and what is none."""

import io
import json
import struct
import wave
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as pictures  # noqa: N813
from tracking_world import make_run, recorded, script

import chiplog
from chiplog.media import guessing, png
from chiplog.media.medium import stored

PIXELS = (np.arange(6 * 4 * 3) % 251).reshape(6, 4, 3).astype(np.uint8)


def value(tmp_path: Path, medium: Any) -> tuple[dict[str, Any], bytes]:
    """What a row says of it, and the file's content."""
    told = medium._chiplog_json(tmp_path, "key", 7)
    return told, (tmp_path / told["path"]).read_bytes() if "path" in told else b""


@pytest.mark.parametrize(
    ("array", "mode"),
    [(PIXELS, "RGB"), (PIXELS[:, :, 0], "L"), (PIXELS[:, :, :1], "L"), (np.dstack([PIXELS, PIXELS[:, :, 0]]), "RGBA")],
)
def test_an_array_is_a_picture_of_these_pixels(tmp_path: Path, array: Any, mode: str) -> None:
    told, content = value(tmp_path, chiplog.Image(array, caption="c"))
    picture = pictures.open(io.BytesIO(content))
    assert (picture.mode, picture.size, told["width"], told["height"]) == (mode, (4, 6), 4, 6)
    assert (np.asarray(picture) == array.squeeze()).all()
    assert (told["_type"], told["format"], told["caption"], told["size"]) == ("image-file", "png", "c", len(content))


def test_floats_between_0_and_1_are_scaled_and_bools_are_black_and_white(tmp_path: Path) -> None:
    for array in (np.array([[0.0, 1.0], [0.5, 0.0]]), np.array([[False, True], [True, False]])):
        _, content = value(tmp_path, chiplog.Image(array))
        assert np.asarray(pictures.open(io.BytesIO(content)))[0, 1] == 255


class _Tensor:
    """What torch's tensors can do: channels first, on a device, with a gradient."""

    __module__ = "torch"

    def __init__(self, array: Any, is_plain: bool = False) -> None:
        self.array = array
        self.is_plain = is_plain

    def detach(self) -> "_Tensor":
        return _Tensor(self.array)

    def cpu(self) -> "_Tensor":
        return _Tensor(self.array, is_plain=True)

    def numpy(self) -> Any:
        assert self.is_plain
        return self.array


def test_a_tensor_has_its_channels_first(tmp_path: Path) -> None:
    told, _ = value(tmp_path, chiplog.Image(_Tensor(PIXELS.transpose(2, 0, 1))))
    assert (told["width"], told["height"]) == (4, 6)


def test_without_pillow_a_png_is_the_same_pixels(tmp_path: Path) -> None:
    for array in (PIXELS, PIXELS[:, :, 0]):
        channels = array.shape[2] if array.ndim == 3 else 1
        content = png.encoded(array.tobytes(), 4, 6, channels)
        assert (np.asarray(pictures.open(io.BytesIO(content))) == array).all()
    text = """
import sys
sys.modules["PIL"] = None
import numpy, chiplog
run = chiplog.init()
run.log({"image": chiplog.Image(numpy.zeros((3, 2), "uint8")), "mask": chiplog.Image(
    numpy.zeros((3, 2), "uint8"), masks={"m": {"mask_data": numpy.zeros((3, 2), int)}})})
try:
    chiplog.Image(numpy.zeros((3, 2), "uint8"), file_type="jpg")
except ImportError as error:
    assert "need Pillow" in str(error)
"""
    script(tmp_path, text)
    ((_, values),) = recorded(tmp_path).history
    assert (values["image"]["width"], values["image"]["height"]) == (2, 3)
    assert values["mask"]["masks"]["m"]["_type"] == "mask"


def test_a_samples_array_is_a_sound(tmp_path: Path) -> None:
    samples = np.sin(np.arange(800) / 10)
    told, content = value(tmp_path, chiplog.Audio(samples, sample_rate=8000))
    with wave.open(io.BytesIO(content)) as file:
        assert (file.getframerate(), file.getnframes(), file.getnchannels(), file.getsampwidth()) == (8000, 800, 1, 2)
        first = struct.unpack("<800h", file.readframes(800))
    assert max(abs(a / 32767 - b) for a, b in zip(first, samples, strict=True)) < 1e-4
    assert told["_type"] == "audio-file"


def test_frames_are_an_animated_gif(tmp_path: Path) -> None:
    frames = np.stack([np.full((3, 5, 4), shade, np.uint8) for shade in (0, 100, 200)])
    told, content = value(tmp_path, chiplog.Video(frames, fps=10))
    movie = pictures.open(io.BytesIO(content))
    assert (movie.n_frames, movie.size, told["width"], told["height"]) == (3, (4, 5), 4, 5)


def test_a_table_with_pictures_in_its_cells(tmp_path: Path) -> None:
    table = chiplog.Table(columns=["n", "picture", "odd"])
    table.add_data(1, chiplog.Image(PIXELS), np.float32(0.5))
    table.add_data(2, None, {"a": [1]})
    table.add_column("more", [True, "x"])
    told, content = value(tmp_path, table)
    found = json.loads(content)
    assert (told["nrows"], told["ncols"], found["columns"]) == (2, 4, ["n", "picture", "odd", "more"])
    assert (tmp_path / found["data"][0][1]["path"]).exists()
    assert found["data"][1] == [2, None, {"a": [1]}, "x"]
    assert table.get_column("n") == [1, 2]


def test_a_data_frame_and_figures_are_known_by_what_they_can_do(tmp_path: Path) -> None:
    class Column(list[Any]):
        def to_list(self) -> list[Any]:
            return list(self)

    class Frame(dict[str, Column]):
        columns = ("a", "b")

    class Figure:
        def to_plotly_json(self) -> dict[str, Any]:
            return {"data": [{"y": np.arange(3)}]}

    table = chiplog.Table(dataframe=Frame(a=Column([1, 2]), b=Column(["x", "y"])))
    assert table.data == [[1, "x"], [2, "y"]]
    told, content = value(tmp_path, guessing.media(Figure(), "plotly"))
    assert (told["_type"], json.loads(content)) == ("plotly-file", {"data": [{"y": [0, 1, 2]}]})


def test_a_figure_of_matplotlib_is_a_picture(tmp_path: Path) -> None:
    class Figure:
        def savefig(self, buffer: Any, format: str) -> None:  # noqa: A002
            pictures.fromarray(PIXELS).save(buffer, format=format)

    run = make_run(tmp_path)
    run.log({"figure": Figure(), "image": chiplog.Image(Figure())})
    run.finish()
    ((_, values),) = recorded(tmp_path).history
    assert values["image"]["width"] == 4


def test_files_are_copied_as_they_are(tmp_path: Path) -> None:
    for name, make in (
        ("a.mp4", chiplog.Video),
        ("a.wav", chiplog.Audio),
        ("a.glb", chiplog.Object3D),
        ("a.html", chiplog.Html),
    ):
        source = tmp_path / name
        source.write_bytes(name.encode())
        _, content = value(tmp_path / "files", make(str(source)))
        assert content == name.encode()


def test_boxes_and_masks_stand_beside_their_image(tmp_path: Path) -> None:
    boxes = {"truth": {"box_data": [{"position": {"minX": 0}, "class_id": 1}], "class_labels": {1: "cat"}}}
    masks = {"m": {"mask_data": PIXELS[:, :, 0], "class_labels": {0: "sea", 1: "ship"}}}
    told, _ = value(tmp_path, chiplog.Image(PIXELS, boxes=boxes, masks=masks))
    content = json.loads((tmp_path / told["boxes"]["truth"]["path"]).read_text())
    assert content["class_labels"] == {"1": "cat"}
    assert told["masks"]["m"]["path"].startswith("media/images/mask/")
    assert told["masks"]["m"]["class_labels"] == {"0": "sea", "1": "ship"}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: chiplog.Image(np.zeros((2, 3, 7))), "shape \\(2, 3, 7\\) is no picture"),
        (lambda: chiplog.Image(7), "int is neither an array"),
        (lambda: chiplog.Image(PIXELS, file_type="tiff"), "file_type='tiff'"),
        (lambda: chiplog.Image("nowhere.png"), "there is no file 'nowhere.png'"),
        (lambda: chiplog.Audio(np.zeros(9)), "sample_rate=None"),
        (lambda: chiplog.Video(np.zeros((2, 3))), "is not \\(time, channels"),
        (lambda: chiplog.Html(7), "int is neither a text"),
        (lambda: chiplog.Plotly(7), "int is no figure"),
        (lambda: chiplog.Object3D(np.zeros((3, 5))), "shape \\(3, 5\\)"),
        (lambda: chiplog.Object3D("a.txt"), "'a.txt' is none of obj"),
        (lambda: chiplog.Histogram(np_histogram=([1, 2], [1, 2])), "need one edge more"),
        (lambda: chiplog.Table(columns=["a"], data=[[1, 2]]), "a row of 2 cells"),
        (lambda: chiplog.Artifact("a/b", "model"), "name='a/b'"),
    ],
)
def test_what_is_no_media_is_refused_with_its_value(make: Any, message: str) -> None:
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        make()


@pytest.mark.parametrize("key", ["../../up", "/abs/key", "a/../../b", "n\0ul", "long" * 200, "☃ space:*?", "..", ""])
def test_no_key_leads_out_of_the_media(tmp_path: Path, key: str) -> None:
    path, _, _ = stored(tmp_path / "files", "images", key, 0, b"x", "png")
    written = (tmp_path / "files" / path).resolve()
    assert written.is_file()
    assert written.is_relative_to((tmp_path / "files" / "media").resolve())
    assert ".." not in Path(path).parts


def test_a_disk_that_refuses_media_costs_the_media_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = make_run(tmp_path)
    (tmp_path / "main" / "chiplog" / "files").write_text("in the way")
    run.log({"loss": 1.0, "image": chiplog.Image(PIXELS)})
    run.finish()
    assert recorded(tmp_path).history == [(0, {"loss": 1.0})]
    assert "log: image" in capsys.readouterr().err


def test_the_check_of_a_png_is_its_own(tmp_path: Path) -> None:
    content = png.encoded(b"\0" * 4, 2, 2, 1)
    assert struct.pack(">I", zlib.crc32(b"IEND")) == content[-4:]
    with pytest.raises(ValueError, match="are no picture"):
        png.encoded(b"\0", 2, 2, 1)
