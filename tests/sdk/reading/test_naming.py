"""A name finds the run that people mean, or says which they might mean."""

from collections.abc import Iterator

import many_runs
import pytest
from bucket_world import NOW, Source, World, attempt, script

from chiplog import layout
from chiplog.bucket import Listed, Stored, folders_of
from chiplog.bucket.memory import MemoryBucket
from chiplog.errors import AccessDenied, AmbiguousRun, FormatError, RunNotFound, SettingsError
from chiplog.reading import naming


def found(world: World, name: str, namespace: str = "", cluster: str = "") -> str:
    return naming.find(world.bucket, name, namespace, cluster, world.clock).run


@pytest.fixture
def world() -> World:
    world = World()
    world.run("mnist", "0000aaaa", created_at=NOW - 100)
    world.run("mnist", "ffff0000", created_at=NOW - 50)
    world.run("mnist", "11110000", created_at=NOW - 80)
    world.run("mnist-large", "22220000")
    world.run("both", "33330000")
    world.run("both", "44440000", namespace="team-b")
    return world


@pytest.mark.parametrize("name", ["mnist", "vision/mnist", "team/vision/mnist"])
def test_a_name_is_its_newest_run(world: World, name: str) -> None:
    assert found(world, name) == "mnist-ffff0000"


def test_an_id_is_that_run(world: World) -> None:
    assert found(world, "mnist-0000aaaa") == "mnist-0000aaaa"
    assert found(world, "vision/mnist-0000aaaa") == "mnist-0000aaaa"


def test_a_name_that_begins_another_is_not_that_one(world: World) -> None:
    assert found(world, "mnist-large") == "mnist-large-22220000"


def test_a_name_in_two_namespaces_is_ambiguous_and_both_are_named(world: World) -> None:
    with pytest.raises(AmbiguousRun, match=r"'both' may be any of team-b/vision/both, team/vision/both: name one"):
        found(world, "both")


def test_a_namespace_decides(world: World) -> None:
    assert found(world, "both", namespace="team-b") == "both-44440000"
    assert found(world, "team/vision/both") == "both-33330000"


def test_a_project_decides(world: World) -> None:
    world.run("both", "55550000", project="speech")
    assert found(world, "speech/both") == "both-55550000"
    with pytest.raises(AmbiguousRun, match="team/speech/both, team/vision/both"):
        found(world, "both", namespace="team")


def test_clusters_are_named_where_they_differ(world: World) -> None:
    world.run("twin", "66660000", cluster="a")
    world.run("twin", "77770000", cluster="b")
    with pytest.raises(AmbiguousRun, match=r"\(--cluster a\).*\(--cluster b\)"):
        found(world, "twin")
    assert found(world, "twin", cluster="b") == "twin-77770000"


@pytest.mark.parametrize("name", ["nope", "mnist-", "speech/mnist", "team-b/vision/mnist", "mnist-00000000"])
def test_a_name_of_nothing_is_not_found(world: World, name: str) -> None:
    with pytest.raises(RunNotFound, match="no run answers to"):
        found(world, name)


@pytest.mark.parametrize("name", ["", "/", "a/", "/a", "a//b", "a/b/c/d"])
def test_what_is_no_name_is_refused_with_the_shape_it_should_have(world: World, name: str) -> None:
    with pytest.raises(SettingsError, match="write run, project/run or namespace/project/run"):
        found(world, name)


def test_a_name_and_a_namespace_that_contradict_each_other_are_refused(world: World) -> None:
    with pytest.raises(SettingsError, match="namespace team, but namespace team-b was asked for"):
        found(world, "team/vision/both", namespace="team-b")


def test_a_run_that_only_its_recorder_knows_is_found_by_id_name_and_pod(world: World) -> None:
    world.record("r1", Source(script()), run="bert-99990000")
    for name in ("bert-99990000", "bert", "r1", "r1-pod", "vision/bert", "team/vision/bert"):
        assert found(world, name) == "bert-99990000"


def test_a_recorder_that_no_run_has_claimed_is_found_by_id_and_pod(world: World) -> None:
    world.record("r1", Source(script()))
    assert found(world, "r1") == found(world, "r1-pod") == "r1"


def test_the_pod_of_a_recorder_that_a_run_claimed_afterwards_finds_the_run(world: World) -> None:
    world.record("rec", Source(script()))
    place = world.run("labelled", "55550000")
    world.outcome(place, "running", [attempt(1, "rec")])
    assert found(world, "rec-pod") == "labelled-55550000"


