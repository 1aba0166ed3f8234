"""Options that several verbs share, spelled once."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import click

from chiplog_cli.session import Session

Command = Callable[..., Any]

FORMATS = ("table", "json", "jsonl", "csv")

RUN_HELP = (
    """RUN is a run's name (the newest of it), a run id, project/run, namespace/project/run, or the pod of a run."""
)

_NUMBERS = """In json, jsonl and csv a number that JSON lacks is the string "NaN", "Infinity" or "-Infinity"."""


def _place(field: str, *names: str, **facts: Any) -> Callable[[Command], Command]:
    """An option that changes a field of the session; before or after the verb, the later one holds."""

    def take(context: click.Context, _: click.Parameter, value: str | None) -> None:
        if value is not None:
            change: dict[str, Any] = {field: value}
            context.obj = replace(context.ensure_object(Session), **change)

    return click.option(*names, expose_value=False, callback=take, is_eager=True, **facts)


def places(envvar: str | None = None) -> Callable[[Command], Command]:
    """`--bucket`, `--namespace` and `--cluster`; the first may come from an environment variable."""

    def add(command: Command) -> Command:
        for option in (
            _place("cluster", "--cluster", metavar="NAME", help="Look at this cluster's runs only."),
            _place("namespace", "-n", "--namespace", metavar="NAME", help="Look at runs of this namespace only."),
            _place(
                "address",
                "--bucket",
                metavar="ADDRESS",
                envvar=envvar,
                show_envvar=envvar is not None,
                help="s3://bucket/prefix, or a directory.",
            ),
        ):
            command = option(command)
        return command

    return add


def reading(command: Command) -> Command:
    """What every reading verb takes: the places, and `-o`."""
    output = click.option(
        "-o",
        "--output",
        type=click.Choice(FORMATS),
        default="table",
        show_default=True,
        help=f"How to print it. {_NUMBERS}",
    )
    return places()(output(click.pass_obj(command)))


attempt = click.option("--attempt", type=click.IntRange(min=1), metavar="N", help="This attempt only.")
