"""A TrainingRun from a file or from options, as a value; it asks no cluster."""

import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from chiplog.errors import SettingsError
from chiplog.local import identity

Object = dict[str, Any]

API_VERSION, KIND = "chiplog.dev/v1alpha1", "TrainingRun"
CONTAINER = "train"


@dataclass(frozen=True)
class Wish:
    """What the options say."""

    image: str = ""
    command: tuple[str, ...] = ()
    name: str = ""
    project: str = ""
    tags: tuple[str, ...] = ()
    notes: str = ""
    config: tuple[str, ...] = ()
    """`key=value`, the value as JSON or else as text; dots nest."""
    env: tuple[str, ...] = ()
    """`NAME=value`."""
    gpus: int = 0
    requests: dict[str, str] = field(default_factory=dict)


def from_file(path: Path, wish: Wish) -> Object:
    """The TrainingRun of a file of YAML or JSON, with what the options say over it. Raises SettingsError."""
    try:
        documents = [item for item in yaml.safe_load_all(path.read_text()) if item is not None]
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"{path}: {error}") from error
    if len(documents) != 1 or not isinstance(documents[0], dict) or documents[0].get("kind") != KIND:
        raise SettingsError(f"{path} holds {len(documents)} documents; one TrainingRun was expected")
    run: Object = documents[0]
    try:
        metadata, spec = dict(run.get("metadata") or {}), dict(run["spec"])
        if wish.image or wish.command:
            spec["template"] = _with_container(spec["template"], wish)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise SettingsError(
            f"{path}: spec.template.spec.containers is not what a TrainingRun has: {error!r}"
        ) from error
    if wish.name:
        metadata["name"] = wish.name
    return {**run, "metadata": metadata, "spec": {**spec, **_spec(wish)}}


def from_options(wish: Wish) -> Object:
    """A TrainingRun of one container. Raises SettingsError."""
    if not wish.image:
        raise SettingsError("give -f FILE, or --image IMAGE and a command behind --")
    container: Object = {"name": CONTAINER, "image": wish.image}
    if wish.command:
        container["command"] = list(wish.command)
    if wish.env:
        container["env"] = [_variable(item) for item in wish.env]
    limits = {"nvidia.com/gpu": str(wish.gpus)} if wish.gpus else {}
    if limits or wish.requests:
        container["resources"] = {**({"limits": limits} if limits else {}), **_requests(wish)}
    name = wish.name or f"{_name(wish)}-{secrets.token_hex(3)}"
    template = {"spec": {"containers": [container], "restartPolicy": "Never"}}
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {"name": name},
        "spec": {"project": wish.project or _name(wish), **_spec(wish), "template": template},
    }


def text(run: Object) -> str:
    """The TrainingRun as YAML, for `--dry-run`."""
    return yaml.safe_dump(run, sort_keys=False, allow_unicode=True)


def _spec(wish: Wish) -> Object:
    told: Object = {"project": wish.project, "tags": list(wish.tags), "notes": wish.notes, "config": _config(wish)}
    return {name: value for name, value in told.items() if value}


def _with_container(template: Object, wish: Wish) -> Object:
    spec = dict(template["spec"])
    first, *others = spec["containers"]
    changed = {
        **({"image": wish.image} if wish.image else {}),
        **({"command": list(wish.command)} if wish.command else {}),
    }
    return {**template, "spec": {**spec, "containers": [{**first, **changed}, *others]}}


def _requests(wish: Wish) -> Object:
    return {"requests": wish.requests} if wish.requests else {}


def _name(wish: Wish) -> str:
    """A name that Kubernetes takes."""
    told = (
        identity.name_of_command(list(wish.command))
        if wish.command
        else wish.image.rpartition("/")[2].partition(":")[0]
    )
    plain = "".join(character if character.isalnum() else "-" for character in told.lower() if character.isascii())
    return plain.strip("-")[:40].strip("-") or "run"


def _variable(item: str) -> Object:
    name, sign, value = item.partition("=")
    if not sign or not name:
        raise SettingsError(f"--env {item!r} is not NAME=VALUE")
    return {"name": name, "value": value.replace("$(", "$$(")}


def _config(wish: Wish) -> Object:
    config: Object = {}
    for item in wish.config:
        key, sign, value = item.partition("=")
        if not sign or not all(key.split(".")):
            raise SettingsError(f"--config {item!r} is not KEY=VALUE")
        *above, last = key.split(".")
        tree = config
        for part in above:
            below = tree.setdefault(part, {})
            if not isinstance(below, dict):
                raise SettingsError(f"--config {item!r}: {part} is a value already")
            tree = below
        tree[last] = _plain(value)
    return config


def _plain(value: str) -> Any:
    try:
        return json.loads(value, parse_constant=lambda _: value)
    except ValueError:
        return value
