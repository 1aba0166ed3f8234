"""Where a run that is resumed goes on: behind the last step that its earlier files hold. It changes none of them."""

import json
import zlib
from pathlib import Path

from chiplog import runfile

_TAIL_BYTES = 1 << 20
"""Of each file: the last rows stand at its end, and a run may have millions."""


def next_step(folder: Path, run_id: str) -> int:
    """The step behind the highest of the run's files in a directory; 0 where there is none."""
    files = [*folder.glob(f"run-{run_id}{runfile.SUFFIX}"), *folder.glob(f"run-{run_id}-*{runfile.SUFFIX}")]
    return max((last_step(path) + 1 for path in files), default=0)


def last_step(path: Path) -> int:
    """The highest step among the last rows of a run file; -1 where it has none, or cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - _TAIL_BYTES))
            data = file.read()
    except OSError:
        return -1
    found, at = -1, data.find(runfile.SYNC)
    while at >= 0:
        end = _end(data, at)
        found = max(found, _step(data[at:end])) if end else found
        at = data.find(runfile.SYNC, end or at + 1)
    return found


def _end(data: bytes, at: int) -> int:
    """Where the sound record ends that begins here; 0 where none does."""
    if len(data) - at < runfile.HEADER.size:
        return 0
    _, word, code = runfile.HEADER.unpack_from(data, at)
    end = at + runfile.HEADER.size + (word & runfile.MAX_PAYLOAD_BYTES) + runfile.CRC.size
    if runfile.check(word) != code or end > len(data):
        return 0
    (crc,) = runfile.CRC.unpack_from(data, end - runfile.CRC.size)
    return end if zlib.crc32(data[at : end - runfile.CRC.size]) == crc else 0


def _step(record: bytes) -> int:
    kind, payload = record[4], record[runfile.HEADER.size : -runfile.CRC.size]
    if kind == runfile.PACKED:
        return int(runfile.PLACE.unpack_from(payload)[1])
    row = json.loads(payload) if kind == runfile.JSON else {}
    step = row.get("step") if row.get("kind") == "history" else None
    return step if type(step) is int else -1
