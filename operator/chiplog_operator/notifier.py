"""Takes in what people are to be told, and sends what is due, channel by channel; it decides neither what nor when."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from chiplog.errors import BucketError, FormatError
from chiplog_operator import attempts, deliveries, notices, slack, subscriptions
from chiplog_operator.alerts import Alert, Alerts
from chiplog_operator.cronjobs import CronJob
from chiplog_operator.metrics import Metrics
from chiplog_operator.observations import Observation
from chiplog_operator.outbox import Outbox, Waiting
from chiplog_operator.posting import Poster
from chiplog_operator.specs import Run
from chiplog_operator.subscriptions import Channels, Subscription

ROUND_SECONDS = 1.0
"""Between two looks at what is due."""

GATHER_SECONDS = 5.0
"""A notice waits so long for others, so that twenty trials that fail together are one message."""

log = structlog.get_logger()

Json = dict[str, object]


@dataclass
class _Lane:
    """What is under way in a channel: the same message until it is through."""

    batch: list[Waiting] = field(default_factory=list)
    tries: int = 0
    not_before: float = 0.0


@dataclass
class Notifier:
    """The channels of an installation; one thread delivers."""

    channels: Channels
    outbox: Outbox
    alerts: Alerts
    poster: Poster
    metrics: Metrics
    clock: Callable[[], float] = time.time
    chance: Callable[[], float] = random.random
    _lanes: dict[str, _Lane] = field(default_factory=dict)

    def of_run(self, run: Run, new: dict[str, object], seen: Observation) -> None:
        """Take in what a run has to tell; called before its status says it."""
        asked = subscriptions.of_run(run, self.channels)
        if asked is not None:
            found = notices.of_run(run, new, seen, asked)
            self.outbox.add([*found, *notices.of_alerts(run, asked, self._alerts(run, seen, asked))])

    def of_night(self, cron: CronJob, word: str, due: float, said: str) -> None:
        """Take in what became of a night; called before an Event says it."""
        self.outbox.add(notices.of_night(cron, word, due, said, subscriptions.of_cronjob(cron, self.channels)))

    def problem(self, run: Run) -> str:
        """Why a run that asks is not told of; empty where it is."""
        return subscriptions.problem(run, self.channels)

    def deliver(self) -> None:
        """Send what is due, one message for each channel."""
        if not self.channels.allowed:
            return
        waiting = self.outbox.waiting()
        for channel in sorted({item.notice.channel for item in waiting}):
            self._deliver(channel, [item for item in waiting if item.notice.channel == channel])

    def _alerts(self, run: Run, seen: Observation, asked: Subscription) -> list[Alert]:
        """Those of the newest attempt's recorders; what cannot be read now is found in a later pass."""
        if "alert" not in asked.words:
            return []
        found: list[Alert] = []
        for recorder in (binding["id"] for binding in attempts.current(seen.attempts).values()):
            head = seen.heads.get(recorder)
            try:
                found += self.alerts.news(run.namespace, recorder, head) if head is not None else []
            except (BucketError, FormatError) as error:
                log.warning("alerts not read, a later pass will", namespace=run.namespace, run=run.id, error=str(error))
        return found

    def _deliver(self, channel: str, waiting: Sequence[Waiting]) -> None:
        lane, now = self._lanes.setdefault(channel, _Lane()), self.clock()
        if not lane.batch and now - waiting[0].made_at >= GATHER_SECONDS:
            lane.batch, lane.tries = list(waiting), 0
        if not lane.batch or now < lane.not_before:
            return
        found = [item.notice for item in lane.batch]
        digests = [item.digest for item in found]
        answer = self.poster.post(channel, slack.message(self.outbox.cluster, found), digests)
        lane.tries += 1
        waited = now - lane.batch[0].made_at
        verdict = deliveries.judge(answer, lane.tries, waited, self.clock(), self.chance())
        lane.not_before = self.clock() + verdict.pause_seconds
        self.metrics.count("notices_total", channel=channel, result=verdict.kind)
        say = log.info if verdict.kind == "sent" else log.warning
        say("notices", channel=channel, result=verdict.kind, count=len(found), tries=lane.tries, said=answer.said,
            again_after_seconds=round(verdict.pause_seconds, 1))  # fmt: skip
        if verdict.kind != "again":
            self.outbox.settle(digests)
            lane.batch = []
