"""What recorder and compactor write, and how every object of the bucket is packed (docs/bucket.md); it does no I/O.

A *row* is one JSON object with `at`, its position in its stream, and `kind`. Rows are kept once by (stream, at).
"""

import hashlib
import json
from typing import Any, NotRequired, TypedDict, cast

from chiplog import codec, documents
from chiplog.codec import Row
from chiplog.errors import FormatError

READER = 1
"""The newest layout that this code reads; an object with a larger `min_reader` is refused, never guessed at."""

INDEX_READER = 2
"""The same of the runs index: its parts had no columns in version 1. Who cannot read it reads the documents."""

SEGMENT_FORMAT = "chiplog.segment"
LIVE_FORMAT = "chiplog.live"
RUN_FORMAT = "chiplog.run"
OUTCOME_FORMAT = "chiplog.outcome"
CLUSTER_FORMAT = "chiplog.cluster"
SEALED_FORMAT = "chiplog.sealed"
SEAL_FORMAT = "chiplog.seal"
INDEX_FORMAT = "chiplog.index"
INDEX_PART_FORMAT = "chiplog.index-part"
TRIAL_FORMAT = "chiplog.trial"
NIGHT_FORMAT = "chiplog.night"
LATEST_FORMAT = "chiplog.latest"
NOTICES_FORMAT = "chiplog.notices"
WATCH_FORMAT = "chiplog.watch"
WRITER_FORMAT = "chiplog.writer"
WORDS_FORMAT = "chiplog.words"
VIEW_FORMAT = "chiplog.view"
SHARE_FORMAT = "chiplog.share"
TOMBSTONE_FORMAT = "chiplog.tombstone"
AUDIT_FORMAT = "chiplog.audit"

HEARTBEAT_SECONDS = 300.0
"""A live object is written again after this long without news, so that silence can be told from quiet."""

WATCH_SECONDS = 60.0
"""Somebody's word that they look at a run counts for this long after its LastModified, by the store's clock."""


class StreamHead(TypedDict):
    """What a recorder knows of one stream: one incarnation of one source file."""

    id: str
    kind: str
    """`wandb`: a wandb transaction log. `files`: the recorder's own list of shipped files, with no source file."""
    container: str
    path: str
    """Relative to the container's run directory."""
    generation: int
    inode: int
    position: int
    """Rows up to here are in the bucket, in segments or in this object's tail; bytes of the source."""
    segmented: int
    """Rows up to here are in segments."""
    size: int
    """Bytes of the source that the recorder had seen."""
    kinds: dict[str, int]
    """Rows by kind, up to `position`."""
    gaps: int
    """Stretches of the source that could not be read; each stands as a row of kind `gap`."""
    loss_bound: str
    """What the writer may lose when it is killed, in words."""
    run: dict[str, Any]
    """The writer's own words on the run: `run_id`, `project`, `name`, …, `step`; `summary`, `config` (bounded)."""
    ended: bool
    """The writer said that it is done (an exit record)."""
    exit_code: NotRequired[int]
    skipped: NotRequired[dict[str, int]]
    """Stretches and records of the source that could not be read, by reason, bounded."""
    witness: NotRequired[str]
    """Of the bytes that were read, by which a restarted recorder tells a rewritten file."""
    modified_ns: NotRequired[int]
    """When the source was last changed, by the trainer's clock, in nanoseconds."""
    mode: NotRequired[int]
    """The source's permission bits."""


class RecorderHead(TypedDict):
    """Who records."""

    cluster: str
    namespace: str
    id: str
    pod: str
    node: str
    run: str
    """The run id that the operator gave the pod; empty for a recorder that no run has claimed."""
    project: str
    version: str
    started_at: float
    written_by: NotRequired[documents.Writer]
    """Where it came in through a door: whose key it was, by the door's word."""


