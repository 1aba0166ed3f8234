"""`chiplog history`: the metrics of a run, step by step."""

from collections import deque
from collections.abc import Iterable
from typing import Any

import click

from chiplog_cli import options
from chiplog_cli.session import Session

Row = dict[str, Any]


@click.command(
    "history",
    help=f"""Print the metrics that a run logged, step by step.

    {options.RUN_HELP}

    A row has _step, _timestamp (Unix seconds), _attempt, and the metrics; nested ones are joined by dots. A row of
    another rank than 0 also has _rank.
    """,
)
@click.argument("run")
@click.option("--key", "keys", multiple=True, metavar="K", help="This metric only, and rows that have it; repeatable.")
@click.option("--last", type=click.IntRange(min=1), metavar="N", help="The last N rows only.")
@options.attempt
@options.reading
def command(
    session: Session, run: str, keys: tuple[str, ...], last: int | None, attempt: int | None, output: str
) -> None:
    """Print the metrics of a run."""
    from chiplog.reading import history
    from chiplog_cli import notes, tables
    from chiplog_cli.rendering import formats, pages

    bucket, view = session.find(run)
    notes.require_attempt(view, attempt)
    rows = list(_chosen(history.read(bucket, view, attempt), keys))
    rows = list(deque(rows, last)) if last else rows
    columns = _columns(rows, keys)
    if output != "table":
        formats.write(output, rows, columns)
    elif rows:
        pages.write([tables.history(rows, columns)])
    else:
        click.echo(f"{view.name} has logged nothing yet", err=True)


def _chosen(rows: Iterable[Row], keys: tuple[str, ...]) -> Iterable[Row]:
    """The rows that have any of the keys, with these alone. Raises NotFound if there are rows, but none has one."""
    from chiplog.errors import NotFound
    from chiplog.reading.history import OWN

    if not keys:
        yield from rows
        return
    known: set[str] = set()
    matched = False
    for row in rows:
        known.update(row)
        if any(key in row for key in keys):
            matched = True
            yield {key: value for key, value in row.items() if key in OWN or key in keys}
    if known and not matched:
        raise NotFound(
            f"no row has {' or '.join(keys)}; there are {', '.join(sorted(known.difference(OWN))) or 'none'}"
        )


def _columns(rows: list[Row], keys: tuple[str, ...]) -> list[str]:
    """Ours first, then the asked ones in their order, or all by name."""
    found = {key for row in rows for key in row}
    ours = ["_step", "_timestamp", "_attempt", *(["_rank"] if "_rank" in found else [])]
    return [*ours, *(keys or sorted(found.difference(ours)))]
