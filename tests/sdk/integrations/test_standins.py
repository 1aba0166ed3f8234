"""Loggers and callbacks of libraries that are not installed here, against their documented interfaces (`standins/`)."""

import os
from pathlib import Path

from tracking_world import SDK, recorded, script

STANDINS = Path(__file__).parent / "standins"
QUIET = {"CHIPLOG_SYSTEM": "off", "CHIPLOG_GIT": "off", "CHIPLOG_PACKAGES": "off", "CHIPLOG_COMMAND": "off"}

LIGHTNING = """
import argparse, pathlib, types
from chiplog.integrations.lightning import ChiplogLogger
logger = ChiplogLogger(log_model=True, project="vision")
assert (logger.name, logger.version) == ("vision", None)
logger.log_hyperparams(argparse.Namespace(lr=0.1))
for step in (9, 19, 5):
    logger.log_metrics({"loss": 1.0 / step, "epoch": 0}, step=step)
assert logger.version == logger.experiment.id
pathlib.Path("best.ckpt").write_text("weights")
logger.after_save_checkpoint(types.SimpleNamespace(best_model_path="best.ckpt", last_model_path=""))
logger.finalize("success")
"""

TRANSFORMERS = """
import types
from chiplog.integrations.transformers import ChiplogCallback
callback = ChiplogCallback(project="text")
args = types.SimpleNamespace(run_name="bert", to_sanitized_dict=lambda: {"learning_rate": 0.5})
model = types.SimpleNamespace(config=types.SimpleNamespace(to_dict=lambda: {"hidden": 8, "id2label": {0: "A"}}))
state = types.SimpleNamespace(is_world_process_zero=True, global_step=0)
callback.on_train_begin(args, state, None, model=model)
for state.global_step in (10, 20):
    callback.on_log(args, state, None, logs={"loss": 1.0, "eval_loss": 2.0, "epoch": 0.5})
state.is_world_process_zero = False
callback.on_log(args, state, None, logs={"loss": 99.0})
"""

KERAS = """
import types
from chiplog.integrations.keras import ChiplogCallback
callback = ChiplogCallback(log_freq=2, project="k")
callback.set_model(types.SimpleNamespace(optimizer=types.SimpleNamespace(learning_rate=0.25)))
for epoch in range(2):
    for batch in range(3):
        callback.on_train_batch_end(batch, {"loss": float(batch)})
    callback.on_epoch_end(epoch, {"loss": 0.5, "val_loss": 0.75})
"""


def under(root: Path, text: str) -> None:
    """Run it, and nothing is complained of."""
    done = script(root, text, PYTHONPATH=os.pathsep.join([str(SDK), str(STANDINS)]), **QUIET)
    assert done.stderr == ""


def test_lightning(tmp_path: Path) -> None:
    under(tmp_path, LIGHTNING)
    found = recorded(tmp_path)
    rows = [values for _, values in found.history]
    assert [(row["trainer/global_step"], row["loss"]) for row in rows] == [(9, 1 / 9), (19, 1 / 19), (5, 1 / 5)]
    assert (found.fold.config, found.fold.run["project"], found.fold.exit_code) == ({"lr": 0.1}, "vision", 0)
    (artifact,) = found.of("artifact")
    assert (artifact["type"], artifact["manifest"]["entries"][0]["path"]) == ("model", "best.ckpt")


def test_transformers(tmp_path: Path) -> None:
    under(tmp_path, TRANSFORMERS)
    found = recorded(tmp_path)
    assert found.history == [
        (number, {"train/loss": 1.0, "eval/loss": 2.0, "train/epoch": 0.5, "train/global_step": 10 * (number + 1)})
        for number in range(2)
    ]
    assert (found.fold.config, found.fold.run["name"]) == (
        {"learning_rate": 0.5, "hidden": 8, "id2label": {"0": "A"}}, "bert"
    )  # fmt: skip


def test_keras(tmp_path: Path) -> None:
    under(tmp_path, KERAS)
    rows = [values for _, values in recorded(tmp_path).history]
    epochs = [row for row in rows if "epoch/epoch" in row]
    assert [row["batch/batch_step"] for row in rows if "batch/loss" in row] == [0, 2, 4]
    assert epochs[1] == {"epoch/loss": 0.5, "epoch/val_loss": 0.75, "epoch/epoch": 1, "epoch/learning_rate": 0.25}