class LiveHead(TypedDict):
    """Frame 1 of a live object."""

    format: str
    min_reader: int
    recorder: RecorderHead
    writer: str
    """A random name of the process that wrote this, by which a recorder knows its own writes again."""
    sequence: int
    """Counts the writes of this object."""
    time: float
    """The recorder's clock at this write, Unix seconds."""
    state: str
    """`recording`, `draining`, or `drained`: everything found is in segments and blobs."""
    lag_seconds: float
    """How long the oldest row of this write had been waiting in its file."""
    pending_bytes: int
    """Bytes seen in sources and files that are not in the bucket yet."""
    problems: list[str]
    """What could not be recorded and why, newest last, bounded."""
    skipped: NotRequired[dict[str, int]]
    """Files that are not recorded, counted by reason."""
    uploads: NotRequired[dict[str, str]]
    """Ids of the store's uploads in parts that are under way, by key: the recorder's next life goes on with them."""
    requests: dict[str, int]
    """Requests to the store by kind, of all lives of the recorder, and `bytes` sent."""
    streams: list[StreamHead]


class SegmentHead(TypedDict):
    """The first line of a segment."""

    format: str
    min_reader: int
    cluster: str
    namespace: str
    recorder: str
    stream: str
    kind: str
    container: str
    path: str
    generation: int
    start: int
    end: int
    rows: int
    source_sha256: NotRequired[str]
    """Digest (hex) of the source's bytes of the same stretch; absent where no object holds them, for the file was
    gone."""


class SealedHead(TypedDict):
    """The first line of a marker; the rows that no table holds follow it."""

    format: str
    min_reader: int
    cluster: str
    namespace: str
    recorder: str
    run: str
    """Whose seal says where the other rows are."""
    stream: StreamHead
    """What was known of the stream when it was sealed."""
    end: int
    """The stretch `[0, end)` is sealed."""
    rows: int


class SealedStream(TypedDict):
    """How far a stream is sealed."""

    id: str
    position: int
    rows: dict[str, int]
    """Rows by kind that were sealed, each counted once."""
    holes: list[list[int]]
    """Stretches `[from, to)` that no segment covered: objects were lost before the sealing."""
    marker_sha256: str
    sources: dict[str, str]
    """SHA-256 (hex) of the stream's source objects by their stretch, `<from>-<to>`."""


class SealedRecorder(TypedDict):
    """A recorder of a sealed run."""

    id: str
    attempt: int
    rank: int
    modified: float
    """LastModified of its live object."""
    head: LiveHead | None
    """Its live object's head; None where there was none."""
    streams: list[SealedStream]


class TablePart(TypedDict):
    """A Parquet file of a table."""

    table: str
    key: str
    lines: int
    size: int
    sha256: str
    recorders: list[str]
    """Whose rows it holds."""


class SealDocument(TypedDict):
    """`seal.json`: what is in the tables; written by the compactor."""

    format: str
    min_reader: int
    cluster: str
    namespace: str
    run: str
    is_bound: bool
    """False for a recorder that no run has claimed; `run` is the recorder's id then."""
    generation: int
    """Counts the sealings: a recorder that came back after one makes the next necessary."""
    sealed_at: float
    recorders: list[SealedRecorder]
    parts: list[TablePart]
    expired: NotRequired[list[str]]
    """What retention took away since: `sources`, or names of tables."""
    leaving: NotRequired[list[str]]
    """Keys of objects that are being deleted, which nothing else here names any more."""


def pack_segment(head: SegmentHead, rows: list[Row]) -> bytes:
    """A segment: one zstd frame whose first line is its head."""
    return codec.compress(codec.dump(item) for item in [head, *rows])


def unpack_segment(data: bytes, what: str) -> tuple[SegmentHead, list[Row]]:
    """Head and rows of a segment. Raises FormatError; `what` names the object in its message."""
    head, lines = split_segment(data, what)
    rows = [_load(line, what) for line in lines]
    _check_rows(rows, what)
    return head, rows


def split_segment(data: bytes, what: str) -> tuple[SegmentHead, list[bytes]]:
    """Head of a segment, and the lines of its rows, which nobody has looked at. Raises FormatError."""
    head, *lines = [line for line in codec.decompress(data, what).split(b"\n") if line] or [b"null"]
    told = _load(head, what)
    check(told, SEGMENT_FORMAT, what)
    return cast("SegmentHead", told), lines


def unpack_row(line: bytes, what: str) -> Row:
    """The row of one line. Raises FormatError."""
    row = _load(line, what)
    _check_rows([row], what)
    return cast("Row", row)


def pack_sealed(head: SealedHead, rows: list[Row]) -> bytes:
    """A marker: one zstd frame whose first line is its head."""
    return codec.compress(codec.dump(item) for item in [head, *rows])


