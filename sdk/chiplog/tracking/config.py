"""`run.config`: the run's hyperparameters, a mapping and an object of attributes. It writes through one function."""

import json
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import Any

from chiplog.errors import ChiplogError
from chiplog.tracking import notices, values

Say = Callable[[dict[str, Any]], None]
"""Records the top-level keys that changed."""


class ConfigError(ChiplogError):
    """A value of the config would be changed without leave."""


class Config(MutableMapping[str, Any]):
    """What `init(config=…)` said and `config.update(…)` added; a value is set once, as W&B documents it."""

    def __init__(self, say: Say) -> None:
        object.__setattr__(self, "_values", {})
        object.__setattr__(self, "_locked", {})
        object.__setattr__(self, "_say", say)

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._set({key: value}, allow_val_change=False)

    def __delitem__(self, key: str) -> None:
        raise ConfigError(f"config: {key!r} stays: a value that was recorded cannot be taken back")

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: object) -> bool:
        return key in self._values

    def __getattr__(self, key: str) -> Any:
        try:
            return self.__dict__["_values"][key]
        except KeyError:
            raise AttributeError(f"config has no {key!r}") from None

    def __setattr__(self, key: str, value: Any) -> None:
        self[key] = value

    def __repr__(self) -> str:
        return repr(self._values)

    def update(self, data: Any = None, allow_val_change: bool | None = None, **named: Any) -> None:  # type: ignore[override]
        """Add values. Raises ConfigError for a key that has another value, unless `allow_val_change`.

        Args:
            data: a mapping, an `argparse.Namespace`, an object with attributes, or the path of a JSON or YAML file.
        """
        self._set({**mapping(data), **named}, allow_val_change=bool(allow_val_change))

    def setdefaults(self, data: Any) -> None:
        """Add the values whose keys are not there."""
        self._set({k: v for k, v in mapping(data).items() if k not in self._values}, allow_val_change=False)

    def as_dict(self) -> dict[str, Any]:
        """A copy."""
        return dict(self._values)

    def lock(self, data: Mapping[str, Any]) -> None:
        """Values that a sweep has chosen: the script cannot change them."""
        self._locked.update(data)
        self._set(data, allow_val_change=True, is_sweep=True)

    def _set(self, data: Mapping[str, Any], *, allow_val_change: bool, is_sweep: bool = False) -> None:
        clean = values.tree(data, _no_media, "config")
        locked = [key for key in clean if key in self._locked and not is_sweep]
        for key in locked:
            if clean.pop(key) != self._values[key]:
                kept = notices.shown(self._values[key])
                notices.warn(
                    f"locked {key}", f"config: {key}={notices.shown(data.get(key))} ignored: the sweep says {kept}"
                )
        changed = {key: value for key, value in clean.items() if key not in self._values or self._values[key] != value}
        for key in changed:
            if key in self._values and not allow_val_change:
                raise ConfigError(
                    f"config: attempted to change the value of {key!r} from {notices.shown(self._values[key])} to "
                    f"{notices.shown(changed[key])}; pass allow_val_change=True to config.update() if that is meant"
                )
        if changed:
            self._values.update(changed)
            self._say(changed)


def mapping(data: Any) -> dict[str, Any]:
    """What a script calls a config, as a mapping. Raises ConfigError for what is none."""
    if data is None:
        return {}
    if isinstance(data, Mapping):
        return {str(key): value for key, value in data.items()}
    if isinstance(data, str | Path):
        return _file(Path(data))
    if hasattr(data, "flag_values_dict"):
        return dict(data.flag_values_dict())  # absl's flags.
    if hasattr(data, "keys") and hasattr(data, "__getitem__"):
        return {str(key): data[key] for key in data.keys()}  # noqa: SIM118 - it is no mapping, it only has keys.
    if hasattr(data, "__dict__"):
        return dict(vars(data))  # argparse's namespace, and whatever else has attributes.
    raise ConfigError(f"config: {notices.shown(data)} is no mapping, no namespace and no path of a file")


def _file(path: Path) -> dict[str, Any]:
    try:
        loaded = structured(path.read_text())
    except (OSError, ValueError) as error:
        raise ConfigError(f"config: {path} cannot be read: {error}") from error
    if not isinstance(loaded, dict):
        raise ConfigError(f"config: {path} holds no mapping")
    return {
        key: value["value"] if isinstance(value, dict) and "value" in value else value for key, value in loaded.items()
    }


def structured(text: str) -> Any:
    """JSON, or YAML where PyYAML is installed. Raises ValueError."""
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        import yaml
    except ImportError:
        raise ValueError("it is no JSON, and YAML needs `pip install pyyaml`") from None
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def _no_media(_value: Any, _key: str) -> Any:
    raise values.Refused("media belong into log()")
