"""Every reason that the operator can write, in a state, a condition or an Event, stands in docs/conditions.md."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import chiplog_operator
from chiplog_operator import attempts, hindrances, pods

PAGE = (Path(__file__).parents[2] / "docs" / "conditions.md").read_text()
STATES, CONDITIONS, EVENTS = (
    PAGE[PAGE.index(begin) : PAGE.index(end)]
    for begin, end in (("## The state", "## The other"), ("## Conditions", "## How fast"), ("## Events", "## The oper"))
)
SOURCES = sorted(Path(chiplog_operator.__file__).parent.glob("*.py"))  # Sweeps have a page of their own.

REASON = re.compile(r"[A-Z][A-Za-z]+")


def said(call: str) -> set[str]:
    """The reasons that stand as words in calls of a function: its second argument, or what it may be one of."""
    trees = (ast.parse(path.read_text()) for path in SOURCES)
    calls = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {word for node in calls if ast.unparse(node.func) == call and len(node.args) > 1
            for word in words(node.args[1])}  # fmt: skip


def words(node: ast.expr) -> Iterator[str]:
    for part in [node.body, node.orelse] if isinstance(node, ast.IfExp) else [node]:
        if isinstance(part, ast.Constant) and REASON.fullmatch(str(part.value)):
            yield str(part.value)


OF_STATES = (
    said("Verdict")
    | hindrances.REFUSALS
    | {reason for reason, _ in hindrances.UNMOUNTED.values()}
    | set(pods.WAITING.values())
    | attempts.CLUSTER_CAUSES
    | {attempts.INIT_FAILED}
)
OF_CONDITIONS = said("conditions.true") | said("conditions.false") | said("conditions.unknown")
OF_EVENTS = said("Event") | said("events.Event")


@pytest.mark.parametrize(
    ("told", "page"), [(OF_STATES, STATES), (OF_CONDITIONS, CONDITIONS), (OF_EVENTS, EVENTS)]
)  # fmt: skip
def test_every_reason_is_documented(told: set[str], page: str) -> None:
    assert len(told) > 10
    assert sorted(reason for reason in told if f"`{reason}`" not in page) == []
