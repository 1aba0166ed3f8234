"""What is said of a run beside its records: run, outcome, nights, trials, watchers, as docs/bucket.md has them; no I/O.

How they are packed and checked is in `records`.
"""

from typing import Any, NotRequired, TypedDict


class Writer(TypedDict):
    """Who wrote through a door; the door's word, and never the writer's."""

    key: str
    """Name of the API key."""
    service_account: str
    """For whom it stands."""
    key_uid: NotRequired[str]
    """UID of the handle of the key's first generation: another key of the same name has another."""


class WriterDocument(TypedDict):
    """`writer.json`: whose a recorder is that writes through a door; written once by the door."""

    format: str
    min_reader: int
    cluster: str
    namespace: str
    recorder: str
    key: str
    service_account: str
    key_uid: NotRequired[str]
    """As in `Writer`; none is that of a key of before there was this."""
    project: str
    """The only one that the key is for; empty: every one of the namespace."""
    claimed_at: float


class TrialPlace(TypedDict):
    """What `run.json` says of a run that a sweep made."""

    sweep: str
    """The Sweep's name."""
    sweep_id: str
    method: str
    index: int
    searched: dict[str, Any]
    """The parameters that the sweep varies, by their names joined with dots."""


class RunDocument(TypedDict):
    """`run.json`: who and what; written once by the operator."""

    format: str
    min_reader: int
    cluster: str
    namespace: str
    run: str
    name: str
    uid: str
    display_name: str
    project: str
    notes: str
    tags: list[str]
    config: dict[str, Any]
    metrics: list[dict[str, str]]
    datasets: list[dict[str, str]]
    created_at: float
    created_by: str
    service_account: str
    images: dict[str, str]
    command: dict[str, list[str]]
    variables: NotRequired[dict[str, dict[str, str | None]]]
    """What the manifest sets, by container, without secrets; None where the value stands elsewhere."""
    claimed_by: NotRequired[str]
    """Whose it is by CHIPLOG_USERNAME or WANDB_USERNAME: a claim of whoever wrote that, never a proof."""
    written_by: NotRequired[Writer]
    """Where it came in through a door."""
    line: NotRequired[str]
    """The CronJob whose night it is."""
    source: NotRequired[str]
    """Id of the run that it does again."""
    trial: NotRequired[TrialPlace]
    """Of a sweep's trial; none before 2026-11-27."""


class NightGate(TypedDict):
    """What one gate said of a night."""

    holds: bool
    is_warning: bool
    said: str


class NightDocument(TypedDict):
    """`lines/…`: one night of a CronJob, once its run is over; written once by the operator."""

    format: str
    min_reader: int
    line: str
    """The CronJob's name."""
    line_uid: str
    scheduled_at: float
    run: str
    name: str
    project: str
    state: str
    """As a run's; `missed` where there is no run, whose fields are then empty."""
    reason: str
    message: NotRequired[str]
    """Of a missed night: what became of it."""
    late_seconds: NotRequired[float]
    """From the scheduled time until the run was made."""
    metrics: dict[str, float]
    holds: bool
    """The run finished, and no gate failed."""
    promotes: NotRequired[bool]
    """So `latest` was moved to it, unless that stood at a later one."""
    gates: list[NightGate]


class LatestDocument(TypedDict):
    """`latest/…`: the newest night whose gates held; moved by the operator, forward alone."""

    format: str
    min_reader: int
    line: str
    line_uid: str
    scheduled_at: float
    run: str
    metrics: dict[str, float]
    promoted_at: float


class WaitingNotice(TypedDict):
    """A notice that is to be sent to a webhook."""

    digest: str
    channel: str
    word: str
    namespace: str
    subject: str
    text: str
    made_at: float


class NoticesDocument(TypedDict):
    """`clusters/<cluster>/notices.json`: what people are to be told and were told; written by the operator."""

    format: str
    min_reader: int
    cluster: str
    waiting: list[WaitingNotice]
    told: dict[str, float]
    """When each was sent or given up, by digest; the newest 5,000."""


