"""Regular expressions whose matching is bounded: a set of states walks over the text once, and never goes back.

Python's own `re` backtracks, and takes for ever on `(a+)+$`; who may ask a shared server must not be able to do that.
Known are literals, `.`, classes, `\\d \\w \\s`, `^`, `$`, `|`, groups, `* + ? {m,n}`, and `(?i)` at the start.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

MAX_STATES = 2_000
"""Of a pattern, its counted repetitions written out."""

MAX_TEXT = 4_096
"""Characters of a text that are looked at."""

MAX_DEPTH = 50
"""Groups in groups."""

Test = Callable[[str], bool]

_SHORT: dict[str, Test] = {
    "d": str.isdecimal,
    "w": lambda character: character.isalnum() or character == "_",
    "s": str.isspace,
}
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}
_REPEATED = "*+?{"


class PatternError(Exception):
    """A pattern that is none; the message says why."""


@dataclass
class _State:
    """One state: what it takes to leave it, and where that leads."""

    test: Test | None = None
    """Of a character; None for a state that is left at once."""
    anchor: str = ""
    """`^` or `$`: it is left only there."""
    after: list[int] = field(default_factory=list)


class Pattern:
    """A compiled pattern. Raises PatternError for a text that is none, or too large.

    Args:
        text: the regular expression.
    """

    def __init__(self, text: str) -> None:
        self._ignores_case = text.startswith("(?i)")
        self._text = text[4:] if self._ignores_case else text
        self._at = self._depth = 0
        self._states: list[_State] = []
        start, ends = self._either()
        if self._at < len(self._text):
            raise PatternError("a closing parenthesis has no opening one")
        self._start, self._end = start, self._add(_State())
        self._join(ends, self._end)

    def found_in(self, text: str) -> bool:
        """Whether the pattern matches anywhere in the text."""
        text = text[:MAX_TEXT].lower() if self._ignores_case else text[:MAX_TEXT]
        alive: set[int] = set()
        for at in range(len(text) + 1):
            alive = self._closure({*alive, self._start}, at, len(text))
            if self._end in alive:
                return True
            if at < len(text):
                alive = self._step(alive, text[at])
        return False

    def _step(self, alive: Iterable[int], character: str) -> set[int]:
        tested = ((self._states[state].test, state) for state in alive)
        return {after for test, state in tested if test and test(character) for after in self._states[state].after}

    def _closure(self, alive: set[int], at: int, size: int) -> set[int]:
        found: set[int] = set()
        ahead = list(alive)
        while ahead:
            number = ahead.pop()
            if number in found:
                continue
            found.add(number)
            state = self._states[number]
            passes = state.anchor in ("", "^" if at == 0 else "", "$" if at == size else "")
            if state.test is None and passes:
                ahead.extend(state.after)
        return found

    def _add(self, state: _State) -> int:
        if len(self._states) >= MAX_STATES:
            raise PatternError(f"the pattern is too large, its repetitions make more than {MAX_STATES} states")
        self._states.append(state)
        return len(self._states) - 1

    def _join(self, ends: list[int], to: int) -> None:
        for end in ends:
            self._states[end].after.append(to)

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self) -> str:
        character = self._peek()
        self._at += 1
        return character

    def _either(self) -> tuple[int, list[int]]:
        """Alternatives: the state that leads to each, and the states behind them."""
        fork = self._add(_State())
        ends: list[int] = []
        while True:
            start, behind = self._sequence()
            self._join([fork], start)
            ends += behind
            if self._peek() != "|":
                return fork, ends
            self._at += 1

    def _sequence(self) -> tuple[int, list[int]]:
        start = self._add(_State())
        ends = [start]
        while self._peek() and self._peek() not in "|)":
            first, behind = self._repeated()
            self._join(ends, first)
            ends = behind
        return start, ends

    def _repeated(self) -> tuple[int, list[int]]:
        begin = self._at
        piece = self._atom()
        end = self._at
        if not self._peek() or self._peek() not in _REPEATED:
            return piece
        least, most = self._counts()
        if self._peek() and self._peek() in _REPEATED:
            raise PatternError("two repetitions follow one another")
        after = self._at
        made = self._written_out(piece, (begin, end), least, most)
        self._at = after
        return made

    def _written_out(
        self, piece: tuple[int, list[int]], span: tuple[int, int], least: int, most: int | None
    ) -> tuple[int, list[int]]:
        """A piece, `least` to `most` times: copies of it one behind the other."""
        start = self._add(_State())
        ends, left = [start], []
        copies = max(least, 1) if most is None else most
        for number in range(copies):
            first, behind = piece if number == 0 else self._again(span)
            self._join(ends, first)
            if number >= least:
                left += ends
            ends = behind
            if most is None and number == copies - 1:
                self._join(ends, first)
        return start, [*left, *(ends if copies else [start])]

    def _again(self, span: tuple[int, int]) -> tuple[int, list[int]]:
        self._at = span[0]
        return self._atom()

    def _counts(self) -> tuple[int, int | None]:
        kind = self._take()
        if kind != "{":
            return {"*": (0, None), "+": (1, None), "?": (0, 1)}[kind]
        inside, brace, _ = self._text[self._at :].partition("}")
        low, comma, high = inside.partition(",")
        counts = (low, high) if comma else (low, low)
        if not brace or not all(part.isascii() and (part.isdigit() or not part) and len(part) < 5 for part in counts):
            raise PatternError("a repetition is {3}, {3,} or {3,5}; a brace itself is \\{")
        self._at += len(inside) + 1
        least, most = int(counts[0] or 0), int(counts[1]) if counts[1] else None
        if (most is not None and most < least) or not inside.strip(","):
            raise PatternError(f"{{{inside}}} is no repetition")
        return least, most

    def _atom(self) -> tuple[int, list[int]]:
        character = self._take()
        if character == "(":
            return self._group()
        if character in _REPEATED:
            raise PatternError(f"nothing stands before {character}")
        if character in "^$":
            state = self._add(_State(anchor=character))
        else:
            state = self._add(_State(test=self._test(character)))
        return state, [state]

    def _group(self) -> tuple[int, list[int]]:
        if self._text.startswith("?:", self._at):
            self._at += 2
        elif self._peek() == "?":
            raise PatternError("of (?…) only (?:…) is known, and (?i) at the start")
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise PatternError(f"more than {MAX_DEPTH} groups stand in each other")
        made = self._either()
        self._depth -= 1
        if self._take() != ")":
            raise PatternError("an opening parenthesis has no closing one")
        return made

    def _test(self, character: str) -> Test:
        if character == ".":
            return lambda other: other != "\n"
        if character == "[":
            return self._class()
        if character == "\\":
            return self._escape()
        return self._same(character)

    def _same(self, character: str) -> Test:
        wanted = character.lower() if self._ignores_case else character
        return lambda other: other == wanted

    def _escape(self) -> Test:
        character = self._take()
        if not character:
            raise PatternError("nothing follows the last backslash")
        if character.lower() in _SHORT:
            test = _SHORT[character.lower()]
            return test if character.islower() else lambda other: not test(other)
        if character.isalnum() and character not in _ESCAPED:
            raise PatternError(f"\\{character} is not known; known are \\d \\w \\s \\D \\W \\S \\n \\t \\r")
        return self._same(_ESCAPED.get(character, character))

    def _class(self) -> Test:
        is_not = self._peek() == "^"
        self._at += is_not
        tests: list[Test] = []
        while self._peek() != "]" or not tests:
            if not self._peek():
                raise PatternError("a [ has no closing ]")
            tests.append(self._member())
        self._at += 1
        return lambda other: any(test(other) for test in tests) != is_not

    def _member(self) -> Test:
        low = self._take()
        if low == "\\":
            return self._escape()
        following = self._text[self._at : self._at + 2]
        if len(following) < 2 or following[0] != "-" or following[1] in "]\\":
            return self._same(low)
        high = following[1]
        self._at += 2
        if high < low:
            raise PatternError(f"{low}-{high} is no range")
        if self._ignores_case:
            return lambda other: low <= other <= high or low <= other.upper() <= high
        return lambda other: low <= other <= high


def like(text: str, glob: str) -> bool:
    """Whether the whole text is as `glob` says, in which `*` is any text and `?` any character."""
    at = place = 0
    star, back = -1, 0
    while at < len(text):
        if place < len(glob) and glob[place] == "*":
            star, back = place, at
            place += 1
        elif place < len(glob) and glob[place] in ("?", text[at]):
            at, place = at + 1, place + 1
        elif star >= 0:
            back += 1
            at, place = back, star + 1
        else:
            return False
    return all(character == "*" for character in glob[place:])
