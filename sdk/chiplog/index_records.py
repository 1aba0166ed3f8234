"""What the runs index is made of (docs/bucket.md), without I/O; how its parts are packed is `reading.catalog`'s."""

from typing import Any, NotRequired, TypedDict, cast

from chiplog import codec, documents, records


class IndexPart(TypedDict):
    """A part of the runs index."""

    key: str
    runs: int
    size: int
    splits: NotRequired[list[str]]
    """Ids of runs that cut its runs into pieces of one LIST each."""


class IndexManifest(TypedDict):
    """`manifest.json` of a namespace's runs index: where a run stands in several parts, the last one counts."""

    format: str
    min_reader: int
    cluster: str
    namespace: str
    parts: list[IndexPart]


class IndexLine(TypedDict):
    """What the index knows of a run: enough to list it, without any other object."""

    run: str
    etags: dict[str, str]
    """Versions of `run.json`, `outcome.json` and `seal.json` that this line was made of: with others it is stale."""
    document: documents.RunDocument | None
    outcome: documents.OutcomeDocument | None
    seal: records.SealDocument
    """The seal without its parts, and its recorders without their streams' digests."""
    config: dict[str, Any]
    """What the script itself said of its config, nested."""


def unpack_index(data: bytes, what: str) -> list[IndexLine]:
    """The lines of a part as version 1 wrote them, with plain numbers. Raises FormatError."""
    text = codec.decompress(data, what, strict=True)
    lines = records.lines(text, what)
    # To look into every value of 10,000 runs takes longer than to read them: hardly any has such a number.
    return cast("list[IndexLine]", codec.number(lines) if b'"$number"' in text else lines)
