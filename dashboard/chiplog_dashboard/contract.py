"""The HTTP API as it is promised: what each question takes and what its answer holds; it serves nothing.

`openapi` makes the document of these and of the routes; a test holds the answers against it.
"""

from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
TRUTH: Schema = {"type": "boolean"}
WHOLE: Schema = {"type": "integer"}
ANY: Schema = {}
TREE: Schema = {"type": "object"}
MOMENT: Schema = {"type": ["string", "null"], "format": "date-time"}
NUMBER_OR_NONE: Schema = {"type": ["number", "null"]}
WHOLE_OR_NONE: Schema = {"type": ["integer", "null"]}
TEXT_OR_NONE: Schema = {"type": ["string", "null"]}
NUMBER: Schema = {"description": "A number; one that JSON lacks is NaN, Infinity or -Infinity as a text."}
STATE: Schema = {
    "enum": ["pending", "running", "suspended", "finished", "failed", "killed", "silent", "untracked"],
}  # fmt: skip

JSON = "application/json"
LINES = "application/x-ndjson"
EVENTS = "text/event-stream"
BYTES = "application/octet-stream"


def texts(item: Schema = TEXT) -> Schema:
    """A list."""
    return {"type": "array", "items": item}


def named(name: str) -> Schema:
    """One of SCHEMAS."""
    return {"$ref": f"#/components/schemas/{name}"}


def holding(*optional: str, **fields: Schema) -> Schema:
    """An object that has these fields, and maybe more in a later version."""
    return {"type": "object", "properties": fields, "required": [name for name in fields if name not in optional]}


@dataclass(frozen=True)
class Parameter:
    """One of a question's parameters."""

    name: str
    about: str
    schema: Schema
    required: bool = False
    many: bool = False
    """It may be given several times."""
    place: str = "query"
    """Or `header`."""


@dataclass(frozen=True)
class Operation:
    """One question."""

    parameters: tuple[Parameter, ...] = ()
    answer: Schema | None = None
    kind: str = JSON
    body: Schema | None = None
    refusals: tuple[int, ...] = ()
    """Statuses beside those that any question may end with."""
    is_open: bool = False
    """Also nobody is answered."""


_PLACED = holding(
    id=TEXT, namespace=TEXT, project=TEXT, run=TEXT, name=TEXT, state=STATE, reason=TEXT, cluster=TEXT, bound=TRUTH,
    attempts=WHOLE, step=WHOLE_OR_NONE, started_at=MOMENT, finished_at=MOMENT, config=TREE, summary=TREE,
    tags=texts(), lag_seconds=NUMBER_OR_NONE, display_name=TEXT, durable={"type": ["boolean", "null"]},
    archived=TRUTH, deleted=TRUTH,
    metrics=texts(holding("goal", name=TEXT, goal=TEXT)),
)  # fmt: skip

_SWEEP = holding(
    id=TEXT, namespace=TEXT, name=TEXT, sweep=TEXT, method=TEXT, metric=TEXT_OR_NONE, goal=TEXT_OR_NONE, trials=WHOLE,
    succeeded=WHOLE, failed=WHOLE, pruned=WHOLE, best=TEXT_OR_NONE, value=NUMBER,
    parameters={"type": ["object", "null"]}, running=WHOLE,
)  # fmt: skip

_TRIALS = texts(holding(id=TEXT, index=WHOLE, state=TEXT))

_LINE = holding(
    id=TEXT, namespace=TEXT, name=TEXT, nights=WHOLE, scheduled_at=MOMENT, state=TEXT, holds=ANY, metric=TEXT_OR_NONE,
    reason=TEXT, message=TEXT, failed_gates=texts(), missed=texts(),
)  # fmt: skip

_REPORT = holding(
    id=TEXT, namespace=TEXT, title=TEXT, project=TEXT, version=WHOLE, saved_by=TEXT, saved_at=MOMENT, removed=TRUTH,
    read_only=TRUTH,
)  # fmt: skip

_COMMENT = holding(text=TEXT, saved_by=TEXT, saved_at=TEXT)

_POINTS = {"type": "array", "items": {"type": ["number", "null"]}}

