"""What the operator is told by its environment; nothing else of the operator reads os.environ."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args

from chiplog import variables
from chiplog.errors import SettingsError

Credentials = Literal["web-identity", "secret", "ambient"]
PullPolicy = Literal["Always", "IfNotPresent", "Never"]
LogLevel = Literal["debug", "info", "warning", "error"]

_NAME = re.compile(r"^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$")
_CHANNEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"\d+(\.\d+)?")
_LEAST_RATE = 0.1
_QUANTITY = re.compile(r"^\d+(\.\d+)?(m|k|Ki|M|Mi|G|Gi)?$")


@dataclass(frozen=True)
class Settings:
    """The operator's configuration, validated once. It holds no secret: sidecars get theirs from Kubernetes."""

    bucket: str
    """`s3://bucket/prefix`, or a directory; sidecars are given the same. CHIPLOG_BUCKET."""

    cluster: str
    """This cluster's name in the bucket, one per cluster (letters, digits, `-`, `.`). CHIPLOG_CLUSTER."""

    sidecar_image: str
    """The recorder's image. CHIPLOG_SIDECAR_IMAGE."""

    sidecar_pull_policy: PullPolicy = "IfNotPresent"
    """When the kubelet pulls the recorder's image. CHIPLOG_SIDECAR_PULL_POLICY."""

    sidecar_cpu: str = "100m"
    """CPU of a sidecar, as request and as limit. CHIPLOG_SIDECAR_CPU."""

    sidecar_memory: str = "128Mi"
    """Memory of a sidecar, as request and as limit. CHIPLOG_SIDECAR_MEMORY."""

    credentials: Credentials = "web-identity"
    """How a sidecar proves who it is: a projected token that STS takes, a Secret of its namespace, or by what its
    surroundings give it (an instance profile, an Azure or GCE identity). CHIPLOG_CREDENTIALS."""

    token_audience: str = "chiplog-bucket"  # noqa: S105  (an audience)
    """Audience of the projected token; `sts.amazonaws.com` on AWS. CHIPLOG_TOKEN_AUDIENCE."""

    sidecar_role_arn: str = ""
    """Role that a sidecar assumes by web identity; `{namespace}` stands for its namespace. CHIPLOG_SIDECAR_ROLE_ARN."""

    credentials_secret: str = ""
    """Secret, in each run's namespace, whose keys become variables of the sidecar. CHIPLOG_CREDENTIALS_SECRET."""

    region: str = ""
    """Region of the bucket, passed on to sidecars; empty leaves it to boto3. AWS_REGION."""

    s3_endpoint: str = ""
    """Address of an S3 that is not AWS, passed on to sidecars. AWS_ENDPOINT_URL_S3."""

    sts_endpoint: str = ""
    """Address of its STS, passed on to sidecars. AWS_ENDPOINT_URL_STS."""

    namespaces: tuple[str, ...] = ()
    """Namespaces to serve, comma-separated; empty means the whole cluster. CHIPLOG_NAMESPACES."""

    lease: str = ""
    """The Lease `namespace/name` by which one of several operators leads; empty means there is no other.
    CHIPLOG_LEASE."""

    api_qps: float = 50.0
    """Requests a second to the API server. CHIPLOG_API_QPS."""

    api_burst: int = 100
    """Requests that may go at once after a quiet time. CHIPLOG_API_BURST."""

    progress_writes: float = 2.0
    """Writes a second, of all runs together, that only tell progress (step, metric, lag). CHIPLOG_PROGRESS_WRITES."""

    closed_namespaces: tuple[str, ...] = ("kube-system",)
    """Namespaces whose pods are never touched, comma-separated: the system's and our own. CHIPLOG_CLOSED_NAMESPACES."""

    keys: bool = False
    """End API keys whose overlap is over, in their namespace; true or false. CHIPLOG_KEYS."""

    notify_channels: tuple[tuple[str, frozenset[str]], ...] = ()
    """Webhooks to which people may be told, each with the namespaces that may use it, `*` for all: `ops=*;nlp=a,b`.
    CHIPLOG_NOTIFY_CHANNELS."""

    notify_default: str = ""
    """The one of them for nights, and for runs that name none. CHIPLOG_NOTIFY_DEFAULT."""

    notify_directory: str = ""
    """Where their addresses stand, a file each; needed where there are channels. CHIPLOG_NOTIFY_DIRECTORY."""

    log_level: LogLevel = "info"
    """The least that is logged. CHIPLOG_LOG_LEVEL."""

    http_port: int = 8080
    """TCP port of /healthz, /readyz and /metrics; 0 takes a free one. CHIPLOG_HTTP_PORT."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the environment. Raises SettingsError, which names the variable and the value."""
        credentials = cast("Credentials", _choice(environ, "CHIPLOG_CREDENTIALS", cls.credentials, Credentials))
        return cls(
            bucket=variables.required(environ, "CHIPLOG_BUCKET"),
            cluster=_name(environ, "CHIPLOG_CLUSTER"),
            sidecar_image=variables.required(environ, "CHIPLOG_SIDECAR_IMAGE"),
            sidecar_pull_policy=cast(
                "PullPolicy", _choice(environ, "CHIPLOG_SIDECAR_PULL_POLICY", cls.sidecar_pull_policy, PullPolicy)
            ),
            sidecar_cpu=_quantity(environ, "CHIPLOG_SIDECAR_CPU", cls.sidecar_cpu),
            sidecar_memory=_quantity(environ, "CHIPLOG_SIDECAR_MEMORY", cls.sidecar_memory),
            credentials=credentials,
            token_audience=environ.get("CHIPLOG_TOKEN_AUDIENCE") or cls.token_audience,
            sidecar_role_arn=_needed(environ, "CHIPLOG_SIDECAR_ROLE_ARN", credentials, "web-identity"),
            credentials_secret=_needed(environ, "CHIPLOG_CREDENTIALS_SECRET", credentials, "secret"),
            region=environ.get("AWS_REGION", ""),
            s3_endpoint=environ.get("AWS_ENDPOINT_URL_S3", ""),
            sts_endpoint=environ.get("AWS_ENDPOINT_URL_STS", ""),
            namespaces=_list(environ, "CHIPLOG_NAMESPACES"),
            lease=_lease(environ, "CHIPLOG_LEASE"),
            api_qps=_rate(environ, "CHIPLOG_API_QPS", cls.api_qps),
            api_burst=int(_rate(environ, "CHIPLOG_API_BURST", cls.api_burst)),
            progress_writes=_rate(environ, "CHIPLOG_PROGRESS_WRITES", cls.progress_writes),
            closed_namespaces=_list(environ, "CHIPLOG_CLOSED_NAMESPACES") or cls.closed_namespaces,
            keys=_choice(environ, "CHIPLOG_KEYS", "false", Literal["true", "false"]) == "true",
            notify_channels=(channels := _channels(environ, "CHIPLOG_NOTIFY_CHANNELS")),
            notify_default=_default_channel(environ, "CHIPLOG_NOTIFY_DEFAULT", [name for name, _ in channels]),
            notify_directory=variables.required(environ, "CHIPLOG_NOTIFY_DIRECTORY") if channels else "",
            log_level=cast("LogLevel", _choice(environ, "CHIPLOG_LOG_LEVEL", cls.log_level, LogLevel)),
            http_port=port_of(environ, "CHIPLOG_HTTP_PORT", cls.http_port),
        )


