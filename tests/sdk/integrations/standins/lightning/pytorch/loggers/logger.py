"""Stands in for `lightning.pytorch.loggers.logger`: the base class, and the decorator of `experiment`."""

# ruff: noqa: B027

import functools
from abc import ABC, abstractmethod


class Logger(ABC):
    """As documented: `name`, `version`, `log_metrics` and `log_hyperparams` are abstract."""

    @property
    @abstractmethod
    def name(self):
        """A logger's name."""

    @property
    @abstractmethod
    def version(self):
        """A logger's version."""

    @abstractmethod
    def log_metrics(self, metrics, step=None):
        """Record metrics."""

    @abstractmethod
    def log_hyperparams(self, params, *args, **kwargs):
        """Record hyperparameters."""

    def after_save_checkpoint(self, checkpoint_callback):
        """Called after a checkpoint was saved."""

    def save(self):
        """Called to save what was logged."""

    def finalize(self, status):
        """Called at the end."""


def rank_zero_experiment(function):
    """Gives the real experiment on rank 0, and a dummy elsewhere."""

    @functools.wraps(function)
    def experiment(self):
        return function(self)

    return experiment
