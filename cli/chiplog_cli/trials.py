"""Sweeps and their trials as tables for people; it reads nothing."""

from collections.abc import Sequence

from chiplog.documents import TrialDocument
from chiplog.reading import groups
from chiplog.reading.sweeps import Importance, Sweep
from chiplog_cli.rendering import text
from chiplog_cli.rendering.pages import Column, Facts, Table

IMPORTANCE = ("parameter", "importance", "correlation", "trials")

_CELL = 18


def sweeps_table(found: Sequence[Sweep]) -> Table:
    """`sweep ls`."""
    names = ("namespace", "name", "method", "trials", "succeeded", "failed", "pruned", "metric", "best", "value")
    numbers = {"trials", "succeeded", "failed", "pruned", "value"}
    rows = [[text.value(groups.sweep(item)[name]) for name in names] for item in found]
    return Table([Column(name, is_right=name in numbers) for name in names], rows)


def facts(found: Sweep) -> Facts:
    """The head of `sweep show`."""
    told = groups.sweep(found)
    best = f"{told['best']}, {told['metric']} {text.value(told['value'])}" if told["best"] else "-"
    counts = ", ".join(f"{told[state]} {state}" for state in ("succeeded", "failed", "pruned"))
    pairs = [
        ("sweep", found.id),
        ("place", f"{found.namespace}/{found.name}"),
        ("method", told["method"]),
        ("metric", f"{told['metric']}, {told['goal']}" if told["metric"] else "-"),
        ("trials", f"{told['trials']}: {counts}"),
        ("best", best),
    ]
    return Facts(pairs)


def trials_table(found: Sweep, chosen: Sequence[TrialDocument]) -> Table:
    """Trials with a column for each parameter that varies."""
    names = list({name: None for item in chosen for name in item["searched"]})
    metric = found.metric["name"] if found.metric else "value"
    columns = [
        Column("trial"),
        Column("state"),
        Column(metric, is_right=True, is_verbatim=True),
        *(Column(name, is_right=True, is_verbatim=True, spare=place + 2) for place, name in enumerate(names)),
        Column("why", spare=1),
    ]
    rows = [
        [item["name"], item["state"], text.value(found.value(item)),
         *(text.value(item["searched"].get(name), _CELL) for name in names), text.value(item["message"])]
        for item in chosen
    ]  # fmt: skip
    return Table(columns, rows)


def importance_table(found: Sequence[Importance]) -> Table:
    """`sweep importance`."""
    columns = [Column("parameter"), *(Column(name, is_right=True) for name in IMPORTANCE[1:])]
    rows = [
        [item.parameter, format(item.importance, ".2f"),
         "-" if item.correlation is None else format(item.correlation, "+.2f"), str(item.trials)]
        for item in found
    ]  # fmt: skip
    return Table(columns, rows)
