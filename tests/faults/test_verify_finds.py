"""Row 16: `verify` finds every object of a real bucket that is lost, cut short or flipped anywhere, and the readers
never make a value of it. The bucket is the fixture of row 29, with every class of object. `CHIPLOG_SOAK=1` flips 60
places of each.
"""

import os
import shutil
from pathlib import Path

import pytest

from chiplog import layout
from chiplog.bucket.directory import DirectoryBucket
from chiplog.errors import ChiplogError
from chiplog.reading import rows, runs, verifying

FIXTURE = Path(__file__).parents[1] / "fixtures" / "buckets" / "v1-2026-11" / "bucket"
OBJECTS = sorted(path.relative_to(FIXTURE).as_posix() for path in FIXTURE.rglob("*") if path.is_file())
FLIPS = 60 if os.environ.get("CHIPLOG_SOAK") else 1
NEEDED_BY_NO_RUN = ("v1/clusters/",)
"""That these are lost nobody can tell, for nothing names them; that they are damaged can be told."""


def findings(root: Path) -> list[verifying.Finding]:
    bucket = DirectoryBucket(root)
    return list(verifying.everything(bucket, runs.every(bucket, clock=lambda: 1_795_471_700.0)))


def history(root: Path) -> set[tuple[str, int, str]]:
    """Every row of history that readers show of both recorders; nothing of one that they refuse."""
    found = set()
    for name in ("done", "live"):
        try:
            streams = rows.stream_rows(
                DirectoryBucket(root), layout.Recorder("prod", "team", name), sleep=lambda _: None
            )
        except ChiplogError:
            continue
        found |= {(key, row["at"], repr(row)) for key, stream in streams.items() for row in stream.rows
                  if row["kind"] == "history"}  # fmt: skip
    return found


TRUE = history(FIXTURE)


@pytest.mark.parametrize("key", OBJECTS)
def test_an_object_that_is_lost_cut_or_flipped_is_found_and_never_a_wrong_value(key: str, tmp_path: Path) -> None:
    root = Path(shutil.copytree(FIXTURE, tmp_path / "bucket"))
    path = root / key
    whole = path.read_bytes()
    step = max(1, len(whole) // FLIPS)
    damages: list[bytes | None] = [] if key.startswith(NEEDED_BY_NO_RUN) else [None]
    damages += [whole[:-1], b""]
    damages += [whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1 :] for at in range(0, len(whole), step)]
    for damage in damages:
        path.unlink()
        if damage is not None:
            path.write_bytes(damage)
        told = [item for item in findings(root) if item.key == key or key.startswith(item.key)]
        assert told, f"{key} of {len(whole)} bytes was made {damage!r:.80}"
        assert history(root) <= TRUE
        path.write_bytes(whole)


def test_the_whole_bucket_is_whole() -> None:
    assert findings(FIXTURE) == []
