"""`chiplog history`: the metrics of a run, step by step."""

from typing import Any

import click

from chiplog_cli import completing, options
from chiplog_cli.session import Session

Row = dict[str, Any]


@click.command(
    "history",
    help=f"""Print the metrics that a run logged, step by step.

    {options.RUN_HELP}

    \b
    chiplog history mnist --keys loss,val/acc --last 20
    chiplog history mnist --keys loss --every 100 --smooth 0.6
    chiplog history mnist -o csv > mnist.csv

    A row has _step, _timestamp (Unix seconds), _attempt, and the metrics; nested ones are joined by dots. A row of
    another rank than 0 also has _rank.
    """,
)
@click.argument("run", shell_complete=completing.run)
@click.option(
    "--key",
    "single",
    multiple=True,
    metavar="K",
    shell_complete=completing.metric,
    help="This metric only, and rows that have it; repeatable.",
)
@click.option(
    "--keys",
    "several",
    multiple=True,
    metavar="K,K",
    shell_complete=completing.metric,
    help="The same of several, divided by commas.",
)
@click.option("--last", type=click.IntRange(min=1), metavar="N", help="The last N rows only.")
@click.option("--every", type=click.IntRange(min=1), default=1, metavar="N", help="Every N-th row only.")
@click.option(
    "--smooth",
    type=click.FloatRange(0, 1),
    default=0.0,
    metavar="W",
    help="Smooth by this weight from 0 to 1, as TensorBoard's slider does.",
)
@options.attempt
@options.reading
def command(
    session: Session,
    run: str,
    single: tuple[str, ...],
    several: tuple[str, ...],
    last: int | None,
    every: int,
    smooth: float,
    attempt: int | None,
    output: str,
) -> None:
    """Print the metrics of a run."""
    from chiplog.reading import history
    from chiplog_cli import notes, tables, thinning
    from chiplog_cli.rendering import formats, pages

    bucket, view = session.find(run)
    notes.require_attempt(view, attempt)
    keys = (*single, *thinning.names(several))
    rows = list(thinning.chosen(history.read(bucket, view, attempt), keys))
    rows = thinning.thinned(thinning.smoothed(rows, smooth) if smooth else rows, every, last)
    columns = _columns(rows, keys)
    if output != "table":
        formats.write(output, rows, columns)
    elif rows:
        pages.write([tables.history(rows, columns)])
    else:
        click.echo(f"{view.name} has logged nothing yet", err=True)


def _columns(rows: list[Row], keys: tuple[str, ...]) -> list[str]:
    """Ours first, then the asked ones in their order, or all by name."""
    found = {key for row in rows for key in row}
    ours = ["_step", "_timestamp", "_attempt", *(["_rank"] if "_rank" in found else [])]
    return [*ours, *(keys or sorted(found.difference(ours)))]
