"""Starts the operator: `python3 -m chiplog_operator.main`; it puts the parts together and decides nothing."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import NoReturn

import structlog

from chiplog.bucket.opening import open_bucket
from chiplog.errors import BucketError, FormatError, SettingsError
from chiplog_operator import (
    adoption,
    handlers,
    health,
    leadership,
    line_watch,
    logs,
    lookout,
    notifier,
    overlaps,
)
from chiplog_operator.adoption import Adopter
from chiplog_operator.alerts import Alerts
from chiplog_operator.cluster import Cluster, ClusterError
from chiplog_operator.comparison import Comparison
from chiplog_operator.fencing import Fenced
from chiplog_operator.following import Following
from chiplog_operator.health import Health
from chiplog_operator.intake import Intake
from chiplog_operator.keybook import Keybook
from chiplog_operator.kube import Kube
from chiplog_operator.leadership import Alone, Leadership, LeaseLost, Place
from chiplog_operator.ledger import Ledger, NameTaken
from chiplog_operator.line_watch import LineWatch
from chiplog_operator.lookout import Lookout
from chiplog_operator.metrics import Metrics
from chiplog_operator.motion import Motion
from chiplog_operator.news import Budget
from chiplog_operator.nights import Nights
from chiplog_operator.notifier import Notifier
from chiplog_operator.observer import Observer
from chiplog_operator.outbox import Outbox
from chiplog_operator.overlaps import Overlaps
from chiplog_operator.posting import HttpPoster
from chiplog_operator.reconciler import Reconciler
from chiplog_operator.recorder_probe import HttpProber
from chiplog_operator.settings import Settings
from chiplog_operator.sightings import Key, Sightings
from chiplog_operator.strangers import Strangers
from chiplog_operator.subscriptions import Channels
from chiplog_operator.sweeps.reconciler import SweepReconciler
from chiplog_operator.sweeps.results import Results
from chiplog_operator.throttle import Throttle
from chiplog_operator.workqueue import WorkQueue

WORKERS = 4
"""Passes at once; each mostly waits for the API server or the store."""

SWEEP_SECONDS = 1.0
"""Events of a sweep's trials are gathered for this long before it is looked at, for each look lists them all."""

ADOPTERS = 2
"""Adoptions at once."""

THREADS = 16
"""One for every loop and worker, whatever the number of cores: the Lease must not wait for a store that is silent."""

LOOK_SECONDS = 0.5
"""Between two looks at the plan of whom to follow, which mostly follows nobody now."""

LEASE_TIMEOUT_SECONDS = (1.0, 2.0)
"""A renewal that takes longer is tried again while there is time."""

CLAIM_SECONDS = 10.0
"""Between two tries to claim the cluster's name while the bucket does not answer."""

log = structlog.get_logger()


@dataclass
class Claim:
    """Whether our cluster's name in the bucket is ours."""

    trouble: str = "the cluster's name is not claimed in the bucket yet"
    """Why we are not ready; empty once it is ours."""
    is_taken: bool = False
    """Another cluster holds it: nothing must be made or written."""


