"""What the recorder is told by its environment; nothing else of the recorder reads os.environ."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chiplog import layout, rundir, variables
from chiplog.errors import SettingsError


@dataclass(frozen=True)
class Settings:
    """The recorder's configuration, validated once."""

    bucket: str
    """`s3://bucket/prefix`, or a directory. CHIPLOG_BUCKET."""

    recorder: layout.Recorder
    """Cluster, namespace and the pod's UID. CHIPLOG_CLUSTER, CHIPLOG_NAMESPACE, CHIPLOG_RECORDER."""

    pod: str = ""
    """The pod's name, for people. CHIPLOG_POD."""

    node: str = ""
    """The node's name, for people. CHIPLOG_NODE."""

    run: str = ""
    """The id of the run that this pod belongs to; empty where nobody said. CHIPLOG_RUN."""

    project: str = ""
    """The run's project. CHIPLOG_PROJECT."""

    root: Path = Path(rundir.MOUNT)
    """Where the shared volume stands, with one directory per container. CHIPLOG_DIR."""

    containers: tuple[str, ...] = ()
    """Names of the training containers; empty means every directory of the volume. CHIPLOG_CONTAINERS."""

    sources: tuple[str, ...] = ()
    """Globs of files to follow, relative to the run directory; empty means all. CHIPLOG_SOURCES."""

    include: tuple[str, ...] = ()
    """Globs of files to ship, relative to the run directory; empty means all. CHIPLOG_INCLUDE."""

    exclude: tuple[str, ...] = ()
    """Globs of files not to ship; they win over `include`. CHIPLOG_EXCLUDE."""

    status_port: int = 0
    """The TCP port of the status page; 0 switches it off. CHIPLOG_STATUS_PORT."""

    young_seconds: float = 300.0
    """A run is young for this long after its newest stream began; then flushes are frequent. CHIPLOG_YOUNG_SECONDS."""

    young_flush_seconds: float = 1.0
    """Seconds between two flushes of a young run: a row is in the bucket within 2 s. CHIPLOG_YOUNG_FLUSH_SECONDS."""

    flush_seconds: float = 14.0
    """Seconds between two flushes later on: 15 s to the bucket, 6,200 PUTs a day. CHIPLOG_FLUSH_SECONDS."""

    cut_seconds: float = 300.0
    """A row stands in the live object for at most this long before it goes into a segment. CHIPLOG_CUT_SECONDS."""

    quiet_seconds: float = 2.0
    """A file counts as whole once its size and time stood still for this long. CHIPLOG_QUIET_SECONDS."""

    copies: bool = False
    """Sources may be copies of those that were read before: content tells them, not the inode. CHIPLOG_COPIES=1."""

    until: Path | None = None
    """A lock (docs/local.md): the recorder drains once nobody holds it. CHIPLOG_UNTIL."""

    drain_seconds: float = 0.0
    """After this long a drain that the store does not let end is given up; 0 means never: the kubelet's word ends it.
    CHIPLOG_DRAIN_SECONDS."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the environment. Raises SettingsError, which names the variable and the value."""
        recorder = layout.Recorder(*(_part(environ, f"CHIPLOG_{name}") for name in _PLACE))
        return cls(
            bucket=variables.required(environ, "CHIPLOG_BUCKET"),
            recorder=recorder,
            pod=environ.get("CHIPLOG_POD", ""),
            node=environ.get("CHIPLOG_NODE", ""),
            run=environ.get("CHIPLOG_RUN", ""),
            project=environ.get("CHIPLOG_PROJECT", ""),
            root=Path(environ.get("CHIPLOG_DIR", rundir.MOUNT)),
            containers=_names(environ, "CHIPLOG_CONTAINERS"),
            sources=_names(environ, "CHIPLOG_SOURCES"),
            include=_names(environ, "CHIPLOG_INCLUDE"),
            exclude=_names(environ, "CHIPLOG_EXCLUDE"),
            copies=environ.get("CHIPLOG_COPIES") == "1",
            until=Path(environ["CHIPLOG_UNTIL"]) if environ.get("CHIPLOG_UNTIL") else None,
            status_port=int(variables.number(environ, "CHIPLOG_STATUS_PORT", cls.status_port, high=65535)),
            **{
                name: variables.number(environ, f"CHIPLOG_{name.upper()}", getattr(cls, name), high=_DAY)
                for name in _SECONDS
            },
        )


_PLACE = ("CLUSTER", "NAMESPACE", "RECORDER")
_DAY = 86_400.0
_SECONDS = ("young_seconds", "young_flush_seconds", "flush_seconds", "cut_seconds", "quiet_seconds", "drain_seconds")


def _names(environ: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in environ.get(name, "").split(",") if part.strip())


def _part(environ: Mapping[str, str], name: str) -> str:
    """A part of the recorder's place in the bucket."""
    value = variables.required(environ, name)
    if "/" in value:
        raise SettingsError(f"{name}={value!r} holds a slash")
    return value
