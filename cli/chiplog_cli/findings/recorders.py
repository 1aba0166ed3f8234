"""What the recorders' own words in the bucket say: which files they follow, how far they are, when they last wrote."""

from collections.abc import Iterator
from datetime import datetime

from chiplog.reading import states
from chiplog.reading.heads import Beat
from chiplog.reading.members import Member
from chiplog.reading.views import RunView
from chiplog.records import StreamHead
from chiplog_cli.evidence import Evidence
from chiplog_cli.findings import Finding, asking, bad, good, metrics, open_
from chiplog_cli.rendering.text import duration, size

QUIET_SECONDS = 120.0
"""A script may load its data for so long before it logs anything."""

CLOCK_SECONDS = 300.0
"""A clock that is off by more is worth a word."""

_NOWHERE = (
    "does the script call wandb.init, or write to $CHIPLOG_DIR/files? Is WANDB_DIR set elsewhere? What it writes to "
    "a directory of its own (TensorBoard, dir=…) needs spec.recorder.paths, or chiplog.dev/paths on the pod"
)

_OLD_WANDB = "up to 32 KiB"
"""How a head's `loss_bound` begins where wandb is older than 0.31."""


def of(seen: Evidence, now: float) -> Iterator[Finding]:
    """All that the bucket knows of the subject, at time `now`."""
    if seen.no_bucket:
        yield open_(f"the bucket was not asked: {seen.no_bucket}")
        return
    if seen.view is None:
        yield from _unheard(seen)
        return
    yield _of_view(seen.view)
    yield from (Finding(False, problem) for problem in seen.view.unread)
    if not seen.view.members:
        yield open_("no recorder has been heard of yet")
        yield from _elsewhere(seen)
    for member in seen.view.members:
        yield from _of_member(member, now, _started_at(seen, member), is_over=seen.view.state in states.OVER)
    yield from metrics.of(seen)


def _unheard(seen: Evidence) -> Iterator[Finding]:
    """The bucket knows nothing: we look elsewhere, the recorder does not run, or it cannot write."""
    other = list(_elsewhere(seen))
    yield from other
    recorded = [pod for pod in seen.pods if asking.recorder(pod) is not None]
    if recorded and not any(map(asking.is_recording, recorded)):
        yield open_("the bucket holds nothing of it yet: its recorder does not run")
    elif not other and (recorded or not seen.pods):
        pod = recorded[0]["metadata"]["name"] if recorded else "POD"
        yield bad(
            "the bucket holds nothing of it yet",
            "a recorder writes within seconds of its start; one that may not, or reaches no store, says so: "
            f"kubectl logs {pod} -c {asking.SIDECAR}",
        )


def _elsewhere(seen: Evidence) -> Iterator[Finding]:
    """The recorders write into another bucket than the one that was looked into."""
    for recorder in filter(None, map(asking.recorder, seen.pods)):
        told = {item["name"]: str(item.get("value", "")) for item in recorder.get("env") or []}
        address = told.get("CHIPLOG_BUCKET", "").rstrip("/")
        if address and seen.address and address != seen.address.rstrip("/"):
            yield bad(f"the recorder writes to {address}, and this looked into {seen.address}",
                      f"chiplog explain {seen.subject} --bucket {address}")  # fmt: skip
            return


def _started_at(seen: Evidence, member: Member) -> float | None:
    """When the first container of a recorder's pod that still runs, and is not the recorder, began; None for none."""
    pod = next((pod for pod in seen.pods if pod["metadata"]["name"] == member.pod), None)
    told = [item.get("state") or {} for item in ((pod or {}).get("status") or {}).get("containerStatuses") or []]
    moments = [(state.get("running") or {}).get("startedAt") for state in told]
    found = [datetime.fromisoformat(str(moment)).timestamp() for moment in moments if moment]
    return min(found, default=None)


