"""Which keys the operator ends, and when."""

from typing import Any

from operator_world import START, FakeCluster, Fate, Time

from chiplog.access import keys
from chiplog_operator.cluster import Conflict
from chiplog_operator.overlaps import Overlaps


def account(name: str, generation: int, **annotations: str) -> dict[str, Any]:
    told = {"chiplog.dev/scope": "write", **{f"chiplog.dev/{what}": value for what, value in annotations.items()}}
    metadata = {"name": f"{name}-{generation}", "labels": {keys.LABEL: name}, "annotations": told,
                "ownerReferences": [{"kind": "Secret", "uid": f"uid-{name}-{generation}"}]}  # fmt: skip
    return {"metadata": metadata}


def left(*accounts: dict[str, Any], now: float = START) -> list[str]:
    cluster = FakeCluster(Fate())
    cluster.key_of = {item["metadata"]["name"]: item for item in accounts}
    Overlaps(cluster, Time(now)).end()
    return sorted(cluster.key_of)


def test_a_key_ends_when_its_overlap_is_over_and_not_a_second_earlier() -> None:
    old, new = account("ci", 1, **{"ends-at": keys.text(START)}), account("ci", 2)
    assert left(old, new, now=START - 1) == ["ci-1", "ci-2"]
    assert left(old, new, now=START) == ["ci-2"]


def test_an_expired_key_stays_to_be_seen() -> None:
    assert left(account("ci", 1, **{"expires-at": keys.text(START - 86_400)})) == ["ci-1"]


def test_what_is_no_key_of_ours_is_left_alone() -> None:
    stranger = account("ci", 1, **{"ends-at": keys.text(START - 1)})
    stranger["metadata"]["name"] = "somebody-elses"
    nonsense = account("ci", 3, **{"ends-at": "tomorrow"})
    assert left(stranger, nonsense) == ["ci-3", "somebody-elses"]


class Stubborn(FakeCluster):
    """One handle is another's by now."""

    def delete_key(self, name: str, handle_uid: str) -> None:
        if name == "bad-1":
            raise Conflict("the UID is another")
        super().delete_key(name, handle_uid)


def test_a_key_that_cannot_be_ended_keeps_no_other_from_its_end() -> None:
    cluster = Stubborn(Fate())
    over = {"ends-at": keys.text(START)}
    cluster.key_of = {f"{name}-1": account(name, 1, **over) for name in ("bad", "good")}
    Overlaps(cluster, Time(START)).end()
    assert sorted(cluster.key_of) == ["bad-1"]
