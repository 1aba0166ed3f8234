"""Stands in for `lightning.pytorch.utilities.rank_zero`."""

import functools


def rank_zero_only(function):
    """Calls a function on rank 0 alone."""

    @functools.wraps(function)
    def wrapped(*args, **kwargs):
        return function(*args, **kwargs) if rank_zero_only.rank == 0 else None

    return wrapped


rank_zero_only.rank = 0
