"""One run as a sheet for people: facts, the headline metric's curve, config, summary, attempts, recorders."""

from collections import Counter
from typing import Any

from chiplog import folding
from chiplog.reading import cost, documents
from chiplog.reading.details import Details
from chiplog.reading.members import Member
from chiplog.reading.views import RunView
from chiplog.records import StreamHead
from chiplog_cli import tables
from chiplog_cli.rendering import text
from chiplog_cli.rendering.pages import Block, Column, Facts, Table

MAX_LINES = 40
"""Lines of config or summary on the sheet; the JSON has all."""


def blocks(details: Details, now: float) -> list[Block]:
    """The parts of the sheet, without those that would be empty."""
    view = details.view
    found: list[Block] = [
        Facts([(name, value) for name, value in _facts(details, now) if value]),
        Facts(_curve(details), "metric"),
        Facts(_lines(view.config), "config"),
        Facts(_lines(view.summary), "summary"),
        _attempts(view),
        _recorders(view.members, now),
        _sources(view.members),
        Facts([("", text.printable(item)) for item in _problems(view.members)], "problems"),
        Facts([(str(count), text.printable(reason)) for reason, count in _skipped(view.members)], "passed over"),
    ]
    return [block for block in found if (block.pairs if isinstance(block, Facts) else block.rows)]


def _facts(details: Details, now: float) -> list[tuple[str, str]]:
    view = details.view
    document: dict[str, Any] = dict(view.document or {})
    code = documents.exit_code(details)
    return [
        ("run", view.run if view.is_bound else f"{view.run} (a recorder that no run has claimed)"),
        ("place", text.printable(view.place)),
        ("script says", text.printable(_other_project(details))),
        ("state", tables.state(view)),
        ("exit code", "" if code is None else str(code)),
        ("step", "" if view.step is None else str(view.step)),
        ("started", "" if view.started_at is None else f"{text.moment(view.started_at)} UTC"),
        ("took", tables.took(view, now)),
        ("recorded", _recorded(view)),
        ("tags", text.printable(", ".join(view.tags))),
        ("notes", text.printable(document.get("notes", ""))),
        ("created by", text.printable(document.get("created_by", ""))),
        ("ran under", text.printable(document.get("service_account", ""))),
        ("claims to be", text.printable(document.get("claimed_by", ""))),
        ("images", text.printable(", ".join(document.get("images", {}).values()))),
        ("datasets", text.printable(", ".join(_dataset(item) for item in document.get("datasets", [])))),
        ("written by", _writer(text.printable(details.fold.producer))),
        ("requests", _requests(view.members)),
    ]


def _other_project(details: Details) -> str:
    """The project that the script gave to `init`, where the run is listed under another."""
    said = str(details.fold.run.get("project") or "")
    return (
        f"project {said}; it is listed under {details.view.project}" if said not in ("", details.view.project) else ""
    )


def _recorded(view: RunView) -> str:
    if view.outcome and view.outcome["durable"]:
        return "everything, in the bucket"
    if view.lag_seconds is None:
        return "" if view.members else "nothing yet"
    pending = sum(member.beat.head["pending_bytes"] for member in view.members if member.beat)
    return f"{view.lag_seconds:.1f} s behind" + (f", {text.size(pending)} to go" if pending else "")


def _dataset(item: dict[str, Any]) -> str:
    return f"{item.get('name', '')} {item.get('uri', '')}".strip()


def _requests(members: tuple[Member, ...]) -> str:
    counts = cost.requests(members)
    total = sum(count for kind, count in counts.items() if kind != cost.SENT)
    kinds = ", ".join(f"{count} {kind}" for kind, count in counts.items() if kind != cost.SENT)
    sent = text.size(counts.get(cost.SENT, 0))
    return f"{total} ({kinds}), {sent} sent, ${cost.dollars(counts):.6f} at list price" if total else ""


def _curve(details: Details) -> list[tuple[str, str]]:
    """The headline metric: the first that the TrainingRun names, else `loss`, else the first one logged."""
    rows = [folding.flatten(row["values"]) for row in details.history]
    name = _headline(details.view, rows)
    values = [float(row[name]) for row in rows if isinstance(row.get(name), int | float)]
    if not values:
        return []
    last = text.value(values[-1])
    return [(text.printable(name), f"{text.sparkline(values)}  {last}")]


