"""What `define_metric` asks for: which value a metric's summary shows, and what is its x-axis; pure values.

The rules are W&B's: an explicit name goes before a glob, which ends with `*`; with aggregates the summary's value is
an object (`{"min": …, "max": …}`), without it is the last value.
"""

from typing import Any, NamedTuple

OPERATIONS = ("min", "max", "mean", "last", "first", "none", "best", "copy")


class Rule(NamedTuple):
    """One call of `define_metric`."""

    name: str
    step_metric: str = ""
    step_sync: bool = False
    hidden: bool = False
    summary: tuple[str, ...] = ()
    goal: str = ""
    overwrite: bool = False

    @property
    def is_glob(self) -> bool:
        """It is of every metric that begins so."""
        return self.name.endswith("*")

    def covers(self, name: str) -> bool:
        """Whether it is of this metric."""
        return name.startswith(self.name[:-1]) if self.is_glob else name == self.name

    @property
    def aggregates(self) -> tuple[str, ...]:
        """What the summary's object holds; empty where it is the last value, or nothing at all."""
        return tuple(word for word in self.summary if word not in ("none", "copy"))

    @property
    def is_unsummarized(self) -> bool:
        """The metric has no summary."""
        return "none" in self.summary

    def row(self) -> dict[str, Any]:
        """As a row of kind `metric`."""
        row: dict[str, Any] = {"kind": "metric", ("glob" if self.is_glob else "name"): self.name}
        told = {"step_metric": self.step_metric, "goal": self.goal, "summary": list(self.summary)}
        flags = {"step_sync": self.step_sync, "hidden": self.hidden, "overwrite": self.overwrite}
        return {**row, **{name: value for name, value in (told | flags).items() if value}}


def rule(
    name: str,
    step_metric: str | None = None,
    step_sync: bool | None = None,
    hidden: bool | None = None,
    summary: str | None = None,
    goal: str | None = None,
    overwrite: bool | None = None,
) -> Rule:
    """What a call of `define_metric` said. Raises ValueError with the argument and its value for what means nothing."""
    if not name or "*" in name[:-1]:
        raise ValueError(f"define_metric: name={name!r}: a name, or one with a single * at its end")
    words = tuple(word.strip().lower() for word in (summary or "").split(",") if word.strip())
    wrong = [word for word in words if word not in OPERATIONS]
    if wrong:
        raise ValueError(
            f"define_metric({name!r}): summary={summary!r}: {wrong[0]!r} is none of {', '.join(OPERATIONS)}"
        )
    if goal not in (None, "", "minimize", "maximize"):
        raise ValueError(f"define_metric({name!r}): goal={goal!r} is neither 'minimize' nor 'maximize'")
    best = "max" if goal == "maximize" else "min"
    return Rule(
        name=name,
        step_metric=step_metric or "",
        step_sync=bool(step_metric) if step_sync is None else bool(step_sync and step_metric),
        hidden=bool(hidden),
        summary=tuple(dict.fromkeys(best if word == "best" else word for word in words)),
        goal=goal or "",
        overwrite=bool(overwrite),
    )


class Rules:
    """All that was defined."""

    def __init__(self) -> None:
        self.named: dict[str, Rule] = {}
        self.globs: list[Rule] = []

    def add(self, rule: Rule) -> None:
        """The later of two calls for one name wins, what it leaves unsaid stands, unless it says `overwrite`."""
        if rule.is_glob:
            self.globs = [*(known for known in self.globs if known.name != rule.name), rule]
            return
        known = self.named.get(rule.name)
        self.named[rule.name] = rule if known is None or rule.overwrite else _over(known, rule)

    def of(self, name: str) -> Rule | None:
        """The rule of a metric; wandb's own keys have none by a glob."""
        if name in self.named:
            return self.named[name]
        if name.startswith("_"):
            return None
        return next((rule for rule in reversed(self.globs) if rule.covers(name)), None)

    def is_plain(self, names: Any) -> bool:
        """Whether no name asks for more than its last value, and no step metric is missing."""
        return not any(self._asks(name, names) for name in names)

    def missing_steps(self, names: Any) -> list[str]:
        """The step metrics that a row of these names lacks, and that follow it."""
        rules = [self.of(name) for name in names]
        wanted = [rule.step_metric for rule in rules if rule and rule.step_sync and rule.step_metric != rule.name]
        return [name for name in dict.fromkeys(wanted) if name not in names and not name.startswith("_")]

    def _asks(self, name: str, names: Any) -> bool:
        rule = self.of(name)
        if rule is None:
            return False
        return (
            bool(rule.aggregates)
            or rule.is_unsummarized
            or bool(self.missing_steps([name]) and rule.step_metric not in names)
        )


class Aggregate:
    """What was seen of one metric."""

    def __init__(self) -> None:
        self.count = 0
        self.total = 0.0
        self.smallest: Any = None
        self.largest: Any = None
        self.first: Any = None
        self.last: Any = None

    def add(self, value: Any) -> None:
        """Take a value in; a NaN stays, as in W&B."""
        if not self.count:
            self.first = self.smallest = self.largest = value
        self.count += 1
        self.last = value
        if isinstance(value, int | float):
            self.total += value
            self.smallest = value if value != value or value < self.smallest else self.smallest
            self.largest = value if value != value or value > self.largest else self.largest

    def shown(self, words: tuple[str, ...]) -> dict[str, Any]:
        """The summary's value."""
        known = {"min": self.smallest, "max": self.largest, "mean": self.total / max(self.count, 1),
                 "last": self.last, "first": self.first}  # fmt: skip
        return {word: known[word] for word in words}


def _over(known: Rule, later: Rule) -> Rule:
    return Rule(
        name=later.name,
        step_metric=later.step_metric or known.step_metric,
        step_sync=later.step_sync if later.step_metric else known.step_sync,
        hidden=later.hidden or known.hidden,
        summary=later.summary or known.summary,
        goal=later.goal or known.goal,
    )
