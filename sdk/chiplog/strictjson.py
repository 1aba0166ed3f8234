"""JSON for other people's programs: strict, whatever a script has logged."""

import json
import math
from typing import Any


def dumps(value: Any, indent: int | None = None) -> str:
    """Strict JSON; a number that JSON lacks as the string "NaN", "Infinity" or "-Infinity"."""
    try:
        return _written(value, indent)
    except ValueError:  # Few values hold such a number: to look for one takes longer than to write them.
        return _written(plain(value), indent)


def _written(value: Any, indent: int | None) -> str:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent)
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate has no UTF-8, but an escape
        return json.dumps(value, ensure_ascii=True, allow_nan=False, indent=indent)
    return text


def plain(value: Any) -> Any:
    """The value with words in place of numbers that JSON lacks."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value
