"""`import chiplog as wandb`: the same script under the real wandb, offline, and under ours gives the same rows."""

from pathlib import Path
from typing import Any

import pytest
from tracking_world import SDK, Recorded, own, recorded, script

OFFLINE = {
    "WANDB_MODE": "offline", "WANDB_SILENT": "true", "WANDB_CONSOLE": "off", "WANDB__DISABLE_STATS": "true",
    "WANDB_DISABLE_GIT": "true", "WANDB__SAVE_REQUIREMENTS": "false", "WANDB_SYMLINK": "false",
}  # fmt: skip

QUICKSTART = """
# Of W&B's quickstart.
import random
random.seed(1)
with wandb.init(project="my-awesome-project", config={"learning_rate": 0.02, "architecture": "CNN"}) as run:
    epochs, offset = 10, random.random() / 5
    for epoch in range(2, epochs):
        acc = 1 - 2**-epoch - random.random() / epoch - offset
        loss = 2**-epoch + random.random() / epoch + offset
        run.log({"acc": acc, "loss": loss})
"""

MODULE_STYLE = """
import argparse
wandb.login()
config = argparse.Namespace(lr=0.01, layers=[1, 2], nested={"opt": "sgd", "deep": {"x": 1}})
wandb.init(project="p", name="n", tags=["a", "b"], notes="why", group="g", job_type="train", config=config)
wandb.config.update({"lr": 0.02, "more": None}, allow_val_change=True)
wandb.config.dropout = 0.2
wandb.config.setdefaults({"lr": 9, "batch": 64})
assert wandb.config.lr == 0.02 and wandb.config["batch"] == 64 and "x" not in wandb.config
assert wandb.run.name == "n" and wandb.run.group == "g" and wandb.run.tags == ("a", "b")
for epoch in range(3):
    wandb.log({"train": {"loss": 1 / (epoch + 1), "acc": epoch / 3}, "epoch": epoch})
    wandb.log({"val/loss": 2.0 - epoch}, step=10 * (epoch + 1))
    wandb.log({"val/acc": 0.5}, step=10 * (epoch + 1))
wandb.log({"late": 1}, step=2)
wandb.log({"a": 1}, commit=False)
wandb.log({"b": 2})
wandb.log({})
wandb.log({"text": "words", "list": [1, 2.5, "x"], "none": None})
wandb.log({"nan": float("nan"), "inf": float("-inf"), "b": True})
wandb.alert(title="t", text="x", level=wandb.AlertLevel.WARN)
wandb.summary["best"] = 0.25
wandb.run.summary.update({"nested": {"x": 1}})
wandb.finish()
assert wandb.run is None
"""

METRICS = """
run = wandb.init(project="p")
run.define_metric("epoch", hidden=True)
run.define_metric("loss", summary="min")
run.define_metric("acc", summary="max,last")
run.define_metric("mean", summary="mean")
run.define_metric("silent", summary="none")
run.define_metric("val/*", step_metric="epoch")
for n, (loss, acc) in enumerate([(3.0, 0.1), (1.0, 0.9), (2.0, 0.5)]):
    run.log({"epoch": n, "loss": loss, "acc": acc, "mean": loss, "silent": n, "other": n})
    run.log({"val/loss": loss})
run.finish()
"""

NUMPY = """
import numpy as np, datetime, enum
class Color(enum.Enum):
    RED = 1
run = wandb.init(project="p")
run.log({"f4": np.float32(0.1), "f8": np.float64(0.1), "i": np.int32(7), "b": np.bool_(True), "one": np.array([3.0]),
         "few": np.arange(4), "many": np.arange(100.0), "tuple": (1, 2), "when": datetime.date(2026, 1, 2),
         "hist": wandb.Histogram([1, 2, 2, 3], num_bins=3),
         "counted": wandb.Histogram(np_histogram=np.histogram([1.0, 2.0, 2.5], bins=4))})
run.log({"complex": 1 + 2j, "bytes": b"abc", "slash/key": 1, "dot.key": 2, "é☃": 3})
run.finish()
"""

MEDIA = """
import numpy as np
from PIL import Image as pictures
run = wandb.init(project="p")
pixels = (np.arange(4 * 5 * 3) % 251).reshape(4, 5, 3).astype(np.uint8)
pictures.fromarray(pixels).save("own.png")
open("page.html", "w").write("<html><body>x</body></html>")
run.log({"image": wandb.Image(pixels, caption="c"), "grey": wandb.Image(pixels[:, :, 0]),
         "file": wandb.Image("own.png"), "pil": wandb.Image(pictures.fromarray(pixels)),
         "jpg": wandb.Image(pixels, file_type="jpg")})
run.log({"several/images": [wandb.Image(pixels, caption="a"), wandb.Image(pixels[::-1])]})
masks = {"truth": {"mask_data": pixels[:, :, 0] % 3, "class_labels": {0: "a"}}}
run.log({"masked": wandb.Image(pixels, masks=masks)})
run.log({"cloud": wandb.Object3D(np.arange(12.0).reshape(4, 3)), "page": wandb.Html("<p>x</p>", inject=False)})
run.finish()
"""


