"""Stands in for transformers: the base class of callbacks, every event of which does nothing."""


class TrainerCallback:
    """As documented: `event(args, state, control, **kwargs)`."""

    def on_train_begin(self, args, state, control, **kwargs):
        """Called at the beginning of training."""

    def on_log(self, args, state, control, **kwargs):
        """Called after the last logs were made."""

    def on_predict(self, args, state, control, metrics, **kwargs):
        """Called after a prediction."""

    def on_train_end(self, args, state, control, **kwargs):
        """Called at the end of training."""
