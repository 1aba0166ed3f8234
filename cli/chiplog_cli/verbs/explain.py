"""`chiplog explain`: what is recorded of a run or pod, what is wrong, and what to do."""

from typing import TYPE_CHECKING

import click

from chiplog_cli import completing, options
from chiplog_cli.session import Session

if TYPE_CHECKING:
    from chiplog_cli.findings import Finding

_FIELDS = ("good", "text", "advice")
_SYMBOLS = {True: ("✓", "green"), False: ("✗", "red"), None: ("·", None)}


@click.command("explain")
@click.argument(
    "subject", metavar="RUN|pod/NAME|job/NAME|trainingrun/NAME|namespace/NAME", shell_complete=completing.run
)
@options.reading
def command(session: Session, subject: str, output: str) -> None:
    """Say in plain words what is recorded of a run, a pod, a Job or a namespace, what is wrong, and what to do.

    \b
    chiplog explain mnist
    chiplog explain pod/train-0

    Asks the current Kubernetes context (the TrainingRun, its Job and pods) and the bucket (the recorders' own words);
    one of the two is enough. In json, jsonl and csv each finding has good (true, false, or null where neither), text
    and advice. The exit code is 0 whatever is found.
    """
    from chiplog_cli import evidence
    from chiplog_cli.findings import kubernetes, recorders
    from chiplog_cli.rendering import formats

    seen = evidence.gather(session, subject)
    found = [*kubernetes.of(seen), *([] if seen.is_namespace else recorders.of(seen, session.clock()))]
    if output == "table":
        _print(found)
    else:
        formats.write(output, [{"good": item.is_good, "text": item.text, "advice": item.advice} for item in found],
                      _FIELDS)  # fmt: skip


def _print(found: "list[Finding]") -> None:
    from chiplog_cli.rendering import text

    for item in found:
        symbol, colour = _SYMBOLS[item.is_good]
        click.echo(f"{click.style(symbol, fg=colour)} {text.printable(item.text)}")
        if item.advice:
            click.echo(f"  → {text.printable(item.advice)}")
    wrong = sum(item.is_good is False for item in found)
    click.echo(f"\n{wrong} of {len(found)} need a look" if wrong else "\nnothing is wrong")
