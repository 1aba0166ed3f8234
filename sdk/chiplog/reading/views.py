"""What a reader sees of one run, put together from the operator's documents and the recorders' heads; pure values.

Without documents, for the operator is down or was never there, the heads alone make a view.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from chiplog import codec, layout
from chiplog.documents import OutcomeDocument, RunDocument
from chiplog.reading import members, soundness, states
from chiplog.reading.heads import Beat, Unread
from chiplog.reading.members import Member
from chiplog.records import SealDocument

Tree = dict[str, Any]

_UID = re.compile(r"-[0-9a-f]{8}$")


@dataclass(frozen=True)
class RunView:
    """A run as a reader sees it. Times are Unix seconds; None is unknown."""

    cluster: str
    namespace: str
    project: str
    run: str
    """The run's id; of an unbound recorder, the recorder's id."""
    name: str
    state: str
    """`pending`, `running`, `suspended`, `finished`, `failed`, `killed`, `silent` or `untracked`."""
    reason: str
    attempts: int
    step: int | None
    started_at: float | None
    finished_at: float | None
    config: Tree
    summary: Tree
    tags: list[str]
    lag_seconds: float | None
    created_at: float
    is_bound: bool
    """A run owns it; False for a recorder that no run has claimed."""
    members: tuple[Member, ...] = ()
    document: RunDocument | None = None
    outcome: OutcomeDocument | None = None
    seal: SealDocument | None = None
    """What is in the tables; None for a run that is not sealed."""
    unread: tuple[str, ...] = ()
    """What this reader could not read of it, and why."""
    is_archived: bool = False
    """Somebody put it away."""
    is_given_up: bool = False
    """Somebody deleted it, and it is there until the grace period is over."""

    @property
    def key(self) -> layout.Run:
        """Where the run stands in the bucket."""
        return layout.Run(self.cluster, self.namespace, self.run)

    @property
    def place(self) -> str:
        """`namespace/project/name`, by which people tell runs apart."""
        return f"{self.namespace}/{self.project}/{self.name}"


@dataclass(frozen=True)
class Papers:
    """The operator's documents on a run, and the compactor's."""

    place: layout.Run
    document: RunDocument | None = None
    outcome: OutcomeDocument | None = None
    seal: SealDocument | None = None
    unread: tuple[str, ...] = ()
    config: Tree = field(default_factory=dict)
    """What the script said of its config, where the index knows."""


def of_run(papers: Papers, beats: Collection[Beat | Unread], now: float) -> RunView:
    """A run from its documents and the heads among `beats` that are its own, at the store's time `now`.

    One whose documents or heads make no sense is a view of nothing, which says so in `unread`.
    """
    try:
        return _of_run(papers, beats, now)
    except soundness.MALFORMED as error:
        said = f"what is written of {papers.place.path} makes no sense: {error!r}"
        return _of_run(Papers(papers.place, unread=(*papers.unread, said)), [], now)


def _of_run(papers: Papers, beats: Collection[Beat | Unread], now: float) -> RunView:
    place, document, outcome = papers.place, papers.document, papers.outcome
    if document is not None:
        soundness.check_run(document)
    if outcome is not None:
        soundness.check_outcome(outcome)
    beats = [*beats, *_sealed(papers, beats)]
    alone = next((beat for beat in beats if beat.recorder.id == place.id), None)
    if alone is not None and papers.seal is not None and not papers.seal["is_bound"]:
        return replace(of_recorder(alone, now), seal=papers.seal)
    found = members.of(place, outcome, beats)
    blank = RunView(
        cluster=place.cluster,
        namespace=place.namespace,
        project=document["project"] if document else "",
        run=place.id,
        name=document["name"] if document else name_of(place),
        state=outcome["state"] if outcome else "",
        reason=outcome["reason"] if outcome else "",
        attempts=len(outcome["attempts"]) if outcome else 0,
        step=None,
        started_at=outcome.get("started_at") if outcome else None,
        finished_at=outcome.get("finished_at") if outcome else None,
        config={**(document["config"] if document else {}), **papers.config},
        summary={},
        tags=list(document["tags"]) if document else [],
        lag_seconds=None,
        created_at=document["created_at"] if document else 0.0,
        is_bound=True,
        members=found,
        document=document,
        outcome=outcome,
        seal=papers.seal,
        unread=(*papers.unread, *(member.unread for member in found if member.unread)),
    )
    view = _with_heads(blank, now)
    return view if papers.config else _with_config(view)


def _with_config(view: RunView) -> RunView:
    """The view with what the script said of its config, as far as heads tell, where no index knows all of it."""
    said = [item["config"] for item in _said(view) if isinstance(item.get("config"), dict)]
    return replace(view, config={**view.config, **{key: value for tree in said for key, value in tree.items()}})


def _sealed(papers: Papers, beats: Collection[Beat | Unread]) -> Iterator[Beat]:
    """The last words of recorders whose live object was sealed away; one that came back speaks for itself."""
    place, alive = papers.place, {beat.recorder for beat in beats}
    for item in papers.seal["recorders"] if papers.seal else []:
        recorder = layout.Recorder(place.cluster, place.namespace, item["id"])
        if item["head"] is not None and recorder not in alive:
            yield Beat(recorder, item["head"], item["modified"])


def name_of(place: layout.Run) -> str:
    """The name in a run's id, which is the name and 8 hex digits of a UID."""
    return _UID.sub("", place.id)


