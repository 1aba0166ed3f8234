"""Cuts the text of a query into tokens, each with its place; it knows no grammar."""

import re
from dataclasses import dataclass

from chiplog.errors import QueryError

MAX_LENGTH = 10_000
"""Characters of a query."""

_NUMBER = r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"

_TOKEN = re.compile(
    r"(?P<space>\s+)"
    rf"|(?P<duration>[+-]?{_NUMBER}[smhdw](?![A-Za-z0-9_]))"
    rf"|(?P<number>[+-]?{_NUMBER}(?![A-Za-z0-9_.]))"
    r"|(?P<word>-?inf(?![A-Za-z0-9_])|[A-Za-z_][A-Za-z0-9_-]*)"
    r"|(?P<text>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')"
    r"|(?P<sign>!=|<=|>=|==|<>|[=<>(),.])",
    re.DOTALL,
)

_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True)
class Token:
    """A piece of the text."""

    kind: str
    """`word`, `text`, `number`, `duration`, `sign` or `end`."""
    value: str
    """Of a text what it says, without its quotes."""
    at: int
    """Where it begins."""


def tokens(text: str) -> list[Token]:
    """The tokens of a query and at last the `end`. Raises QueryError, which points at the place."""
    if len(text) > MAX_LENGTH:
        raise QueryError(f"it is longer than {MAX_LENGTH} characters", text[:80], 0)
    found: list[Token] = []
    at = 0
    while at < len(text):
        piece = _TOKEN.match(text, at)
        if piece is None:
            raise QueryError(_complaint(text, at), text, at)
        kind = str(piece.lastgroup)
        if kind != "space":
            found.append(Token(kind, _plain(kind, piece[0]), at))
        at = piece.end()
    return [*found, Token("end", "", len(text))]


def _plain(kind: str, piece: str) -> str:
    return _ESCAPE.sub(r"\1", piece[1:-1]) if kind == "text" else piece


def _complaint(text: str, at: int) -> str:
    character = text[at]
    if character in "\"'":
        return f"this text has no closing {character}"
    if character.isdigit() or (character in "+-" and text[at + 1 : at + 2].isdigit()):
        return "this is no number; a name that begins so stands in quotes, a duration is like -7d or 90m"
    return f"{character!r} means nothing here; a name with such a character stands in quotes"
