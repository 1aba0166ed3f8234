"""Images: the locked closure of each, and archives that hold just what a node lacks."""

import json
import tarfile
import tomllib
from pathlib import Path
from typing import Any

import pytest

from chiplog_cluster import closure, ocilayout, recipes, scratch, staging
from chiplog_cluster.checkout import Checkout
from chiplog_cluster.errors import ClusterError
from chiplog_cluster.recipes import Recipe
from chiplog_cluster.scratch import ScratchImage

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

LOCK = """\
one==1.0 \\
    --hash=sha256:aa
    # via two
one-more==2.0 ; sys_platform == 'win32' \\
    --hash=sha256:bb
two==3.0 \\
    --hash=sha256:cc
"""


def requires(name: str) -> list[str]:
    installed = {
        "a": ["b>=1", "c ; extra == 'fast'", "d ; python_version < '3.8'"],
        "b": ["A"],
        "c": ["e"],
    }
    return installed.get(name, [])


def test_a_closure_follows_requirements_and_ends_in_a_circle() -> None:
    assert closure.closure(["a"], requires) == {"a", "b"}


def test_an_extra_brings_what_it_names() -> None:
    assert closure.closure(["a[fast]"], requires) == {"a", "b", "c", "e"}


def test_names_are_written_as_the_lock_writes_them() -> None:
    assert closure.closure(["Python_DateUtil"], requires) == {"python-dateutil"}


def test_our_own_extras_are_unfolded() -> None:
    lines = closure.project_requirements(PROJECT, ["sidecar"], [])
    assert any(line.startswith("boto3") for line in lines)
    assert not any(line.startswith("chiplog") for line in lines)


def test_the_lock_is_cut_by_whole_names_with_all_hashes() -> None:
    assert staging.cut_lock(LOCK, ["one"]) == "one==1.0 \\\n    --hash=sha256:aa\n    # via two\n"
    assert staging.cut_lock(LOCK, ["one-more", "two"]).count("--hash") == 2
    assert staging.cut_lock(LOCK, []) == ""


@pytest.mark.parametrize("recipe", recipes.ALL, ids=lambda recipe: recipe.name)
def test_a_recipe_names_what_there_is(recipe: Recipe) -> None:
    checkout = Checkout(ROOT, ROOT)
    assert recipe.dockerfile(checkout).is_file()
    assert all((ROOT / folder).is_dir() for folder in (*recipe.packages, *recipe.folders))
    assert set(recipe.extras) <= set(PROJECT["project"]["optional-dependencies"])
    assert set(recipe.groups) <= set(PROJECT["dependency-groups"])


@pytest.mark.parametrize("recipe", recipes.ALL, ids=lambda recipe: recipe.name)
def test_a_dockerfile_has_an_official_base_of_the_wheels_python_and_code_in_the_last_layers(recipe: Recipe) -> None:
    lines = recipe.dockerfile(Checkout(ROOT, ROOT)).read_text().splitlines()
    assert f"ARG PYTHON_IMAGE=docker.io/library/python:{recipes.IMAGE_PYTHON}-slim-bookworm" in lines
    assert "FROM ${PYTHON_IMAGE}" in lines
    copies = [line.split()[1] for line in lines if line.startswith("COPY")]
    assert copies == ["site-packages", "app", *recipe.folders]


@pytest.mark.parametrize("name", ["sidecar", "operator", "compactor", "dashboard", "ingest"])
def test_what_runs_in_the_cluster_is_an_unprivileged_user_with_a_name(name: str) -> None:
    text = (ROOT / "images" / f"{name}.Dockerfile").read_text()
    assert "USER 65532:65532" in text
    assert "chiplog:x:65532:65532:" in text


def test_a_scratch_image_is_a_docker_archive_and_the_same_twice(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_bytes(b"#!static")
    image = ScratchImage("localhost/x:dev", (("bin/program", program),), ("/bin/program",))
    first, second = tmp_path / "1.tar", tmp_path / "2.tar"
    scratch.write_archive(image, first)
    scratch.write_archive(image, second)
    assert first.read_bytes() == second.read_bytes()
    with tarfile.open(first) as archive:
        (manifest,) = json.load(_member(archive, "manifest.json"))
        config = json.load(_member(archive, manifest["Config"]))
        with tarfile.open(fileobj=_member(archive, manifest["Layers"][0])) as layer:
            assert (layer.getnames(), layer.getmember("bin/program").mode) == (["bin/program"], 0o755)
    assert manifest["RepoTags"] == ["localhost/x:dev"]
    assert config["config"]["Entrypoint"] == ["/bin/program"]


@pytest.fixture
def layout(tmp_path: Path) -> Path:
    """An OCI layout with image `x` of two layers, and an older one that lost its tag."""
    folder = tmp_path / "layout"
    (folder / "blobs" / "sha256").mkdir(parents=True)
    base, new = _put(folder, "base", "{}"), _put(folder, "new", "{}")
    old = _put(folder, "old", "{}")
    tagged = {**_image(folder, "m1", [base, new]), "annotations": {"org.opencontainers.image.ref.name": "x"}}
    index = {"schemaVersion": 2, "manifests": [_image(folder, "m0", [base, old]), tagged]}
    (folder / "index.json").write_text(json.dumps(index))
    return folder


def test_an_archive_leaves_out_the_layers_that_the_node_has(layout: Path, tmp_path: Path) -> None:
    ocilayout.write_archive(layout, "x", "localhost/x:dev", {"sha256:base"}, tmp_path / "x.tar")
    with tarfile.open(tmp_path / "x.tar") as archive:
        blobs = [name for name in archive.getnames() if name.startswith("blobs/")]
        (entry,) = json.load(_member(archive, "index.json"))["manifests"]
    assert blobs == ["blobs/sha256/m1", "blobs/sha256/config", "blobs/sha256/new"]
    assert entry["annotations"] == {"io.containerd.image.name": "localhost/x:dev"}


def test_pruning_deletes_what_only_an_untagged_image_had(layout: Path) -> None:
    ocilayout.prune(layout)
    assert {path.name for path in (layout / "blobs" / "sha256").iterdir()} == {"m1", "config", "base", "new"}
    assert len(json.loads((layout / "index.json").read_text())["manifests"]) == 1


def test_an_image_that_was_never_built_is_an_error(layout: Path, tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match="tagged y"):
        ocilayout.write_archive(layout, "y", "localhost/y:dev", set(), tmp_path / "y.tar")


def _put(folder: Path, name: str, content: str) -> dict[str, str]:
    (folder / "blobs" / "sha256" / name).write_text(content)
    return {"digest": f"sha256:{name}"}


def _image(folder: Path, name: str, layers: list[dict[str, str]]) -> dict[str, Any]:
    manifest = {"config": _put(folder, "config", "{}"), "layers": layers}
    return {**_put(folder, name, json.dumps(manifest))}


def _member(archive: tarfile.TarFile, name: str) -> Any:
    found = archive.extractfile(name)
    assert found
    return found
