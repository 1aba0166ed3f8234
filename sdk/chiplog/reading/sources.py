"""The files of a run as they were on the trainer's disk: followed files from their sources, others from their blobs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from chiplog import codec, layout
from chiplog.bucket import Bucket
from chiplog.errors import FormatError, NotFound
from chiplog.reading import rows, tables
from chiplog.reading.members import Member
from chiplog.reading.views import RunView


@dataclass(frozen=True)
class Followed:
    """A file that the recorder followed: a log of wandb, an event file, JSON lines."""

    path: str
    """Relative to the run directory of its container."""
    container: str
    attempt: int
    rank: int
    recorder: layout.Recorder
    stream: str
    generation: int
    """0, or how many files of that name there were before it."""
    stretches: tuple[tuple[int, int], ...]
    """What its source objects cover."""
    size: int
    """Bytes of the file that the recorder saw."""
    modified_ns: int | None = None
    """When it was changed, in nanoseconds; None where nobody says."""
    mode: int | None = None
    """Its permission bits; None where nobody says."""

    @property
    def end(self) -> int:
        """The end of what is covered from 0 without a hole."""
        end = 0
        for start, stop in sorted(self.stretches):
            if start > end:
                break
            end = max(end, stop)
        return end


def read(bucket: Bucket, view: RunView) -> list[Followed]:
    """Every followed file of a run, by attempt, rank, container, path and generation. Raises BucketError."""
    with tables.Parts(bucket) as parts:
        found = [item for member in view.members for item in _of_member(bucket, member, parts)]
    return sorted(found, key=lambda item: (item.attempt, item.rank, item.container, item.path, item.generation))


def content(bucket: Bucket, file: Followed) -> Iterator[tuple[int, bytes]]:
    """The file's bytes, each piece with its offset, as far as they follow one another; pieces may overlap.

    Raises FormatError for a source that is damaged or gone, and BucketError.
    """
    return pieces(bucket, file.recorder, file.stream, file.stretches)


def pieces(
    bucket: Bucket, recorder: layout.Recorder, stream: str, stretches: Iterable[tuple[int, int]]
) -> Iterator[tuple[int, bytes]]:
    """The same of a stream whose source objects cover these stretches."""
    covered = 0
    for start, stop in sorted(stretches):
        if start > covered:
            return
        key = layout.source_key(recorder, stream, start, stop)
        try:
            data = codec.decompress(bucket.get(key).data, key)
        except NotFound as error:
            raise FormatError(f"{key} is gone") from error
        if len(data) != stop - start:
            raise FormatError(f"{key} holds {len(data)} bytes, not {stop - start}")
        yield start, data
        covered = max(covered, stop)


def _of_member(bucket: Bucket, member: Member, parts: tables.Parts) -> Iterator[Followed]:
    stretches: dict[str, list[tuple[int, int]]] = {}
    for listed in bucket.list(layout.raw_prefix(member.recorder)):
        place = layout.parse_segment_key(listed.key)
        if place is not None and place.is_source:
            stretches.setdefault(place.stream, []).append((place.start, place.end))
    for name, stream in rows.stream_rows(bucket, member.recorder, kinds=("run",), parts=parts).items():
        head = stream.head
        if head["kind"] != "files":
            yield Followed(
                path=head["path"],
                container=head["container"],
                attempt=member.attempt,
                rank=member.rank,
                recorder=member.recorder,
                stream=name,
                generation=head["generation"],
                stretches=tuple(stretches.get(name, [])),
                size=head.get("size") or head.get("end") or 0,  # type: ignore[arg-type]
                modified_ns=head.get("modified_ns"),  # type: ignore[arg-type]
                mode=head.get("mode"),  # type: ignore[arg-type]
            )
