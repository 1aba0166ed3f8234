"""What each of our images is made of; it must not build any."""

from dataclasses import dataclass
from pathlib import Path

from chiplog_cluster.checkout import Checkout

IMAGE_PYTHON = "3.11"
"""The Python of the images' base, whatever runs here."""


@dataclass(frozen=True)
class Recipe:
    """One image: its dependencies as extras and groups of pyproject.toml, and the folders of ours that go on top."""

    name: str
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    """Python packages of the checkout, copied into `app/`."""

    folders: tuple[str, ...] = ()
    """Other folders of the checkout, copied under their own name."""

    @property
    def reference(self) -> str:
        """The image's name on the embedded cluster."""
        return f"localhost/chiplog-{self.name}:dev"

    def dockerfile(self, checkout: Checkout) -> Path:
        """The Dockerfile, which a release builds too."""
        return checkout.root / "images" / f"{self.name}.Dockerfile"

    def context(self, checkout: Checkout) -> Path:
        """The build context that is staged for it."""
        return checkout.build / self.name


SIDECAR = Recipe("sidecar", extras=("sidecar",), packages=("sdk/chiplog", "sidecar/chiplog_sidecar"))
OPERATOR = Recipe(
    "operator",
    extras=("operator", "cli"),
    packages=("sdk/chiplog", "operator/chiplog_operator", "cli/chiplog_cli"),
)
COMPACTOR = Recipe(
    "compactor",
    extras=("compactor", "sidecar"),
    # The recorder's decoder makes lost tables again from sources, as a process of its own.
    packages=("sdk/chiplog", "compactor/chiplog_compactor", "sidecar/chiplog_sidecar"),
)
DASHBOARD = Recipe("dashboard", extras=("dashboard",), packages=("sdk/chiplog", "dashboard/chiplog_dashboard"))
"""Its package holds the built page: `page.ensure` comes first."""

INGEST = Recipe("ingest", extras=("ingest",), packages=("sdk/chiplog", "ingest/chiplog_ingest"))

EXAMPLES = Recipe("examples", groups=("examples",), packages=("sdk/chiplog",), folders=("examples",))

ALL = (SIDECAR, OPERATOR, COMPACTOR, DASHBOARD, INGEST, EXAMPLES)
