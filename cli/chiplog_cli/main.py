"""The entry point: finds the verb, and turns every error of ours into a message and an exit code.

A verb's module is imported when it is called or helped on, and what it needs only when it runs: `--help` stays quick.
"""

import difflib
import importlib
import os
import sys
from pathlib import Path
from typing import Any, NoReturn

import click

import chiplog
from chiplog.errors import ChiplogError
from chiplog_cli import exits, options
from chiplog_cli.session import Session

VERBS = {
    "ls": "List runs.",
    "show": "Show one run: state, config, summary, attempts, cost.",
    "history": "Print the metrics that a run logged, step by step.",
    "logs": "Print what a run wrote to its console.",
    "files": "List or download the files of a run.",
    "watch": "Watch a run live, with curves.",
    "run": "Run a command here with a recorder beside it.",
    "sync": "Bring in runs of wandb, TensorBoard, MLflow, and complete our own.",
    "verify": "Look for objects that are lost, cut short or changed.",
    "restore": "Make a run's directory again, byte for byte.",
    "export": "Write a run's tables as Parquet, CSV or TensorBoard event files.",
    "ui": "Serve the dashboard on this machine.",
    "compact": "Fold ended runs into tables, where no cluster does it.",
    "sweep": "Ask a sweep for its trials, the best of them, and which parameters matter.",
    "explain": "Say in plain words what is recorded of a run, what is wrong, and what to do.",
    "submit": "Start a TrainingRun in the cluster.",
    "retrain": "Do an earlier run again, with stated changes; a night of a CronJob.",
    "line": "Ask a line of nightly runs for its nights, and whether the last one holds.",
    "keys": "Make, list, rotate and revoke API keys for machines outside of the cluster.",
    "off": "Turn tracking by `import chiplog` off for a directory.",
    "on": "Turn it on again.",
    "context": "Keep accounts on this machine, and choose one.",
    "completion": "Print the completion of a shell.",
}
"""Every verb, a module of `chiplog_cli.verbs` each, in the order of the help page."""


class Verbs(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The verbs, in the order of the help page."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """A verb's command."""
        if cmd_name not in VERBS:
            return None
        module: Any = importlib.import_module(f"chiplog_cli.verbs.{cmd_name}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """A verb and its arguments; what is none is asked about."""
        if args and args[0] not in VERBS and not args[0].startswith("-") and not ctx.resilient_parsing:
            near = difflib.get_close_matches(args[0], VERBS, 1)
            ctx.fail(f"there is no verb {args[0]!r}" + (f": did you mean {near[0]!r}?" if near else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The verbs with one line each, without importing any."""
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()), col_max=12)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a verb; errors leave here with their exit code, and a reader that has seen enough is no error."""
        _accept_any_text()
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except ChiplogError as error:
            ctx.exit(exits.report(error))
        except BrokenPipeError:
            _close_stdout(ctx)
        except KeyboardInterrupt:
            ctx.exit(exits.INTERRUPTED)
        return result


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(chiplog.__version__, prog_name="chiplog")
@options.places(envvar="CHIPLOG_BUCKET")
@click.pass_context
def cli(context: click.Context) -> None:
    """Ask what your training runs did. Every answer comes from your own bucket; no server is needed.

    \b
    chiplog ls                      all runs
    chiplog show mnist              the newest run of that name
    chiplog history mnist -o csv    its metrics
    chiplog explain mnist           why is nothing recorded?

    Exit codes: 0 fine, 1 the answer is no, 2 wrong usage, 3 not found, 4 not allowed, 5 unreachable.
    """
    context.ensure_object(Session)


def main() -> None:
    """The `chiplog` command, which is `kubectl chiplog` too."""
    cli(prog_name="kubectl chiplog" if Path(sys.argv[0]).name.startswith("kubectl-") else None)


def _accept_any_text() -> None:
    """A console may hold bytes that a terminal's encoding lacks: they become `?` instead of an error."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def _close_stdout(context: click.Context) -> NoReturn:
    """Whoever read our output has gone (`chiplog … | head`): leave without a word, also from the interpreter's exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    context.exit(0)
