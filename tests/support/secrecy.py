"""What is a secret of the tests, and where one was told that has no business there; it listens to nothing itself.

Every key and token of the cluster is a JWT with its signature, so that one is known wherever it appears. What has no
such form is noted by who makes it. `chiplog keys create` and `rotate` may say a key once, alone, on stdout.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from pathlib import PurePath

_JWT = re.compile(r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{16,}")

_noted: set[str] = set()
_handed_out: set[str] = set()
"""Keys that were printed, in the place for it."""


def note(secret: str) -> str:
    """From now on nothing may say it, in this process's tests; gives it back. Short words are no secrets."""
    if len(secret) >= 8:
        _noted.add(secret)
    return secret


def told(text: str) -> list[str]:
    """The secrets that a text holds, as far as they may be shown."""
    return sorted(map(_shown, _in(text)))


def masked(text: str) -> str:
    """The text with its secrets as far as they may be shown."""
    for secret in _in(text):
        text = text.replace(secret, _shown(secret))
    return text


def _in(text: str) -> set[str]:
    return {*_JWT.findall(text), *(secret for secret in (*_noted, *_handed_out) if secret in text)}


def _shown(secret: str) -> str:
    return f"{secret[:6]}… ({len(secret)} characters)"


def told_by_command(words: Sequence[str], out: str, err: str) -> list[str]:
    """The secrets that a command said, but the new key of one that makes a key."""
    if not makes_key(words):
        return told(out) + told(err)
    printed, is_alone = out.strip(), len(out.split()) == 1
    again = told(printed) if printed in _handed_out or not is_alone else []
    if is_alone and len(printed) >= 8:
        _handed_out.add(printed)
    return again + told(err)


def makes_key(words: Sequence[str]) -> bool:
    """`chiplog keys create|rotate`, and `kubectl create token`, which is not ours and the other way to get a token."""
    pairs = list(itertools.pairwise(words))
    is_kubectl = bool(words) and PurePath(words[0]).name == "kubectl" and ("create", "token") in pairs
    return is_kubectl or ("keys", "create") in pairs or ("keys", "rotate") in pairs


def forget() -> None:
    """A new test: another's keys are none of its business, for names and numbers come again."""
    _handed_out.clear()


def lines(leaks: Iterator[tuple[str, list[str]]]) -> str:
    """Places and what they told, one a line; empty where nobody did."""
    return "\n".join(f"{place} tells {', '.join(secrets)}" for place, secrets in leaks if secrets)
