"""Which locked packages an image needs, found in the installed environment; it must not ask an index.

Runs under the environment's own Python, which has `packaging` and every package's metadata.
"""

import argparse
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from chiplog_cluster.recipes import IMAGE_PYTHON

Requires = Callable[[str], Iterable[str]]


def closure(wanted: Iterable[str], requires: Requires) -> set[str]:
    """The canonical names of the wanted requirements and of all that they require in turn.

    `requires` gives the requirement lines of an installed distribution.
    """
    found: set[tuple[str, frozenset[str]]] = set()
    waiting = [Requirement(line) for line in wanted]
    while waiting:
        requirement = waiting.pop()
        name, extras = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if (name, extras) not in found:
            found.add((name, extras))
            waiting += _applicable(requires(name), extras)
    return {name for name, _ in found}


def project_requirements(project: dict[str, Any], extras: Iterable[str], groups: Iterable[str]) -> list[str]:
    """The requirement lines behind some extras and dependency groups of pyproject.toml, our own extras unfolded."""
    optional = project["project"]["optional-dependencies"]
    lines = [line for extra in extras for line in _unfold(optional, extra)]
    return lines + [line for group in groups for line in project["dependency-groups"][group]]


def _unfold(optional: dict[str, list[str]], extra: str) -> Iterator[str]:
    for line in optional[extra]:
        requirement = Requirement(line)
        if requirement.name == "chiplog":
            for inner in requirement.extras:
                yield from _unfold(optional, inner)
        else:
            yield line


def _applicable(lines: Iterable[str], extras: frozenset[str]) -> list[Requirement]:
    requirements = [Requirement(line) for line in lines]
    return [requirement for requirement in requirements if _applies(requirement, extras)]


def _applies(requirement: Requirement, extras: frozenset[str]) -> bool:
    python = {"python_version": IMAGE_PYTHON, "python_full_version": f"{IMAGE_PYTHON}.2"}
    marker = requirement.marker
    return marker is None or any(marker.evaluate({**python, "extra": extra}) for extra in (extras or {""}))


def _installed_requires(name: str) -> list[str]:
    """A package that only another Python needs is not installed here, and requires nothing that we could know."""
    try:
        return metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return []


def main() -> None:
    """Print the names, one a line."""
    parser = argparse.ArgumentParser(prog="chiplog_cluster.closure")
    parser.add_argument("project", type=Path)
    parser.add_argument("--extra", action="append", default=[])
    parser.add_argument("--group", action="append", default=[])
    given = parser.parse_args()
    project = tomllib.loads(given.project.read_text())
    lines = project_requirements(project, given.extra, given.group)
    sys.stdout.write("\n".join(sorted(closure(lines, _installed_requires))) + "\n")


if __name__ == "__main__":
    main()
