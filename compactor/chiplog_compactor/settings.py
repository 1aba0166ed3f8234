"""What the compactor is told by its environment; nothing else of the compactor reads os.environ."""

from collections.abc import Mapping
from dataclasses import dataclass

from chiplog import variables
from chiplog.errors import SettingsError


@dataclass(frozen=True)
class Settings:
    """The compactor's configuration, validated once."""

    bucket: str
    """`s3://bucket/prefix`, or a directory. CHIPLOG_BUCKET."""

    look_seconds: float = 2.0
    """Seconds between two looks at what is over, while some recorder is at work. CHIPLOG_LOOK_SECONDS."""

    idle_look_seconds: float = 14.0
    """The same while none is. CHIPLOG_IDLE_LOOK_SECONDS."""

    sweep_seconds: float = 3600.0
    """Seconds between two sweeps of what is to be deleted. CHIPLOG_SWEEP_SECONDS."""

    keep_segments: bool = False
    """Leave the segments of sealed runs, from which the tables can be made again. CHIPLOG_KEEP_SEGMENTS."""

    grace_days: float = 7.0
    """A run with a tombstone is deleted so many days after it was set. CHIPLOG_GRACE_DAYS."""

    keep_sources_days: float = 0.0
    """Source files of sealed runs, from which `restore` makes the run directory, are kept for so many days; 0 for
    ever. CHIPLOG_KEEP_SOURCES_DAYS."""

    keep_console_days: float = 0.0
    """The console of sealed runs is kept for so many days; 0 for ever. CHIPLOG_KEEP_CONSOLE_DAYS."""

    keep_system_days: float = 0.0
    """The system load of sealed runs is kept for so many days; 0 for ever. CHIPLOG_KEEP_SYSTEM_DAYS."""

    health_port: int = 0
    """The TCP port of /healthz; 0 switches it off. CHIPLOG_HEALTH_PORT."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the environment. Raises SettingsError, which names the variable and the value."""
        bucket = environ.get("CHIPLOG_BUCKET", "")
        if not bucket:
            raise SettingsError("CHIPLOG_BUCKET is not set")
        return cls(
            bucket=bucket,
            keep_segments=_switch(environ, "CHIPLOG_KEEP_SEGMENTS"),
            health_port=int(variables.number(environ, "CHIPLOG_HEALTH_PORT", 0, low=0, high=65_535)),
            **{
                name: variables.number(environ, f"CHIPLOG_{name.upper()}", getattr(cls, name), low)
                for name, low in _NUMBERS.items()
            },
        )


_NUMBERS = {
    "look_seconds": 0.1,
    "idle_look_seconds": 0.1,
    "sweep_seconds": 1.0,
    "grace_days": 0.0,
    "keep_sources_days": 0.0,
    "keep_console_days": 0.0,
    "keep_system_days": 0.0,
}
"""Numbers and the least that each may be."""


def _switch(environ: Mapping[str, str], name: str) -> bool:
    text = environ.get(name, "")
    if text not in ("", "true", "false"):
        raise SettingsError(f"{name}={text!r} is neither true nor false")
    return text == "true"
