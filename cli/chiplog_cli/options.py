"""Options that several verbs share, spelled once."""

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import click
from click.core import ParameterSource

from chiplog_cli.session import Session

Command = Callable[..., Any]

FORMATS = ("table", "json", "jsonl", "csv")

RUN_HELP = (
    """RUN is a run's name (the newest of it), a run id, project/run, namespace/project/run, or the pod of a run."""
)

_NUMBERS = """In json, jsonl and csv a number that JSON lacks is the string "NaN", "Infinity" or "-Infinity"."""


def _place(field: str, *names: str, **facts: Any) -> Callable[[Command], Command]:
    """An option that changes a field of the session; before or after the verb, the later one holds."""

    def take(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
        if value is not None:
            is_usual = context.get_parameter_source(str(parameter.name)) is ParameterSource.ENVIRONMENT
            change: dict[str, Any] = {"usual" if is_usual else field: value}
            context.obj = replace(context.ensure_object(Session), **change)

    return click.option(*names, expose_value=False, callback=take, is_eager=True, **facts)


def places(envvar: str | None = None, *, asks_cluster: bool = False) -> Callable[[Command], Command]:
    """`--bucket`, `--context`, `--namespace` and `--cluster`; a verb finds the place settled.

    The command itself, and no verb, takes the first from an environment variable as well. A verb that asks the cluster
    alone has nothing to settle: Kubernetes' own context says where.
    """

    def add(command: Command) -> Command:
        command = command if asks_cluster or envvar is not None else _settled(command)
        for option in (
            _place("context", "--context", metavar="NAME", help="By this account (chiplog context list)."),
            _place("cluster", "--cluster", metavar="NAME", help="Look at this cluster's runs only."),
            _place("namespace", "-n", "--namespace", metavar="NAME", help="Look at runs of this namespace only."),
            _place(
                "address",
                "--bucket",
                metavar="ADDRESS",
                envvar=envvar,
                show_envvar=envvar is not None,
                help="s3://bucket/prefix, a directory, or the https:// address of a door.",
            ),
        ):
            command = option(command)
        return command

    return add


def _settled(command: Command) -> Command:
    """A verb that begins by settling where to look."""

    @functools.wraps(command)
    def begin(*arguments: Any, **options: Any) -> Any:
        context = click.get_current_context()
        context.obj = context.ensure_object(Session).settled()
        return command(*arguments, **options)

    return begin


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