class TrialMetric(TypedDict):
    """What a trial logged of one metric: how many finite values, their extremes, and those at which it was judged."""

    name: str
    goal: str
    count: int
    least: float | None
    most: float | None
    last: float | None
    at: dict[str, float]


class TrialDocument(TypedDict):
    """`trial.json`: what the search knows of a trial of a sweep that is over; written once by the operator."""

    format: str
    min_reader: int
    run: str
    name: str
    project: str
    sweep: str
    sweep_id: str
    method: str
    index: int
    state: str
    message: str
    """Why it was stopped early, with the numbers; empty where it was not."""
    parameters: dict[str, Any]
    """All that it was given, nested."""
    searched: dict[str, Any]
    """Those that the sweep varies, by their names joined with dots."""
    metrics: list[TrialMetric]
    started_at: NotRequired[float]
    finished_at: NotRequired[float]


class ContainerEnd(TypedDict):
    """The kubelet's word on one container of an attempt."""

    name: str
    restarts: int
    image: str
    image_id: str
    started_at: NotRequired[float]
    finished_at: NotRequired[float]
    exit_code: NotRequired[int]
    signal: NotRequired[int]
    reason: NotRequired[str]
    message: NotRequired[str]
    requests: NotRequired[dict[str, str]]
    limits: NotRequired[dict[str, str]]


class RecorderBinding(TypedDict):
    """A recorder that belongs to an attempt."""

    id: str
    pod: str
    node: str
    rank: int
    containers: list[ContainerEnd]


class Attempt(TypedDict):
    """One start of the whole gang."""

    number: int
    started_at: NotRequired[float]
    finished_at: NotRequired[float]
    reason: str
    exit_code: NotRequired[int]
    recorders: list[RecorderBinding]


class OutcomeDocument(TypedDict):
    """`outcome.json`: how it went; written by the operator on every transition."""

    format: str
    min_reader: int
    run: str
    state: str
    reason: str
    durable: bool
    message: NotRequired[str]
    """Of a run that was stopped: the decision in words, with its numbers."""
    started_at: NotRequired[float]
    finished_at: NotRequired[float]
    attempts: list[Attempt]


class WatchDocument(TypedDict):
    """`watch/…/<run>.json`: somebody looks at this run; when, its LastModified says. Every writer writes the same."""

    format: str
    min_reader: int
    cluster: str
    namespace: str
    run: str


class WordsDocument(TypedDict):
    """`words/…/words.json`: what people said of a run; written by the dashboard's server under `If-Match`."""

    format: str
    min_reader: int
    tags_added: list[str]
    tags_removed: list[str]
    """Of those that the run has of itself."""
    is_archived: bool
    said_by: str
    said_at: float


class TombstoneDocument(TypedDict):
    """`words/…/tombstone.json`: whether a run shall be deleted; when that was said, its LastModified says."""

    format: str
    min_reader: int
    is_taken_back: bool
    said_by: str


class Opens(TypedDict):
    """What a link opens."""

    kind: str
    """`run`, `project`, `report`, `view`, `compare`, `sweep` or `line`."""
    name: str
    """The run's, the sweep's or the line's id, the project's or the report's name; empty for a list or a comparison."""
    project: str
    """The project of what is shown, where it is of one; a report's runs are of its project."""
    runs: NotRequired[list[str]]
    """Ids of the runs of a comparison, in its order."""
    filter: NotRequired[str]
    """Of a list: the expression that its runs fit."""
    words: NotRequired[str]
    """Of a list: what stands in what they are called."""
    show: NotRequired[str]
    """Of a list: `all`, `current`, `archived` or `deleted`."""
    href: NotRequired[str]
    """The address at which the page shows it, as whoever made the link saw it; it widens nothing."""


class ShareDocument(Opens):
    """`words/…/_shares/<id>.json`: a link by which whoever has it sees something."""

    format: str
    min_reader: int
    made_by: str
    made_at: float
    expires_at: float
    is_revoked: bool
    revoked_by: str


class ViewDocument(TypedDict):
    """`words/…/_views/<name>.json`: an address of the dashboard by a name of its own."""

    format: str
    min_reader: int
    title: str
    href: str
    is_removed: bool
    saved_by: str
    saved_at: float
