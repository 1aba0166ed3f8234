"""`chiplog ls`: all runs, or those that an expression means."""

from typing import TYPE_CHECKING

import click

from chiplog_cli import options
from chiplog_cli.session import Session

if TYPE_CHECKING:
    from chiplog.query.syntax import Field, Query
    from chiplog.reading.roster import Brief, Roster
    from chiplog.reading.views import RunView


@click.command("ls")
@click.argument("expression", required=False)
@click.option("--filter", "filters", multiple=True, metavar="EXPRESSION", help="The same; several must all hold.")
@click.option(
    "--by",
    metavar="FIELD|WHO",
    help="Sort by a field, the smallest first (--by summary.loss); or runs of a ServiceAccount or person only.",
)
@click.option("--desc", is_flag=True, help="The other way round.")
@click.option("--limit", type=click.IntRange(min=0), metavar="N", help="The first N only.")
@click.option("--archived", is_flag=True, help="Those that somebody put away, in place of the others.")
@click.option("--deleted", is_flag=True, help="Those that somebody deleted, while their days of grace last.")
@click.option("--columns", multiple=True, metavar="FIELDS", help="These fields, divided by commas; repeatable.")
@options.reading
def command(
    session: Session,
    expression: str | None,
    filters: tuple[str, ...],
    by: str | None,
    desc: bool,
    limit: int | None,
    archived: bool,
    deleted: bool,
    columns: tuple[str, ...],
    output: str,
) -> None:
    """List runs, newest first, and recorders that no run has claimed; with tags that the dashboard gave them.

    EXPRESSION chooses and orders them; docs/query.md has the whole language.

    \b
    chiplog ls 'state = "failed" and started_at > -7d'
    chiplog ls 'config.lr < 0.01 and summary."val/acc" > 0.9 order by summary.loss limit 20'
    chiplog ls --by summary.loss --columns name,config.lr,summary.loss
    chiplog ls --by team-a/nightly                 ran under it, or made by it
    chiplog ls --by anna                           made by her, or claimed by CHIPLOG_USERNAME
    chiplog ls --archived                          put away on the dashboard
    chiplog ls 'tags contains "baseline"' -o json | jq -r '.[].run'

    \b
    In json, jsonl and csv each run has namespace, project, run (its id), name, state, attempts, step,
    started_at, finished_at, config (numbers and short texts until the run is sealed), summary (scalars, as the
    recorder last said), tags and lag_seconds, or the fields of --columns. Times are ISO 8601 in UTC; null is unknown.
    `show` has more.
    """
    from chiplog.query import selecting
    from chiplog.reading import people, roster
    from chiplog_cli import choosing

    who = choosing.whom(by)
    order = None if who else by
    query = choosing.query([*([expression] if expression else []), *filters], order, limit, is_descending=desc)
    wanted = choosing.columns(columns)
    every, now = _listed(session, archived=archived, deleted=deleted), session.clock()
    chosen = every.where(lambda item: people.is_by(roster.read(item, now), who)) if who else every
    found = [every.item(number) for number in selecting.numbers(query, chosen, now)]
    if found or output != "table":
        _write(found, wanted, output, now)
    else:
        click.echo(_nothing(query, every, who, now), err=True)


def _listed(session: Session, *, archived: bool, deleted: bool) -> "Roster":
    """All runs as people see them; what cannot be read of them is said."""
    from chiplog.reading import listing, words
    from chiplog_cli import notes

    every = listing.read(session.bucket(), session.cluster, session.namespace, session.clock)
    notes.unread(every.unread())
    said = words.every(session.bucket(), session.cluster, session.namespace)
    return words.shown(every, said, archived=archived, deleted=deleted)


def _nothing(query: "Query", every: "Roster", who: str, now: float) -> str:
    """Why there is nothing to show."""
    from chiplog_cli import choosing

    if not every:
        return "no runs yet: `chiplog run -- COMMAND` records one here"
    if who:
        return f"no such runs by {who}, which is no field to sort by either"
    return "; ".join(filter(None, ["no such runs", choosing.absent(query, every, now)]))


def _write(found: "list[Brief | RunView]", wanted: "list[tuple[str, Field]]", output: str, now: float) -> None:
    """Print the runs, or these fields of them."""
    from chiplog.reading import documents, roster
    from chiplog_cli import choosing, tables
    from chiplog_cli.rendering import formats, pages

    names = [name for name, _ in wanted]
    if output != "table" and wanted:
        formats.write(output, (choosing.document(view, wanted, now) for view in found), names)
    elif output != "table":
        formats.write(output, map(roster.listed, found), documents.LISTED)
    elif wanted:
        pages.write([tables.chosen(names, [choosing.row(view, wanted, now) for view in found])])
    else:
        pages.write([tables.runs(found, now)])
