"""The contexts of a person, kept in one file of their configuration directory; it resolves no credential."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from chiplog.errors import SettingsError

KINDS = ("profile", "env", "file", "keyring", "exec")
"""How a credential is referred to."""

PRIVATE = 0o600

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


@dataclass(frozen=True)
class Credential:
    """Where a secret is; never the secret."""

    kind: str
    """Of KINDS."""
    words: tuple[str, ...]
    """A profile, a variable, a path, service and user, or a command with its arguments."""

    def __str__(self) -> str:
        """As people read it."""
        return f"{self.kind} {' '.join(self.words)}"


@dataclass(frozen=True)
class Context:
    """One account: where its runs are, and by which credential."""

    name: str
    bucket: str
    """`s3://bucket/prefix`, `https://server`, or a directory."""
    namespace: str = ""
    cluster: str = ""
    endpoint: str = ""
    """URL of an S3 that is not AWS."""
    region: str = ""
    credential: Credential | None = None
    """None: what the surroundings have."""


@dataclass(frozen=True)
class Contexts:
    """All of them, and the one that holds where nothing else says."""

    default: str = ""
    found: Mapping[str, Context] = field(default_factory=dict)

    def get(self, name: str) -> Context:
        """A context. Raises SettingsError for an unknown name."""
        if name not in self.found:
            known = ", ".join(sorted(self.found)) or "there is none yet: chiplog context add"
            raise SettingsError(f"there is no context {name!r}; known: {known}")
        return self.found[name]

    def added(self, context: Context, *, is_default: bool) -> "Contexts":
        """With one more, or another of its name; the first is the default."""
        chosen = context.name if is_default or not self.found else self.default
        return Contexts(chosen, {**self.found, checked(context.name): context})

    def used(self, name: str) -> "Contexts":
        """With another default. Raises SettingsError for an unknown name."""
        return replace(self, default=self.get(name).name)

    def without(self, name: str) -> "Contexts":
        """Without one. Raises SettingsError for an unknown name."""
        gone = self.get(name)
        left = {key: value for key, value in self.found.items() if key != gone.name}
        return Contexts("" if self.default == gone.name else self.default, left)


def checked(name: str) -> str:
    """A context's name. Raises SettingsError for what is none."""
    if not _NAME.fullmatch(name):
        raise SettingsError(f"{name!r} cannot name a context: letters, digits, '.', '_' and '-', at most 63")
    return name


def folder(environ: Mapping[str, str]) -> Path:
    """`$XDG_CONFIG_HOME/chiplog`, else `~/.config/chiplog`."""
    told = Path(environ.get("XDG_CONFIG_HOME") or "")
    base = told if told.is_absolute() else Path(environ.get("HOME") or Path.home()) / ".config"
    return base / "chiplog"


def read(directory: Path) -> Contexts:
    """The contexts in a configuration directory; none where there is no file. Raises SettingsError."""
    path = directory / "contexts.json"
    try:
        text = path.read_text()
    except FileNotFoundError:
        return Contexts()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error
    try:
        told = json.loads(text)
        return Contexts(str(told["default"]), {name: _context(name, item) for name, item in told["contexts"].items()})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SettingsError(f"{path} is not a file of contexts: {error!r}") from error


def write(directory: Path, contexts: Contexts) -> None:
    """Replace the file as a whole, readable by its owner alone. Raises SettingsError."""
    body = {"default": contexts.default, "contexts": {name: _told(item) for name, item in contexts.found.items()}}
    private(directory / "contexts.json", json.dumps(body, indent=1) + "\n")


def private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, as a whole. Raises SettingsError."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE), "w") as file:
            file.write(text)
        beside.replace(path)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}") from error


def _context(name: str, item: Mapping[str, Any]) -> Context:
    told = item.get("credential")
    credential = Credential(told["kind"], tuple(map(str, told["words"]))) if told else None
    if credential is not None and credential.kind not in KINDS:
        raise ValueError(f"credential kind {credential.kind!r}")
    texts = {key: str(item.get(key, "")) for key in ("namespace", "cluster", "endpoint", "region")}
    return Context(name, str(item["bucket"]), credential=credential, **texts)


def _told(context: Context) -> dict[str, Any]:
    found = {key: value for key, value in asdict(context).items() if key != "name" and value}
    if context.credential is not None:
        found["credential"] = {"kind": context.credential.kind, "words": list(context.credential.words)}
    return found
