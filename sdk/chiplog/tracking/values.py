"""What a script logs as values of a row: numbers, texts, lists, nested objects. It writes nothing and never raises.

Packages (numpy, torch, pandas, matplotlib) are known by the names of their types and never imported: a value of theirs
can only be here if the script has imported them. A value that cannot be recorded is left out, and a notice names its
key; the rest of the row stands.
"""

import enum
from collections.abc import Callable, Mapping
from typing import Any

from chiplog.tracking import notices

MAX_DEPTH = 50
"""Levels of nesting; a list that holds itself ends here."""

MAX_TEXT_BYTES = 4 * 1024 * 1024
"""Of one text value: four times as long as any chart's or table's, a quarter of what a record holds."""

MAX_ITEMS = 100_000
"""Of one list."""

SMALL_ARRAY = 32
"""An array of more numbers becomes a histogram, as in W&B."""

Json = Any
Bind = Callable[[Any, str], Json]
"""What a media object (or a list of them) becomes, from it and its path of keys joined by `BELOW`."""

BELOW = "\0"
"""Between the keys of a path, which may hold points themselves."""

LEFT_OUT = object()
"""In place of a value that was refused."""

_PLAIN = frozenset({float, int, str, bool, type(None)})


class Refused(Exception):
    """A value cannot be recorded; the message says why."""


def tree(data: Mapping[Any, Any], bind: Bind, what: str = "log") -> dict[str, Json]:
    """A mapping as nested JSON; keys that are no text become one, empty ones and empty objects are left out.

    Args:
        bind: called for media.
        what: the call that notices name.
    """
    return _tree(data, bind, what, "", 0)


def one(value: Any, bind: Bind, what: str, key: str) -> Json:
    """A single value, or `LEFT_OUT` after a notice."""
    return _kept(value, bind, what, key, 0)


def _tree(data: Mapping[Any, Any], bind: Bind, what: str, above: str, depth: int) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for key, value in data.items():
        name = key if type(key) is str else _name(key, what)
        if not name:
            notices.warn(f"{what} empty key", f"{what}: an empty key was left out, with {notices.shown(value)}")
            continue
        kept = _kept(value, bind, what, f"{above}{name}", depth)
        if kept is not LEFT_OUT and kept != {}:
            found[name] = kept
    return found


def _name(key: Any, what: str) -> str:
    text = str(key)
    notices.warn(f"{what} key {text}", f"{what}: the key {notices.shown(key)} is no text, recorded as {text!r}")
    return text


def _kept(value: Any, bind: Bind, what: str, key: str, depth: int) -> Json:
    try:
        return _value(value, bind, what, key, depth)
    except Refused as refusal:
        reason = str(refusal)
    except Exception as error:  # noqa: BLE001 - a user's object may raise anything, and training goes on.
        reason = f"{type(error).__name__}: {error}"
    name = key.replace(BELOW, ".")
    notices.warn(f"{what} {name}", f"{what}: {name}={notices.shown(value)} was left out: {reason}")
    return LEFT_OUT


def _value(value: Any, bind: Bind, what: str, key: str, depth: int) -> Json:
    kind = type(value)
    if kind in _PLAIN:
        return _text(value) if kind is str else value
    if depth >= MAX_DEPTH:
        raise Refused(f"it nests more than {MAX_DEPTH} levels")
    if isinstance(value, Mapping):
        return _tree(value, bind, what, f"{key}{BELOW}", depth + 1)
    if hasattr(value, "_chiplog_json"):
        return bind(value, key)
    if isinstance(value, list | tuple | set | frozenset | range):
        return _list(value, bind, what, key, depth)
    return _value(_simpler(value), bind, what, key, depth + 1)


def _list(value: Any, bind: Bind, what: str, key: str, depth: int) -> Json:
    items = list(value)
    if items and all(hasattr(item, "_chiplog_json") for item in items):
        return bind(items, key)
    if len(items) > MAX_ITEMS:
        raise Refused(f"a list of {len(items)} items, {MAX_ITEMS} are allowed: use chiplog.Table or chiplog.save")
    found = [_kept(item, bind, what, f"{key}{BELOW}{number}", depth + 1) for number, item in enumerate(items)]
    return [None if item is LEFT_OUT else item for item in found]


def _text(text: str) -> str:
    if len(text) > MAX_TEXT_BYTES // 4 and len(text.encode(errors="replace")) > MAX_TEXT_BYTES:
        raise Refused(
            f"a text of {len(text)} characters, {MAX_TEXT_BYTES} bytes are allowed: use chiplog.save or chiplog.Html"
        )
    return text


def _simpler(value: Any) -> Any:
    """A value of a type that JSON does not know as one that is nearer to it. Raises Refused."""
    for base in (bool, int, float, str):
        if isinstance(value, base) and not isinstance(value, enum.Enum):
            return base(value)
    if isinstance(value, bytes | bytearray):
        return bytes(value).decode(errors="replace")
    if isinstance(value, complex):
        return str(value).strip("()")
    if type(value).__module__ == "datetime" and hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, enum.Enum):
        return value.name
    if hasattr(type(value), "__dataclass_fields__"):
        return {name: getattr(value, name) for name in value.__dataclass_fields__}
    return _foreign(value)


def _foreign(value: Any) -> Any:
    """A value of a package's type."""
    from chiplog.media import guessing  # Only where a script logs more than plain values.

    package = type(value).__module__.partition(".")[0]
    found = guessing.media(value, package)
    if found is not None:
        return found
    if package == "torch":
        value = value.detach().cpu()
        return value.item() if value.numel() == 1 else value.numpy()
    if hasattr(value, "ndim") and hasattr(value, "tolist"):
        return _array(value)
    if hasattr(value, "__array__"):
        return value.__array__()
    if hasattr(value, "item") and callable(value.item):
        return value.item()
    if callable(value):
        return f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', type(value).__name__)}"
    raise Refused(f"{type(value).__module__}.{type(value).__qualname__} is neither a number, a text, a list nor media")


def _array(value: Any) -> Any:
    """A numpy array or scalar."""
    if value.ndim == 0 or value.size == 1:
        item = value.item()
        return item if type(item) is not type(value) else str(item)
    if value.size <= SMALL_ARRAY:
        return value.tolist()
    from chiplog.media.histogram import Histogram

    return Histogram(value, num_bins=32)


def packed_types(data: Mapping[Any, Any]) -> str | None:
    """The types by which these values can be packed as they are, one of `runfile.CODES` each; None where one cannot.

    A type must decide it, not a value, for the answer is remembered by types: numpy's scalars are by their `dtype`.
    """
    types = "".join(_packed_type(value) for value in data.values())
    is_plain = len(types) == len(data) and all(type(key) is str and key and not key.startswith("_") for key in data)
    return types if types and is_plain else None


def numbers(data: Mapping[str, Any]) -> dict[str, Json]:
    """Values that can be packed, as Python's own numbers."""
    return {key: value if type(value) in _PLAIN else value.item() for key, value in data.items()}


def _packed_type(value: Any) -> str:
    kind = type(value)
    if kind in (float, int, bool):
        return "d" if kind is float else "q" if kind is int else "?"
    if kind.__module__ != "numpy" or getattr(value, "ndim", None) != 0 or kind.__name__ == "ndarray":
        return ""
    name = kind.__name__.rstrip("_")
    if name.startswith("float"):
        return "d"
    return "?" if name == "bool" else "q" if name.startswith(("int", "uint")) else ""
