"""Every key of the bucket (docs/bucket.md), made and taken apart here; it does no I/O.

Classes come first in a key, so that one lifecycle rule, one role and one LIST each cover a class.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from chiplog.errors import FormatError

VERSION = "v1"
"""The layout's version, the first part of every key."""

POSITION_DIGITS = 16
"""Positions are zero-padded to this many decimal digits, so that keys sort by position."""

MAX_NAME_BYTES = 200
"""A blob's name is cut to this many bytes after quoting; S3 allows 1,024 for a whole key."""

_LIVE_SUFFIX = ".jsonl.zst"

# Patterns are compiled when they are first asked: a recorder that begins has no time to lose, and no segment to read.
_SEGMENT = (
    r"v1/raw/(?P<cluster>[^/]+)/(?P<namespace>[^/]+)/(?P<recorder>[^/]+)/(?P<stream>[^/]+)/"
    r"(?P<start>[0-9]{16})-(?P<end>[0-9]{16})\.(?P<what>rows\.jsonl|source)\.zst"
)

_SEALED = (
    r"v1/raw/(?P<cluster>[^/]+)/(?P<namespace>[^/]+)/(?P<recorder>[^/]+)/(?P<stream>[^/]+)/"
    r"sealed-(?P<end>[0-9]{16})\.rows\.jsonl\.zst"
)

_PART = (
    r"v1/tables/(?P<table>[^/]+)/cluster=(?P<cluster>[^/]+)/namespace=(?P<namespace>[^/]+)/date=(?P<date>[^/]+)/"
    r"(?P<run>[^/]+)-(?P<generation>[0-9]{4,})-(?P<part>[0-9]{4,})\.parquet"
)


TABLES = ("history", "system", "console")
"""Kinds of rows that have a table of their own."""

PYRAMID = "pyramid"
"""The table of each metric's extremes and last values at several widths of steps."""


@dataclass(frozen=True)
class Recorder:
    """Where a recorder stands: one sidecar's life in one pod, or one local recorder process."""

    cluster: str
    namespace: str
    id: str
    """The pod's UID, or a random UUID for a local recorder."""

    @property
    def path(self) -> str:
        """The part of a key that names this recorder."""
        return f"{self.cluster}/{self.namespace}/{self.id}"


@dataclass(frozen=True)
class Run:
    """Where a run stands."""

    cluster: str
    namespace: str
    id: str
    """Name and 8 hex digits of the owner's UID."""

    @property
    def path(self) -> str:
        """The part of a key that names this run."""
        return f"{self.cluster}/{self.namespace}/{self.id}"


@dataclass(frozen=True)
class SealedKey:
    """A marker's place: everything before `end` of this stream is in the tables or in the marker itself."""

    recorder: Recorder
    stream: str
    end: int


@dataclass(frozen=True)
class PartKey:
    """A Parquet file's place: the `number`th of its table that a sealing of the run wrote."""

    table: str
    run: Run
    date: str
    generation: int
    number: int


@dataclass(frozen=True)
class SegmentKey:
    """A raw object's place: the stretch `[start, end)` of one stream, in bytes of its source."""

    recorder: Recorder
    stream: str
    start: int
    end: int
    is_source: bool


def cluster_key(cluster: str) -> str:
    """Key of the object that claims a cluster's name."""
    return f"{VERSION}/clusters/{cluster}.json"


def notices_key(cluster: str) -> str:
    """Key of what the operator has to tell people, and what it told."""
    return f"{VERSION}/clusters/{cluster}/notices.json"


def is_notices_key(key: str) -> bool:
    """The key is such a one."""
    parts = key.split("/")
    return len(parts) == 4 and parts[:2] == [VERSION, "clusters"] and parts[3] == "notices.json"


def live_key(recorder: Recorder) -> str:
    """Key of a recorder's live object."""
    return f"{VERSION}/live/{recorder.path}{_LIVE_SUFFIX}"


def live_prefix(cluster: str = "", namespace: str = "") -> str:
    """Prefix of the live objects of everything, a cluster, or a namespace of it."""
    return class_prefix("live", cluster, namespace)


def recorder_of_live_key(key: str) -> Recorder:
    """The recorder whose live object stands at `key`. Raises FormatError for any other key."""
    recorder = parse_live_key(key)
    if recorder is None:
        raise FormatError(f"{key} is not the key of a live object")
    return recorder


def parse_live_key(key: str) -> Recorder | None:
    """The recorder whose live object stands at `key`; None for any other key."""
    parts = key.split("/")
    if len(parts) != 5 or parts[:2] != [VERSION, "live"] or not parts[4].endswith(_LIVE_SUFFIX):
        return None
    return Recorder(parts[2], parts[3], parts[4].removesuffix(_LIVE_SUFFIX))


def raw_prefix(recorder: Recorder) -> str:
    """Prefix of all segments and sources of a recorder."""
    return f"{VERSION}/raw/{recorder.path}/"