def test_another_runs_damaged_document_is_no_obstacle(world: World) -> None:
    world.bucket.put(layout.run_key(layout.Run("prod", "team", "mnist-large-22220000")), b"junk")
    assert found(world, "mnist") == "mnist-ffff0000"
    with pytest.raises(FormatError, match="mnist-large-22220000"):
        found(world, "mnist-large-22220000")


class Watched(MemoryBucket):
    """A bucket that keeps what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def get(self, key: str) -> Stored:
        self.asked.append(key)
        return super().get(key)

    def list(self, prefix: str) -> Iterator[Listed]:
        self.asked.append(prefix)
        return super().list(prefix)

    def folders(self, prefix: str, after: str = "", until: str = "") -> Iterator[str]:
        self.asked.append(f"{prefix} {after}..{until}")
        return folders_of(super().list(prefix), prefix, after, until)


@pytest.fixture
def watched(world: World) -> Watched:
    world.bucket = Watched()
    for number in range(50):
        world.run(f"other{number}")
    world.outcome(world.run("mnist", "aaaa1111", created_at=NOW), "finished", durable=True)
    world.run("mnist-large")
    world.bucket.asked.clear()
    return world.bucket


def test_nothing_is_asked_of_runs_that_are_called_otherwise(world: World, watched: Watched) -> None:
    assert found(world, "mnist", namespace="team", cluster="prod") == "mnist-aaaa1111"
    assert "v1/runs/prod/team/ mnist,..mnist" in watched.asked
    assert not [key for key in watched.asked if "other" in key]
    assert "v1/runs/prod/team/" not in watched.asked


def test_of_very_many_runs_of_one_name_the_index_tells_and_the_others_documents(world: World, watched: Watched) -> None:
    places = [world.run("often", f"{number:08x}", created_at=NOW + number % 150) for number in range(naming.MANY + 1)]
    many_runs.put_lines(watched, places[:-3])
    watched.asked.clear()
    assert found(world, "often") == "often-00000095"
    assert {key for key in watched.asked if key.endswith("run.json")} == {
        layout.run_key(place) for place in [*places[-3:], places[0x95]]
    }
    assert found(world, "vision/often-00000003") == "often-00000003"
    world.run("often", "ffffffff", project="speech", created_at=NOW - 999)
    assert found(world, "speech/often") == "often-ffffffff"
    with pytest.raises(AmbiguousRun, match="team/speech/often, team/vision/often"):
        found(world, "often")


def test_a_document_of_another_shape_is_no_obstacle_to_others(world: World) -> None:
    world.bucket.put(
        layout.run_key(layout.Run("prod", "team", "mnist-large-22220000")),
        b'{"format": "chiplog.run", "min_reader": 1}',
    )
    assert found(world, "mnist") == "mnist-ffff0000"


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("mnits", "no run answers to 'mnits': did you mean 'mnist'?"),
        ("MNIST", "no run answers to 'MNIST': did you mean 'mnist'?"),
        ("mnist-0000aaab", "'mnist-0000aaab': did you mean 'mnist-0000aaaa'"),
        ("speech/mnist", "no run answers to 'speech/mnist'; there is team/vision/mnist$"),
        ("team-b/vision/mnist", "in namespace team-b; there is team/vision/mnist$"),
        ("quite-another-thing", "no run answers to 'quite-another-thing'$"),
    ],
)
def test_a_name_of_nothing_is_answered_with_what_is_near(world: World, name: str, answer: str) -> None:
    with pytest.raises(RunNotFound, match=answer):
        found(world, name)


def test_whoever_may_see_one_namespace_alone_is_told_as_much(world: World) -> None:
    class Narrow(MemoryBucket):
        def folders(self, prefix: str, after: str = "", until: str = "") -> Iterator[str]:
            if prefix != layout.runs_prefix("prod", "team"):
                raise AccessDenied(prefix)
            return super().folders(prefix, after, until)

    with pytest.raises(RunNotFound, match=r"in namespace team in cluster prod$"):
        naming.find(Narrow(), "mnits", "team", "prod", world.clock)


def test_a_pod_of_a_run_that_the_index_knows_is_found_without_taking_others_apart(world: World) -> None:
    place = world.run("sealed", "88880000")
    world.outcome(place, "finished", [attempt(1, "gone")])
    assert found(world, "gone-pod") == "sealed-88880000"