SCHEMAS: dict[str, Schema] = {
    "Error": holding(error=holding(code=TEXT, message=TEXT)),
    "Session": holding(
        name=TEXT_OR_NONE, cookie=TRUTH, link_days={"type": "number"},
        visits={"type": ["object", "null"], "properties": {"kind": TEXT, "href": TEXT}},
        sign_on=holding(required=TRUTH, tokens=TRUTH, proxy=TRUTH, oidc=TRUTH),
    ),
    "Listed": {"allOf": [_PLACED, holding(created_at=NUMBER_OR_NONE)]},
    "Group": holding(
        values=texts(ANY), runs=WHOLE, running=WHOLE, failed=WHOLE,
        numbers={"type": "object", "additionalProperties": {"type": ["object", "null"]}},
    ),
    "Run": {
        "allOf": [
            _PLACED,
            holding(
                created_at=MOMENT, notes=TEXT, created_by=TEXT, service_account=TEXT, claimed_by=TEXT,
                exit_code=WHOLE_OR_NONE,
                datasets=texts(TREE), images=TREE, command=TREE, variables=TREE,
                attempt_list=texts(TREE), recorders=texts(TREE), streams=texts(TREE),
                environment=TREE, wandb=TREE, requests=ANY, cost_usd=NUMBER_OR_NONE,
                unread=texts(), keys=texts(), system_keys=texts(),
            ),
        ]
    },
    "ConsoleLine": holding(time=MOMENT, source=TEXT, attempt=WHOLE, rank=WHOLE, text=TEXT),
    "LogLine": holding(time=NUMBER_OR_NONE, source=TEXT, attempt=WHOLE, rank=WHOLE, text=TEXT),
    "Row": holding("_rank", "_run", _step=WHOLE_OR_NONE, _timestamp=ANY, _attempt=WHOLE, _rank=WHOLE, _run=TEXT),
    "File": holding(
        path=TEXT, container=TEXT, attempt=WHOLE, rank=WHOLE, recorder=TEXT, version=WHOLE, versions=WHOLE,
        size=WHOLE_OR_NONE, sha256=TEXT_OR_NONE, key=TEXT_OR_NONE, modified=MOMENT, policy=TEXT, missing=TEXT,
    ),
    "Curve": holding(
        attempt=WHOLE, rank=WHOLE, writer=TEXT, points=WHOLE, x=_POINTS, min=_POINTS, max=_POINTS, last=_POINTS,
        step=_POINTS, time=_POINTS,
    ),
    "Sweep": _SWEEP,
    "SweepInFull": {
        "allOf": [_SWEEP, holding(trial_list=_TRIALS, running_list=_TRIALS, importance=texts(TREE))]
    },
    "Line": _LINE,
    "LineInFull": {
        "allOf": [_LINE, holding(latest=TEXT_OR_NONE, night_list=texts(holding(id=TEXT_OR_NONE, state=TEXT)))]
    },
    "Report": _REPORT,
    "ReportInFull": {
        "allOf": [
            _REPORT,
            holding(text=TEXT, versions=texts(holding(version=WHOLE, saved_at=MOMENT)), comments=texts(_COMMENT)),
        ]
    },
    "Share": holding(
        id=TEXT, kind=TEXT, opens=TEXT, href=TEXT, filter=TEXT, runs=texts(), made_by=TEXT, made_at=MOMENT,
        expires_at=MOMENT, revoked=TRUTH,
    ),
    "View": holding(id=TEXT, namespace=TEXT, title=TEXT, href=TEXT, etag=TEXT, saved_by=TEXT, saved_at=MOMENT),
    "Weight": holding(parameter=TEXT, importance=NUMBER, correlation=NUMBER_OR_NONE, trials=WHOLE),
}  # fmt: skip
"""What answers hold. A later version may add fields, never take one away or change what it means."""

_FLAG = {"enum": ["true", "false"]}
_EXACT = Parameter("exact", 'A number that JSON lacks is {"$number": "NaN"}, not the text "NaN".', _FLAG)
_NARROW = (Parameter("namespace", "This namespace alone.", TEXT), Parameter("cluster", "This cluster alone.", TEXT))
_ID = {"type": "string", "pattern": "^[^/]+/[^/]+/[^/]+$"}
_RUNS = Parameter("run", "A run, as cluster/namespace/run.", _ID, many=True)
_LIST = (
    Parameter("filter", "An expression that chooses and orders runs (docs/query.md).", TEXT),
    Parameter("words", "All of them stand in a run's names, project, namespace, state or tags.", TEXT),
    Parameter("show", "current: neither archived nor deleted.", {"enum": ["all", "current", "archived", "deleted"]}),
    Parameter("only", "Of these runs, by id or as cluster/namespace/run.", TEXT, many=True),
    *_NARROW,
)
_WINDOW = (
    Parameter("order", "As after `order by`, where the expression says none.", TEXT),
    Parameter("offset", "So many runs of the list stand before the answer.", {"type": "integer", "minimum": 0}),
    Parameter("limit", "So many runs at most.", {"type": "integer", "minimum": 0, "maximum": 10_000}),
)
_KIND = Parameter("kind", "history, or system for the system load.", {"enum": ["history", "system"]})
_ATTEMPT = Parameter("attempt", "This attempt alone.", {"type": "integer", "minimum": 1, "maximum": 2**31})

