"""Makes a query of a text, and says where a text is none; a recursive descent, one function a rule of the grammar."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from chiplog.errors import QueryError
from chiplog.query import fields, patterns, syntax, tokens
from chiplog.query.syntax import And, Compare, Duration, Field, In, Is, Literal, Node, Not, Operand, Or, Order, Query
from chiplog.query.tokens import Token

MAX_DEPTH = 50
"""Parentheses and `not` in each other."""

MAX_LIMIT = 10**9

SIGNS = {"=": "=", "==": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
WORDS = ("contains", "like", "matches")

_VALUES = {"null": None, "true": True, "false": False, "nan": float("nan"), "inf": float("inf"), "-inf": -float("inf")}
_NAN = _VALUES["nan"]


def parse(text: str) -> Query:
    """The query that a text says. Raises QueryError, which shows the place."""
    return _Parser(text).query()


def named(text: str) -> tuple[Field, ...]:
    """The fields that a text names, divided by commas, and nothing else. Raises QueryError."""
    prefix = "order by "
    try:
        query = parse(prefix + text)
    except QueryError as error:
        raise QueryError(error.problem, text, max(0, error.at - len(prefix))) from error
    if query.limit is not None or any(item.is_descending for item in query.order):
        raise QueryError("fields were expected, divided by commas, and nothing else", text, 0)
    return tuple(item.field for item in query.order)


def joined(queries: Sequence[Query]) -> Query:
    """The runs that all queries mean; the last one that says an order, or a limit, says it."""
    conditions = tuple(query.where for query in queries if query.where is not None)
    where = And(conditions) if len(conditions) > 1 else next(iter(conditions), None)
    order = next((query.order for query in reversed(queries) if query.order), ())
    limit = next((query.limit for query in reversed(queries) if query.limit is not None), None)
    return Query(where, order, limit)


def moment(text: str) -> float | None:
    """Unix seconds of an ISO 8601 date or time, in UTC unless it says otherwise; None for any other text."""
    try:
        found = datetime.fromisoformat(text.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


class _Parser:
    """Goes over the tokens of one text once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokens.tokens(text)
        self._at = self._depth = 0

    def query(self) -> Query:
        """condition? ("order" "by" field ("asc" | "desc")? ("," …)*)? ("limit" number)?"""
        where = None if self._is_word("order", "limit") or self._now.kind == "end" else self._or()
        order = self._order() if self._skip_word("order") else ()
        limit = self._limit() if self._skip_word("limit") else None
        if self._now.kind != "end":
            raise self._error("here an `and`, an `or`, `order by` or the end was expected")
        return Query(where, order, limit)

    def _or(self) -> Node:
        items = [self._and()]
        while self._skip_word("or"):
            items.append(self._and())
        return Or(tuple(items)) if len(items) > 1 else items[0]

    def _and(self) -> Node:
        items = [self._not()]
        while self._skip_word("and"):
            items.append(self._not())
        return And(tuple(items)) if len(items) > 1 else items[0]

    def _not(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._error(f"more than {MAX_DEPTH} parentheses and `not` stand in each other")
        if self._skip_word("not"):
            node: Node = Not(self._not())
        elif self._skip_sign("("):
            node = self._or()
            if not self._skip_sign(")"):
                raise self._error("here a closing parenthesis was expected")
        else:
            node = self._comparison()
        self._depth -= 1
        return node

    def _comparison(self) -> Node:
        place = self._now
        left = self._operand()
        if self._now.kind == "sign" and self._now.value in SIGNS:
            return self._compare(SIGNS[self._take().value], left, place)
        if self._skip_word("is"):
            self._require_field(left, left, place)
            return self._is(left)
        is_not = self._skip_word("not")
        if self._is_word(*WORDS):
            node = self._compare(self._take().value.lower(), left, place)
        elif self._skip_word("in"):
            node = self._in(left, place)
        else:
            wanted = "`in`, `contains`, `like` or `matches`" if is_not else "an operator, such as = or <,"
            raise self._error(f"here {wanted} was expected")
        return Not(node) if is_not else node

    def _compare(self, operator: str, left: Operand, place: Token) -> Node:
        behind = self._now
        right = self._operand()
        self._require_field(left, right, place)
        if operator in ("like", "matches") and not (isinstance(right, Literal) and isinstance(right.value, str)):
            raise self._error(f"`{operator}` takes a text in quotes", behind)
        if operator == "matches":
            self._require_pattern(str(right.value), behind)  # type: ignore[union-attr]
        self._require_time(left, right, behind)
        self._require_time(right, left, place)
        return Compare(operator, left, right)

    def _is(self, left: Operand) -> Node:
        is_not = self._skip_word("not")
        if not self._is_word("null", "nan"):
            raise self._error("after `is` stands `null` or `nan`, or `not` and one of them")
        node = Is(left, self._take().value.lower())
        return Not(node) if is_not else node

    def _in(self, left: Operand, place: Token) -> Node:
        if not self._skip_sign("("):
            field = self._operand()
            if not isinstance(field, Field):
                raise self._error("after `in` stands a list in parentheses, or a field that holds one", place)
            return In(left, field)
        self._require_field(left, left, place)
        items: list[Operand] = []
        while not items or self._skip_sign(","):
            behind = self._now
            items.append(self._operand())
            self._require_time(left, items[-1], behind)
        if not self._skip_sign(")"):
            raise self._error("here a comma or a closing parenthesis was expected")
        return In(left, tuple(items))

    def _operand(self) -> Operand:
        token = self._now
        match token.kind:
            case "text":
                return Literal(self._take().value)
            case "number":
                return Literal(self._number(self._take()))
            case "duration":
                amount = self._number(Token("number", token.value[:-1], token.at))
                return Duration(amount, self._take().value[-1])
            case "word" if token.value.lower() in _VALUES:
                return Literal(_VALUES[self._take().value.lower()])
            case "word" if token.value.lower() not in syntax.KEYWORDS:
                return self._field()
        raise self._error("here a field or a value was expected")

    def _field(self) -> Field:
        first = self._take()
        path = [first.value]
        while self._skip_sign("."):
            if self._now.kind not in ("word", "text"):
                raise self._error('after the dot stands a key; one that is no plain word in quotes: summary."val/acc"')
            path.append(self._take().value)
        problem = fields.problem(tuple(path))
        if problem:
            raise self._error(problem, first)
        return Field(tuple(path))

    def _order(self) -> tuple[Order, ...]:
        if not self._skip_word("by"):
            raise self._error("after `order` stands `by`")
        found: list[Order] = []
        while not found or self._skip_sign(","):
            place = self._now
            field = self._operand()
            if not isinstance(field, Field):
                raise self._error("runs are ordered by a field", place)
            is_descending = self._skip_word("desc") or (self._skip_word("asc") and False)
            found.append(Order(field, is_descending))
        return tuple(found)

    def _limit(self) -> int:
        token = self._now
        if token.kind != "number" or not re.fullmatch(r"[0-9]{1,9}", token.value):
            raise self._error(f"after `limit` stands a number of runs, at most {MAX_LIMIT - 1}")
        return int(self._take().value)

    def _number(self, token: Token) -> int | float:
        try:
            return int(token.value) if re.fullmatch(r"[+-]?[0-9]+", token.value) else float(token.value)
        except ValueError as error:  # Python takes 4,300 digits of an int.
            raise self._error("this number is too long", token) from error

    def _require_field(self, left: Operand, right: Operand, token: Token) -> None:
        """A comparison of two values is always true or never: most likely a quoted key lacks what stands before it."""
        if not isinstance(left, Field) and not isinstance(right, Field):
            raise self._error('nothing is compared here that a run has: a metric is summary."val/acc"', token)

    def _require_pattern(self, text: str, token: Token) -> None:
        try:
            patterns.Pattern(text)
        except patterns.PatternError as error:
            raise self._error(str(error), token) from error

    def _require_time(self, field: Operand, value: Operand, token: Token) -> None:
        if not (isinstance(field, Field) and field.path[0] in fields.TIMES):
            return
        if isinstance(value, Literal) and isinstance(value.value, str) and moment(value.value) is None:
            raise self._error(
                'this is no time: write "2026-11-01", "2026-11-01T08:00:00Z", or -7d for a week ago', token
            )

    @property
    def _now(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._now
        self._at += 1
        return token

    def _is_word(self, *words: str) -> bool:
        return self._now.kind == "word" and self._now.value.lower() in words

    def _skip_word(self, *words: str) -> bool:
        found = self._is_word(*words)
        self._at += found
        return found

    def _skip_sign(self, sign: str) -> bool:
        found = self._now.kind == "sign" and self._now.value == sign
        self._at += found
        return found

    def _error(self, problem: str, token: Token | None = None) -> QueryError:
        return QueryError(problem, self._text, (token or self._now).at)
