"""A run of which nothing is recorded (`mode="disabled"`): it takes every call, and writes no file and no line."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from chiplog.tracking import journal, metrics
from chiplog.tracking.artifact import Artifact
from chiplog.tracking.metrics import Rule
from chiplog.tracking.run import Run


class DisabledRun(Run):
    """Config and summary hold what the script sets; everything else is forgotten."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.journal = _Nothing()

    def log(
        self,
        data: Mapping[str, Any],
        step: int | None = None,
        commit: bool | None = None,
        sync: bool | None = None,
    ) -> None:
        """Do nothing."""

    def define_metric(self, name: str, *args: Any, **named: Any) -> Rule:
        """Check the arguments and do nothing."""
        return metrics.rule(name, *args, **named)

    def save(
        self,
        glob_str: str | Path,  # noqa: ARG002
        base_path: str | Path | None = None,  # noqa: ARG002
        policy: Literal["live", "now", "end"] = "live",  # noqa: ARG002
    ) -> list[str]:
        """Keep nothing."""
        return []

    def log_artifact(
        self,
        artifact_or_path: Any,
        name: str | None = None,
        type: str | None = None,  # noqa: A002
        aliases: Sequence[str] | None = None,  # noqa: ARG002
        tags: Sequence[str] | None = None,  # noqa: ARG002
    ) -> Artifact:
        """Store nothing."""
        is_made = isinstance(artifact_or_path, Artifact)
        return artifact_or_path if is_made else Artifact(name or "artifact", type or "unspecified")

    def use_dataset(self, name: str, uri: str | Path | None = None, digest: str | None = None) -> None:
        """Hash nothing."""

    def finish(self, exit_code: int | None = None, quiet: bool | None = None) -> None:  # noqa: ARG002
        """Only remember that it is over."""
        self.is_finished = True


class _Nothing(journal.Journal):
    """Takes rows and forgets them."""

    def __init__(self) -> None:
        super().__init__(_no_file, list)

    def rows(self, rows: Any) -> bool:  # noqa: ARG002
        """Forget them."""
        return True

    def logged(self, row: Any, types: Any, then: Any) -> bool:  # noqa: ARG002
        """Forget it."""
        return True

    def opened(self) -> None:
        """None."""
        return


def _no_file() -> journal.File:
    raise FileNotFoundError("the run is disabled")
