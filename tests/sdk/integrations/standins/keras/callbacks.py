"""Stands in for `keras.callbacks`."""


class Callback:
    """As documented: events get a number and logs; `model` is set by `fit`."""

    def __init__(self):
        self.model = None

    def set_model(self, model):
        """Called by `fit`."""
        self.model = model

    def on_epoch_end(self, epoch, logs=None):
        """Called after an epoch."""

    def on_train_batch_end(self, batch, logs=None):
        """Called after a batch of training."""
