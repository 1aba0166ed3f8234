"""The table of what a key may: every row is asked, and everything else is refused. And nobody forges who wrote."""

import hashlib
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from chiplog import codec, layout, records
from chiplog.bucket.memory import MemoryBucket
from chiplog.errors import AccessDenied, FormatError, NotFound, PreconditionFailed
from chiplog.layout import Recorder, Run
from chiplog_ingest import marks
from chiplog_ingest.grants import Grant
from chiplog_ingest.objects import Judged
from chiplog_ingest.owners import Owners

CI = Grant("ci", "ci-1", "trainer", "c1", "team", "digits", True)
LATER = Grant("ci", "ci-2", "trainer", "c1", "team", "digits", True)
AGAIN = Grant("ci", "ci-1", "trainer", "c1", "team", "digits", True, "uid-of-another")
NAMED = Grant("ci", "ci-1", "trainer", "c1", "team", "digits", True, "uid-1")
OTHER = Grant("lab", "lab-1", "trainer", "c1", "team", "digits", True)
READER = Grant("ro", "ro-1", "trainer", "c1", "team", "digits", False)
SPEECH = Grant("sp", "sp-1", "trainer", "c1", "team", "speech", True)
ALL = Grant("all", "all-1", "trainer", "c1", "team", "", True)

MINE, POD = Recorder("c1", "team", "mine"), Recorder("c1", "team", "pod")
RUN, POD_RUN = Run("c1", "team", "train-1"), Run("c1", "team", "mnist-1")
SHA = hashlib.sha256(b"weights").hexdigest()


def head(recorder: Recorder, run: str = "", project: str = "digits", **more: Any) -> bytes:
    told = {"cluster": recorder.cluster, "namespace": recorder.namespace, "id": recorder.id, "run": run,
            "project": project, "pod": "laptop", **more}  # fmt: skip
    document = {"format": records.LIVE_FORMAT, "min_reader": 1, "recorder": told, "streams": [], "state": "recording"}
    return codec.compress([codec.dump(document)]) + records.pack_tail([("s", {"at": 0, "kind": "history"})])


def paper(run: Run = RUN, recorder: str = "mine", project: str = "digits", **more: Any) -> bytes:
    document = {"format": records.RUN_FORMAT, "min_reader": 1, "cluster": run.cluster, "namespace": run.namespace,
                "run": run.id, "uid": recorder, "project": project, "created_by": "root", **more}  # fmt: skip
    return records.pack_document(document)


def outcome(*recorders: str, run: Run = RUN) -> bytes:
    attempts = [{"number": 1, "recorders": [{"id": name} for name in recorders]}]
    return records.pack_document({"format": records.OUTCOME_FORMAT, "min_reader": 1, "run": run.id,
                                  "attempts": attempts})  # fmt: skip


@pytest.fixture
def bucket() -> MemoryBucket:
    """One run of a pod, as operator and sidecar wrote it."""
    made = MemoryBucket()
    made.put(layout.live_key(POD), head(POD, POD_RUN.id))
    made.put(layout.run_key(POD_RUN), paper(POD_RUN, "some-uid"))
    made.put(layout.outcome_key(POD_RUN), outcome("pod", run=POD_RUN))
    made.put("v1/live/c1/other/x.jsonl.zst", b"")
    made.put("v1/live/c2/team/x.jsonl.zst", b"")
    return made


@pytest.fixture
def objects(bucket: MemoryBucket) -> Judged:
    return Judged(bucket, Owners(bucket, lambda: 1.0))


def put(objects: Judged, grant: Grant, key: str, data: bytes, **condition: Any) -> Any:
    return objects.put(grant, key, data, condition.pop("if_match", None), if_absent=condition.pop("if_absent", True))


SEGMENT, SOURCE = layout.segment_key(MINE, "s", 0, 10), layout.source_key(MINE, "s", 0, 10)
BLOB = layout.blob_key(MINE, SHA, "model.bin")

WRITES = {
    layout.live_key(MINE): head(MINE),
    SEGMENT: b"rows",
    SOURCE: b"bytes",
    BLOB: b"weights",
    layout.run_key(RUN): paper(),
}


