"""The common rows, history and summary of plain numbers, as lines without taking them apart: wandb's own number texts
go into the line as they are, for they are JSON. Anything that is not exactly that is left to `decode`.

This is where the recorder's time goes, so one regular expression takes a whole record apart, and what it finds is
looked at by functions of C, thirteen items at a time and never one by one.
"""

import re
from operator import add
from typing import Any

from chiplog import codec
from chiplog.codec import Encoded

# An item of at most 127 bytes with one key and a text: its head up to the text, and the text. The number is one that
# every reader reads alike: no integer beyond 2^53, no -0 without a point, no exponent that overflows.
_ITEM = (
    rb"(\n.[\n\x12].[^\x82]*+\x82\x01.)"
    rb"((?!-0(?![.eE]))-?+(?:0|[1-9][0-9]{0,14}+)(?:\.[0-9]{1,30}+)?+(?:[eE][-+]?[0-9]{1,2}+)?+)"
)
_VARINT = rb"([\x80-\xff]{0,9}[\x00-\x7f])"
_RECORD = rb"\x08" + _VARINT + rb"([\x12\x1a])" + _VARINT
_STEP = rb"(\x12(?:\x00|(.)\x08" + _VARINT + rb"))?+"
_BEFORE_TEXT = b"\x82\x01"
_HISTORY = b"\x12"

MAX_ITEMS = 256
"""A record of more items is decoded: its pattern would take a tenth of a second to compile."""

MAX_SHAPES = 64
"""Numbers of items that have a pattern; a run whose records differ more than that has the others decoded."""

MAX_HEADS = 4096
"""Heads that are remembered; a run with more differing ones begins anew."""

_TIME, _LOGGED_STEP = b'"_timestamp":', b'"_step":'

_shapes: dict[int, re.Pattern[bytes]] = {}
_keys: dict[bytes, bytes] = {}
"""By an item's head: its key as JSON with its colon; empty where the head's lengths do not fit each other."""
_lengths: dict[bytes, int] = {}
"""By an item's head: the length of the text that it announces; -1 where there is none that fits."""


def row(at: int, payload: bytes) -> Encoded | None:
    """The row of a record at offset `at`; None where it has to be decoded."""
    count = payload.count(_BEFORE_TEXT)
    shape = _shapes.get(count) or _compile(count)
    found = shape.fullmatch(payload) if shape is not None else None
    if found is None:
        return None
    parts = found.groups()
    heads, texts = parts[3:-3:2], parts[4:-3:2]
    try:
        keys = [*map(_keys.__getitem__, heads)]
    except KeyError:
        keys = _learn(heads)
    if [*map(_lengths.get, heads)] != [*map(len, texts)] or len({*keys}) != count:
        return None  # A text that is longer than it seems, or a key twice.
    num, size = parts[0], parts[2]
    if len(payload) != 2 + len(num) + len(size) + _number(size):
        return None
    if parts[1] == _HISTORY:
        return _history(at, _number(num), keys, texts, parts[-3:])
    return _summary(at, _number(num), keys, texts) if parts[-3] is None else None


def _history(at: int, num: int, keys: list[bytes], texts: tuple[bytes, ...], behind: tuple[Any, ...]) -> Encoded | None:
    """`behind` the items stand the record's own step, the length of what it says, and its varint; each may be None."""
    end, length, varint = behind
    if length is not None and length[0] != len(varint) + 1:
        return None
    step = _logged(keys, texts) if end is None else _number(varint or b"\0")
    if step is None:
        return None
    time = texts[keys.index(_TIME)] if _TIME in keys else None
    told = None if time is None else float(time)
    encoded = Encoded(at=at, num=num, kind="history", step=step, time=told)
    encoded.line = b'{"at":%d,"num":%d,"kind":"history","step":%d,"time":%b,"values":{%b}}' % (
        at,
        num,
        step,
        time or b"null",
        b",".join(map(add, keys, texts)),
    )
    return encoded


def _summary(at: int, num: int, keys: list[bytes], texts: tuple[bytes, ...]) -> Encoded:
    encoded = Encoded(at=at, num=num, kind="summary")
    encoded.leaves = dict(zip(keys, texts, strict=True))
    encoded.line = b'{"at":%d,"num":%d,"kind":"summary","update":[%b],"remove":[]}' % (
        at,
        num,
        b",".join([b"[[%b],%b]" % (key[:-1], text) for key, text in encoded.leaves.items()]),
    )
    return encoded


def _logged(keys: list[bytes], texts: tuple[bytes, ...]) -> int | None:
    """The logged step, where the record says none of its own; None where that is something else, or absent."""
    logged = texts[keys.index(_LOGGED_STEP)] if _LOGGED_STEP in keys else b""
    return int(logged) if logged.isdigit() else None


def _compile(count: int) -> re.Pattern[bytes] | None:
    """The pattern of a record of so many items, and what it says behind them."""
    if count > MAX_ITEMS or len(_shapes) >= MAX_SHAPES:
        return None
    return _shapes.setdefault(count, re.compile(_RECORD + _ITEM * count + _STEP, re.DOTALL))


def _learn(heads: tuple[bytes, ...]) -> list[bytes]:
    """The keys of these heads, which are remembered."""
    if len(_keys) >= MAX_HEADS:
        _keys.clear()
        _lengths.clear()
    for head in heads:
        _keys[head], _lengths[head] = _told(head)
    return [_keys[head] for head in heads]


def _told(head: bytes) -> tuple[bytes, int]:
    """Key and length of the text that a head announces, if its lengths fit."""
    size, name, length = head[1], head[4:-3], head[-1]
    if size != len(head) - 2 + length or size >= 128 or head[3] != len(name):
        return b"", -1
    try:
        return codec.dump(name.decode()) + b":", length
    except UnicodeDecodeError:
        return b"", -1


def _number(varint: bytes) -> int:
    size = len(varint)
    if size == 1:
        return varint[0]
    if size == 2:
        return varint[0] & 0x7F | varint[1] << 7
    value = 0
    for place, byte in enumerate(varint):
        value |= (byte & 0x7F) << 7 * place
    return value
