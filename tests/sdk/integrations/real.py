"""Loggers and callbacks under the real libraries: a small training each, and what the recorder makes of it.

No part of `make test`, for torch alone is gigabytes; `test_standins.py` holds the same interfaces there.

python tests/sdk/integrations/real.py keras ENVIRONMENT      (or lightning, transformers)

ENVIRONMENT is a directory for the library's own virtual environment; it is made where there is none.
"""

import math
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))

from tracking_world import SDK, Recorded, recorded

QUIET = {"CHIPLOG_SYSTEM": "off", "CHIPLOG_GIT": "off", "CHIPLOG_PACKAGES": "off", "CHIPLOG_COMMAND": "off"}

PACKAGES = {
    "keras": ["keras>=3", "jax"],
    "lightning": ["lightning>=2.5"],
    "transformers": ["transformers>=4.50", "accelerate>=1", "torch>=2.5"],
}

KERAS = """
import numpy as np, keras
from chiplog.integrations.keras import ChiplogCallback
keras.utils.set_random_seed(1)
model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(1)])
model.compile(optimizer=keras.optimizers.SGD(0.25), loss="mse", metrics=["mae"])
x, y = np.ones((12, 4), "float32"), np.zeros((12, 1), "float32")
model.fit(x, y, batch_size=4, epochs=2, validation_data=(x, y), verbose=0,
          callbacks=[ChiplogCallback(log_freq=2, project="k")])
"""

LIGHTNING = """
import torch, lightning
from chiplog.integrations.lightning import ChiplogLogger

class Model(lightning.LightningModule):
    def __init__(self, lr=0.1):
        super().__init__()
        self.save_hyperparameters()
        self.layer = torch.nn.Linear(4, 1)

    def training_step(self, batch, _):
        loss = self.layer(batch[0]).pow(2).mean()
        self.log("loss", loss)
        return loss

    def validation_step(self, batch, _):
        self.log("val/loss", self.layer(batch[0]).pow(2).mean())

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=self.hparams.lr)

data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.ones(12, 4)), batch_size=4)
trainer = lightning.Trainer(
    max_epochs=2, accelerator="cpu", log_every_n_steps=1, enable_progress_bar=False, enable_model_summary=False,
    logger=ChiplogLogger(log_model=True, project="vision"), default_root_dir=".",
)
trainer.fit(Model(), data, data)
"""

TRANSFORMERS = """
import torch
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments
from chiplog.integrations.transformers import ChiplogCallback

config = BertConfig(vocab_size=16, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8)
data = [{"input_ids": torch.ones(4, dtype=torch.long), "labels": torch.tensor(0)} for _ in range(8)]
told = TrainingArguments(output_dir="out", max_steps=4, logging_steps=2, per_device_train_batch_size=2,
                         eval_strategy="steps", eval_steps=4, report_to="none", disable_tqdm=True, use_cpu=True,
                         run_name="bert", learning_rate=0.5, save_strategy="no")
trainer = Trainer(BertForSequenceClassification(config), told, train_dataset=data, eval_dataset=data,
                  callbacks=[ChiplogCallback(project="text")])
trainer.train()
"""


def keras(found: Recorded) -> None:
    """Two epochs of three batches, of which every other one was asked for."""
    rows = [values for _, values in found.history]
    epochs = [row for row in rows if "epoch/loss" in row]
    assert [row["epoch/epoch"] for row in epochs] == [0, 1]
    assert epochs[0].keys() == {
        "epoch/epoch", "epoch/loss", "epoch/mae", "epoch/val_loss", "epoch/val_mae", "epoch/learning_rate"
    }  # fmt: skip
    assert [row["batch/batch_step"] for row in rows if "batch/loss" in row] == [0, 2, 4]
    assert epochs[0]["epoch/learning_rate"] == 0.25
    assert found.fold.run["project"] == "k"


def lightning(found: Recorded) -> None:
    """Two epochs of three steps, each with its validation."""
    rows = [values for _, values in found.history]
    assert [row["trainer/global_step"] for row in rows if "loss" in row] == [0, 1, 2, 3, 4, 5]
    assert [row["trainer/global_step"] for row in rows if "val/loss" in row] == [2, 5]
    assert found.fold.config == {"lr": 0.1}
    assert found.fold.run["project"] == "vision"
    (artifact,) = found.of("artifact")
    assert artifact["type"] == "model"


def transformers(found: Recorded) -> None:
    """Four steps, two of them logged, and an evaluation."""
    rows = [values for _, values in found.history]
    assert [row["train/global_step"] for row in rows if "train/loss" in row] == [2, 4]
    assert [row["train/global_step"] for row in rows if "eval/loss" in row] == [4]
    assert all(math.isfinite(row["train/loss"]) for row in rows if "train/loss" in row)
    assert found.fold.config["learning_rate"] == 0.5
    assert found.fold.config["hidden_size"] == 8
    assert (found.fold.run["name"], found.fold.run["project"]) == ("bert", "text")


CASES: dict[str, tuple[str, Callable[[Recorded], None]]] = {
    "keras": (KERAS, keras),
    "lightning": (LIGHTNING, lightning),
    "transformers": (TRANSFORMERS, transformers),
}


def main(library: str, environment: str) -> None:
    """Train, look, and say with which version."""
    python = Path(environment) / "bin" / "python"
    if not python.exists():
        venv.create(environment, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--no-cache-dir", *PACKAGES[library]], check=True)
    text, check = CASES[library]
    with tempfile.TemporaryDirectory() as root:
        run_directory = Path(root) / "main"
        run_directory.mkdir()
        told = {"CHIPLOG_DIR": str(run_directory), "PYTHONPATH": str(SDK), "KERAS_BACKEND": "jax", **QUIET}
        subprocess.run([python, "-c", text], env={**os.environ, **told}, cwd=root, check=True)
        check(recorded(Path(root)))
    version = f"import importlib.metadata as m; print('{library}', m.version('{library}'))"
    subprocess.run([python, "-c", version], check=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
