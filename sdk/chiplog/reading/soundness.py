"""Whether documents and heads have the shape that readers rely on; it reads nothing and mends nothing.

Whoever may write into one namespace may write anything there, and one pass reads all namespaces: what is not sound is
said of its own run, and stops nobody else's.
"""

from typing import Any

from chiplog.errors import FormatError

MALFORMED = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError, FormatError)
"""What comes of a value of another shape than expected, wherever it is noticed."""

Shape = dict[str, Any]

_NUMBER = (int, float)

_RECORDER: Shape = {"run": str, "project": str, "pod": str, "node": str, "started_at": _NUMBER}
_STREAM: Shape = {
    "id": str, "kind": str, "container": str, "path": str, "generation": int, "position": int, "segmented": int,
    "kinds": dict, "run": dict, "ended": bool,
}  # fmt: skip
_LIVE: Shape = {
    "recorder": _RECORDER, "sequence": int, "time": _NUMBER, "state": str, "lag_seconds": _NUMBER, "streams": [_STREAM],
}  # fmt: skip
_RUN: Shape = {
    "name": str, "project": str, "created_at": _NUMBER, "tags": [str], "config": dict, "metrics": [{"name": str}],
}  # fmt: skip
_TRIAL: Shape = {"sweep": str, "sweep_id": str, "method": str, "index": int, "searched": dict}
_BINDING: Shape = {"id": str, "pod": str, "node": str, "rank": int}
_OUTCOME: Shape = {"state": str, "reason": str, "durable": bool, "attempts": [{"number": int, "recorders": [_BINDING]}]}

_MOMENTS = ("started_at", "finished_at")


def check_live(head: Any, what: str) -> None:
    """A live object's head. Raises FormatError."""
    _check(head, _LIVE, what)


def check_run(document: Any) -> None:
    """A `run.json`. Raises FormatError."""
    _check(document, _RUN, "run.json")


def is_trial(place: Any) -> bool:
    """Whether this says of which sweep a run is."""
    try:
        _check(place, _TRIAL, "trial")
    except FormatError:
        return False
    return bool(place["sweep"] and place["sweep_id"] and "/" not in place["sweep_id"])


def check_outcome(document: Any) -> None:
    """An `outcome.json`. Raises FormatError."""
    _check(document, _OUTCOME, "outcome.json")
    _check(document, {name: _NUMBER for name in _MOMENTS if name in document}, "outcome.json")


def _check(value: Any, shape: Any, what: str) -> None:
    if isinstance(shape, dict):
        _check(value, dict, what)
        for name, inner in shape.items():
            _check(value.get(name), inner, f"{what}: {name}")
    elif isinstance(shape, list):
        _check(value, list, what)
        for item in value:
            _check(item, shape[0], what)
    elif not isinstance(value, shape) or (isinstance(value, bool) and shape is not bool):
        raise FormatError(f"{what} is a {type(value).__name__}")