def unpack_sealed(data: bytes, what: str) -> tuple[SealedHead, list[Row]]:
    """Head and rows of a marker. Raises FormatError."""
    head, *rows = lines(codec.decompress(data, what), what) or [None]
    check(head, SEALED_FORMAT, what)
    _check_rows(rows, what)
    return cast("SealedHead", head), rows


def pack_live(head: LiveHead, tail: bytes) -> bytes:
    """A live object from its head and its already compressed tail (`pack_tail`)."""
    return codec.compress([codec.dump(head)]) + tail


def pack_tail(rows: list[tuple[str, Row]]) -> bytes:
    """Frame 2 of a live object: rows with the id of their stream."""
    return codec.compress(codec.dump({"stream": stream, **row}) for stream, row in rows)


def unpack_live(data: bytes, what: str) -> tuple[LiveHead, list[tuple[str, Row]]]:
    """Head and tail rows of a live object. Raises FormatError."""
    parts = codec.frames(data, what)
    head = next(iter(lines(parts[0], what)), None) if parts else None
    check(head, LIVE_FORMAT, what)
    if len(parts) != 2:
        raise FormatError(f"{what} has {len(parts)} frames, not 2")
    rows = lines(parts[1], what)
    _check_rows(rows, what)
    try:
        return cast("LiveHead", head), [(row.pop("stream"), row) for row in rows]
    except KeyError as error:
        raise FormatError(f"{what} holds a row of no stream") from error


def is_too_new(data: bytes, what: str) -> bool:
    """Whether a live object is whole and needs a newer reader than this one."""
    try:
        head = next(iter(lines(codec.first_frame(data, what), what)), None)
    except FormatError:
        return False
    needed = head.get("min_reader") if isinstance(head, dict) else None
    return isinstance(needed, int) and needed > READER


def unpack_live_head(data: bytes, what: str) -> LiveHead:
    """The head alone of a live object, without unpacking its tail. Raises FormatError."""
    head = next(iter(lines(codec.first_frame(data, what), what)), None)
    check(head, LIVE_FORMAT, what)
    return cast("LiveHead", head)


def pack_document(document: Any) -> bytes:
    """A JSON document of the bucket, indented for people who open it by hand; its last field is its digest."""
    body = {key: value for key, value in document.items() if key != "sha256"}
    return _json({**body, "sha256": hashlib.sha256(_json(body)).hexdigest()})


def unpack_document(data: bytes, expected: str, what: str, reader: int = READER) -> Any:
    """The document without its digest, after its format and the digest were checked. Raises FormatError."""
    document = _load(data, what)
    check(document, expected, what, reader)
    digest = document.pop("sha256", None)
    if digest is not None and digest != hashlib.sha256(_json(document)).hexdigest():
        raise FormatError(f"{what} is damaged: it is not what its digest says")
    return document


def is_digest(data: bytes, sha256: str) -> bool:
    """Whether an object is what its digest (hex) says."""
    return hashlib.sha256(data).hexdigest() == sha256


def check(head: Any, expected: str, what: str, reader: int = READER) -> None:
    """Refuse an object of another format or of a layout that is newer than `reader`."""
    if not isinstance(head, dict) or head.get("format") != expected:
        raise FormatError(f"{what} is not a {expected}")
    needed = head.get("min_reader")
    if not isinstance(needed, int):
        raise FormatError(f"{what} does not say which reader may read it: min_reader is {needed!r}")
    if needed > reader:
        raise FormatError(f"{what} needs a reader of version {needed}, this one is {reader}: upgrade chiplog")


def _json(document: Any) -> bytes:
    return json.dumps(codec.finite(document), indent=1, ensure_ascii=True, allow_nan=False).encode() + b"\n"


def lines(frame: bytes, what: str) -> list[Any]:
    """The JSON lines of an unpacked frame. Raises FormatError."""
    return [_load(line, what) for line in frame.split(b"\n") if line]


def _load(line: bytes, what: str) -> Any:
    try:
        return codec.load(line)
    except FormatError as error:
        raise FormatError(f"{what}: {error}") from error


def _check_rows(rows: list[Any], what: str) -> None:
    for row in rows:
        if not isinstance(row, dict) or not isinstance(row.get("at"), int) or not isinstance(row.get("kind"), str):
            raise FormatError(f"{what} holds a line that is no row: {str(row)[:80]}")
