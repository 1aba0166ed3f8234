"""Deterministic chance: every draw is a function of the sweep's UID and the trial's index, whoever draws when."""

import hashlib
import random

_BITS = 32


def of(*what: object) -> int:
    """A seed below 2**32 for what is named, such as a sweep's UID and a trial's index."""
    text = "/".join(str(item) for item in what)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[: _BITS // 8], "big")


def chance(*what: object) -> random.Random:
    """A source of chance for what is named."""
    return random.Random("/".join(str(item) for item in what))  # noqa: S311  (a search, not a secret)
