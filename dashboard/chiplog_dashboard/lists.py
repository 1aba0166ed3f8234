"""What a list of runs shows: which runs, in which order, and a window of them; it reads no bucket and makes no answer.

A page that shows a hundred of 100,000 runs asks for these alone, so everything that chooses or orders stands here and
not in the page.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from starlette.datastructures import QueryParams

from chiplog.errors import SettingsError
from chiplog.query import parsing, selecting
from chiplog.query.syntax import Order, Query
from chiplog.reading.roster import Roster

SHOWN = ("all", "current", "archived", "deleted")
"""Which runs a list has: all of them, those that were neither put away nor given up, or those that were."""

MAX_LIMIT = 10_000
"""Runs of a window, at most."""

MAX_ONLY = 1000
"""Runs that are named, at most: a question is an address."""

_TOLD = ("name", "display_name", "project", "namespace", "run", "state")
"""Texts of a run in which words are looked for, and its tags."""


@dataclass(frozen=True)
class Asked:
    """A list as it is asked for."""

    query: Query = field(default_factory=Query)
    words: tuple[str, ...] = ()
    """All of them stand in what a run is called, in any case."""
    shown: str = "all"
    order: tuple[Order, ...] = ()
    """Where the expression says none."""
    only: frozenset[str] = frozenset()
    """Ids of runs, alone or as cluster/namespace/run; empty means any."""

    @classmethod
    def of(cls, given: QueryParams) -> "Asked":
        """What an address asks for. Raises QueryError, SettingsError."""
        shown, only = given.get("show", "all"), given.getlist("only")
        if shown not in SHOWN:
            raise SettingsError(f"show={shown!r} is none of {', '.join(SHOWN)}")
        if len(only) > MAX_ONLY:
            raise SettingsError(f"{len(only)} runs are asked for, {MAX_ONLY} are allowed")
        words = tuple(given.get("words", "").casefold().split())
        return cls(parsing.parse(given.get("filter", "")), words, shown, _order(given), frozenset(only))


@dataclass(frozen=True)
class Window:
    """A stretch of a list."""

    offset: int = 0
    limit: int | None = None

    @classmethod
    def of(cls, given: QueryParams) -> "Window":
        """What an address asks for. Raises SettingsError."""
        limit = _count(given, "limit", "", MAX_LIMIT)
        return cls(_count(given, "offset", "0", parsing.MAX_LIMIT - 1) or 0, limit)

    @property
    def end(self) -> int | None:
        """So many runs from the first on tell what is in it."""
        return None if self.limit is None else self.offset + self.limit


WHOLE = Window()


def numbers(asked: Asked, every: Roster, now: float, window: Window = WHOLE) -> tuple[list[int], int]:
    """The numbers of the runs in a window of a list, and how many the whole of it has."""
    found = chosen(asked, every, now)
    end = len(found) if window.end is None else min(len(found), window.end)
    orders = asked.query.order or asked.order
    return selecting.ordered(orders, found, every, now, end)[window.offset : end], len(found)


def chosen(asked: Asked, every: Roster, now: float) -> list[int]:
    """The numbers of all runs of a list; where its expression has a limit, those that this leaves."""
    found = _said(_among(_standing(list(every.order), every, asked.shown), every, asked.only), every, asked.words)
    found = selecting.chosen(asked.query, found, every, now)
    limit = asked.query.limit
    if limit is None or limit >= len(found):
        return found
    return selecting.ordered(asked.query.order, found, every, now, limit)[:limit]


def _order(given: QueryParams) -> tuple[Order, ...]:
    text = given.get("order", "")
    query = parsing.parse(f"order by {text}" if text else "")
    if query.limit is not None:
        raise SettingsError(f"order={text!r} has a limit: that is limit=")
    return query.order


def _count(given: QueryParams, name: str, default: str, most: int) -> int | None:
    text = given.get(name, default)
    if text == "" and name not in given:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 12 and int(text) <= most):
        raise SettingsError(f"{name}={text!r} is not a number between 0 and {most}")
    return int(text)


def _standing(found: list[int], every: Roster, shown: str) -> list[int]:
    if shown == "all":
        return found
    archived, deleted = (every.column((name,), 0.0) for name in ("is_archived", "is_given_up"))
    if shown == "deleted":
        return [at for at in found if deleted[at]]
    if shown == "archived":
        return [at for at in found if archived[at] and not deleted[at]]
    return [at for at in found if not (archived[at] or deleted[at])]


def _among(found: list[int], every: Roster, only: frozenset[str]) -> list[int]:
    if not only:
        return found
    runs = every.column(("run",), 0.0)
    wanted = {name.rpartition("/")[2] for name in only}
    near = [at for at in found if runs[at] in wanted]
    return [at for at in near if runs[at] in only or every.item(at).key.path in only]


def _said(found: list[int], every: Roster, words: Sequence[str]) -> list[int]:
    if not words:
        return found
    columns = [every.column((name,), 0.0) for name in _TOLD]
    tags = every.column(("tags",), 0.0)

    def told(at: int) -> str:
        return " ".join([*(str(column[at] or "") for column in columns), *(tags[at] or ())]).casefold()

    def holds(text: str) -> bool:
        return all(word in text for word in words)

    return [at for at in found if holds(told(at))]
