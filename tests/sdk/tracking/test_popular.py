"""What people write, and what popular libraries call, under `import chiplog as wandb`: all of it, or a clear error."""

import json
from pathlib import Path

import pytest
from tracking_world import Recorded, recorded, script

QUICKSTART = """
import random
wandb.login(key=None, relogin=True)
run = wandb.init(project="my-awesome-project", config={"learning_rate": 0.02}, sync_tensorboard=False, force=False,
                 settings=wandb.Settings(start_method="thread", _disable_stats=True, console="off"))
for epoch in range(2, 5):
    wandb.log({"acc": 1 - 2 ** -epoch, "loss": 2 ** -epoch})
wandb.finish()
"""

SWEEP_TRIAL = """
def main():
    with wandb.init(project="my-first-sweep") as run:
        run.log({"score": run.config.x ** 3 + run.config.y})
main()
"""

# Each call of lightning.pytorch.loggers.WandbLogger and its checkpoints.
LIGHTNING = """
from pathlib import Path
import numpy as np
assert wandb.run is None
run = wandb.init(name="n", project="lightning_logs", dir=".", id="abc", resume="allow", anonymous=None)
run.define_metric("trainer/global_step")
run.define_metric("*", step_metric="trainer/global_step", step_sync=True)
run.config.update({"lr": 0.1, "model": {"width": 3}}, allow_val_change=True)
for step in range(3):
    run.log({"train/loss": 1.0 / (step + 1), "trainer/global_step": step})
run.log({"t": wandb.Table(columns=["a", "b"], data=[[1, 2]], dataframe=None), "trainer/global_step": 4})
run.log({"images": [wandb.Image(np.zeros((4, 4, 3), np.uint8), caption="c") for _ in range(2)]})
Path("model.ckpt").write_text("w")
artifact = wandb.Artifact(name=f"model-{run.id}", type="model", metadata={"score": 1.0})
artifact.add_file("model.ckpt", name="model.ckpt")
run.log_artifact(artifact, aliases=["latest", "best"])
assert (run.name, run.id, run.project_name(), run.get_url()) == ("n", "abc", "lightning_logs", None)
run.finish()
"""

# Each call of transformers.integrations.WandbCallback.
TRANSFORMERS = """
if wandb.run is None:
    wandb.init(project="huggingface", name="out")
wandb.config.update({"lr": 5e-5, "id2label": {0: "NEG", 1: "POS"}, "arch": None}, allow_val_change=True)
if getattr(wandb, "define_metric", None):
    wandb.define_metric("train/global_step")
    wandb.define_metric("*", step_metric="train/global_step", step_sync=True)
wandb.run._label(code="transformers_trainer")
wandb.config["model/num_parameters"] = 123
for step in range(3):
    wandb.log({"train/loss": 1.0 - step / 10, "train/global_step": step})
wandb.run.summary["train/total_flos"] = 2.0
wandb.log({"eval/loss": 0.5, "train/global_step": 3})
artifact = wandb.Artifact(name=f"model-{wandb.run.id}", type="model", metadata={"final": True})
with artifact.new_file("model_architecture.txt", mode="w+") as file:
    file.write("Net()")
wandb.run.log_artifact(artifact, aliases=["final_model"])
wandb.finish()
"""

# Each call of wandb.integration.keras: WandbMetricsLogger and WandbModelCheckpoint.
KERAS = """
from pathlib import Path
wandb.init(config={"bs": 12})
if wandb.run is None:
    raise wandb.Error("You must call `wandb.init()` first")
for kind in ("batch/batch_step", "epoch/epoch"):
    wandb.run.define_metric(kind)
    wandb.run.define_metric(f"{kind.partition('/')[0]}/*", step_metric=kind)
for epoch in range(2):
    wandb.log({"epoch/loss": 1.0 - epoch, "epoch/epoch": epoch})
Path("m.keras").write_text("w")
wandb.run.log_model("m.keras", name="run_model", aliases=["epoch_0", "latest"])
wandb.save("m.keras")
wandb.finish()
"""

