"""Secrets are taken out of what is recorded of a command line, a difference or an address. A pure function of texts.

What counts as a secret: the value of a variable or an option whose name says so, a password in a URL, and what looks
like a token of a known kind. Of an environment nothing but what a manifest says is recorded, and that through here.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

MASK = "********"

_NAME = (
    r"(?:api[-_]?key|access[-_]?key|private[-_]?key|secret|token(?!iz|s)|passw(?:or)?d|passphrase|credential"
    r"|auth(?!or)|bearer|cookie|dsn)"
)
_SECRET_NAME = re.compile(_NAME, re.IGNORECASE)
_SECRET_VARIABLE = re.compile(rf"{_NAME}|(?:^|_)(?:key|pass|pwd|pat)s?$", re.IGNORECASE)
"""Of a variable nobody asks how it goes on: one that is masked without need costs less than one that is told."""
_OPTION = re.compile(rf"^(-{{0,2}}[\w.\-]*{_NAME}[\w.\-]*)[=:](.+)$", re.IGNORECASE | re.DOTALL)
_ASSIGNED = re.compile(rf"""(\b[\w.\-]*{_NAME}[\w.\-]*["']?\s*[=:]\s*["']?)([^\s"',;]{{4,}})""", re.IGNORECASE)
_TOLD = re.compile(rf"""((?<![\w-])--?[\w.\-]*{_NAME}[\w.\-]*\s+["']?)([^\s"'-][^\s"']{{3,}})""", re.IGNORECASE)
_URL = re.compile(
    r"([a-z][a-z0-9+.\-]*://)([^/\s@:]*):([^/\s@]+)@|([a-z][a-z0-9+.\-]*://)([^/\s@:]{16,})@", re.IGNORECASE
)
_TOKENS = re.compile(
    r"\b(?:sk-[\w-]{16,}|gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|hf_\w{16,}|xox[abprs]-[\w-]{10,}"
    r"|A(?:KIA|SIA)[A-Z0-9]{16}|AIza[\w-]{30,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|wandb_v1_\w{16,})"
)
_LONGEST_NUMBER = 12
_SHORTEST = 6
"""A shorter value of a secret variable is not looked for elsewhere: it would mask half of every text."""


def secrets(environ: Mapping[str, str]) -> list[str]:
    """The values of variables whose names say that they are secret, the longest first."""
    found = {value for name, value in environ.items() if _SECRET_NAME.search(name) and len(value) >= _SHORTEST}
    return sorted((value for value in found if not value.startswith("/")), key=len, reverse=True)


def text(said: str, known: Iterable[str] = ()) -> str:
    """A text without tokens, passwords in URLs, and the known secrets."""
    for secret in known:
        said = said.replace(secret, MASK)
    return _TOKENS.sub(MASK, _URL.sub(_without_password, said))


def lines(said: str, known: Iterable[str] = ()) -> str:
    """A text of a program or its difference: what is assigned to a secret's name goes, too."""
    return _ASSIGNED.sub(rf"\1{MASK}", text(said, known))


def variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Variables without the values of those whose names say that they are secret, wherever these stand."""
    known = secrets(environ)
    return {
        name: MASK if value and _SECRET_VARIABLE.search(name) else _words(value, known)
        for name, value in environ.items()
    }


def arguments(said: Sequence[str], known: Iterable[str] = ()) -> list[str]:
    """A command line: `--api-key=x`, `--api-key x` and `api_key=x` lose their values."""
    secrets, found, is_next = list(known), list[str](), False
    for argument in said:
        option = _OPTION.match(argument)
        option = None if option and _is_number(option[2]) else option
        if is_next and not argument.startswith("-") and not _is_number(argument):
            found.append(MASK)
        elif option:
            found.append(f"{option[1]}={MASK}")
        else:
            found.append(_words(argument, secrets))
        is_next = (
            argument.startswith("-") and not option and bool(_SECRET_NAME.search(argument)) and "=" not in argument
        )
    return found


def _words(argument: str, known: Iterable[str]) -> str:
    """One argument; a whole program or command line in one (`sh -c "…"`) is read as such."""
    if not any(character.isspace() for character in argument):
        return text(argument, known)
    return _TOLD.sub(rf"\1{MASK}", lines(argument, known))


def _without_password(match: re.Match[str]) -> str:
    if match[1]:
        return f"{match[1]}{match[2]}:{MASK}@"
    return f"{match[4]}{MASK}@"


def _is_number(value: str) -> bool:
    """A count or a rate, and no secret: `--max-token 512`."""
    return len(value) < _LONGEST_NUMBER and value.replace(".", "", 1).isdigit()
