"""Evidence in plain words: what is as it should be, what is not, and what to do; pure values, no I/O.

One module per source, in the order in which a record travels: `kubernetes` (matched, injected, started), `recorders`
(which directory, how many bytes, the last upload).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One sentence on one thing."""

    is_good: bool | None
    """None: it cannot be told, or it is neither."""
    text: str
    advice: str = ""
    """What to do; empty where nothing needs to be done."""


def good(text: str) -> Finding:
    """As it should be."""
    return Finding(True, text)


def bad(text: str, advice: str) -> Finding:
    """Not as it should be."""
    return Finding(False, text, advice)


def open_(text: str, advice: str = "") -> Finding:
    """Not decided, or not known."""
    return Finding(None, text, advice)