def _headline(view: RunView, rows: list[dict[str, Any]]) -> str:
    named = view.document["metrics"] if view.document else []
    if named:
        return str(named[0]["name"])
    logged = {
        key
        for row in rows
        for key, value in row.items()
        if not key.startswith("_") and isinstance(value, int | float) and not isinstance(value, bool)
    }
    return "loss" if "loss" in logged else min(logged, default="")


def _lines(tree: dict[str, Any]) -> list[tuple[str, str]]:
    """Flat, by name, without what trackers keep for themselves."""
    flat = folding.flatten(tree)
    lines = [(text.printable(key), text.value(flat[key])) for key in sorted(flat) if not key.startswith("_")]
    more = len(lines) - MAX_LINES
    return lines if more <= 0 else [*lines[:MAX_LINES], ("…", f"{more} more: -o json")]


def _attempts(view: RunView) -> Table:
    columns = [
        Column("attempt", is_right=True),
        Column("started (UTC)"),
        Column("took", is_right=True),
        Column("exit", is_right=True),
        Column("reason"),
        Column("pods"),
    ]
    return Table(columns, [_attempt(item) for item in (view.outcome["attempts"] if view.outcome else [])], "attempts")


def _attempt(attempt: Any) -> list[str]:
    started, finished = attempt.get("started_at"), attempt.get("finished_at")
    return [
        str(attempt["number"]),
        text.moment(started),
        text.duration(finished - started) if started is not None and finished is not None else "",
        text.value(attempt.get("exit_code")),
        text.printable(attempt["reason"]),
        ", ".join(item["pod"] for item in attempt["recorders"]),
    ]


def _recorders(members: tuple[Member, ...], now: float) -> Table:
    columns = [
        Column("recorder"),
        Column("attempt", is_right=True),
        Column("rank", is_right=True),
        Column("is"),
        Column("last upload", is_right=True),
        Column("rows", is_right=True),
        Column("seen", is_right=True),
    ]
    return Table(columns, [_recorder(member, now) for member in members], "recorders")


def _recorder(member: Member, now: float) -> list[str]:
    place = [text.printable(member.pod or member.recorder.id), str(member.attempt), str(member.rank)]
    if member.beat is None:
        return [*place, "sealed or not heard of", "", "", ""]
    streams = member.beat.head["streams"]
    return [
        *place,
        member.beat.head["state"],
        f"{text.duration(now - member.beat.modified)} ago",
        str(sum(sum(stream["kinds"].values()) for stream in streams)),
        text.size(sum(stream["size"] for stream in streams if stream["kind"] != "files")),
    ]


def _sources(members: tuple[Member, ...]) -> Table:
    """What was followed, and what a kill of its writer may cost."""
    columns = [
        Column("source"),
        Column("rows", is_right=True),
        Column("not readable", is_right=True),
        Column("a kill can lose"),
    ]
    streams = [stream for member in members if member.beat for stream in member.beat.head["streams"]]
    return Table(columns, [_source(stream) for stream in streams if stream["kind"] != "files"][:MAX_LINES], "sources")


def _source(stream: StreamHead) -> list[str]:
    rows, skipped = sum(stream["kinds"].values()), sum(stream.get("skipped", {}).values())
    why = f"{skipped}: {', '.join(stream.get('skipped', {}))}" if skipped else "0"
    return [text.printable(stream["path"]), str(rows), text.printable(why), text.printable(stream["loss_bound"])]


def _skipped(members: tuple[Member, ...]) -> list[tuple[str, int]]:
    """Files that are not recorded, by reason, of all recorders."""
    counts: Counter[str] = Counter()
    for member in members:
        counts.update(member.beat.head.get("skipped", {}) if member.beat else {})
    return sorted(counts.items())


def _problems(members: tuple[Member, ...]) -> list[str]:
    return [problem for member in members if member.beat for problem in member.beat.head["problems"]]


def _writer(producer: str) -> str:
    """wandb says its version alone, `0.31.0+<commit>`; every other writer its name."""
    return f"wandb {producer.split('+')[0]}" if producer[:1].isdigit() else producer
