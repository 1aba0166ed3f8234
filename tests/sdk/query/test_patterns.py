"""Patterns mean what Python's mean, and no text and pattern together take long."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiplog.query import patterns

_ATOMS = st.sampled_from(
    ["a", "b", "c", ".", "[ab]", "[^a]", "[a-c]", r"\d", r"\w", r"\.", "^", "$", "\\s", "1", "[]a]"]
)


def _repeat(atom: str, count: str) -> str:
    return atom if atom in "^$" else atom + count


_PIECES = st.builds(_repeat, _ATOMS, st.sampled_from(["", "", "*", "+", "?", "{2}", "{1,2}", "{0,1}", "{2,}", "{0}"]))
_SEQUENCES = st.lists(_PIECES, max_size=4).map("".join)
_PATTERNS = st.recursive(
    _SEQUENCES,
    lambda below: st.builds("({}){}{}".format, below, st.sampled_from(["", "?", "*", "+", "{2}"]), _SEQUENCES)
    | st.builds("{}|{}".format, below, below),
    max_leaves=4,
)  # fmt: skip


@given(_PATTERNS, st.text("abc1. \n", max_size=6))
def test_a_pattern_finds_what_pythons_finds(pattern: str, text: str) -> None:
    # Python's $ also stands before a last line end; ours is the end, as \Z.
    theirs = re.search(pattern.replace("$", r"\Z"), text) is not None
    assert patterns.Pattern(pattern).found_in(text) == theirs


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "(a|aa)+$", "(.*)*x", "a?" * 50 + "a" * 50, "((a*)*)*c"])
def test_patterns_that_bring_backtracking_down_are_quick(pattern: str) -> None:
    compiled = patterns.Pattern(pattern)
    began = time.process_time()
    compiled.found_in("a" * 60 + "!")
    assert time.process_time() - began < 0.5


def test_the_costliest_pattern_on_the_longest_text_ends() -> None:
    began = time.process_time()
    patterns.Pattern("(a|b|ab|ba){100}$").found_in("ab" * 100_000)
    assert time.process_time() - began < 20


_NONE = [
    "(",
    ")",
    "a)",
    "[a",
    "*",
    "a**",
    "a{2",
    "a{3,2}",
    "a{99999}",
    "((a{500}){500})",
    "\\",
    r"\1",
    "(?=a)",
    "[b-a]",
]


@pytest.mark.parametrize("pattern", [*_NONE, "(" * 99])
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(patterns.PatternError):
        patterns.Pattern(pattern)


@given(st.text(max_size=30))
def test_any_text_is_a_pattern_or_refused(text: str) -> None:
    try:
        patterns.Pattern(text).found_in(text)
    except patterns.PatternError:
        return


def test_a_pattern_may_ignore_case() -> None:
    assert patterns.Pattern("(?i)resNET-[a-c]").found_in("my RESnet-B")
    assert not patterns.Pattern("resnet").found_in("ResNet")


@given(st.text("ab*?.", max_size=8), st.text("ab*?.[]", max_size=6))
def test_like_is_the_shells_star_and_question_mark(text: str, glob: str) -> None:
    expected = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in glob)
    assert patterns.like(text, glob) == (re.fullmatch(expected, text, re.DOTALL) is not None)


def test_like_with_many_stars_is_quick() -> None:
    began = time.process_time()
    assert not patterns.like("a" * 4096, "*a" * 40 + "b")
    assert time.process_time() - began < 1
