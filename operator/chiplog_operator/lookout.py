"""What a start, the heads in the bucket and listings make of the queue: whom to look at, and when; it makes no pass."""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from chiplog.errors import BucketError
from chiplog_operator import recording, roll_call
from chiplog_operator.cluster import Cluster, ClusterError
from chiplog_operator.comparison import Comparison
from chiplog_operator.following import Following
from chiplog_operator.intake import Intake
from chiplog_operator.ledger import Ledger
from chiplog_operator.news import Budget
from chiplog_operator.roll_call import Answer, Unchanged
from chiplog_operator.sightings import Key, Sightings
from chiplog_operator.workqueue import WorkQueue

COMPARE_SECONDS = 30.0
"""Between two comparisons of the watches with a listing."""

COMPARED_PER_SECOND = 200
"""But of more than six thousand objects no more than so many a second: a listing costs the API server each of them."""

log = structlog.get_logger()


@dataclass
class Lookout:
    """Where to look, and the queue of runs that a pass is due for. It belongs to the queue's event loop."""

    cluster: Cluster
    namespaces: Sequence[str]
    ledger: Ledger
    following: Following
    sightings: Sightings
    intake: Intake
    comparison: Comparison
    queue: WorkQueue[Key]
    budget: Budget
    chance: Callable[[], float] = random.random

    async def call_roll(self) -> None:
        """Begin with what listings say: a run of which nothing changed needs no pass. Where they fail, all get one."""
        try:
            found = await asyncio.to_thread(roll_call.call, self.cluster, self.namespaces, time.time())
        except ClusterError as error:
            log.warning("roll not called, every run is looked at", error=str(error))
            return
        self.resume(found)
        log.info("roll called", unchanged=len(found.unchanged), followed=len(self.following))

    def resume(self, found: Answer) -> None:
        """Go on from what a roll call found, as after a pass over each run that needs none."""
        for key, name in found.pods:
            self.sightings.pod_seen(key, name)
        self.comparison.strangers.lineage.learn(found.lineage)
        self.sightings.all_seen()
        live = sum(item.pace.is_followed for item in found.unchanged)
        for item in found.unchanged:
            self._resume(item, live)

    async def look(self) -> None:
        """Read what is new of the runs that are followed, with one LIST for each namespace that is due."""
        for namespace, recorders in self.following.due(time.monotonic()).items():
            try:
                news = await asyncio.to_thread(self.ledger.refresh, namespace, list(recorders))
            except BucketError as error:
                log.warning("bucket not read, looked at again later", namespace=namespace, error=str(error))
                continue
            for recorder in news:
                self._hear(namespace, recorder, recorders[recorder])
            for recorder in self.ledger.silent(namespace, recorders, recording.SILENT_SECONDS):
                self._miss(recorders[recorder])

    async def compare(self) -> None:
        """List everything, and work on what the watches have not brought."""
        found = await asyncio.to_thread(self.comparison.look)
        for kind, body in found.missed:
            self.intake.missed(kind, body)
        for key in found.vanished:
            self.queue.add(key)
        for pod in found.orphans:
            self.intake.orphaned(pod)
        await asyncio.sleep(max(0.0, len(self.comparison.motion) / COMPARED_PER_SECOND - COMPARE_SECONDS))

    def _resume(self, item: Unchanged, live: int) -> None:
        """Follow a run on from its status, as after a pass over it."""
        self.intake.unchanged(item)
        after = item.pace
        if after.is_followed:
            self.following.follow(item.key, item.recorders, is_hot=after.is_hot, is_heard=after.is_heard)
        elif not after.is_forgotten:
            self.following.wait(item.key)
        if not after.is_forgotten:
            self.budget.enter(item.key, live, self.chance())
        if after.again_after is not None:
            self.queue.add_later(item.key, after.again_after)

    def _hear(self, namespace: str, recorder: str, key: Key) -> None:
        """Look at a run whose head is news; where it only came further, when its turn comes to tell that."""
        if self.following.is_heard(key) and self.ledger.told_mere_progress(namespace, recorder):
            self.queue.add_within(key, self.budget.wait(key, len(self.following)))
        else:
            self.queue.add(key)

    def _miss(self, key: Key) -> None:
        """Look at a run of which a recorder missed its heartbeat, until its status says so."""
        if self.following.is_heard(key):
            self.queue.add(key)
