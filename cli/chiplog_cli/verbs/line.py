"""`chiplog line ls|show|check`: the nights of a CronJob, and whether the last one holds."""

from typing import Any

import click

from chiplog_cli import exits, options
from chiplog_cli.session import Session

_NAME = "LINE is a CronJob as namespace/name, or its name alone."


@click.group("line")
def command() -> None:
    """Ask a line for its nights: the scheduled runs of one CronJob.

    \b
    chiplog line ls
    chiplog line show team-a/nightly

    The bucket holds nights that are over.
    """


@command.command("ls")
@options.reading
def ls(session: Session, output: str) -> None:
    """List lines, the one that ran last first."""
    from chiplog.reading import groups, lines
    from chiplog_cli.rendering import formats, pages

    found = lines.every(session.bucket(), session.cluster, session.namespace)
    rows = [groups.line(item) for item in found]
    if output != "table":
        formats.write(output, rows, list(_line_columns()))
    elif rows:
        pages.write([_table(_line_columns(), rows)])
    else:
        click.echo("no line has a night that is over", err=True)


@command.command("show", help=f"""Show the nights of a line, with a curve of its metric.

    {_NAME}

    In json each night has scheduled_at, name, run, state, reason, message, late_seconds, metrics, holds, gates,
    is_latest.
    """)  # fmt: skip
@click.argument("name", metavar="LINE")
@click.option("--last", type=click.IntRange(min=1), metavar="N", help="The last N nights only.")
@options.reading
def show(session: Session, name: str, last: int | None, output: str) -> None:
    """Show the nights of a line."""
    from chiplog.reading import groups, lines
    from chiplog_cli.rendering import formats, pages, text

    bucket = session.bucket()
    found = lines.find(bucket, name, session.cluster, session.namespace)
    pointer = lines.latest(bucket, found)
    nights = found.nights[-last:] if last else found.nights
    rows = [groups.night(night, pointer["run"] if pointer else "") for night in nights]
    if output != "table":
        formats.write(output, rows, list(groups.NIGHT))
        return
    values = [night["metrics"][found.metric] for night in nights if found.metric in night["metrics"]]
    facts = pages.Facts([("line", f"{found.place.namespace}/{found.name}"), ("nights", str(len(found.nights))),
                         ("latest", pointer["run"] if pointer else "-"),
                         (found.metric or "metric", text.sparkline(values) or "-")])  # fmt: skip
    shown = [{**row, found.metric or "metric": row["metrics"].get(found.metric), "holds": _word(row)} for row in rows]
    pages.write([facts, _table(("scheduled_at", "name", "state", found.metric or "metric", "holds"), shown)])


@command.command("check", help=f"""Say whether the last night of a line holds: exit code 0 if it does, 1 if not.

    {_NAME}
    """)  # fmt: skip
@click.argument("name", metavar="LINE")
@options.reading
@click.pass_context
def check(context: click.Context, session: Session, name: str, output: str) -> None:
    """Say whether the last night of a line holds."""
    from chiplog.reading import groups, lines
    from chiplog_cli.rendering import formats

    bucket = session.bucket()
    found = lines.find(bucket, name, session.cluster, session.namespace)
    pointer = lines.latest(bucket, found)
    row = groups.night(found.nights[-1], pointer["run"] if pointer else "")
    if output != "table":
        formats.write_one(output, row)
    else:
        click.echo(f"{row['name'] or 'no run'}, scheduled at {row['scheduled_at']}: {_word(row)}")
        for gate in row["gates"]:
            click.echo(f"  {'ok  ' if gate['holds'] else 'warn' if gate['is_warning'] else 'FAIL'}  {gate['said']}")
    if not row["holds"]:
        context.exit(exits.NO)


def _word(row: dict[str, Any]) -> str:
    if row["holds"]:
        return "holds, the latest" if row["is_latest"] else "holds"
    if row["state"] == "missed":
        return str(row["message"])
    failed = "; ".join(gate["said"] for gate in row["gates"] if not gate["holds"] and not gate["is_warning"])
    return failed or f"{row['state']}: {row['reason']}"


def _line_columns() -> tuple[str, ...]:
    return ("namespace", "name", "nights", "scheduled_at", "state", "holds")


def _table(names: tuple[str, ...], rows: list[dict[str, Any]]) -> Any:
    from chiplog_cli.rendering import pages, text

    columns = [pages.Column(name, is_state=name == "state", is_verbatim=True) for name in names]
    return pages.Table(columns, [[text.value(row[name], 80) for name in names] for row in rows])