TABLES = """
import numpy as np
run = wandb.init(project="tables")
rows = [[number, wandb.Image(np.full((2, 2), number, np.uint8)), 8] for number in range(2)]
table = wandb.Table(data=rows, columns=["id", "image", "truth"])
run.log({"predictions": table})
grown = wandb.Table(columns=["id"])
grown.add_data(1)
grown.add_column("y", [2])
run.log({"grown": grown})
artifact = wandb.Artifact("tables", type="dataset")
artifact.add(table, "my_table")
run.log_artifact(artifact)
run.finish()
"""

ARTIFACTS = """
from pathlib import Path
Path("data/deep").mkdir(parents=True)
Path("data/a.txt").write_text("a")
Path("data/deep/b.txt").write_text("bc")
run = wandb.init(project="artifacts", job_type="add-dataset")
artifact = wandb.Artifact(name="my_data", type="dataset", description="d", metadata={"rows": 2})
artifact.add_dir(local_path="data")
artifact.add_reference("s3://my-bucket/data.csv", name="ref.csv", checksum=False)
artifact.metadata["more"] = 1
assert artifact.size == 3
run.log_artifact(artifact, aliases=["v1"], tags=["x"]).wait()
run.log_artifact("data/a.txt", name="one", type="dataset")
for call in (lambda: artifact.version, lambda: artifact.download(), lambda: run.use_artifact("my_data:latest")):
    try:
        call()
    except wandb.Error as error:
        assert "needs W&B's server" in str(error)
    else:
        raise SystemExit("silence")
run.finish()
"""

ALERTS = """
from datetime import timedelta
run = wandb.init()
run.alert(title="Low", text="Accuracy 0.1", level=wandb.AlertLevel.WARN, wait_duration=timedelta(minutes=5))
wandb.alert("t", "x", level="ERROR", wait_duration=300)
run.finish()
"""

METRICS = """
with wandb.init(project="p") as run:
    run.define_metric(name="custom_step")
    run.define_metric(name="validation_loss", step_metric="custom_step")
    run.define_metric("loss", summary="min", goal="minimize")
    run.define_metric("acc", summary="max")
    for i in range(5):
        run.log({"custom_step": i**2, "validation_loss": 1 / (i + 1), "loss": abs(2 - i), "acc": i % 3})
"""

# W&B's notebook for PyTorch, but for the model: what does not work is told, and what comes behind it goes on.
WATCHED = """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
run = wandb.init(project="pytorch-intro", config=parser.parse_args([]), save_code=True)
for call in (lambda: wandb.watch(None, log_freq=100, log="all"), lambda: wandb.plot.line(None, "x", "y"),
             lambda: wandb.sweep({}), lambda: wandb.agent("s", function=print, count=1), lambda: run.log_code(".")):
    try:
        call()
    except wandb.Error as error:
        print(error)
for step in range(3):
    wandb.log({"train/loss": 1.0 / (step + 1)}, step=step, commit=True)
wandb.summary["test_accuracy"] = 0.8
run.name, run.notes, run.tags = "renamed", "why", (*run.tags, "t")
run.config.update({"seed": 1})
wandb.finish(exit_code=0, quiet=True)
"""


def told(root: Path, text: str, **environ: str) -> Recorded:
    """The script, by its one changed line."""
    quiet = {"CHIPLOG_PACKAGES": "off", "CHIPLOG_SYSTEM": "off", "CHIPLOG_GIT": "off"}
    done = script(root, f"import chiplog as wandb\n{text}", **quiet, **environ)
    assert "Traceback" not in done.stderr
    return recorded(root)


def entries(run: Recorded) -> dict[str, list[str]]:
    """Artifacts by name, with the paths in them."""
    return {row["name"]: [item["path"] for item in row["manifest"]["entries"]] for row in run.of("artifact")}


def test_the_quickstart_with_options_that_mean_nothing_here(tmp_path: Path) -> None:
    run = told(tmp_path, QUICKSTART)
    assert [step for step, _ in run.history] == [0, 1, 2]
    assert run.summary == {"acc": 0.9375, "loss": 0.0625}


def test_a_trial_of_a_sweep_reads_its_values(tmp_path: Path) -> None:
    chosen = tmp_path / "chosen.json"
    chosen.write_text(json.dumps({"x": {"value": 2}, "y": {"value": 3}}))
    assert told(tmp_path, SWEEP_TRIAL, WANDB_SWEEP_PARAM_PATH=str(chosen)).summary == {"score": 11}


