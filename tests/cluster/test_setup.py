"""Setting a machine up: only what is missing, and nothing that Python itself does not bring."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chiplog_cluster import compile as compiling
from chiplog_cluster import debian, golang, pythonenv, tools
from chiplog_cluster.checkout import Checkout

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("module", ["chiplog_cluster.cli", "chiplog_cluster.supervisor"])
def test_the_verbs_and_the_supervisor_need_no_installed_package(module: str) -> None:
    """`-S` hides site-packages: what a bare Debian has is all that may be imported."""
    argv = [sys.executable, "-S", "-c", f"import {module}"]
    done = subprocess.run(argv, env={"PYTHONPATH": str(ROOT / "cluster")}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_complete_machine_needs_no_package() -> None:
    assert debian.missing(lambda _: True, lambda _: True, has_venv=True) == []


def test_a_bare_machine_needs_each_package_once() -> None:
    packages = debian.missing(lambda _: False, lambda _: False, has_venv=False)
    assert packages == sorted(set(packages))
    assert {"etcd-server", "containerd", "runc", "buildah", "mmdebstrap", "busybox-static", "python3-venv"} < set(
        packages
    )


def test_a_program_of_another_origin_serves_as_well() -> None:
    assert debian.missing(lambda program: program != "etcd", lambda _: True, has_venv=True) == ["etcd-server"]


@pytest.mark.parametrize(
    ("words", "version"),
    [
        ("go version go1.26.8 linux/amd64", (1, 26)),
        ("go version go1.25rc1 linux/arm64", (1, 25)),
        ("go version devel +abc", None),
        ("", None),
    ],
)
def test_the_version_of_go_is_read(words: str, version: tuple[int, int] | None) -> None:
    assert golang.parse_version(words) == version


def test_go_is_new_enough_for_every_module() -> None:
    asked = [
        line.split()[1]
        for path in ROOT.glob("cluster/tools/*/go.mod")
        for line in path.read_text().splitlines()
        if line.startswith("go ")
    ]
    assert len(asked) == len(tools.ALL)
    assert all(tuple(map(int, one.split(".")[:2])) <= golang.NEEDED for one in asked)


def test_kubernetes_is_stamped_with_its_version() -> None:
    words = compiling.arguments(Path("/go"), tools.KUBERNETES, Path("/out"))
    assert words[:4] == ["/go", "build", "-v", "-trimpath"]
    assert words[4].startswith("-ldflags=-s -w -X k8s.io/component-base/version.gitVersion=v1.35.4 ")
    assert words[5:] == ["-o=/out", "."]


def test_programs_are_static_and_the_toolchain_is_the_one_given() -> None:
    env = compiling.environ(Path("/sdk/bin/go"))
    assert (env["CGO_ENABLED"], env["GOTOOLCHAIN"]) == ("0", "local")
    assert env["PATH"].startswith("/sdk/bin:")
    assert env.get("GOFLAGS") == os.environ.get("GOFLAGS")


@pytest.mark.parametrize("tool", tools.ALL, ids=lambda tool: tool.name)
def test_the_version_in_the_cache_is_the_one_in_go_mod(tool: tools.Tool, checkout: Checkout) -> None:
    modules = {"kubernetes": "k8s.io/kubernetes", "coredns": "github.com/coredns/coredns"}
    modules |= {"helm": "helm.sh/helm/v3", "versitygw": "github.com/versity/versitygw"}
    assert f"{modules[tool.name]} v{tool.version}" in (tool.source(checkout) / "go.mod").read_text()
    assert tool.folder(checkout).parent == checkout.cache / "tools"


def test_a_changed_go_sum_is_another_build(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path, tmp_path)
    source = tools.HELM.source(checkout)
    source.mkdir(parents=True)
    before = tools.HELM.folder(checkout)
    (source / "go.sum").write_text("changed")
    assert tools.HELM.folder(checkout) != before


def test_a_link_turns_to_its_new_target(tmp_path: Path) -> None:
    tools.place(tmp_path / "bin" / "kubectl", Path("/old"))
    tools.place(tmp_path / "bin" / "kubectl", Path("/new"))
    assert (tmp_path / "bin" / "kubectl").readlink() == Path("/new")


def test_an_environment_without_its_stamp_is_made_anew(checkout: Checkout) -> None:
    assert not pythonenv.is_current(checkout)
