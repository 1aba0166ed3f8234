"""A callback for the Trainer of Hugging Face's transformers: its logs are rows, its arguments are config."""

from typing import Any

from transformers import TrainerCallback

from chiplog.tracking import session

_EVALUATION = ("eval_", "test_")


class ChiplogCallback(TrainerCallback):  # type: ignore[misc]
    """Give it to `Trainer(callbacks=[ChiplogCallback()], args=TrainingArguments(report_to="none", …))`.

    Args:
        run: which run; the current one without it, and a new one where there is none.
        init: what `chiplog.init` is told for a new one.
    """

    def __init__(self, run: Any = None, **init: Any) -> None:
        self._run = run
        self._init = init

    def on_train_begin(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:  # noqa: ARG002
        """Begin the run; only the main process records."""
        run = self._begun(args, state)
        if run is None:
            return
        config = dict(args.to_sanitized_dict())
        if model is not None and getattr(model, "config", None) is not None:
            config = {**model.config.to_dict(), **config}
        run.config.update(_texts(config), allow_val_change=True)
        run.define_metric("train/global_step")
        run.define_metric("*", step_metric="train/global_step", step_sync=True)

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:  # noqa: ARG002
        """Record what the Trainer logs, as `train/…`, `eval/…` and `test/…`."""
        run = self._begun(args, state)
        if run is not None and logs:
            run.log({**{_renamed(name): value for name, value in logs.items()}, "train/global_step": state.global_step})

    def on_predict(self, args: Any, state: Any, control: Any, metrics: Any = None, **_: Any) -> None:
        """Record the metrics of a prediction."""
        self.on_log(args, state, control, logs=metrics)

    def _begun(self, args: Any, state: Any) -> Any:
        if not state.is_world_process_zero:
            return None
        if self._run is None:
            told = {"name": getattr(args, "run_name", None), **self._init}
            self._run = session.current() or session.init(**told)
        return self._run


def _texts(tree: Any) -> Any:
    """With keys that are texts, for models number their labels."""
    return {str(key): _texts(value) for key, value in tree.items()} if isinstance(tree, dict) else tree


def _renamed(name: str) -> str:
    for prefix in _EVALUATION:
        if name.startswith(prefix):
            return f"{prefix[:-1]}/{name[len(prefix) :]}"
    return f"train/{name}"
