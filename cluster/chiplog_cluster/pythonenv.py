"""The checkout's Python environment, made exactly of the lock file; it must not resolve anything."""

import os
import shutil
import sys
from pathlib import Path

from chiplog_cluster import commands, files
from chiplog_cluster.checkout import Checkout
from chiplog_cluster.progress import Progress

UV_VERSION = "0.13.9"


def uv(checkout: Checkout) -> Path:
    """The installer inside the environment."""
    return checkout.venv / "bin" / "uv"


def is_current(checkout: Checkout) -> bool:
    """Whether the environment was made of the lock and the project file as they are now."""
    return checkout.python.exists() and files.read(_stamp(checkout)) == _wanted(checkout)


def ensure(checkout: Checkout, progress: Progress) -> None:
    """Make or bring up to date `.chiplog/venv`; nothing is done while the lock and the project file are unchanged."""
    if is_current(checkout):
        return
    with progress.step("installing the locked Python packages"):
        _ensure_uv(checkout)
        sync = ("sync", "--require-hashes", "requirements.lock")
        install = ("install", "--no-deps", "--no-build-isolation", "-e", ".")
        for words in (sync, install):
            _uv_pip(checkout, *words)
        files.write(_stamp(checkout), _wanted(checkout))


def _uv_pip(checkout: Checkout, verb: str, *words: str) -> None:
    # The build of our own package asks the environment for hatchling by running its Python from the path.
    env = {**os.environ, "VIRTUAL_ENV": str(checkout.venv), "PATH": f"{checkout.venv}/bin:{os.environ['PATH']}"}
    argv: list[str | Path] = [uv(checkout), "pip", verb, "--quiet", f"--python={checkout.python}", *words]
    commands.run(argv, cwd=checkout.root, env=env)


def _ensure_uv(checkout: Checkout) -> None:
    """The environment with nothing but the installer, which pip brings."""
    if f"uv {UV_VERSION}" in commands.output_or_nothing([uv(checkout), "--version"]):
        return
    if not checkout.python.exists():
        shutil.rmtree(checkout.venv, ignore_errors=True)
        commands.run([sys.executable, "-m", "venv", checkout.venv])
    commands.run([checkout.python, "-m", "pip", "install", "--quiet", f"uv=={UV_VERSION}"])


def _stamp(checkout: Checkout) -> Path:
    return checkout.venv / "chiplog.stamp"


def _wanted(checkout: Checkout) -> str:
    return files.digest([checkout.root / "requirements.lock", checkout.root / "pyproject.toml"])
