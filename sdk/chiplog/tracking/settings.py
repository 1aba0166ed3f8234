"""How a run is recorded: what `init` was told, over the environment's words, over the defaults. It reads no file."""

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from chiplog.tracking import notices

_OFF = frozenset({"off", "false", "no", "0", "disabled", "none"})
_TRUE = frozenset({"1", "true", "yes", "on"})

MODES = ("online", "offline", "local", "shared", "dryrun", "disabled")
"""All but the last record; they are wandb's names, for scripts that say them."""


class Settings(NamedTuple):
    """What is recorded beside the script's own words. Each part can be turned off."""

    mode: str = "online"
    """One of `MODES`."""

    format: str = "chiplog"
    """`chiplog`: our run file, in which every row is safe at once. `wandb`: wandb's own log file."""

    console: bool = True
    """Record what is printed."""

    system: bool = True
    """Record the load of process, container and GPUs."""

    system_seconds: float = 15.0
    """Between two looks at the load; at least 0.1."""

    git: bool = True
    """Record commit, branch, remote and the difference to the commit."""

    packages: bool = True
    """Record which packages are installed."""

    command: bool = True
    """Record program, arguments (secrets masked), host, user and Python."""

    recorder: bool = True
    """Outside of a cluster: start a recorder beside the script, where it is installed and none runs."""

    @property
    def is_disabled(self) -> bool:
        """Nothing is recorded and no file written."""
        return self.mode == "disabled"


_NAMES = {
    "CHIPLOG_FORMAT": "format",
    "CHIPLOG_CONSOLE": "console",
    "CHIPLOG_SYSTEM": "system",
    "CHIPLOG_SYSTEM_SECONDS": "system_seconds",
    "CHIPLOG_GIT": "git",
    "CHIPLOG_PACKAGES": "packages",
    "CHIPLOG_COMMAND": "command",
    "CHIPLOG_RECORDER": "recorder",
    "WANDB_CONSOLE": "console",
    "WANDB__SAVE_REQUIREMENTS": "packages",
    "WANDB_X_SAVE_REQUIREMENTS": "packages",
}
"""Variables, the later ones count only where no earlier one of the same field is set."""

_NEGATED = {
    "WANDB__DISABLE_STATS": "system",
    "WANDB_X_DISABLE_STATS": "system",
    "WANDB_DISABLE_GIT": "git",
    "WANDB__DISABLE_META": "command",
    "WANDB_X_DISABLE_META": "command",
}

_WANDB_OPTIONS = {
    "disable_git": "git", "_disable_stats": "system", "x_disable_stats": "system", "_disable_meta": "command",
    "x_disable_meta": "command", "x_stats_sampling_interval": "system_seconds",
    "_stats_sample_rate_seconds": "system_seconds", "x_save_requirements": "packages",
}  # fmt: skip

IGNORED_OPTIONS = frozenset({
    "silent", "quiet", "start_method", "symlink", "anonymous", "init_timeout", "login_timeout", "host",
    "code_dir", "root_dir", "show_info", "show_warnings", "show_errors", "strict", "reinit", "base_url", "api_key",
    "x_service_wait", "_service_wait", "x_label", "x_primary", "relogin", "force", "entity",
})  # fmt: skip
"""Options of wandb's `Settings` that mean nothing here and change nothing that is recorded."""


def from_env(environ: Mapping[str, str]) -> Settings:
    """What the environment says. A value that cannot be read is told and passed over: training goes on."""
    told: dict[str, Any] = {"mode": environ.get("CHIPLOG_MODE") or environ.get("WANDB_MODE") or "online"}
    for variable, name in _NAMES.items():
        if environ.get(variable) and name not in told:
            told[name] = environ[variable]
    for variable, name in _NEGATED.items():
        if environ.get(variable):
            told.setdefault(name, environ[variable].lower() not in _TRUE)
    return _checked(Settings(), told, "the environment")


def with_options(settings: Settings, options: Any) -> Settings:
    """Settings with the options that `init(settings=…)` was given: a `Settings`, a dict, or wandb's names."""
    if isinstance(options, Settings):
        usual = Settings()._asdict()
        return settings._replace(**{name: value for name, value in options._asdict().items() if value != usual[name]})
    return _checked(settings, _own_names(dict(options or {})), "init(settings=…)")


def with_mode(settings: Settings, mode: str | None) -> Settings:
    """Settings with the mode that `init` was given. Raises ValueError for one that is none."""
    if mode is None:
        return settings
    if mode not in MODES:
        raise ValueError(f"chiplog.init: mode={mode!r} is none of {', '.join(MODES)}")
    # Whoever starts a script can turn tracking off, whatever the script says.
    return settings if settings.is_disabled else settings._replace(mode=mode)


def _own_names(options: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name, value in options.items():
        own = _WANDB_OPTIONS.get(name, name)
        is_negated = own != name and own in ("git", "system", "command")
        if name not in IGNORED_OPTIONS:
            told[own] = not value if is_negated else value
    return told


def _checked(settings: Settings, told: dict[str, Any], where: str) -> Settings:
    known = {name: type(value) for name, value in Settings()._asdict().items()}
    good: dict[str, Any] = {}
    for name, value in told.items():
        try:
            good[name] = _read(name, known[name], value)
        except (KeyError, ValueError, TypeError):
            notices.warn(f"setting {name}", f"{where}: {name}={notices.shown(value)} is no setting of chiplog, ignored")
    return settings._replace(**good)


def _read(name: str, kind: type, value: Any) -> Any:
    if kind is bool:
        return value.lower() not in _OFF if isinstance(value, str) else bool(value)
    if kind is float:
        return max(0.1, float(value))
    if (name == "mode" and value not in MODES) or (name == "format" and value not in ("chiplog", "wandb")):
        raise ValueError(value)
    return str(value)


def environment() -> Mapping[str, str]:
    """The process's environment: the one place where tracking reads it."""
    return os.environ