class Operator:
    """The parts and the loops that keep them going."""

    def __init__(self, settings: Settings, cluster: Cluster, leader: Leadership | Alone | None = None) -> None:
        self.settings = settings
        self.leader = leader or Alone()
        self.cluster = Fenced(cluster, self.leader.is_held)
        self.metrics = Metrics()
        self.ledger = Ledger(open_bucket(settings.bucket), settings.cluster, count=self.metrics.count)
        self.sightings = Sightings()
        self.following = Following()
        self.motion = Motion(is_by_namespace=bool(settings.namespaces))
        self.claim = Claim()
        self.queue: WorkQueue[Key] = WorkQueue(waited=partial(self.metrics.took, "queue_seconds"))
        self.sweep_queue: WorkQueue[Key] = WorkQueue()
        self.arrivals: WorkQueue[Key] = WorkQueue()
        self.strangers = Strangers(self.cluster.workload)
        self.intake = Intake(
            self.queue.add, self.sightings, self.motion, self.strangers, self.arrivals.add,
            lambda key: self.sweep_queue.add_within(key, SWEEP_SECONDS),
            begin=partial(self.queue.add, is_first=True),
        )  # fmt: skip
        reporter = os.environ.get("HOSTNAME", "")
        self.adopter = Adopter(
            settings, self.cluster, self.ledger, self.strangers, self.sightings, self.metrics, reporter
        )
        self.notifier = _notifier(settings, self.metrics)
        self.lines = LineWatch(
            self.cluster, open_bucket(settings.bucket), settings.cluster, self.metrics, settings.namespaces, reporter
        )
        book = Keybook(open_bucket(settings.bucket), settings.cluster, lambda: not self.claim.trouble, time.time)
        self.overlaps = Overlaps(self.cluster, note=book.note)
        self.lines.notify = self.notifier.of_night
        results = Results(open_bucket(settings.bucket), settings.cluster)
        self.sweeps = SweepReconciler(self.cluster, self.ledger, results, self.metrics, time.time, reporter)
        self.reconciler = self._reconciler(reporter)
        self.lookout = self._lookout()
        self._measure()

    def _reconciler(self, reporter: str) -> Reconciler:
        settings = self.settings
        role = settings.sidecar_role_arn if settings.credentials == "web-identity" else ""
        observer = Observer(
            self.cluster, self.ledger, HttpProber(), self.sightings, self.strangers, role,
            closed=settings.closed_namespaces,
        )  # fmt: skip
        return Reconciler(
            settings, self.cluster, self.ledger, self.sightings, observer, self.following, self.metrics,
            Budget(settings.progress_writes), reporter=reporter, keep=self.sweeps.keep,
            close=Nights(open_bucket(settings.bucket), settings.cluster, time.time).close,
            notify=self.notifier.of_run, notify_problem=self.notifier.problem, due_seconds=self.queue.due_seconds,
        )  # fmt: skip

    def _lookout(self) -> Lookout:
        comparison = Comparison(self.cluster, self.motion, self.strangers, self.settings.namespaces)
        return Lookout(
            self.cluster, self.settings.namespaces, self.ledger, self.following, self.sightings, self.intake,
            comparison, self.queue, self.reconciler.budget,
        )  # fmt: skip

    def _measure(self) -> None:
        """What /metrics asks for when it is asked."""
        self.metrics.gauge("leader", lambda: float(self.leader.is_held()))
        self.metrics.gauge("runs_followed", lambda: len(self.following))
        self.metrics.gauge("queue_depth", lambda: len(self.queue))
        self.metrics.gauge("watch_missed_seconds", lambda: self.motion.missed_seconds(time.monotonic()))
        self.metrics.gauge("notices_waiting", lambda: len(self.notifier.outbox))

    async def run(self) -> None:
        """Stand by until we lead, then work, until we are told to stop. Raises LeaseLost."""
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))
        told = Health(self._illness, self._unreadiness, self.metrics, self._role)
        stop = asyncio.Event()
        async with health.serving(told, self.settings.http_port) as port:
            log.info("operator started", port=port, cluster=self.settings.cluster, bucket=self.settings.bucket)
            try:
                if await self._leads(stop):
                    await self._work(stop)
            finally:
                self._release()  # Not in a thread: all of them may be waiting.
        log.info("operator stopped")

    async def _leads(self, stop: asyncio.Event) -> bool:
        """Wait until the Lease is ours; False where we are told to stop before."""
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        while not stop.is_set() and not await self._seek():
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), leadership.LOOK_SECONDS)
        return not stop.is_set()

    async def _seek(self) -> bool:
        """One look at the Lease; an API server that does not answer makes nobody the leader."""
        try:
            return await asyncio.to_thread(self.leader.seek)
        except ClusterError as error:
            log.warning("lease not looked at, tried again", lease=self.settings.lease, error=str(error))
            return False

    async def _hold(self) -> None:
        """Renew the Lease. Raises LeaseLost when it is not ours any more: then this process must end."""
        while True:
            await self._seek()
            if not self.leader.is_held():
                raise LeaseLost(
                    f"the lease {self.settings.lease} was not renewed in time, {self.leader.holder!r} has it"
                )
            await asyncio.sleep(leadership.RENEW_SECONDS)

    def _release(self) -> None:
        try:
            self.leader.release()
        except ClusterError as error:
            log.warning("lease not let go, it runs out", lease=self.settings.lease, error=str(error))

    async def _work(self, stop: asyncio.Event) -> None:
        """Watch and reconcile until we are told to stop."""
        log.info("operator leads", lease=self.settings.lease)
        loops = (
            self._hold(),
            self.queue.run(WORKERS, self._reconcile),
            self.sweep_queue.run(1, self._reconcile_sweep),
            self.arrivals.run(ADOPTERS, self._adopt),
            _every(adoption.ROUND_SECONDS, self._find_missed),
            _every(line_watch.ROUND_SECONDS, self._look_at_lines),
            *([_every(overlaps.ROUND_SECONDS, self._end_overlaps)] if self.settings.keys else []),
            _every(LOOK_SECONDS, self.lookout.look),
            _every(notifier.ROUND_SECONDS, self._notify),
            self._claim(),
        )
        async with asyncio.TaskGroup() as group:  # A loop that fails, by a fault of ours, ends us all.
            tasks = [group.create_task(loop) for loop in loops]
            await self.lookout.call_roll()
            # Not before: what was not listed yet would all be missed.
            tasks.append(
                group.create_task(_every(lookout.COMPARE_SECONDS, self.lookout.compare, lookout.COMPARE_SECONDS))
            )
            await asyncio.sleep(0)  # At its end kopf waits 5 s for every task that began after it; let these begin.
            await handlers.watch(self.intake, self.settings.namespaces, stop)
            for task in tasks:
                task.cancel()

    async def _reconcile(self, key: Key) -> float | None:
        """One pass in a thread, counted."""
        if self.claim.is_taken:
            return CLAIM_SECONDS
        result, began = "error", time.monotonic()
        try:
            delay = await asyncio.to_thread(self.reconciler.reconcile, key)
            result = "ok"
        finally:
            self.metrics.count("reconciles_total", result=result)
            self.metrics.took("reconcile_seconds", time.monotonic() - began)
        return delay

    async def _reconcile_sweep(self, key: Key) -> float | None:
        """One pass over a Sweep in a thread."""
        if self.claim.is_taken:
            return CLAIM_SECONDS
        return await asyncio.to_thread(self.sweeps.reconcile, key)

    async def _adopt(self, key: Key) -> float | None:
        """Find or make the run of one pod that is not ours, and look at it."""
        if self.claim.is_taken:
            return CLAIM_SECONDS
        run = await asyncio.to_thread(self.adopter.adopt, key)
        if run is not None:
            self.queue.add(run)
        return None

    async def _find_missed(self) -> None:
        """Look for pods that were missed where a whole namespace asks."""
        try:
            found = await asyncio.to_thread(lambda: list(self.adopter.missed()))
        except ClusterError as error:
            log.warning("asking namespaces not looked through, tried again later", error=str(error))
            return
        for key in found:
            self.arrivals.add(key)

    async def _look_at_lines(self) -> None:
        """Look for nights that are late or missed."""
        if self.claim.trouble:
            return  # What we would write may be another cluster's.
        try:
            await asyncio.to_thread(self.lines.look)
        except ClusterError as error:
            log.warning("lines not looked at, tried again", error=str(error))

    async def _end_overlaps(self) -> None:
        """End keys whose overlap is over."""
        try:
            await asyncio.to_thread(self.overlaps.end)
        except ClusterError as error:
            log.warning("keys not looked at, tried again", error=str(error))

    async def _notify(self) -> None:
        """Send what people are to be told."""
        if not self.claim.trouble:
            await asyncio.to_thread(self.notifier.deliver)

    async def _claim(self) -> None:
        """Take the cluster's name in the bucket; as long as the store does not answer, training goes on without."""
        while self.claim.trouble:
            try:
                await asyncio.to_thread(lambda: self.ledger.claim(self.cluster.uid()))
                self.claim = Claim(trouble="")
            except NameTaken as error:
                self.claim = Claim(str(error), is_taken=True)
                log.error("nothing is done, the cluster's name is taken", error=str(error))
            except (BucketError, ClusterError, FormatError) as error:
                self.claim = Claim(str(error))
                log.warning("cluster's name not claimed, tried again", error=str(error))
            await asyncio.sleep(CLAIM_SECONDS if self.claim.trouble else 0)

    def _role(self) -> str:
        if self.leader.is_held():
            return "ok"
        return f"standby, {self.leader.holder or 'nobody'} leads"

    def _unreadiness(self) -> str:
        """A standby is ready: it can take over at any time."""
        return self.claim.trouble if self.leader.is_held() else ""

    def _illness(self) -> str:
        if self.motion.is_stalled(time.monotonic()):
            missed = self.motion.missed_seconds(time.monotonic())
            return f"a watch has not delivered a change that stands in a listing for {missed:.0f} s"
        return ""