def of_recorder(beat: Beat | Unread, now: float) -> RunView:
    """A recorder that no run has claimed."""
    try:
        return _of_recorder(beat, now)
    except soundness.MALFORMED as error:
        said = f"what {beat.recorder.path} says makes no sense: {error!r}"
        return _of_recorder(Unread(beat.recorder, said, beat.modified), now)


def _of_recorder(beat: Beat | Unread, now: float) -> RunView:
    head = beat.head["recorder"] if isinstance(beat, Beat) else None
    member = Member(beat.recorder, 1, 0, head["pod"] if head else "", head["node"] if head else "")
    blank = RunView(
        cluster=beat.recorder.cluster,
        namespace=beat.recorder.namespace,
        project="",
        run=beat.recorder.id,
        name=member.pod or beat.recorder.id,
        state="",
        reason="",
        attempts=1,
        step=None,
        started_at=None,
        finished_at=None,
        config={},
        summary={},
        tags=[],
        lag_seconds=None,
        created_at=beat.modified,
        is_bound=False,
    )
    if isinstance(beat, Unread):
        state = "silent" if now - beat.modified > states.SILENCE_SECONDS else "running"
        return replace(blank, state=state, members=(member,), unread=(beat.problem,))
    return _with_config(_with_heads(replace(blank, members=(replace(member, beat=beat),)), now))


def _with_heads(view: RunView, now: float) -> RunView:
    """The view with what the recorders' heads add to the operator's documents."""
    beats = [member.beat for member in view.members if member.beat]
    latest = [member.beat for member in members.newest(view.members) if member.beat]
    if not view.members:
        return replace(view, state=states.of_run(view.state, [], now))
    state = states.of_run(view.state, latest, now)
    began = min((beat.head["recorder"]["started_at"] for beat in beats), default=None)
    ended = max((beat.modified for beat in latest), default=None) if state in states.OVER else None
    view = replace(
        view,
        state=state,
        reason=view.reason if state == view.state else "Unknown" if state == "silent" else "",
        attempts=max(view.attempts, *(member.attempt for member in view.members)),
        started_at=began if view.started_at is None else view.started_at,
        finished_at=ended if view.finished_at is None else view.finished_at,
        lag_seconds=max((float(beat.head["lag_seconds"]) for beat in latest), default=None),
        project=view.project or next((beat.head["recorder"]["project"] for beat in beats), ""),
        created_at=view.created_at or began or 0.0,
    )
    return _with_writer(view)


def _with_writer(view: RunView) -> RunView:
    """The view with what the heads of the streams that speak for the run say."""
    told = _said(view)
    if not told:
        return view
    steps = [int(item["step"]) for item in told if item.get("step") is not None]
    return replace(
        view,
        project=view.project or next((str(item["project"]) for item in told if item.get("project")), ""),
        step=max(steps, default=None),
        summary={key: value for item in told for key, value in (item.get("summary") or {}).items()},
        tags=joined(view.tags, [str(tag) for item in told for tag in item.get("tags") or []]),
    )


def _said(view: RunView) -> list[dict[str, Any]]:
    """The words of the streams that speak for the run."""
    heard = (members.writers(member) for member in members.by_weight(view.members))
    return [codec.number(stream["run"]) for stream in next((streams for streams in heard if streams), [])]


def joined(tags: list[str], more: Iterable[str] | None) -> list[str]:
    """Both lists, each tag once."""
    return list(dict.fromkeys([*tags, *(more or [])]))
