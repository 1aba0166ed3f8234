"""Says in the bucket that somebody looks at a run now, so that its recorders flush every second; it reads nothing.

The word is the same whoever says it, and its time is the store's: writers that know nothing of each other may write it
over each other.
"""

import time
from collections.abc import Callable

from chiplog import layout, records, word_layout
from chiplog.bucket import Bucket
from chiplog.documents import WatchDocument

RENEW_SECONDS = 20.0
"""The word is said again after this long: two of three may be lost before a recorder believes that nobody looks."""


class Watcher:
    """Keeps the word said for runs that somebody looks at.

    Call `look` whenever something of a run is shown, as often as you like: it writes once in RENEW_SECONDS for each
    run. Only a run that is being recorded is worth the PUT. Threads may share a watcher.

    Args:
        bucket: where the runs are; its credentials must be allowed to put `watch/`.
        clock: monotonic seconds.

    Example:
        watcher = Watcher(bucket)
        while not is_over:
            watcher.look(layout.Run("prod", "team-a", "digits-50eaafc8"))
            show(...)
            time.sleep(1)
    """

    def __init__(self, bucket: Bucket, clock: Callable[[], float] = time.monotonic) -> None:
        self._bucket = bucket
        self._clock = clock
        self._said: dict[layout.Run, float] = {}

    def look(self, run: layout.Run) -> None:
        """Somebody looks at this run now. Raises BucketError; it is not tried again before RENEW_SECONDS are over."""
        now = self._clock()
        if now - self._said.get(run, -RENEW_SECONDS) < RENEW_SECONDS:
            return
        self._said = {known: at for known, at in list(self._said.items()) if now - at < RENEW_SECONDS}
        self._said[run] = now
        self._bucket.put(word_layout.watch_key(run), records.pack_document(_word(run)))


def _word(run: layout.Run) -> WatchDocument:
    return {
        "format": records.WATCH_FORMAT,
        "min_reader": records.READER,
        "cluster": run.cluster,
        "namespace": run.namespace,
        "run": run.id,
    }
