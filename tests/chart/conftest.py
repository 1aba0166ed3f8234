"""Renders the chart with the helm on PATH, as a person would; nothing here needs a cluster."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

CHART = Path(__file__).parents[2] / "charts" / "chiplog"
MINIMAL = CHART / "ci" / "minimal-values.yaml"

Values = dict[str, Any]
Manifest = dict[str, Any]
Helm = Callable[..., subprocess.CompletedProcess[str]]
Render = Callable[..., list[Manifest]]


@pytest.fixture(scope="session")
def helm() -> Helm:
    """`helm("lint", path, values={…})`: run it with values over the minimal ones."""
    if shutil.which("helm") is None:
        pytest.fail("helm is not on PATH: `make test` puts it there")

    def run(*arguments: str | Path, values: Values | None = None) -> subprocess.CompletedProcess[str]:
        command = ["helm", *map(str, arguments), "--values", str(MINIMAL), "--values", "-"]
        return subprocess.run(command, input=yaml.safe_dump(values or {}), capture_output=True, text=True, timeout=60)

    return run


@pytest.fixture(scope="session")
def render(helm: Helm) -> Render:
    """The manifests of the chart under given values; `only` keeps one template's."""

    made: dict[tuple[str, str, Path], str] = {}
    """What was rendered, for Helm draws a certificate's keys each time, and that takes a second."""

    def manifests(values: Values | None = None, only: str = "", chart: Path = CHART) -> list[Manifest]:
        place = (yaml.safe_dump(values or {}), only, chart)
        if place not in made:
            chosen = ["--show-only", f"templates/{only}"] if only else []
            done = helm("template", "chiplog", chart, "--namespace", "chiplog-system", *chosen, values=values)
            assert done.returncode == 0, done.stderr
            made[place] = done.stdout
        return [settled(manifest) for manifest in yaml.safe_load_all(made[place]) if manifest]

    return manifests


def settled(manifest: Manifest) -> Manifest:
    """The manifest with a word for what Helm draws anew each time: certificates, and when they were made."""
    if manifest["kind"] == "Secret":
        manifest["data"] = {name: "DRAWN" if text else "" for name, text in manifest["data"].items()}
        manifest["metadata"]["annotations"]["chiplog.dev/made"] = "NOW"
    for webhook in manifest.get("webhooks", []):
        if "caBundle" in webhook["clientConfig"]:
            webhook["clientConfig"]["caBundle"] = "DRAWN"
    return manifest