@pytest.mark.parametrize("key", WRITES)
def test_what_a_key_writes_it_reads_and_lists_and_so_do_the_others_of_its_project(objects: Judged, key: str) -> None:
    put(objects, CI, key, WRITES[key])
    for grant in (CI, LATER, OTHER, READER):
        data = objects.get(grant, key).data
        assert objects.open(grant, key).read() == data
        assert objects.open(grant, key, 1, 3).read() == data[1:3]
        assert [item.key for item in objects.list(grant, key.rpartition("/")[0] + "/" if "live" not in key else key)]


@pytest.mark.parametrize("key", WRITES)
def test_nobody_else_reads_it(objects: Judged, key: str) -> None:
    put(objects, CI, key, WRITES[key])
    with pytest.raises(AccessDenied):
        objects.get(SPEECH, key)
    elsewhere = Grant("ci", "ci-1", "trainer", "c1", "other", "", True)
    with pytest.raises(AccessDenied):
        objects.get(elsewhere, key)
    assert key not in {item.key for item in objects.list(elsewhere, "")}


@pytest.mark.parametrize("grant", [OTHER, SPEECH, ALL, Grant("ci", "ci-1", "somebody", "c1", "team", "digits", True)])
@pytest.mark.parametrize("key", [SEGMENT, SOURCE, BLOB, layout.live_key(MINE)])
def test_a_recorder_is_its_first_writer_s_alone(objects: Judged, grant: Grant, key: str) -> None:
    put(objects, CI, layout.segment_key(MINE, "other", 0, 1), b"")
    with pytest.raises(AccessDenied, match="not the key"):
        put(objects, grant, key, WRITES[key])


@pytest.mark.parametrize("before", [CI, NAMED])
@pytest.mark.parametrize("key", [*WRITES, layout.outcome_key(RUN)])
def test_a_key_that_is_made_again_under_its_name_writes_nothing_of_the_old_one_s(
    objects: Judged, before: Grant, key: str
) -> None:
    put(objects, before, layout.run_key(RUN), paper())
    with pytest.raises(AccessDenied, match="not the key ci's"):
        put(objects, AGAIN, key, WRITES.get(key, outcome("mine")))
    with pytest.raises(AccessDenied, match="not the key ci's"):
        put(objects, AGAIN, layout.live_key(Recorder("c1", "team", "new")), head(Recorder("c1", "team", "new"), RUN.id))


def test_a_key_that_is_made_again_has_recorders_of_its_own(objects: Judged, bucket: MemoryBucket) -> None:
    put(objects, AGAIN, layout.live_key(MINE), head(MINE))
    told = records.unpack_live(bucket.get(layout.live_key(MINE)).data, "live")[0]
    assert told["recorder"]["written_by"]["key_uid"] == "uid-of-another"
    fresh = Judged(bucket, Owners(bucket, lambda: 1.0))
    later = Grant("ci", "ci-2", "trainer", "c1", "team", "digits", True, "uid-of-another")
    put(fresh, later, SEGMENT, b"rows")
    with pytest.raises(AccessDenied, match="not the key ci's"):
        put(fresh, CI, SOURCE, b"bytes")


def test_the_next_generation_of_a_key_goes_on_where_the_last_one_was(objects: Judged) -> None:
    etag = put(objects, CI, layout.live_key(MINE), head(MINE))
    put(objects, LATER, layout.live_key(MINE), head(MINE), if_match=etag, if_absent=False)
    put(objects, LATER, SEGMENT, b"rows")


@pytest.mark.parametrize("key", [*WRITES, layout.outcome_key(RUN)])
def test_a_key_that_reads_writes_nothing(objects: Judged, bucket: MemoryBucket, key: str) -> None:
    before = list(bucket.list(""))
    with pytest.raises(AccessDenied, match="may read, and not write"):
        put(objects, READER, key, WRITES.get(key, b""))
    assert list(bucket.list("")) == before


