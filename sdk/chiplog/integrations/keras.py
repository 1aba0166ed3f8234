"""A callback for Keras: the logs of epochs (and of batches, where asked for) are rows."""

from typing import Any, Literal

from keras.callbacks import Callback

from chiplog.tracking import session


class ChiplogCallback(Callback):  # type: ignore[misc]
    """Give it to `model.fit(…, callbacks=[ChiplogCallback()])`.

    Args:
        log_freq: `epoch`, `batch`, or a number of batches.
        run: which run; the current one without it, and a new one where there is none.
        init: what `chiplog.init` is told for a new one.
    """

    def __init__(self, log_freq: Literal["epoch", "batch"] | int = "epoch", run: Any = None, **init: Any) -> None:
        super().__init__()
        self._every = 0 if log_freq == "epoch" else 1 if log_freq == "batch" else int(log_freq)
        self._run = run or session.current() or session.init(**init)
        self._batch = 0
        self._run.define_metric("epoch/epoch")
        self._run.define_metric("epoch/*", step_metric="epoch/epoch")
        if self._every:
            self._run.define_metric("batch/batch_step")
            self._run.define_metric("batch/*", step_metric="batch/batch_step")

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Record an epoch."""
        row = {f"epoch/{name}": value for name, value in (logs or {}).items()}
        self._run.log({**row, "epoch/epoch": epoch, **_learning_rate(self, "epoch")})

    def on_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Record a batch, where asked for."""
        if self._every and self._batch % self._every == 0:
            row = {f"batch/{name}": value for name, value in (logs or {}).items()}
            self._run.log({**row, "batch/batch_step": self._batch, **_learning_rate(self, "batch")})
        self._batch += 1

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Record a batch, where asked for."""
        self.on_batch_end(batch, logs)


def _learning_rate(callback: Any, prefix: str) -> dict[str, float]:
    """The optimizer's, where it has a plain one."""
    rate = getattr(getattr(getattr(callback, "model", None), "optimizer", None), "learning_rate", None)
    try:
        return {} if rate is None else {f"{prefix}/learning_rate": float(rate)}
    except (TypeError, ValueError):
        return {}