_BEFORE = (
    Parameter("If-Match", "The version that is replaced, as an ETag.", TEXT, place="header"),
    Parameter("If-None-Match", "* where nothing is replaced.", {"enum": ["*"]}, place="header"),
)
_WRITING = (412, 413, 428)
_TAGS = {"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 100}, "maxItems": 64}

RUN = "/api/v1/runs/{cluster}/{namespace}/{run}"

REPORT = "/api/v1/reports/{cluster}/{namespace}/{report}"
SHARE = "/api/v1/shares/{cluster}/{namespace}/{share}"
VIEW = "/api/v1/views/{cluster}/{namespace}/{view}"

PLACES = {
    "cluster": "The cluster's name in the bucket.",
    "namespace": "The namespace.",
    "run": "The run's id.",
    "recorder": "The recorder that shipped the file.",
    "sha256": "The file's SHA-256, in hexadecimal.",
    "sweep": "The sweep's id.",
    "line": "The UID of the line's CronJob.",
    "report": "The report's name: a to z, 0 to 9 and -.",
    "share": "The link's id.",
    "view": "The view's name: a to z, 0 to 9 and -.",
}
"""Parts of paths."""

OPERATIONS: dict[tuple[str, str], Operation] = {
    ("GET", "/api/v1/openapi.json"): Operation(answer=TREE, is_open=True),
    ("GET", "/api/v1/session"): Operation(answer=named("Session"), is_open=True),
    ("POST", "/api/v1/session"): Operation(
        answer=holding(name=TEXT),
        body=holding(token={"type": "string", "minLength": 1, "maxLength": 3800}),
        is_open=True,
    ),
    ("DELETE", "/api/v1/session"): Operation(answer=TREE, is_open=True),
    ("GET", "/api/v1/runs"): Operation((*_LIST, *_WINDOW, _EXACT), holding(total=WHOLE, runs=texts(named("Listed")))),
    ("GET", "/api/v1/select"): Operation(
        (*_LIST, *_WINDOW, Parameter("field", "Also this field of each, as in expressions.", TEXT, many=True)),
        holding(total=WHOLE, ids=texts(), values={"type": "object", "additionalProperties": texts(ANY)}),
    ),
    ("GET", "/api/v1/groups"): Operation(
        (
            *_LIST,
            Parameter("by", "A field whose values tell groups apart.", TEXT, many=True),
            Parameter("of", "A field whose mean, lowest and highest number is told.", TEXT, many=True),
        ),
        holding(runs=WHOLE, total=WHOLE, groups=texts(named("Group"))),
    ),
    ("GET", "/api/v1/fields"): Operation(_LIST, holding(fields=texts(holding(name=TEXT, number=TRUTH)))),
    ("GET", "/api/v1/find"): Operation(
        (Parameter("name", "What it is called.", {"type": "string", "minLength": 1}, required=True), *_NARROW, _EXACT),
        named("Listed"),
        refusals=(409,),
    ),
    ("GET", RUN): Operation((_EXACT,), named("Run")),
    ("GET", f"{RUN}/logs"): Operation(
        (_ATTEMPT, Parameter("source", "stdout, stderr or logger alone.", TEXT)), named("LogLine"), LINES
    ),
    ("GET", f"{RUN}/history"): Operation(
        (Parameter("key", "A metric; rows have any of those that are named.", TEXT, many=True), _ATTEMPT, _KIND),
        named("Row"),
        LINES,
    ),
    ("GET", f"{RUN}/console"): Operation(
        (
            Parameter("search", "Lines that hold this text alone.", TEXT),
            Parameter("last", "So many lines at most.", {"type": "integer", "minimum": 1, "maximum": 20_000}),
        ),
        holding(total=WHOLE, lines=texts(named("ConsoleLine"))),
    ),
    ("GET", f"{RUN}/files"): Operation(
        (_ATTEMPT, Parameter("every", "Every version, not the newest alone.", _FLAG)),
        holding(files=texts(named("File"))),
    ),
    ("GET", f"{RUN}/files/{{recorder}}/{{sha256}}"): Operation(
        (
            Parameter("view", "`page`: HTML as a page, in a frame of the dashboard's alone.", {"enum": ["page"]}),
            Parameter("Range", "One range of bytes; several are answered by the whole file.", TEXT, place="header"),
            Parameter(
                "If-Range", "The ETag that the range is of; for another the whole file comes.", TEXT, place="header"
            ),
        ),
        kind=BYTES,
        refusals=(416,),
    ),
    ("GET", "/api/v1/keys"): Operation((_RUNS,), holding(keys=texts())),
    ("GET", "/api/v1/curves"): Operation(
        (
            Parameter("key", "The metric.", {"type": "string", "minLength": 1}, required=True),
            _RUNS,
            _KIND,
            Parameter("points", "Buckets of a curve at most.", {"type": "integer", "minimum": 2, "maximum": 5000}),
            Parameter("axis", "What x is.", {"enum": ["step", "time", "elapsed"]}),
            Parameter("from", "Smallest x.", {"type": "number"}),
            Parameter("to", "Largest x.", {"type": "number"}),
        ),
        holding(key=TEXT, runs=texts(holding(run=TEXT, curves=texts(named("Curve"))))),
    ),
    ("GET", "/api/v1/events"): Operation(kind=EVENTS),
    ("GET", "/api/v1/sweeps"): Operation(answer=holding(sweeps=texts(named("Sweep")))),
    ("GET", "/api/v1/sweeps/{cluster}/{namespace}/{sweep}"): Operation(answer=named("SweepInFull")),
    ("GET", "/api/v1/lines"): Operation(answer=holding(lines=texts(named("Line")))),
    ("GET", "/api/v1/lines/{cluster}/{namespace}/{line}"): Operation(answer=named("LineInFull")),
    ("GET", "/api/v1/importance"): Operation(
        (
            Parameter("metric", "summary.… or config.…: what is explained.", {"type": "string"}, required=True),
            _RUNS,
        ),
        holding(importance=texts(named("Weight"))),
    ),
    ("GET", "/api/v1/reports"): Operation(
        (Parameter("project", "Those of this project alone.", TEXT),), holding(reports=texts(named("Report")))
    ),
    ("GET", REPORT): Operation(
        (Parameter("version", "Not the newest, but this one.", {"type": "integer", "minimum": 1}),),
        named("ReportInFull"),
    ),
    ("PUT", REPORT): Operation(
        _BEFORE,
        holding(id=TEXT, version=WHOLE),
        body=holding(
            "project",
            "text",
            title={"type": "string", "minLength": 1, "maxLength": 200},
            project={"type": "string", "maxLength": 200},
            text=TEXT,
        ),
        refusals=_WRITING,
    ),
    ("DELETE", REPORT): Operation(_BEFORE, holding(id=TEXT, version=WHOLE), refusals=_WRITING),
    ("POST", f"{REPORT}/comments"): Operation(
        answer=holding(comments=texts(_COMMENT)),
        body=holding(text={"type": "string", "minLength": 1, "maxLength": 16_384}),
        refusals=_WRITING,
    ),
    ("GET", "/api/v1/views"): Operation(answer=holding(views=texts(named("View")))),
    ("PUT", VIEW): Operation(
        _BEFORE,
        holding(id=TEXT),
        body=holding(
            title={"type": "string", "minLength": 1, "maxLength": 100},
            href={"type": "string", "pattern": "^/[!-~]*$", "maxLength": 6000},
        ),
        refusals=_WRITING,
    ),
    ("DELETE", VIEW): Operation(_BEFORE, holding(id=TEXT), refusals=_WRITING),
    ("GET", "/api/v1/shares"): Operation(answer=holding(shares=texts(named("Share")))),
    ("POST", "/api/v1/shares"): Operation(
        answer={"allOf": [named("Share"), holding(url=TEXT)]},
        body=holding(
            "id",
            "runs",
            "filter",
            "words",
            "show",
            "href",
            kind={"enum": ["run", "project", "report", "view", "compare", "sweep", "line"]},
            id=TEXT,
            runs={"type": "array", "items": _ID, "minItems": 2, "maxItems": 20},
            filter=TEXT,
            words=TEXT,
            show={"enum": ["all", "current", "archived", "deleted"]},
            href=TEXT,
            days={"type": "number", "exclusiveMinimum": 0},
        ),
        refusals=(413,),
    ),
    ("DELETE", SHARE): Operation(answer=named("Share"), refusals=(412,)),
    ("POST", "/api/v1/words"): Operation(
        answer=holding(runs=texts()),
        body=holding(
            "tag",
            "untag",
            "archive",
            "delete",
            runs={"type": "array", "items": _ID, "minItems": 1, "maxItems": 500},
            tag=_TAGS,
            untag=_TAGS,
            archive=TRUTH,
            delete=TRUTH,
        ),
        refusals=_WRITING,
    ),
}
"""Every question below /api/v1, by method and path."""