def _name(environ: Mapping[str, str], name: str) -> str:
    value = variables.required(environ, name)
    if not _NAME.match(value):
        raise SettingsError(f"{name}={value!r} is not a name: 1 to 63 lower-case letters, digits, '-' and '.'")
    return value


def _list(environ: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in environ.get(name, "").split(",") if part.strip())


def _channels(environ: Mapping[str, str], name: str) -> tuple[tuple[str, frozenset[str]], ...]:
    found: dict[str, frozenset[str]] = {}
    for part in filter(None, (part.strip() for part in environ.get(name, "").split(";"))):
        channel, _, namespaces = part.partition("=")
        if not _CHANNEL.fullmatch(channel) or not namespaces.strip(", "):
            raise SettingsError(f"{name}: {part!r} is not CHANNEL=NAMESPACE,… or CHANNEL=*")
        found[channel] = frozenset(item.strip() for item in namespaces.split(",") if item.strip())
    return tuple(found.items())


def _default_channel(environ: Mapping[str, str], name: str, channels: Sequence[str]) -> str:
    value = environ.get(name, "")
    if value and value not in channels:
        raise SettingsError(f"{name}={value!r} is none of the channels {', '.join(channels) or '(there are none)'}")
    return value


def _choice(environ: Mapping[str, str], name: str, default: str, choices: object) -> str:
    value = environ.get(name) or default
    if value not in get_args(choices):
        raise SettingsError(f"{name}={value!r} is none of {', '.join(get_args(choices))}")
    return value


def _needed(environ: Mapping[str, str], name: str, mode: str, needed_by: str) -> str:
    value = environ.get(name, "")
    if not value and mode == needed_by:
        raise SettingsError(f"{name} is not set, and CHIPLOG_CREDENTIALS={mode!r} needs it")
    return value


def _lease(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "")
    if value and not re.fullmatch(r"[a-z0-9][-a-z0-9]*/[a-z0-9][-a-z0-9.]*", value):
        raise SettingsError(f"{name}={value!r} is not the namespace and the name of a Lease, as in chiplog/operator")
    return value


def _rate(environ: Mapping[str, str], name: str, default: float) -> float:
    text = environ.get(name) or f"{default:g}"
    if not _NUMBER.fullmatch(text) or float(text) < _LEAST_RATE:
        raise SettingsError(f"{name}={text!r} is not a number of at least {_LEAST_RATE:g}")
    return float(text)


def _quantity(environ: Mapping[str, str], name: str, default: str) -> str:
    value = environ.get(name) or default
    if not _QUANTITY.match(value):
        raise SettingsError(f"{name}={value!r} is not a quantity such as {default}")
    return value


def port_of(environ: Mapping[str, str], name: str, default: int) -> int:
    """A TCP port. Raises SettingsError."""
    text = environ.get(name) or str(default)
    if not text.isdecimal() or int(text) > 65535:
        raise SettingsError(f"{name}={text!r} is not a port between 0 and 65535")
    return int(text)