def test_the_calls_of_lightnings_logger(tmp_path: Path) -> None:
    run = told(tmp_path, LIGHTNING)
    assert run.fold.config["model"] == {"width": 3}
    assert [values["trainer/global_step"] for _, values in run.history] == [0, 1, 2, 4, 4]
    assert entries(run) == {"model-abc": ["model.ckpt"]}


def test_the_calls_of_transformers_callback(tmp_path: Path) -> None:
    run = told(tmp_path, TRANSFORMERS)
    assert run.fold.config["id2label"] == {"0": "NEG", "1": "POS"}
    assert run.summary["train/total_flos"] == 2.0
    assert run.summary["eval/loss"] == 0.5
    assert list(entries(run).values()) == [["model_architecture.txt"]]


def test_the_calls_of_keras_callbacks(tmp_path: Path) -> None:
    run = told(tmp_path, KERAS)
    assert run.summary == {"epoch/loss": 0.0, "epoch/epoch": 1}
    assert entries(run) == {"run_model": ["m.keras"]}
    assert "m.keras" in [item["path"] for row in run.of("files") for item in row["files"]]


def test_tables_are_logged_and_put_into_artifacts_with_their_pictures(tmp_path: Path) -> None:
    run = told(tmp_path, TABLES)
    assert [values.popitem()[1]["nrows"] for _, values in run.history] == [2, 1]
    (paths,) = entries(run).values()
    assert [path for path in paths if "media/" not in path] == ["my_table.table.json"]
    (row,) = run.of("artifact")
    (table,) = (Path(item["local_path"]) for item in row["manifest"]["entries"] if item["path"].endswith("json"))
    named = {cell["path"] for line in json.loads(table.read_text())["data"] for cell in line if isinstance(cell, dict)}
    assert named == set(paths) - {"my_table.table.json"}


def test_artifacts_of_directories_and_addresses(tmp_path: Path) -> None:
    assert entries(told(tmp_path, ARTIFACTS)) == {"my_data": ["a.txt", "deep/b.txt", "ref.csv"], "one": ["a.txt"]}


def test_alerts_in_both_styles(tmp_path: Path) -> None:
    rows = told(tmp_path, ALERTS).of("alert")
    assert [(row["title"], row["level"], row["wait_milliseconds"]) for row in rows] == [
        ("Low", "WARN", 300_000),
        ("t", "ERROR", 300_000),
    ]


def test_metrics_that_are_defined(tmp_path: Path) -> None:
    run = told(tmp_path, METRICS)
    assert run.summary["loss"] == {"min": 0}
    assert run.summary["acc"] == {"max": 2}


def test_what_is_not_there_is_told_by_name_and_training_goes_on(tmp_path: Path) -> None:
    done = script(tmp_path, f"import chiplog as wandb\n{WATCHED}")
    for name in ("chiplog.watch", "chiplog.plot", "chiplog.sweep", "chiplog.agent", "run.log_code"):
        assert f"{name} is not available: " in done.stdout
    run = recorded(tmp_path)
    assert run.summary == {"train/loss": 1 / 3, "test_accuracy": 0.8}
    assert (run.fold.config["lr"], run.fold.config["seed"]) == (0.1, 1)
    assert (run.fold.run["name"], run.fold.run["notes"], run.fold.run["tags"]) == ("renamed", "why", ["t"])


@pytest.mark.parametrize("option", ["start_methd='thread'", "mode='onlin'"])
def test_a_setting_that_is_none_is_told_with_its_value(tmp_path: Path, option: str) -> None:
    text = f"import chiplog as wandb\nwandb.init(settings=wandb.Settings({option}), mode='disabled')"
    name, _, value = option.partition("=")
    assert f"{name}={value} is no setting of chiplog, ignored" in script(tmp_path, text).stderr


def test_what_is_no_media_is_not_put_into_an_artifact(tmp_path: Path) -> None:
    done = script(tmp_path, "import chiplog\nchiplog.Artifact('a', 't').add(3, 'three')", code=1)
    assert "chiplog.Artifact.add: 'three' is of type int, no media" in done.stderr
