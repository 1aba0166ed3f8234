"""Lines of nights from the bucket: what each scheduled run of a CronJob found, and where its pointer stands."""

from collections.abc import Sequence
from dataclasses import dataclass

from chiplog import layout, records
from chiplog.bucket import Bucket
from chiplog.documents import LatestDocument, NightDocument
from chiplog.errors import FormatError, NotFound, RunNotFound
from chiplog.reading import fetching


@dataclass(frozen=True)
class Line:
    """One line and its nights, in the order of their times; of a night that ran twice the later run counts."""

    place: layout.Line
    nights: tuple[NightDocument, ...]

    @property
    def name(self) -> str:
        """The CronJob's name."""
        return self.nights[-1]["line"]

    @property
    def metric(self) -> str:
        """The metric that tables show: the first that the newest night with any has."""
        return next((name for night in reversed(self.nights) for name in night["metrics"]), "")


def every(bucket: Bucket, cluster: str = "", namespace: str = "") -> list[Line]:
    """All lines with a night, the one that ran last first. Raises BucketError."""
    found: dict[layout.Line, list[str]] = {}
    for listed in bucket.list(layout.lines_prefix(cluster, namespace)):
        place = layout.parse_night_key(listed.key)
        if place is not None and namespace in ("", place.namespace):
            found.setdefault(place, []).append(listed.key)
    lines = [Line(place, nights) for place, keys in found.items() if (nights := _read(bucket, keys))]
    return sorted(lines, key=lambda line: line.nights[-1]["scheduled_at"], reverse=True)


def find(bucket: Bucket, name: str, cluster: str = "", namespace: str = "") -> Line:
    """The line of a CronJob, by `name` or `namespace/name`; of several that had the name, the newest.

    Raises RunNotFound, BucketError.
    """
    *places, wanted = name.split("/")
    for line in every(bucket, cluster, places[0] if len(places) == 1 else namespace):
        if wanted in (line.name, line.place.uid):
            return line
    raise RunNotFound(f"no line answers to {name!r} with a night that is over")


def latest(bucket: Bucket, line: Line) -> LatestDocument | None:
    """Where the pointer of a line stands; None where no night moved it. Raises BucketError, FormatError."""
    key = layout.latest_key(line.place, line.name)
    try:
        document: LatestDocument = records.unpack_document(bucket.get(key).data, records.LATEST_FORMAT, key)
    except NotFound:
        return None
    return document


def _read(bucket: Bucket, keys: Sequence[str]) -> tuple[NightDocument, ...]:
    by_time: dict[float, NightDocument] = {}
    for key, stored in zip(keys, fetching.fetch(bucket, keys), strict=True):
        try:
            night: NightDocument | None = (
                records.unpack_document(stored.data, records.NIGHT_FORMAT, key) if stored is not None else None
            )
        except FormatError:
            continue  # One that cannot be read hides no other.
        if night is not None:
            by_time[night["scheduled_at"]] = night  # A gap's key comes first, so a run that was made later fills it.
    return tuple(by_time[moment] for moment in sorted(by_time))