@pytest.mark.parametrize(
    "key",
    [
        "v1/clusters/c1.json", "v1/tables/history/x", "v1/index/c1/team/manifest.json",
        "v1/words/c1/team/r/tombstone.json",
        "v1/reports/c1/team/x", "v1/latest/c1/team/nightly.json", "v1/lines/c1/team/u/20261126T020000Z-r.json",
        "v1/watch/c1/team/train-1.json", layout.sealed_key(MINE, "s", 10), "v1/runs/c1/team/train-1/seal.json",
        "v1/runs/c1/team/train-1/trial.json", layout.writer_key(MINE), "v1/raw/c1/team/mine/s/anything",
        "v1/blobs/c1/team/mine/short/x", f"v1/blobs/c1/team/mine/{SHA}/a/b", "v1/blobs/c1/team/../x", "secret", "",
        "v1/live/c1/other/mine.jsonl.zst", "v1/live/c2/team/mine.jsonl.zst",
        layout.segment_key(Recorder("c1", "other", "mine"), "s", 0, 1), "v1/runs/c1/other/train-1/run.json",
    ],
)  # fmt: skip
def test_everything_else_is_written_by_no_key(objects: Judged, bucket: MemoryBucket, key: str) -> None:
    before = list(bucket.list(""))
    for grant in (CI, ALL):
        with pytest.raises(AccessDenied):
            put(objects, grant, key, b"x")
        with pytest.raises(AccessDenied):
            objects.put_file(grant, key, Path(__file__), SHA)
    assert list(bucket.list("")) == before


@pytest.mark.parametrize("key", [SEGMENT, SOURCE, BLOB, layout.run_key(RUN)])
def test_what_is_written_once_is_never_replaced(objects: Judged, key: str) -> None:
    with pytest.raises(AccessDenied, match="If-None-Match is missing"):
        put(objects, CI, key, WRITES[key], if_absent=False)
    put(objects, CI, key, WRITES[key])
    with pytest.raises(PreconditionFailed):
        put(objects, CI, key, WRITES[key])


def test_a_live_object_is_replaced_in_the_version_that_was_seen_alone(objects: Judged) -> None:
    key = layout.live_key(MINE)
    etag = put(objects, CI, key, head(MINE))
    with pytest.raises(AccessDenied, match="If-Match is missing"):
        put(objects, CI, key, head(MINE), if_absent=False)
    put(objects, CI, key, head(MINE), if_match=etag, if_absent=False)
    with pytest.raises(PreconditionFailed):
        put(objects, CI, key, head(MINE), if_match=etag, if_absent=False)


@pytest.mark.parametrize(
    "key", [layout.live_key(POD), layout.segment_key(POD, "s", 0, 1), layout.blob_key(POD, SHA, "x")]
)
def test_a_pod_s_recorder_is_no_key_s(objects: Judged, bucket: MemoryBucket, key: str) -> None:
    etag = bucket.get(layout.live_key(POD)).etag
    with pytest.raises(AccessDenied, match="came in another way"):
        put(objects, CI, key, b"weights", if_match=etag, if_absent=not key.startswith("v1/live"))
    with pytest.raises((NotFound, AccessDenied)):
        objects.get(CI, key)
    assert list(objects.list(CI, layout.raw_prefix(POD))) == []


def test_a_recorder_that_was_sealed_is_still_no_key_s(objects: Judged, bucket: MemoryBucket) -> None:
    bucket.delete(layout.live_key(POD))
    bucket.put(layout.sealed_key(POD, "s", 10), b"")
    with pytest.raises(AccessDenied, match="came in another way"):
        put(objects, CI, layout.live_key(POD), head(POD))


def test_who_wrote_stands_in_the_head_whatever_the_writer_says(objects: Judged, bucket: MemoryBucket) -> None:
    forged = head(MINE, written_by={"key": "boss", "service_account": "root"})
    put(objects, CI, layout.live_key(MINE), forged)
    told, rows = records.unpack_live(bucket.get(layout.live_key(MINE)).data, "live")
    assert told["recorder"]["written_by"] == {"key": "ci", "service_account": "trainer"}
    assert (told["recorder"]["pod"], rows) == ("laptop", [("s", {"at": 0, "kind": "history"})])


def test_who_wrote_stands_in_the_run_whatever_the_writer_says(objects: Judged, bucket: MemoryBucket) -> None:
    forged = paper(written_by={"key": "boss", "service_account": "root"}, service_account="root", created_by="boss")
    put(objects, CI, layout.run_key(RUN), forged)
    told = records.unpack_document(bucket.get(layout.run_key(RUN)).data, records.RUN_FORMAT, "run.json")
    assert told["written_by"] == {"key": "ci", "service_account": "trainer"}
    assert (told["service_account"], told["created_by"]) == ("trainer", "system:serviceaccount:team:trainer")
    assert told["claimed_by"] == "boss"


