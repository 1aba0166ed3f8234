"""What a browser keeps for us is believed only as we gave it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiplog_dashboard.signing import Signer

OLD, NEW = "the key of last year, 32 characters", "the key of this year, 32 characters"


class Clock:
    now = 1_795_500_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


VALUES = st.recursive(st.none() | st.integers(-(2**53), 2**53) | st.text(), lambda inner: st.lists(inner))


@given(VALUES.filter(lambda value: value is not None))
def test_what_was_signed_is_read_again(value: object) -> None:
    assert Signer([NEW], Clock()).read("session", Signer([NEW], Clock()).sign("session", value, 60)) == value


@given(st.text(max_size=80))
def test_what_was_not_signed_is_nothing(text: str) -> None:
    assert Signer([NEW], Clock()).read("session", text) is None


@given(st.integers(0, 200), st.characters(min_codepoint=33, max_codepoint=126))
def test_with_another_character_it_says_the_same_or_nothing(place: int, character: str) -> None:
    """The last one of a signature has bits that base64 does not use."""
    signer, said = Signer([NEW], Clock()), {"name": "ada", "groups": ["ml"]}
    text = signer.sign("session", said, 60)
    changed = text[: place % len(text)] + character + text[place % len(text) + 1 :]
    assert signer.read("session", changed) in (said, None)


@given(st.integers(0, 200))
def test_without_a_character_it_is_nothing(place: int) -> None:
    signer = Signer([NEW], Clock())
    text = signer.sign("session", {"name": "ada", "groups": ["ml"]}, 60)
    assert signer.read("session", text[: place % len(text)] + text[place % len(text) + 1 :]) is None


def test_it_is_over_when_it_is(clock: Clock) -> None:
    signer = Signer([NEW], clock)
    text = signer.sign("session", "ada", 60)
    clock.now += 59.9
    assert signer.read("session", text) == "ada"
    clock.now += 0.1
    assert signer.read("session", text) is None


def test_what_is_for_one_purpose_is_nothing_for_another(clock: Clock) -> None:
    signer = Signer([NEW], clock)
    assert signer.read("session", signer.sign("attempt", "ada", 60)) is None


def test_a_new_key_signs_and_the_old_one_is_read_as_long_as_it_stands_there(clock: Clock) -> None:
    before, both, after = Signer([OLD], clock), Signer([NEW, OLD], clock), Signer([NEW], clock)
    assert both.read("session", before.sign("session", "ada", 60)) == "ada"
    assert after.read("session", both.sign("session", "ada", 60)) == "ada"
    assert after.read("session", before.sign("session", "ada", 60)) is None