def segment_key(recorder: Recorder, stream: str, start: int, end: int) -> str:
    """Key of the rows of `[start, end)` of a stream."""
    return f"{raw_prefix(recorder)}{stream}/{_range(start, end)}.rows.jsonl.zst"


def source_key(recorder: Recorder, stream: str, start: int, end: int) -> str:
    """Key of the source's bytes of `[start, end)` of a stream."""
    return f"{raw_prefix(recorder)}{stream}/{_range(start, end)}.source.zst"


def parse_segment_key(key: str) -> SegmentKey | None:
    """Take a raw key apart; None if it is no raw object of this version."""
    found = re.fullmatch(_SEGMENT, key)
    if found is None:
        return None
    recorder = Recorder(found["cluster"], found["namespace"], found["recorder"])
    return SegmentKey(recorder, found["stream"], int(found["start"]), int(found["end"]), found["what"] == "source")


def sealed_key(recorder: Recorder, stream: str, end: int) -> str:
    """Key of the marker that a stream is sealed up to `end`; it sorts behind the stream's segments."""
    return f"{raw_prefix(recorder)}{stream}/sealed-{end:0{POSITION_DIGITS}d}.rows.jsonl.zst"


def parse_sealed_key(key: str) -> SealedKey | None:
    """Take a marker's key apart; None for any other key."""
    found = re.fullmatch(_SEALED, key)
    if found is None:
        return None
    recorder = Recorder(found["cluster"], found["namespace"], found["recorder"])
    return SealedKey(recorder, found["stream"], int(found["end"]))


def writer_key(recorder: Recorder) -> str:
    """Key of whose recorder it is, where it writes through a door."""
    return f"{raw_prefix(recorder)}writer.json"


def is_writer_key(key: str) -> bool:
    """Whether it is the key of whose a recorder is."""
    return key.startswith(f"{VERSION}/raw/") and key.count("/") == 5 and key.endswith("/writer.json")


def blobs_prefix(recorder: Recorder) -> str:
    """Prefix of all blobs of a recorder."""
    return f"{VERSION}/blobs/{recorder.path}/"


def blob_key(recorder: Recorder, sha256: str, name: str) -> str:
    """Key of a file's content; `name` is its base name, quoted and cut, for people who browse the bucket."""
    return f"{VERSION}/blobs/{recorder.path}/{sha256}/{quote_name(name)}"


def runs_prefix(cluster: str = "", namespace: str = "") -> str:
    """Prefix of the run documents of everything, a cluster, or a namespace."""
    return class_prefix("runs", cluster, namespace)


def run_key(run: Run) -> str:
    """Key of what a run is."""
    return f"{VERSION}/runs/{run.path}/run.json"


def outcome_key(run: Run) -> str:
    """Key of how a run went."""
    return f"{VERSION}/runs/{run.path}/outcome.json"


@dataclass(frozen=True)
class Line:
    """A line of nights: a CronJob by its UID."""

    cluster: str
    namespace: str
    uid: str

    @property
    def path(self) -> str:
        """Its part of a key."""
        return f"{self.cluster}/{self.namespace}/{self.uid}"


def lines_prefix(cluster: str = "", namespace: str = "") -> str:
    """Prefix of all nights: everywhere, of a cluster, or of one of its namespaces."""
    return class_prefix("lines", cluster, namespace)


def line_prefix(line: Line) -> str:
    """Prefix of the nights of a line; their keys are in the order of their times."""
    return f"{VERSION}/lines/{line.path}/"


def night_stamp(scheduled_at: float) -> str:
    """A scheduled time in a key: `20261126T020000Z`."""
    return datetime.fromtimestamp(scheduled_at, UTC).strftime("%Y%m%dT%H%M%SZ")


def night_key(line: Line, scheduled_at: float, run: str) -> str:
    """Key of one night."""
    return f"{line_prefix(line)}{night_stamp(scheduled_at)}-{run}.json"


def gap_key(line: Line, scheduled_at: float) -> str:
    """Key of a night that was missed: before those of every run of that night."""
    return f"{line_prefix(line)}{night_stamp(scheduled_at)}-.json"


def parse_night_key(key: str) -> Line | None:
    """The line whose night stands at `key`; None for any other key."""
    parts = key.split("/")
    if len(parts) != 6 or parts[:2] != [VERSION, "lines"] or not key.endswith(".json"):
        return None
    return Line(parts[2], parts[3], parts[4])


def night_time(key: str) -> str | None:
    """The scheduled time in a night's key, as `night_stamp` writes it; None for any other key."""
    return key.rpartition("/")[2].partition("-")[0] if parse_night_key(key) is not None else None


def latest_key(line: Line, name: str) -> str:
    """Key of the pointer to the latest good night of a CronJob's name."""
    return f"{VERSION}/latest/{line.cluster}/{line.namespace}/{name}.json"