@pytest.mark.parametrize(
    "data",
    [head(Recorder("c1", "team", "other")), head(Recorder("c1", "x", "mine")), head(Recorder("c2", "team", "mine")),
     head(MINE, project="speech"), head(MINE, run=POD_RUN.id)],
)  # fmt: skip
def test_a_head_that_says_another_place_is_refused(objects: Judged, data: bytes) -> None:
    with pytest.raises(AccessDenied):
        put(objects, CI, layout.live_key(MINE), data)


@pytest.mark.parametrize("data", [b"", b"no zstd", head(MINE)[:40], codec.compress([b"[]"]), codec.compress([b"{"])])
def test_a_live_object_that_is_none_is_refused(objects: Judged, data: bytes) -> None:
    with pytest.raises(FormatError):
        put(objects, CI, layout.live_key(MINE), data)


def test_a_head_that_unpacks_to_a_bomb_is_refused(objects: Judged) -> None:
    bomb = codec.compress([b'{"a":"' + b"0" * (64 << 20) + b'"}'])
    with pytest.raises(FormatError, match="unpacks to more"):
        put(objects, CI, layout.live_key(MINE), bomb)


@pytest.mark.parametrize(
    "data", [paper(POD_RUN), paper(Run("c1", "other", "train-1")), paper(project="speech"), paper(recorder="pod")]
)
def test_a_run_that_is_not_the_key_s_is_refused(objects: Judged, data: bytes) -> None:
    with pytest.raises(AccessDenied):
        put(objects, CI, layout.run_key(RUN), data)


def test_an_outcome_is_of_the_key_s_own_run_and_names_its_own_recorders(objects: Judged, bucket: MemoryBucket) -> None:
    key = layout.outcome_key(RUN)
    with pytest.raises(AccessDenied, match=r"no run\.json"):
        put(objects, CI, key, outcome("mine"), if_absent=False)
    put(objects, CI, layout.run_key(RUN), paper())
    put(objects, CI, key, outcome("mine"), if_absent=False)
    put(objects, LATER, key, outcome("mine"), if_absent=False)
    for grant, data in ((OTHER, outcome("mine")), (CI, outcome("mine", "pod")), (CI, outcome("mine", run=POD_RUN))):
        with pytest.raises(AccessDenied):
            put(objects, grant, key, data, if_absent=False)
    with pytest.raises(AccessDenied, match="not the key"):
        put(objects, CI, layout.outcome_key(POD_RUN), outcome("mine", run=POD_RUN), if_absent=False)
    with pytest.raises(FormatError):
        put(objects, CI, key, outcome(*map(str, range(65))), if_absent=False)
    assert bucket.get(layout.outcome_key(POD_RUN)).data == outcome("pod", run=POD_RUN)


def test_a_file_is_what_its_place_says(objects: Judged, bucket: MemoryBucket, tmp_path: Path) -> None:
    path = tmp_path / "model"
    path.write_bytes(b"weights")
    objects.put_file(CI, BLOB, path, SHA)
    assert bucket.get(BLOB).data == b"weights"
    with pytest.raises(AccessDenied, match="its place says"):
        objects.put_file(CI, BLOB, path, "0" * 64)
    with pytest.raises(AccessDenied, match="its place says"):
        put(objects, CI, BLOB, b"other")
    with pytest.raises(FormatError):
        objects.put_file(CI, layout.blob_key(MINE, "0" * 64, "x"), path, "0" * 64)
    with pytest.raises(AccessDenied, match="no place of a file"):
        objects.put_file(CI, SEGMENT, path, SHA)


def test_a_key_for_every_project_reads_its_namespace_and_nothing_beside(objects: Judged, bucket: MemoryBucket) -> None:
    bucket.put("v1/tables/history/cluster=c1/namespace=team/date=2026-11-26/r-0001-0001.parquet", b"t")
    bucket.put("v1/tables/history/cluster=c1/namespace=other/date=2026-11-26/r-0001-0001.parquet", b"t")
    bucket.put("v1/clusters/c1.json", b"{}")
    seen = [item.key for item in objects.list(ALL, "")]
    assert seen == sorted(seen, key=str.encode)
    assert {key for key in seen if "c1/other" in key or "c2" in key or "namespace=other" in key} == set()
    assert layout.live_key(POD) in seen
    assert [item.key for item in objects.list(ALL, "v1/runs/")] == [
        layout.outcome_key(POD_RUN),
        layout.run_key(POD_RUN),
    ]
    assert [item.key for item in objects.list(ALL, layout.live_key(POD))] == [layout.live_key(POD)]
    assert json.loads(objects.get(ALL, layout.run_key(POD_RUN)).data)["run"] == POD_RUN.id
    for key in ("v1/live/c1/other/x.jsonl.zst", "v1/live/c2/team/x.jsonl.zst", "v1/clusters/c1.json"):
        with pytest.raises(AccessDenied):
            objects.get(ALL, key)


