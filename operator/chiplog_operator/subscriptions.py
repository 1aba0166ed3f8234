"""Who asks to be told of what, and in which channel they may be told; it tells nobody.

A channel is a webhook that the chart's values define, with the namespaces that may use it. A tenant names a channel and
never an address, so nobody but the installer makes the operator connect anywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chiplog_operator import lines
from chiplog_operator.cronjobs import CronJob
from chiplog_operator.specs import Run

RUN_WORDS = ("failed", "silent", "nan", "alert", "gate", "lost", "finished")
NIGHT_WORDS = ("missed", "late", "overlapping")

DEFAULT_WORDS = frozenset(RUN_WORDS) - {"finished"}
"""Of a run that asks and does not say for what."""

NIGHTLY_WORDS = frozenset({"failed", "gate", "lost"})
"""Of a night's run that does not ask, where there is a channel for nights."""

EVERYBODY = "*"
NONE = "none"
"""The word that nothing is told by."""


@dataclass(frozen=True)
class Channels:
    """The channels of this installation."""

    allowed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The namespaces that may use each, or EVERYBODY."""
    default: str = ""
    """Where nights are told, and runs that name none; empty where nobody is told without naming one."""

    def may(self, namespace: str, channel: str) -> bool:
        """Runs of this namespace may be told there."""
        return bool(self.allowed.get(channel, frozenset()) & {namespace, EVERYBODY})


@dataclass(frozen=True)
class Subscription:
    """What is to be told, and where."""

    channel: str
    words: frozenset[str]


def of_run(run: Run, channels: Channels) -> Subscription | None:
    """What a run asks for; a night's run is told of without asking. None where nothing can be told."""
    if run.notify is not None:
        words = frozenset(run.notify["events"]) if "events" in run.notify else DEFAULT_WORDS
        return _subscription(run.namespace, run.notify.get("channel", ""), words, channels)
    is_night = lines.of_run({"metadata": {"labels": run.labels, "annotations": run.annotations}}) is not None
    return _subscription(run.namespace, "", NIGHTLY_WORDS, channels) if is_night else None


def of_cronjob(cron: CronJob, channels: Channels) -> Subscription | None:
    """What a line is told of; its annotations may choose, and `none` says no."""
    asked = {word.strip() for word in cron.notify.split(",") if word.strip()}
    words = frozenset(asked) if asked else frozenset(NIGHT_WORDS)
    return _subscription(cron.namespace, cron.notify_channel, words, channels)


def problem(run: Run, channels: Channels) -> str:
    """Why a run that asks is not told of; empty where it is."""
    if run.notify is None or run.notify.get("events") == [] or of_run(run, channels) is not None:
        return ""
    named = run.notify.get("channel", "")
    if not named and not channels.default:
        return "spec.notify names no channel, and operator.notifications.default of the chart names none"
    return f"spec.notify: namespace {run.namespace} may not use the channel {named or channels.default!r}"


def _subscription(namespace: str, named: str, words: frozenset[str], channels: Channels) -> Subscription | None:
    channel = named or channels.default
    return Subscription(channel, words) if words and channels.may(namespace, channel) else None
