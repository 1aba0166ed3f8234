"""P7: how long after `wandb.log()` a row can be read from the bucket, over a run on the demo's node.

Ten rows a second from an unmodified wandb script. The bucket is asked for the recorder's live object every 50 ms; a row
counts as readable when the first version that covers it was seen. That goes on while the run is young (its first five
minutes), for two minutes after, when flushes are rarer, and for a minute and a half in which somebody says that he
looks, of which the recorder takes notice within fifteen seconds.
"""

import os
import time
import uuid

import embedded
from targets import Report, quantile

from chiplog import layout, records
from chiplog.bucket import Bucket
from chiplog.bucket.opening import open_bucket
from chiplog.errors import BucketError
from chiplog.reading import rows
from chiplog.watching import Watcher

RATE = 10
YOUNG_SECONDS, LATER_SECONDS, WATCHED_SECONDS = 300, 120, 90
NOTICE_SECONDS, SLACK_SECONDS = 15, 15
GOALS = {"young": 2.0, "later": 15.0, "watched": 2.0}
_POLL_SECONDS = 0.05


def measure() -> Report:
    """Run the workload once. Needs `make cluster`'s node and environment."""
    bucket, name = open_bucket(os.environ["CHIPLOG_BUCKET"]), f"latency-{uuid.uuid4().hex[:6]}"
    cluster = os.environ["CHIPLOG_BUCKET"].rpartition("/")[2]
    count = RATE * (YOUNG_SECONDS + LATER_SECONDS + WATCHED_SECONDS)
    embedded.apply(embedded.training_run(name, f"train({count}, {1 / RATE})"), "default")
    try:
        pod = embedded.until("a pod", lambda: (embedded.pods(name, "default") or [None])[-1])
        place = embedded.recorder(pod, cluster)
        covered = _watch(bucket, place, count)
        logged = _logged(bucket, place)
    finally:
        embedded.kubectl("delete", "trainingrun", name, "-n", "default", "--wait=false")
    return _report(logged, covered)


def _watch(bucket: Bucket, place: layout.Recorder, count: int) -> list[tuple[float, int]]:
    """When how many history rows were first covered, until all are or nothing moved for a minute."""
    seen, etag, moved = [(time.time(), 0)], "", time.monotonic()
    watcher = Watcher(bucket)
    while seen[-1][1] < count and time.monotonic() - moved < 60:
        time.sleep(_POLL_SECONDS)
        try:
            found = bucket.get(layout.live_key(place))
        except BucketError:
            continue
        if found.etag == etag:
            continue
        now, etag, moved = time.time(), found.etag, time.monotonic()
        head, _ = records.unpack_live(found.data, "live")
        seen.append((now, sum(stream["kinds"].get("history", 0) for stream in head["streams"])))
        first = next((at for at, rows_seen in seen if rows_seen), now)
        if now - first >= YOUNG_SECONDS + LATER_SECONDS:
            watcher.look(layout.Run(place.cluster, place.namespace, head["recorder"]["run"]))
    return seen


def _logged(bucket: Bucket, place: layout.Recorder) -> list[float]:
    """When each history row was logged, by the script's clock (the same machine), in the order of positions."""
    streams = rows.stream_rows(bucket, place)
    return [row["time"] for _, found in streams.values() for row in found if row["kind"] == "history"]


def _report(logged: list[float], covered: list[tuple[float, int]]) -> Report:
    waits: dict[str, list[float]] = {phase: [] for phase in (*GOALS, "turning", "noticing")}
    moments = iter(covered)
    at, reached = next(moments)
    for index, moment in enumerate(logged):
        while reached <= index:
            at, reached = next(moments)
        waits[_phase(moment - logged[0])].append(at - moment)
    more = {
        f"{phase} {name} (s)": quantile(found, share)
        for phase, found in waits.items()
        for name, share in (("p50", 0.5), ("p99", 0.99), ("worst", 1.0))
    }
    p99 = {phase: quantile(found, 0.99) for phase, found in waits.items()}
    return Report(
        target="P7",
        what=f"log() to readable in S3, p99 of {len(waits['young'])} young rows",
        ours=p99["young"],
        unit="s",
        goal="young or watched <= 2 s, later <= 15 s",
        holds=all(p99[phase] <= GOALS[phase] for phase in GOALS),
        more={**more, "rows": len(logged)},
    )


def _phase(age: float) -> str:
    """Of a row that was logged so many seconds after the first one."""
    later = YOUNG_SECONDS + LATER_SECONDS
    # A run is young from when its file is there, which is when wandb was imported and its first row is still to come.
    if YOUNG_SECONDS - SLACK_SECONDS <= age < YOUNG_SECONDS:
        return "turning"
    if age < later:
        return "young" if age < YOUNG_SECONDS else "later"
    # The word that somebody looks is said with a flush, and the recorder hears of it with one of the next.
    return "noticing" if age < later + 2 * NOTICE_SECONDS else "watched"
