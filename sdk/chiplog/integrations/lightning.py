"""A logger for Lightning (`lightning` or `pytorch_lightning`): hyperparameters are config, metrics are rows."""

from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from chiplog.tracking import session

try:
    from lightning.pytorch.loggers.logger import Logger, rank_zero_experiment
    from lightning.pytorch.utilities.rank_zero import rank_zero_only
except ImportError:
    from pytorch_lightning.loggers.logger import Logger, rank_zero_experiment
    from pytorch_lightning.utilities.rank_zero import rank_zero_only


class ChiplogLogger(Logger):  # type: ignore[misc]
    """Give it to `Trainer(logger=ChiplogLogger(project="vision"))`. Only the process of rank 0 records.

    Args:
        log_model: `all`: keep every checkpoint as an artifact; True: at the end the ones that are kept.
        prefix: put before the names of metrics.
        run: which run; the current one without it, and a new one where there is none.
        init: what `chiplog.init` is told for a new one.
    """

    def __init__(
        self, log_model: Literal["all"] | bool = False, prefix: str = "", run: Any = None, **init: Any
    ) -> None:
        super().__init__()
        self._run = run
        self._init = init
        self._log_model = log_model
        self._prefix = f"{prefix}-" if prefix else ""
        self._checkpoints: Any = None

    @property
    @rank_zero_experiment  # type: ignore[untyped-decorator]
    def experiment(self) -> Any:
        """The run."""
        if self._run is None:
            self._run = session.current() or session.init(**self._init)
            self._run.define_metric("trainer/global_step")
            self._run.define_metric("*", step_metric="trainer/global_step", step_sync=True)
        return self._run

    @property
    def name(self) -> str | None:
        """The project."""
        return self._run.project if self._run is not None else self._init.get("project")

    @property
    def version(self) -> str | None:
        """The run's id."""
        return self._run.id if self._run is not None else self._init.get("id")

    @rank_zero_only  # type: ignore[untyped-decorator]
    def log_hyperparams(self, params: Mapping[str, Any] | Namespace, *_: Any, **__: Any) -> None:
        """Record hyperparameters as config."""
        self.experiment.config.update(params, allow_val_change=True)

    @rank_zero_only  # type: ignore[untyped-decorator]
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Record metrics; Lightning's step is the metric `trainer/global_step`, for it may go back."""
        row = {f"{self._prefix}{name}": value for name, value in metrics.items()}
        self.experiment.log(row if step is None else {**row, "trainer/global_step": step})

    def after_save_checkpoint(self, checkpoint_callback: Any) -> None:
        """Keep a checkpoint, as `log_model` says."""
        self._checkpoints = checkpoint_callback
        if self._log_model == "all":
            self._keep()

    @rank_zero_only  # type: ignore[untyped-decorator]
    def finalize(self, status: str) -> None:
        """Keep the checkpoints that are left. The run ends with the script, which may go on with it."""
        if self._log_model is True and status == "success" and self._checkpoints is not None:
            self._keep()

    def _keep(self) -> None:
        paths = {self._checkpoints.best_model_path, self._checkpoints.last_model_path}
        for path in sorted(path for path in paths if path and Path(path).exists()):
            self.experiment.log_model(path)