@pytest.mark.parametrize(
    "prefix", ["", "v1/", "v1/live/c1/team/", "v1/raw/c1/team/mine", "v1/runs/c1/team/", "v1/raw/c1/"]
)
def test_a_key_for_one_project_lists_one_recorder_or_run_at_a_time(objects: Judged, prefix: str) -> None:
    with pytest.raises(AccessDenied):
        list(objects.list(CI, prefix))


def test_what_is_not_there_is_not_found_and_lists_nothing(objects: Judged) -> None:
    for key in (*WRITES, layout.outcome_key(RUN)):
        with pytest.raises(NotFound):
            objects.get(CI, key)
    assert list(objects.list(CI, layout.raw_prefix(MINE))) == []


CLIMBING = (
    "v1/live/c1/team/../other/x.jsonl.zst", "v1/raw/c1/team/mine/../../other/x/s/y", "v1/raw/c1/team//mine",
    "v1/words/c1/team/./x", "v1/raw/c1/team/a\\..\\b", "v1/live/c1/team/x\n.jsonl.zst", "v1/raw/c1/team/..",
)  # fmt: skip


@pytest.mark.parametrize("key", CLIMBING)
def test_a_key_that_a_store_may_tidy_up_is_nobody_s(objects: Judged, bucket: MemoryBucket, key: str) -> None:
    bucket.put(key, b"secret")
    for grant in (CI, ALL):
        with pytest.raises(AccessDenied):
            objects.get(grant, key)
        with pytest.raises(AccessDenied):
            objects.open(grant, key)
        with pytest.raises(AccessDenied):
            list(objects.list(grant, key))


@pytest.mark.parametrize("recorder", ["..", "../other/x", ".", "", "a/b", "x" * 201])
def test_a_recorder_of_no_name_is_claimed_by_nobody(objects: Judged, bucket: MemoryBucket, recorder: str) -> None:
    before = list(bucket.list(""))
    place = Recorder("c1", "team", recorder)
    writes = {
        layout.segment_key(place, "s", 0, 10): b"rows",
        layout.segment_key(MINE, "..", 0, 10): b"rows",
        layout.run_key(RUN): paper(recorder=recorder),
    }
    for key, data in writes.items():
        with pytest.raises(AccessDenied):
            put(objects, CI, key, data)
    assert list(bucket.list("")) == before
    put(objects, CI, layout.run_key(RUN), paper())
    with pytest.raises(AccessDenied):
        put(objects, CI, layout.outcome_key(RUN), outcome(recorder), if_absent=False)


@pytest.mark.parametrize("run", ["..", "../other/x", "a\nb"])
def test_a_head_names_no_run_of_no_name(objects: Judged, run: str) -> None:
    with pytest.raises(FormatError):
        put(objects, CI, layout.live_key(MINE), head(MINE, run=run))


def test_a_short_name_lists_nobody_else_s_longer_one(objects: Judged, bucket: MemoryBucket) -> None:
    short = Recorder("c1", "team", "m")
    put(objects, CI, layout.live_key(short), head(short))
    put(objects, SPEECH, layout.live_key(MINE), head(MINE, project="speech"))
    bucket.put("v1/watch/c1/team/mnist-1.json", b"{}")
    for prefix in ("v1/live/c1/team/m", "v1/watch/c1/team/m", "v1/live/c1/team/m.json"):
        with pytest.raises(AccessDenied):
            list(objects.list(CI, prefix))
    assert [item.key for item in objects.list(CI, layout.live_key(short))] == [layout.live_key(short)]
    assert len(list(objects.list(CI, "v1/watch/c1/team/mnist-1.json"))) == 1


def test_a_head_that_unpacks_to_a_bomb_takes_no_more_memory_than_a_head_may(objects: Judged) -> None:
    bomb = codec.compress([b"0" * (96 << 20)])
    tracemalloc.start()
    try:
        with pytest.raises(FormatError, match="unpacks to more"):
            put(objects, CI, layout.live_key(MINE), bomb)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2.5 * marks.MAX_HEAD_BYTES
