"""What people are to be told of a run or a night, each once, as values; it sends nothing and remembers nothing.

A notice is made of a state and not of its change, so whoever looks again makes the same one: its digest says so.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chiplog_operator import attempts, conditions, heads, nights, times
from chiplog_operator.alerts import Alert
from chiplog_operator.cronjobs import CronJob
from chiplog_operator.observations import Observation
from chiplog_operator.specs import Run
from chiplog_operator.subscriptions import Subscription

Tree = Mapping[str, Any]

MAX_METRICS = 10
"""So many metrics of an attempt are told to be no numbers; a model that broke breaks all of them."""

_TEXT_LENGTH = 600
_WISHES = frozenset({"Stopped", "Pruned", "RunDeleted"})
"""Ends that somebody asked for."""


@dataclass(frozen=True)
class Notice:
    """One thing to be told."""

    digest: str
    """The same for the same fact, whoever finds it and however often: 16 hex digits."""
    channel: str
    word: str
    """Of `subscriptions.RUN_WORDS` or `NIGHT_WORDS`."""
    namespace: str
    subject: str
    """The run's id, or the CronJob's name."""
    text: str


def of_run(run: Run, new: Tree, seen: Observation, asked: Subscription) -> list[Notice]:
    """What a run's status and its recorders' heads give to tell, of what is asked for."""
    told = [*_end(run, new), *_judged(new), *_silence(new, seen), *_not_finite(seen)]
    return [_of(run, asked, word, key, said) for word, key, said in told if word in asked.words]


def of_alerts(run: Run, asked: Subscription, alerts: list[Alert]) -> list[Notice]:
    """The script's own alerts."""
    return [_of(run, asked, "alert", alert.id, f"{alert.level} {alert.title}: {alert.text}".strip(": "))
            for alert in alerts if "alert" in asked.words]  # fmt: skip


def of_night(cron: CronJob, word: str, due: float, said: str, asked: Subscription | None) -> list[Notice]:
    """What became of a night that is not as it should be."""
    if asked is None or word not in asked.words:
        return []
    key = _digest(cron.namespace, cron.uid, word, times.text(due))
    return [Notice(key, asked.channel, word, cron.namespace, cron.name, said[:_TEXT_LENGTH])]


def _of(run: Run, asked: Subscription, word: str, key: str, said: str) -> Notice:
    digest = _digest(run.namespace, run.id, word, key)
    return Notice(digest, asked.channel, word, run.namespace, run.id, said[:_TEXT_LENGTH])


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _end(run: Run, new: Tree) -> Iterator[tuple[str, str, str]]:
    if new["state"] in ("failed", "killed") and run.stop is None and new.get("reason") not in _WISHES:
        yield "failed", "", f"{new['state']}, {new.get('reason', '')}: {new.get('message', '')}{_numbers(new)}"
    if new["state"] == "finished":
        yield "finished", "", f"finished{_numbers(new)}"
    durable = conditions.find(new, "Durable")
    if durable.get("reason") == "Lost":
        yield "lost", "", f"records are lost: {durable['message']}"


def _judged(new: Tree) -> Iterator[tuple[str, str, str]]:
    """A gate that did not hold; that a run failed is told as such."""
    found = conditions.find(new, nights.TYPE)
    if found.get("reason") == "GateFailed":
        yield "gate", "", f"a gate does not hold: {found['message']}"


def _silence(new: Tree, seen: Observation) -> Iterator[tuple[str, str, str]]:
    """Each silence once: it is named by the heartbeat that was the last."""
    if new["state"] == "silent":
        last = max((head.modified for head in seen.heads.values()), default=0.0)
        since = f" since {times.text(last)}" if last else ""
        yield "silent", str(int(last)), f"stalled: nothing was heard of it{since}; {new.get('message', '')}"


def _not_finite(seen: Observation) -> Iterator[tuple[str, str, str]]:
    """Each metric once in an attempt."""
    attempt = seen.attempts[-1]["number"] if seen.attempts else 0
    current = (seen.heads.get(binding["id"]) for _, binding in sorted(attempts.current(seen.attempts).items()))
    found = {name: (value, head.step) for head in current if head is not None for name, value in heads.broken(head)}
    for name, (value, step) in sorted(found.items())[:MAX_METRICS]:
        at = f" at step {step}" if step is not None else ""
        yield "nan", f"{attempt} {name}", f"{name} is {value}{at}"


def _numbers(new: Tree) -> str:
    """How far it came."""
    metric = new.get("metric") or {}
    told = [f"step {new['step']}"] if "step" in new else []
    told += [f"{metric['name']} {metric['value']}"] if "value" in metric else []
    return f" ({', '.join(told)})" if told else ""
