"""What listings show beside the watches: what was missed, whole where it may be adopted, and pods without a mirror."""

from collections.abc import Sequence
from typing import Any

import pytest
from operator_world import FakeCluster, Fate, Time

from chiplog_operator.cluster import Kind, Unavailable
from chiplog_operator.comparison import Comparison
from chiplog_operator.motion import Motion
from chiplog_operator.sightings import Key
from chiplog_operator.strangers import Strangers

Json = dict[str, Any]

MIRROR = Key("team", "mnist-0a1b2c3d")


class Listing(FakeCluster):
    """A cluster whose listings are of metadata alone, as the real one's; some cannot be read."""

    def __init__(self) -> None:
        super().__init__(Fate())
        self.closed: set[Kind] = set()

    def listed(self, kind: Kind, namespaces: Sequence[str], *, is_whole: bool = False) -> list[Json]:
        if kind in self.closed:
            raise Unavailable(kind)
        return [{"metadata": body["metadata"]} for body in super().listed(kind, namespaces)]


@pytest.fixture
def cluster() -> Listing:
    return Listing()


@pytest.fixture
def comparison(cluster: Listing) -> Comparison:
    return Comparison(cluster, Motion(), Strangers(cluster.workload), clock=Time())


def stand(cluster: Listing, name: str, **labels: str) -> Json:
    metadata = {"name": name, "namespace": "team", "uid": f"uid-{name}", "resourceVersion": "1", "labels": labels}
    body = {"metadata": metadata, "status": {"phase": "Running"}}
    cluster.all_pods[Key("team", name)] = body
    return body


def test_what_no_watch_brought_is_missed_and_what_one_did_is_not(cluster: Listing, comparison: Comparison) -> None:
    stand(cluster, "a")
    comparison.motion.delivered("pods", stand(cluster, "b"), is_gone=False)
    assert comparison.look().missed == [("pods", {"metadata": cluster.all_pods[Key("team", "a")]["metadata"]})]


def test_a_pod_that_may_be_adopted_is_read_whole(cluster: Listing, comparison: Comparison) -> None:
    pod = stand(cluster, "a", **{"chiplog.dev/inject": "true"})
    assert comparison.look().missed == [("pods", pod)]


def test_a_pod_whose_mirror_is_not_listed_is_an_orphan(cluster: Listing, comparison: Comparison) -> None:
    pod = stand(cluster, "a")
    comparison.strangers.adopted(pod, MIRROR)
    assert comparison.look().orphans == [pod]
    cluster.runs[MIRROR] = {"metadata": {**pod["metadata"], "name": MIRROR.name}}
    assert comparison.look().orphans == []


def test_a_run_whose_pod_went_before_a_watch_had_begun_is_looked_at(comparison: Comparison) -> None:
    comparison.motion.known("pods", "uid-a", "1", Key("team", "mnist"))
    assert comparison.look().vanished == [Key("team", "mnist")]
    assert comparison.look().vanished == []


def test_where_runs_cannot_be_listed_no_pod_is_an_orphan_and_the_others_are_compared(
    cluster: Listing, comparison: Comparison
) -> None:
    comparison.strangers.adopted(stand(cluster, "a"), MIRROR)
    cluster.closed = {"trainingruns"}
    found = comparison.look()
    assert ([kind for kind, _ in found.missed], found.orphans) == (["pods"], [])
