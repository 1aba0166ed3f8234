"""Whether somebody looks at this recorder's run now, as the bucket says; it writes nothing, and no look that fails
harms a recording.

A look is a GET, so it is taken only where its answer changes something: where rows wait that would go at once if
somebody looked. A run that is young, silent or slow never looks.
"""

from dataclasses import dataclass, field

from chiplog import layout, logs, records, word_layout
from chiplog.bucket import Bucket
from chiplog.errors import AccessDenied, BucketError, FormatError

LOOK_SECONDS = 10.0
"""Between two looks at least. A run that always has news looks 8,640 times a day: a third of a cent."""

DENIED_SECONDS = 300.0
"""After a look that was not allowed: policies of before there was `watch/` stay as they are for years."""

log = logs.Logger()


@dataclass
class Audience:
    """Who looks, as far as the last look told."""

    bucket: Bucket
    run: layout.Run
    _until: float = field(default=-1e9)
    _next: float = field(default=-1e9)
    _was_denied: bool = False

    def is_there(self, now: float) -> bool:
        """Whether somebody looks, at the monotonic time `now`."""
        return now < self._until

    def is_due(self, now: float) -> bool:
        """Whether another look is allowed."""
        return now >= self._next

    def look(self, now: float) -> None:
        """Ask the bucket."""
        key = word_layout.watch_key(self.run)
        self._next = now + LOOK_SECONDS
        try:
            stored = self.bucket.get(key)
            records.unpack_document(stored.data, records.WATCH_FORMAT, key)
        except AccessDenied as error:
            self._next = now + DENIED_SECONDS
            self._complain(error)
        except (BucketError, FormatError):
            return  # Nobody looks, or the store is away, which the next flush finds out.
        else:
            self._until = now + records.WATCH_SECONDS - max(0.0, stored.read_at - stored.modified)

    def _complain(self, error: AccessDenied) -> None:
        if not self._was_denied:
            log.warning("rows go as if nobody looked: the role may not ask who does", reason=str(error))
        self._was_denied = True
