"""Where a checkout and its user's cache keep things; it must not create, read or delete any of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PURPOSES = ("demo", "test")
"""Why a node runs; each has its own node, so that people's demo and the tests never meet."""


@dataclass(frozen=True)
class Checkout:
    """The two folders that everything else is found from."""

    root: Path
    """The checkout: the folder that holds `pyproject.toml`."""

    cache: Path
    """What is kept between checkouts, keyed by version: built tools, the images' base, last times."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Checkout":
        """This package's own checkout, with the cache under `XDG_CACHE_HOME` or `~/.cache`."""
        home = Path(environ.get("XDG_CACHE_HOME") or Path(environ.get("HOME") or "/root") / ".cache")
        return cls(root=Path(__file__).resolve().parents[2], cache=home / "chiplog")

    @property
    def state(self) -> Path:
        """Everything that belongs to this checkout alone and that git does not see."""
        return self.root / ".chiplog"

    @property
    def venv(self) -> Path:
        """The Python environment of the lock file."""
        return self.state / "venv"

    @property
    def python(self) -> Path:
        """The Python that has the locked packages; this package itself runs before it exists."""
        return self.venv / "bin" / "python"

    @property
    def binaries(self) -> Path:
        """Links to the built tools that people call: kubectl and helm."""
        return self.state / "bin"

    @property
    def build(self) -> Path:
        """Build contexts and layers of the images."""
        return self.state / "build"

    @property
    def package(self) -> Path:
        """What PYTHONPATH must name for this package to be found."""
        return self.root / "cluster"