def main() -> None:
    """Run the operator; a wrong setting ends it with exit code 2, an API server that is nowhere with 5."""
    os.environ.setdefault("USER", "chiplog")  # kopf asks getpass who we are, and our UID may have no name.
    try:
        settings = Settings.from_env(os.environ)
        logs.configure(settings.log_level)
        kube = Kube.connect(Throttle(settings.api_qps, settings.api_burst))
        operator = Operator(settings, kube, _leader(settings))
        kube.count = lambda method, code: operator.metrics.count("api_requests_total", method=method, code=str(code))
    except SettingsError as error:
        sys.exit(_refused(str(error), 2))
    except ClusterError as error:
        sys.exit(_refused(str(error), 5))
    asyncio.run(_until_the_end(operator))


async def _until_the_end(operator: Operator) -> NoReturn:
    """Run, and leave without waiting for threads: one that waits for a store which does not answer would hold the pod
    for its whole grace, and a leader that lost its Lease would go on. A pass that is cut off anywhere is made again.
    """
    code = 0
    try:
        await operator.run()
    except* LeaseLost as errors:
        code = _refused("; ".join(map(str, errors.exceptions)), 1)
    sys.stdout.flush()
    os._exit(code)


def _notifier(settings: Settings, metrics: Metrics) -> Notifier:
    """The channels, with a connection to the bucket of their own: a store that is slow for one is so for itself."""
    bucket, channels = open_bucket(settings.bucket), Channels(dict(settings.notify_channels), settings.notify_default)
    outbox, alerts = Outbox(bucket, settings.cluster, time.time), Alerts(bucket, settings.cluster, time.time)
    return Notifier(channels, outbox, alerts, HttpPoster(settings.notify_directory), metrics)


def _leader(settings: Settings) -> Leadership | Alone:
    """The election has a connection of its own: no storm of other requests, and no slow answer, may cost the Lease."""
    if not settings.lease:
        return Alone()
    namespace, name = settings.lease.split("/")
    kube = Kube.connect(Throttle(10, 10), LEASE_TIMEOUT_SECONDS)
    return Leadership(kube, Place(namespace, name), os.environ.get("HOSTNAME") or socket.gethostname())


def _refused(message: str, code: int) -> int:
    print(f"chiplog-operator: {message}", file=sys.stderr)
    return code


async def _every(seconds: float, act: Callable[[], Awaitable[None]], first_after: float = 0.0) -> None:
    await asyncio.sleep(first_after)
    while True:
        await act()
        await asyncio.sleep(seconds)


if __name__ == "__main__":
    main()