def under(tracker: str, root: Path, text: str) -> Recorded:
    """The script as it is, but for its first line."""
    root.mkdir()
    environ = {**OFFLINE, "WANDB_DIR": str(root / "main"), "WANDB_DATA_DIR": str(root / "main/wandb-data"),
               "WANDB_CACHE_DIR": str(root / "cache")}  # fmt: skip
    path = f"{SDK}" if tracker == "chiplog" else ""
    script(root, f"import {tracker} as wandb\n{text}", PYTHONPATH=path, **environ)
    return recorded(root)


@pytest.mark.parametrize("text", [QUICKSTART, MODULE_STYLE, METRICS, NUMPY, MEDIA])
def test_a_script_gives_the_same_history_config_and_summary_as_under_wandb(tmp_path: Path, text: str) -> None:
    theirs = under("wandb", tmp_path / "theirs", text)
    ours = under("chiplog", tmp_path / "ours", text)
    assert stable(ours.history) == stable(theirs.history)
    assert own(ours.fold.config) == own(theirs.fold.config)
    assert stable(ours.summary) == stable(theirs.summary)
    assert ours.fold.exit_code == theirs.fold.exit_code == 0
    for name in ("project", "name", "tags", "notes", "group", "job_type"):
        # Without a server wandb has no name of its own for a run.
        if name != "name" or name in theirs.fold.run:
            assert ours.fold.run.get(name) == theirs.fold.run.get(name)


def stable(value: Any) -> Any:
    """The value, with NaN as something that equals itself, and without the names of a mask's classes: wandb has them
    in a config of its own.
    """
    if isinstance(value, dict):
        return {key: stable(item) for key, item in value.items() if key != "class_labels"}
    if isinstance(value, list | tuple):
        return [stable(item) for item in value]
    return "NaN" if value != value else value


def test_the_documented_difference_is_a_summary_that_was_set_by_hand(tmp_path: Path) -> None:
    text = "run = wandb.init()\nrun.summary['acc'] = 1.0\nrun.log({'acc': 0.5})\nrun.finish()"
    assert under("wandb", tmp_path / "theirs", text).summary == {"acc": 0.5}
    assert under("chiplog", tmp_path / "ours", text).summary == {"acc": 1.0}


def test_an_artifact_has_the_digests_that_wandb_gives_it(tmp_path: Path) -> None:
    text = """
import os
os.makedirs("model/deep"); open("model/w.bin", "w").write("w"); open("model/deep/v.bin", "w").write("v")
run = wandb.init(project="p")
artifact = wandb.Artifact("net", type="model", metadata={"acc": 0.5})
artifact.add_dir("model")
with artifact.new_file("note.txt") as file:
    file.write("hello")
run.log_artifact(artifact, aliases=["best"])
run.finish()
"""
    rows = [under(tracker, tmp_path / tracker, text).of("artifact") for tracker in ("wandb", "chiplog")]
    theirs, ours = (next(row for row in found if row["name"] == "net") for found in rows)
    assert set(ours["aliases"]) == set(theirs["aliases"])
    for name in ("type", "name", "digest", "metadata"):
        assert ours[name] == theirs[name]
    files = [
        {(entry["path"], entry["digest"], entry["size"]) for entry in row["manifest"]["entries"]}
        for row in (ours, theirs)
    ]
    assert files[0] == files[1]


@pytest.mark.parametrize(
    "call",
    ["wandb.sweep({})", "wandb.agent('x')", "wandb.watch(None)", "wandb.plot.line(None, 'x', 'y')",
     "wandb.init().use_artifact('x')", "wandb.init().link_artifact(None, 'x')", "wandb.restore('x')"],
)  # fmt: skip
def test_a_call_that_is_not_there_is_refused_by_its_name(tmp_path: Path, call: str) -> None:
    name = call.split(".")[-1].partition("(")[0] if "plot" not in call else "plot"
    done = script(tmp_path, f"import chiplog as wandb\n{call}", code=1, CHIPLOG_MODE="disabled")
    assert f".{name} is not available: " in done.stderr
    assert "docs/migrating.md" in done.stderr


def test_an_option_that_means_nothing_is_told(tmp_path: Path) -> None:
    text = "import chiplog as wandb\nwandb.init(sync_tensorboard=True, settings=wandb.Settings(console=False))"
    assert "init: sync_tensorboard=True means nothing here" in script(tmp_path, text, CHIPLOG_MODE="disabled").stderr
