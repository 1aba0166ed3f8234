"""Row 29: what any version wrote stays readable bit by bit. Buckets are fixtures that are kept for ever
(tests/fixtures/buckets), as are wandb's, TensorBoard's and our own source files, which `restore` gets from the bucket.
"""

import copy
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from chiplog import codec, layout, records
from chiplog.bucket.directory import DirectoryBucket
from chiplog.errors import FormatError
from chiplog.folding import Fold
from chiplog.reading import database, lines, rows, runs, sweeps, verifying
from chiplog_compactor.decoding import Decoder
from chiplog_compactor.rebuilding import Rebuilding
from chiplog_sidecar import formats

BUCKETS = Path(__file__).parents[1] / "fixtures" / "buckets"
FIXTURES = sorted(path for path in BUCKETS.iterdir() if path.is_dir())
LIVE = layout.Recorder("prod", "team", "live")
NEW_ROW = {"at": 10**9, "kind": "a kind of 2031", "values": {"loss": 1}, "new": [None, {"x": 1}]}


@pytest.fixture(params=FIXTURES, ids=lambda path: path.name)
def fixture(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy, for nothing may write into a fixture."""
    return Path(shutil.copytree(request.param, tmp_path / "fixture"))


def told(bucket: DirectoryBucket, name: str) -> dict[str, Any]:
    streams = rows.stream_rows(bucket, layout.Recorder("prod", "team", name), sleep=lambda _: None)
    return {stream: found.rows for stream, found in streams.items()}


def expected(fixture: Path) -> dict[str, Any]:
    return json.loads((fixture / "expected.json").read_text())


def test_there_is_a_fixture_and_it_holds_every_class_of_object() -> None:
    kinds = {path.relative_to(BUCKETS).parts[3] for path in BUCKETS.glob("*/bucket/v1/*/**/*")}
    assert kinds >= {"clusters", "live", "raw", "blobs", "runs", "tables", "index", "lines", "latest", "watch"}
    names = {path.name for path in BUCKETS.glob("*/bucket/v1/runs/**/*.json")}
    assert names == {"run.json", "outcome.json", "seal.json", "trial.json"}
    kept = {path.name for path in BUCKETS.glob("*/bucket/v1/tables/*")}
    assert kept == {*layout.TABLES, layout.PYRAMID}


def test_every_kind_of_source_is_in_a_bucket_that_is_kept() -> None:
    assert set().union(*map(kinds_of_sources, FIXTURES)) == set(formats.BY_KIND)


def kinds_of_sources(fixture: Path) -> set[str]:
    """The kinds of the streams of which the bucket holds the source."""
    bucket = DirectoryBucket(fixture / "bucket")
    head, _ = records.unpack_live(bucket.get(layout.live_key(LIVE)).data, "live")
    listed = (layout.parse_segment_key(item.key) for item in bucket.list(layout.raw_prefix(LIVE)))
    whole = {key.stream for key in listed if key is not None and key.is_source}
    return {stream["kind"] for stream in head["streams"] if stream["id"] in whole}


def test_every_row_is_read_as_it_was_written(fixture: Path) -> None:
    bucket = DirectoryBucket(fixture / "bucket")
    assert {name: told(bucket, name) for name in ("done", "live")} == expected(fixture)


def test_every_run_is_whole_and_listed(fixture: Path) -> None:
    bucket = DirectoryBucket(fixture / "bucket")
    views = list(runs.every(bucket, clock=lambda: 1_795_471_700.0))
    assert sorted(view.key.id for view in views) == ["done-0123abcd", "live-0123abcd"]
    assert not any(view.unread for view in views)
    assert list(verifying.everything(bucket, views)) == []


def test_the_sources_come_back_and_todays_readers_say_the_same_of_them(fixture: Path) -> None:
    bucket = DirectoryBucket(fixture / "bucket")
    head, _ = records.unpack_live(bucket.get(layout.live_key(LIVE)).data, "live")
    by_stream: dict[str, bytes] = {}
    for listed in bucket.list(layout.raw_prefix(LIVE)):
        key = layout.parse_segment_key(listed.key)
        if key is not None and key.is_source:
            content = codec.decompress(bucket.get(listed.key).data, listed.key)
            assert key.start == len(by_stream.get(key.stream, b""))
            by_stream[key.stream] = by_stream.get(key.stream, b"") + content
    assert kinds_of_sources(fixture) >= {"wandb", "jsonl", "chiplog"}
    for stream in head["streams"]:
        if stream["id"] in by_stream:
            read = formats.BY_KIND[stream["kind"]].reader(0, Fold()).feed(by_stream[stream["id"]])
            lines = [json.loads(codec.dump(row)) for row in read]
            assert lines == expected(fixture)["live"][stream["id"]][: len(lines)]
            assert lines


def live_with(fixture: Path, **changes: Any) -> tuple[DirectoryBucket, str]:
    """The fixture's bucket, with a live object that a later version might write."""
    bucket = DirectoryBucket(fixture / "bucket")
    key = layout.live_key(layout.Recorder("prod", "team", "live"))
    head, tail = records.unpack_live(bucket.get(key).data, key)
    lines = [{"stream": stream, **row, "field of 2031": 1} for stream, row in tail]
    lines.append({"stream": head["streams"][0]["id"], **NEW_ROW})
    later = {**copy.deepcopy(head), "field of 2031": {"a": [1]}, **changes}
    later["streams"][0]["field of 2031"] = True
    data = codec.compress([codec.dump(later)]) + codec.compress([codec.dump(line) for line in lines])
    bucket.put(key, data)
    return bucket, key


def test_a_kind_of_row_and_fields_that_nobody_knows_yet_harm_no_reader(fixture: Path) -> None:
    bucket, _ = live_with(fixture)
    (view,) = [view for view in runs.every(bucket, clock=lambda: 1_795_471_700.0) if view.key.id == "live-0123abcd"]
    assert not view.unread
    found = {row["kind"] for stream in told(bucket, "live").values() for row in stream}
    assert NEW_ROW["kind"] in found
    known = [row for stream in told(bucket, "live").values() for row in stream if row["kind"] == "history"]
    assert len(known) == sum(
        row["kind"] == "history" for stream in expected(fixture)["live"].values() for row in stream
    )


def test_an_object_that_needs_a_newer_reader_is_refused_with_the_way_out(fixture: Path) -> None:
    bucket, key = live_with(fixture, min_reader=records.READER + 1)
    with pytest.raises(FormatError, match=r"needs a reader of version 2, this one is 1: upgrade chiplog"):
        told(bucket, "live")
    assert records.is_too_new(bucket.get(key).data, key)


NIGHTS = [path for path in FIXTURES if (path / "objects.json").exists()]
"""Those that also say what every document and the pyramid must be (make_night.py)."""
DONE = layout.Run("prod", "team", "done-0123abcd")


@pytest.fixture(params=NIGHTS, ids=lambda path: path.name)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return Path(shutil.copytree(request.param, tmp_path / "kept"))


def objects(kept: Path) -> dict[str, Any]:
    return json.loads((kept / "objects.json").read_text())


def document(kept: Path, key: str, expected_format: str) -> Any:
    return records.unpack_document(DirectoryBucket(kept / "bucket").get(key).data, expected_format, key)


def test_every_document_is_read_as_it_was_written(kept: Path) -> None:
    known = objects(kept)["documents"]
    present = {item.key for item in DirectoryBucket(kept / "bucket").list("v1/") if item.key.endswith(".json")}
    assert present == known.keys()
    assert {said["format"] for said in known.values()} >= {
        records.CLUSTER_FORMAT, records.RUN_FORMAT, records.OUTCOME_FORMAT, records.SEAL_FORMAT, records.TRIAL_FORMAT,
        records.NIGHT_FORMAT, records.LATEST_FORMAT, records.INDEX_FORMAT, records.WATCH_FORMAT,
    }  # fmt: skip
    for key, said in known.items():
        digest = said.pop("sha256")
        assert document(kept, key, said["format"]) == said
        assert len(digest) == 64


def test_a_line_with_a_night_a_gap_and_its_pointer_is_told_as_it_was(kept: Path) -> None:
    bucket, known = DirectoryBucket(kept / "bucket"), objects(kept)["documents"]
    (line,) = lines.every(bucket)
    said = sorted((one for key, one in known.items() if "/lines/" in key), key=lambda one: one["scheduled_at"])
    assert [night["state"] for night in line.nights] == ["missed", "finished"]
    assert [*line.nights] == [_without_digest(one) for one in said]
    assert lines.latest(bucket, line) == _without_digest(known["v1/latest/prod/team/nightly.json"])


def test_a_trial_is_found_by_its_sweep_and_told_as_it_was(kept: Path) -> None:
    (sweep,) = sweeps.every(DirectoryBucket(kept / "bucket"))
    assert [*sweep.trials] == [_without_digest(objects(kept)["documents"][layout.trial_key(DONE)])]
    assert sweep.value(sweep.newest) == 1 / 140


def _without_digest(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name != "sha256"}


PYRAMID = """
SELECT recorder, stream, key, level, step, points, not_finite, min, max, last, last_step, last_time
FROM read_parquet(?) ORDER BY ALL
"""


def pyramid(bucket: DirectoryBucket) -> list[list[Any]]:
    """Its buckets, by the columns of docs/bucket.md."""
    parts = [str(bucket.root / item.key) for item in bucket.list(layout.tables_prefix(layout.PYRAMID))]
    with database.connect() as connection:
        return [list(row) for row in connection.execute(PYRAMID, [parts]).fetchall()]


def test_the_pyramid_is_read_bit_by_bit_and_comes_out_of_the_kept_history_again(kept: Path) -> None:
    bucket = DirectoryBucket(kept / "bucket")
    assert len(objects(kept)["pyramid"]) == 36
    assert pyramid(bucket) == objects(kept)["pyramid"]
    for item in list(bucket.list(layout.tables_prefix(layout.PYRAMID))):
        bucket.delete(item.key)
    assert Rebuilding(bucket, DONE, Decoder(("false",))).rebuild() == 1
    assert pyramid(bucket) == objects(kept)["pyramid"]


def test_every_table_comes_out_of_the_kept_sources_again(kept: Path) -> None:
    """Today's decoding and today's folding give what was sealed then; `rebuild` refuses anything else."""
    bucket = DirectoryBucket(kept / "bucket")
    for item in list(bucket.list(layout.tables_prefix())):
        bucket.delete(item.key)
    assert Rebuilding(bucket, DONE, Decoder()).rebuild() == 4
    assert {"done": told(bucket, "done")} == {"done": expected(kept)["done"]}
    assert pyramid(bucket) == objects(kept)["pyramid"]
