"""What is left of event files whose writer began again at an earlier step; pure values.

The rules are those of TensorBoard's own EventAccumulator. A session's START at step s takes away everything of its
directory from step s on that was written before. Files of an old version (no `brain.Event:2`) say no START: there a
summary with a step below the newest takes its own tags away from that step on.
"""

from collections.abc import Sequence

from chiplog.codec import Row

_VERSION = "tensorboard brain.Event:"


def survivors(files: Sequence[Sequence[Row]]) -> list[list[Row]]:
    """The rows of the event files of one directory, in the order of their names, without what was taken back.

    Rows of other kinds than `history` stay. The same number of lists comes out.
    """
    kept: list[tuple[int, Row]] = []
    version, newest = 0, 0
    for place, rows in enumerate(files):
        for row in rows:
            if row["kind"] == "header":
                version = _version(row)
            elif row["kind"] == "session" and row.get("status") == "start" and version >= 2:
                kept = [(at, old) for at, old in kept if not _is_from(old, row["step"])]
            elif row["kind"] == "history" and version < 2:
                if row["step"] < newest:
                    kept = [(at, _without(old, row)) for at, old in kept]
                else:
                    newest = row["step"]
            kept.append((place, row))
    return [[row for at, row in kept if at == place] for place in range(len(files))]


def _version(header: Row) -> int:
    text = str(header.get("producer", "")).removeprefix(_VERSION)
    return int(text) if text.isdigit() else 0


def _is_from(row: Row, step: int) -> bool:
    return bool(row["kind"] == "history" and row["step"] is not None and row["step"] >= step)


def _without(row: Row, later: Row) -> Row:
    """The row without the tags that a later one of an earlier step says again."""
    if not _is_from(row, later["step"]) or row["values"].keys().isdisjoint(later["values"]):
        return row
    return {**row, "values": {tag: value for tag, value in row["values"].items() if tag not in later["values"]}}
