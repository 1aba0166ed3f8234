"""The alerts of a script (`wandb.alert`, `chiplog.alert`) as the bucket has them; it tells nobody.

A live object shows the newest rows, so an alert is nearly always seen there at no cost. One that went into a segment
before anybody looked (the last of a run, or while the operator was away) is missed by its count: then the recorder's
segments are read, once.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from chiplog import layout
from chiplog.bucket import Bucket
from chiplog.codec import Row
from chiplog.reading import rows
from chiplog_operator.heads import Head

MAX_ALERTS = 100
"""Of one recorder; a script that alerts in a loop is not told of for ever."""

MAX_RECORDERS = 4096
"""So many are remembered; then all are read anew."""


@dataclass(frozen=True)
class Alert:
    """One call of `alert`."""

    id: str
    """Recorder, stream and position."""
    title: str
    text: str
    level: str
    wait_seconds: float
    """No other of the same title for this long."""


@dataclass
class Alerts:
    """What of the recorders' alerts was seen; one pass of a run at a time."""

    bucket: Bucket
    cluster: str
    clock: Callable[[], float]
    _seen: dict[str, set[str]] = field(default_factory=dict)
    _titles: dict[tuple[str, str], float] = field(default_factory=dict)
    """Until when a title of a recorder is not told again."""

    def news(self, namespace: str, recorder: str, head: Head) -> list[Alert]:
        """Alerts of a recorder that were not seen in this life of ours. Raises BucketError, FormatError."""
        if not head.alerts:
            return []
        if len(self._seen) > MAX_RECORDERS:
            self._seen.clear()
        seen = self._seen.setdefault(recorder, set())
        found = _alerts(recorder, head.recent)
        if len(seen | {alert.id for alert in found}) < min(head.alerts, MAX_ALERTS):
            found = _alerts(recorder, self._all(namespace, recorder))
        fresh = [alert for alert in found if alert.id not in seen][: max(0, MAX_ALERTS - len(seen))]
        seen.update(alert.id for alert in fresh)
        return [alert for alert in fresh if self._is_due(recorder, alert)]

    def _all(self, namespace: str, recorder: str) -> list[tuple[str, Row]]:
        place = layout.Recorder(self.cluster, namespace, recorder)
        streams = rows.stream_rows(self.bucket, place, kinds={"alert"})
        return [(stream, row) for stream, found in streams.items() for row in found.rows]

    def _is_due(self, recorder: str, alert: Alert) -> bool:
        now, key = self.clock(), (recorder, alert.title)
        if now < self._titles.get(key, 0.0):
            return False
        self._titles = {key: until for key, until in self._titles.items() if until > now}
        self._titles[key] = now + alert.wait_seconds
        return True


def _alerts(recorder: str, found: Iterable[tuple[str, Row]]) -> list[Alert]:
    return [
        Alert(
            id=f"{recorder} {stream} {row['at']}",
            title=str(row.get("title", "")),
            text=str(row.get("text", "")),
            level=str(row.get("level", "")),
            wait_seconds=_seconds(row.get("wait_milliseconds")),
        )
        for stream, row in found
    ]


def _seconds(milliseconds: object) -> float:
    return max(0.0, float(milliseconds) / 1000) if isinstance(milliseconds, int | float) else 0.0