def trial_key(run: Run) -> str:
    """Key of what a sweep knows of a run that was one of its trials."""
    return f"{VERSION}/runs/{run.path}/trial.json"


def parse_trial_key(key: str) -> Run | None:
    """The run whose `trial.json` stands at `key`; None for any other key."""
    return run_of(key, "trial.json")


def seal_key(run: Run) -> str:
    """Key of what is in the tables of a run."""
    return f"{VERSION}/runs/{run.path}/seal.json"


def parse_run_path(path: str) -> Run:
    """The run at `<cluster>/<namespace>/<run>`. Raises FormatError for anything else."""
    parts = path.split("/")
    if len(parts) != 3 or not all(parts):
        raise FormatError(f"{path!r} is not cluster/namespace/run")
    return Run(*parts)


def parse_run_key(key: str) -> Run | None:
    """The run whose `run.json` stands at `key`; None for any other key."""
    return run_of(key, "run.json")


def document_of(key: str) -> tuple[Run, str] | None:
    """Run and name of a document of a run, such as `run.json`; None for any other key."""
    parts = key.split("/")
    if len(parts) != 6 or parts[:2] != [VERSION, "runs"]:
        return None
    return Run(parts[2], parts[3], parts[4]), parts[5]


def parse_seal_key(key: str) -> Run | None:
    """The run whose `seal.json` stands at `key`; None for any other key."""
    return run_of(key, "seal.json")


def table_key(table: str, run: Run, date: str, generation: int, part: int) -> str:
    """Key of a Parquet file of a table (`history`, `system`, `console`, `pyramid`), partitioned as Hive does.

    `date` is the day on which the run was made, in UTC, as `YYYY-MM-DD`.
    """
    folders = f"cluster={run.cluster}/namespace={run.namespace}/date={date}"
    return f"{VERSION}/tables/{table}/{folders}/{run.id}-{generation:04d}-{part:04d}.parquet"


def parse_table_key(key: str) -> PartKey | None:
    """Take the key of a Parquet file apart; None for any other key."""
    found = re.fullmatch(_PART, key)
    if found is None:
        return None
    run = Run(found["cluster"], found["namespace"], found["run"])
    return PartKey(found["table"], run, found["date"], int(found["generation"]), int(found["part"]))


def tables_prefix(table: str = "") -> str:
    """Prefix of all tables, or of one."""
    return f"{VERSION}/tables/{table}/" if table else f"{VERSION}/tables/"


def index_prefix(cluster: str, namespace: str) -> str:
    """Prefix of the runs index of a namespace."""
    return f"{VERSION}/index/{cluster}/{namespace}/"


def indexes_prefix(cluster: str = "") -> str:
    """Prefix of every runs index, or of those of a cluster."""
    return class_prefix("index", cluster, "")


def parse_index_manifest_key(key: str) -> tuple[str, str] | None:
    """Cluster and namespace of the runs index whose list of parts stands at `key`; None for any other key."""
    parts = key.split("/")
    if len(parts) != 5 or parts[:2] != [VERSION, "index"] or parts[4] != "manifest.json":
        return None
    return parts[2], parts[3]


def index_manifest_key(cluster: str, namespace: str) -> str:
    """Key of the list of parts that make the runs index of a namespace."""
    return f"{index_prefix(cluster, namespace)}manifest.json"


def index_part_key(cluster: str, namespace: str, sha256: str) -> str:
    """Key of a part of the runs index, named by its content."""
    return f"{index_prefix(cluster, namespace)}{sha256}.jsonl.zst"


def quote_name(name: str) -> str:
    """Percent-encode a file's name so that every store and shell takes it, and cut it to MAX_NAME_BYTES."""
    quoted = quote(name, safe="", errors="surrogatepass") or "_"
    if quoted in (".", ".."):
        return quoted.replace(".", "%2E")
    start = max(0, len(quoted) - MAX_NAME_BYTES)
    # An escape is three characters: one that began just before the cut goes as a whole.
    begun = quoted.rfind("%", max(0, start - 2), start)
    return quoted[start if begun < 0 else begun + 3 :]


def run_of(key: str, name: str, kind: str = "runs") -> Run | None:
    """The run whose object `name` of a class stands at `key`; None for any other key."""
    parts = key.split("/")
    if len(parts) != 6 or parts[:2] != [VERSION, kind] or parts[5] != name:
        return None
    return Run(parts[2], parts[3], parts[4])


def class_prefix(kind: str, cluster: str, namespace: str) -> str:
    """Prefix of a class of objects: everywhere, of a cluster, or of one of its namespaces."""
    parts = [part for part in (cluster, namespace if cluster else "") if part]
    return "/".join([VERSION, kind, *parts]) + "/"


def _range(start: int, end: int) -> str:
    return f"{start:0{POSITION_DIGITS}d}-{end:0{POSITION_DIGITS}d}"
