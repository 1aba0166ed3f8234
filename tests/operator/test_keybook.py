"""What stands in the bucket of API keys: that each was made, that it ended, and never the key."""

from typing import Any

from operator_world import START, FakeCluster, Fate, Time

from chiplog import records
from chiplog.access import keys
from chiplog.bucket.memory import MemoryBucket
from chiplog.errors import AccessDenied
from chiplog.reading import verifying
from chiplog_operator.keybook import Keybook
from chiplog_operator.overlaps import Overlaps

UID = "3f2a9c10-0000-4000-8000-00000000000"


def account(name: str, generation: int, *, is_whole: bool = True, **told: str) -> dict[str, Any]:
    said = {"chiplog.dev/scope": "write", "chiplog.dev/namespace": "team", **told}
    said |= keys.made(keys.text(START + 3600), "0123456789ab") if is_whole else {}
    metadata = {"name": f"{name}-{generation}", "labels": {keys.LABEL: name}, "annotations": said,
                "ownerReferences": [{"kind": "Secret", "uid": f"{UID}{generation}"}]}  # fmt: skip
    return {"metadata": metadata}


class Place:
    """A cluster with keys, a bucket, and the operator that looks at both."""

    def __init__(self) -> None:
        self.cluster, self.bucket, self.clock = FakeCluster(Fate()), MemoryBucket(), Time()
        self.is_ours = True
        self.start()

    def start(self) -> None:
        book = Keybook(self.bucket, "c1", lambda: self.is_ours, self.clock)
        self.overlaps = Overlaps(self.cluster, self.clock, book.note)

    def look(self, *accounts: dict[str, Any]) -> list[tuple[str, str, int]]:
        self.cluster.key_of = {item["metadata"]["name"]: item for item in accounts}
        self.clock.now += 10
        self.overlaps.end()
        return self.told()

    def told(self) -> list[tuple[str, str, int]]:
        stored = [(item.key, self.bucket.get(item.key).data) for item in self.bucket.list("v1/clusters/")]
        entries = [records.unpack_document(data, records.AUDIT_FORMAT, key) for key, data in stored]
        return sorted((item["did"], item["key"]["name"], item["key"]["generation"]) for item in entries)


def test_a_key_is_written_down_when_it_is_made_and_when_it_ends() -> None:
    place = Place()
    assert place.look(account("ci", 1)) == [("key made", "ci", 1)]
    made = [item.key for item in place.bucket.list("v1/clusters/")]
    assert made == [f"v1/clusters/c1/keys/ci-1-{UID}1-made.json"]
    assert records.unpack_document(place.bucket.get(made[0]).data, records.AUDIT_FORMAT, "x")["at"] == START + 10
    both = [("key made", "ci", 1), ("key made", "ci", 2)]
    assert place.look(account("ci", 1), account("ci", 2)) == both
    assert place.look(account("ci", 2)) == [("key ended", "ci", 1), *both]


def test_the_next_operator_goes_on_where_the_last_one_stood() -> None:
    place = Place()
    place.look(account("ci", 1), account("nightly-eval", 2))
    place.start()
    told = [("key ended", "ci", 1), ("key made", "ci", 1), ("key made", "nightly-eval", 2)]
    assert place.look(account("nightly-eval", 2)) == told
    place.start()
    assert place.look(account("nightly-eval", 2)) == told


def test_a_key_that_was_only_begun_is_none() -> None:
    assert Place().look(account("ci", 1, is_whole=False)) == []


class Down(MemoryBucket):
    def put(self, *_: Any, **__: Any) -> Any:
        raise AccessDenied("no")


def test_a_store_that_does_not_answer_is_told_later_and_keeps_no_key_from_its_end() -> None:
    place = Place()
    place.bucket.__class__ = Down
    over = account("ci", 1, **{keys.ENDS: keys.text(START)})
    assert place.look(over, account("ci", 2)) == []
    assert sorted(place.cluster.key_of) == ["ci-2"]
    place.bucket.__class__ = MemoryBucket
    assert place.look(account("ci", 2)) == [("key made", "ci", 2)]


def test_under_a_name_that_is_another_cluster_s_nothing_is_written() -> None:
    place = Place()
    place.is_ours = False
    assert place.look(account("ci", 1)) == []


def test_entries_are_no_damage() -> None:
    place = Place()
    place.look(account("ci", 1))
    assert list(verifying.everything(place.bucket, [])) == []
