"""How a half-typed word may go on: names of runs, of metrics; a shell asks, so it never fails and says nothing."""

from collections.abc import Iterable
from contextlib import suppress

import click

from chiplog.errors import ChiplogError
from chiplog_cli.session import Session

MANY = 200
"""Words that a shell is given."""


def run(context: click.Context, parameter: click.Parameter, start: str) -> list[str]:  # noqa: ARG001
    """Names of runs; ids where one name is left. With a slash `project/run` and `namespace/project/run`."""
    with suppress(ChiplogError, OSError):  # What cannot be looked at has no names.
        session = _settled(context)
        return list(_places(session, start) if "/" in start else _runs(session, start))[:MANY]
    return []


def metric(context: click.Context, parameter: click.Parameter, start: str) -> list[str]:  # noqa: ARG001
    """The last of some metrics, divided by commas, of the run that was named before."""
    name = context.params.get("run") or next(iter(context.args), "")
    before, comma, begun = start.rpartition(",")
    with suppress(ChiplogError, OSError):  # What cannot be looked at has no names.
        _, view = _settled(context).find(name)
        return [f"{before}{comma}{key}" for key in sorted(view.summary) if key.startswith(begun)][:MANY]
    return []


def _settled(context: click.Context) -> Session:
    """Where to look, as the words before say."""
    return context.ensure_object(Session).settled()


def _runs(session: Session, start: str) -> Iterable[str]:
    from chiplog.reading import guessing

    return guessing.begun(session.bucket(), start, session.cluster, session.namespace)


def _places(session: Session, start: str) -> list[str]:
    from chiplog.reading import listing

    every = listing.read(session.bucket(), session.cluster, session.namespace, session.clock)
    short = (f"{view.project}/{view.name}" for view in every)
    long = (f"{view.namespace}/{view.project}/{view.name}" for view in every)
    return sorted({name for names in (short, long) for name in names if name.startswith(start)})
