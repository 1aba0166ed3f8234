"""The example script, run for real: whatever the README and the demo show comes from it."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "examples" / "train.py"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of an offline run of a few quick steps."""
    folder = tmp_path_factory.mktemp("run")
    environ = {**os.environ, "HOME": str(folder), "WANDB_MODE": "offline", "WANDB_SYMLINK": "false"}
    command = [sys.executable, str(SCRIPT), "--steps", "30", "--pace", "0"]
    subprocess.run(command, cwd=folder, env=environ, check=True, capture_output=True, timeout=120)
    (run,) = (folder / "wandb").glob("offline-run-*")
    return run


def test_it_is_an_ordinary_script_that_imports_nothing_of_ours() -> None:
    nodes = ast.walk(ast.parse(SCRIPT.read_text()))
    imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    assert imported == {"argparse", "os", "time", "numpy", "wandb"}


def test_it_writes_one_run_file(trained: Path) -> None:
    (file,) = trained.glob("run-*.wandb")
    assert file.stat().st_size > 7


def test_it_logs_a_picture(trained: Path) -> None:
    (picture,) = (trained / "files" / "media" / "images").glob("weights_30_*.png")
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_it_saves_its_model_as_a_file_of_the_run(trained: Path) -> None:
    assert (trained / "files" / "model.npz").stat().st_size > 1000


def test_it_prints_its_progress(trained: Path) -> None:
    console = (trained / "files" / "output.log").read_text()
    assert "step    0  loss 2.3026" in console
    assert "step   29" in console