def _of_view(view: RunView) -> Finding:
    if view.is_bound:
        text = f"the bucket knows it as {view.place} ({view.run}), {view.state} {view.reason}".rstrip()
        if view.state in ("failed", "killed"):
            return bad(text, f"see its last words: chiplog logs {view.run}")
        return good(text)
    return open_(
        f"the bucket holds a recorder of pod {view.name} that belongs to no run",
        "a TrainingRun, or a label chiplog.dev/run on the pod, gives it a name",
    )


def _of_member(member: Member, now: float, started_at: float | None, *, is_over: bool) -> Iterator[Finding]:
    who = f"recorder of pod {member.pod or member.recorder.id}"
    if member.beat is None:
        yield open_(f"{who}: its live object is gone (sealed), or was never written")
        return
    yield _of_age(who, member.beat, now, is_over=is_over)
    yield from _of_clock(who, member.beat)
    yield from _of_streams(who, member.beat, None if started_at is None else now - started_at)
    for problem in member.beat.head["problems"]:
        yield bad(f"{who} could not record: {problem}", _advice(problem))
    for reason, count in member.beat.head.get("skipped", {}).items():
        yield open_(f"{who} passed over {count} of its files: {reason}")


def _advice(problem: str) -> str:
    if "and the recorder is user" in problem:
        return "set securityContext.runAsUser of the pod or container: the recorder then runs as the trainer's user"
    return "the file may have changed or vanished while it was read"


def _of_age(who: str, beat: Beat, now: float, *, is_over: bool) -> Finding:
    ago = f"{duration(now - beat.modified)} ago"
    if beat.head["state"] == "drained":
        return good(f"{who} uploaded all it found, {ago}")
    if now - beat.modified > states.SILENCE_SECONDS:
        return bad(
            f"{who} has been silent: its last upload was {ago}",
            "is its node there? kubectl get pod -o wide; what is in the bucket stays readable",
        )
    pending = beat.head["pending_bytes"]
    rest = f", {size(pending)} still to go" if pending else ""
    text = f"{who} last uploaded {ago}, {beat.head['lag_seconds']:.1f} s behind the files{rest}"
    return open_(text, "the run is over: this should end soon") if is_over else good(text)


def _of_clock(who: str, beat: Beat) -> Iterator[Finding]:
    off = beat.head["time"] - beat.modified
    if abs(off) > CLOCK_SECONDS:
        word = "ahead of" if off > 0 else "behind"
        yield open_(f"{who}: the clock of its node is {duration(abs(off))} {word} the store's",
                    "nothing is lost by it, but rows have the trainer's times: mend its clock")  # fmt: skip


def _of_streams(who: str, beat: Beat, trained_seconds: float | None) -> Iterator[Finding]:
    """`trained_seconds`: for how long the pod's containers have run, None where they have not, or nobody knows."""
    writers = [stream for stream in beat.head["streams"] if stream["kind"] != "files"]
    if not writers and trained_seconds is not None and trained_seconds < QUIET_SECONDS:
        yield open_(f"{who} has found nothing to follow yet; the script runs for {duration(trained_seconds)}",
                    "look again when it logs its first value: " + _NOWHERE)  # fmt: skip
    elif not writers:
        yield bad(f"{who} has found nothing to follow", _NOWHERE)
    for stream in writers:
        yield _of_stream(stream)
        if stream["gaps"]:
            yield bad(
                f"{stream['path']} has {stream['gaps']} stretches that could not be read",
                "the file is damaged there (a full or failing disk?); each is a row of kind gap",
            )
        if stream["loss_bound"].startswith(_OLD_WANDB):
            yield open_(
                f"{stream['path']}: a kill can lose {stream['loss_bound']}", "wandb 0.31 or newer loses less than 1 s"
            )


def _of_stream(stream: StreamHead) -> Finding:
    place = f"{stream['container']}:{stream['path']}"
    seen, rows = size(stream["size"]), stream["kinds"].get("history", 0)
    if stream["size"] <= stream["position"]:
        return good(f"{place}: all {seen} are in the bucket, {rows} rows of history")
    return open_(f"{place}: {size(stream['position'])} of {seen} are in the bucket, {rows} rows of history")
