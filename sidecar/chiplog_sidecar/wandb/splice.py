"""The common rows, history and summary of plain numbers, as lines without taking them apart: wandb's own number texts
go into the line as they are, for they are JSON. Anything that is not exactly that is left to `decode`.

This is where the recorder's time went: a protobuf message, a parsed float and a printed float for each number.
"""

import re

from chiplog import codec
from chiplog.codec import Encoded

# An item of at most 127 bytes with one key and a text: its head up to the text, and the text. The number is one that
# every reader reads alike: no integer beyond 2^53, no -0 without a point, no exponent that overflows.
_ITEM = re.compile(
    rb"(\n.[\n\x12].[^\x82]*+\x82\x01.)"
    rb"((?!-0(?![.eE]))-?+(?:0|[1-9][0-9]{0,14}+)(?:\.[0-9]{1,30}+)?+(?:[eE][-+]?[0-9]{1,2}+)?+)",
    re.DOTALL,
)
_VARINT = rb"([\x80-\xff]{0,9}[\x00-\x7f])"
_RECORD = re.compile(rb"\x08" + _VARINT + rb"([\x12\x1a])" + _VARINT, re.DOTALL)
_STEP = re.compile(rb"\x12(?:\x00|.\x08" + _VARINT + rb")", re.DOTALL)
_HISTORY = b"\x12"

MAX_HEADS = 4096
"""Heads that are remembered; a run with more differing ones begins anew."""

_TIME, _LOGGED_STEP = b'"_timestamp":', b'"_step":'

Head = tuple[bytes, int, int]
"""The key as JSON with its colon, the length of the text, and that of the whole item."""

_heads: dict[bytes, Head] = {}
_NO_HEAD: Head = (b"", -1, 0)


def row(at: int, payload: bytes) -> Encoded | None:
    """The row of a record at offset `at`; None where it has to be decoded."""
    record = _RECORD.match(payload)
    if record is None:
        return None
    used = record.end()
    if used + _number(record[3]) != len(payload):
        return None
    values: dict[bytes, bytes] = {}
    items = _ITEM.findall(payload, used)
    for head, text in items:
        key, length, size = _heads.get(head) or _learn(head)
        if length != len(text):
            return None
        values[key] = text
        used += size
    if len(values) != len(items):
        return None  # A key twice.
    num = _number(record[1])
    if record[2] == _HISTORY:
        return _history(at, num, values, _step(payload, used, values))
    return _summary(at, num, values) if used == len(payload) else None


def _history(at: int, num: int, values: dict[bytes, bytes], step: int | None) -> Encoded | None:
    if step is None:
        return None
    time = values.get(_TIME, b"null")
    line = b'{"at":%d,"num":%d,"kind":"history","step":%d,"time":%b,"values":{%b}}' % (
        at,
        num,
        step,
        time,
        b",".join([key + text for key, text in values.items()]),
    )
    told = None if time == b"null" else float(time)
    return Encoded(line, values, at=at, num=num, kind="history", step=step, time=told)


def _summary(at: int, num: int, values: dict[bytes, bytes]) -> Encoded:
    line = b'{"at":%d,"num":%d,"kind":"summary","update":[%b],"remove":[]}' % (
        at,
        num,
        b",".join([b"[[" + key[:-1] + b"]," + text + b"]" for key, text in values.items()]),
    )
    return Encoded(line, values, at=at, num=num, kind="summary")


def _step(payload: bytes, used: int, values: dict[bytes, bytes]) -> int | None:
    """The record's own step behind its items, else the logged one; None where there is none, or something else."""
    if used == len(payload):
        logged = values.get(_LOGGED_STEP, b"")
        return int(logged) if logged.isdigit() else None
    rest = _STEP.fullmatch(payload, used)
    if rest is None or (rest[1] is not None and payload[used + 1] != len(rest[1]) + 1):
        return None
    return _number(rest[1]) if rest[1] else 0


def _learn(head: bytes) -> Head:
    """What such a head says, if its lengths fit."""
    if len(_heads) >= MAX_HEADS:
        _heads.clear()
    size, name, length = head[1], head[4:-3], head[-1]
    known = _NO_HEAD
    if size == len(head) - 2 + length and size < 128 and head[3] == len(name):
        try:
            known = codec.dump(name.decode()) + b":", length, size + 2
        except UnicodeDecodeError:
            known = _NO_HEAD
    _heads[head] = known
    return known


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
