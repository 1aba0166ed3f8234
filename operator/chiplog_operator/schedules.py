"""When a CronJob is due: its schedule read as Kubernetes' own controller reads it; it looks at no clock.

The grammar and the law are those of robfig/cron v3, which the controller uses: a minute is due if its local time
matches. So nothing is due in an hour that a time zone leaves out, and an hour that comes twice is due twice. The
libraries of Python (croniter, cronsim) follow Debian's cron in both, which is another law.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_NAMED = {
    "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
}  # fmt: skip


class UnknownSchedule(ValueError):
    """A schedule, or a time zone, that cannot be told the times of; the message says which."""


@dataclass(frozen=True)
class Field:
    """One field of a schedule: the values that match."""

    values: frozenset[int]
    is_star: bool
    """It was `*` or `?`, without a step: it leaves the choice of days to the other field of days."""


@dataclass(frozen=True)
class Schedule:
    """The minutes at which a CronJob is due."""

    minutes: Field
    hours: Field
    days: Field
    months: Field
    weekdays: Field
    zone: ZoneInfo

    def between(self, after: float, until: float) -> Iterator[float]:
        """Every due time in (after, until], in Unix seconds, the latest first."""
        day, first = (datetime.fromtimestamp(moment, self.zone).date() for moment in (until, after))
        while day >= first:
            if self._is_day(day):
                yield from (moment for moment in self._of(day) if after < moment <= until)
            day -= timedelta(days=1)

    def _of(self, day: date) -> list[float]:
        """The due times of a day, the latest first: a local time that comes twice is two, one that is left out none."""
        found = set()
        for hour in self.hours.values:
            for minute in self.minutes.values:
                for fold in (0, 1):
                    local = datetime.combine(day, time(hour, minute, fold=fold), self.zone)
                    if local.astimezone(UTC).astimezone(self.zone) == local:
                        found.add(local.timestamp())
        return sorted(found, reverse=True)

    def _is_day(self, local: date) -> bool:
        if local.month not in self.months.values:
            return False
        by_day = local.day in self.days.values
        by_weekday = local.isoweekday() % 7 in self.weekdays.values
        if self.days.is_star or self.weekdays.is_star:
            return by_day and by_weekday
        return by_day or by_weekday


def parse(text: str, time_zone: str | None = None) -> Schedule:
    """A CronJob's `schedule` and `timeZone`. Raises UnknownSchedule, also for `@every`, which has no fixed times."""
    fields = _NAMED.get(text.strip(), text).split()
    if len(fields) != 5:
        raise UnknownSchedule(f"schedule {text!r} has no fixed times")
    try:
        zone = ZoneInfo(time_zone or "Etc/UTC")
        return Schedule(
            _field(fields[0], 0, 59),
            _field(fields[1], 0, 23),
            _field(fields[2], 1, 31),
            _field(fields[3], 1, 12, ["", *_MONTHS]),
            _field(fields[4], 0, 6, _DAYS),
            zone,
        )
    except ZoneInfoNotFoundError as error:
        raise UnknownSchedule(f"time zone {time_zone!r} is not known here") from error
    except ValueError as error:
        raise UnknownSchedule(f"schedule {text!r}: {error}") from error


def _field(text: str, low: int, high: int, names: list[str] | None = None) -> Field:
    parts = [_part(part, low, high, names or []) for part in text.split(",") if part]
    return Field(frozenset().union(*(values for values, _ in parts)), any(is_star for _, is_star in parts))


def _part(text: str, low: int, high: int, names: list[str]) -> tuple[frozenset[int], bool]:
    span, slash, step_text = text.partition("/")
    first, dash, last = span.partition("-")
    is_star = first in ("*", "?")
    step = int(step_text) if slash else 1
    start = low if is_star else _value(first, names)
    end = high if is_star or (slash and not dash) else _value(last, names) if dash else start
    if not low <= start <= end <= high or step < 1:
        raise ValueError(f"{text!r} is not within {low}-{high}")
    return frozenset(range(start, end + 1, step)), is_star and step == 1


def _value(text: str, names: list[str]) -> int:
    return names.index(text.lower()) if text.lower() in names else int(text)
