"""A run's own words are folded from the stream that speaks for it."""

import math

from bucket_world import NOW, Source, World, attempt, script

from chiplog.reading import details, runs

OLD, NEW = "wandb/offline-run-20261123_210000-a/run-a.wandb", "wandb/offline-run-20261123_220000-b/run-b.wandb"


def read(world: World) -> details.Details:
    (view,) = runs.every(world.bucket, clock=world.clock)
    return details.read(world.bucket, view)


def test_config_and_summary_are_the_scripts_over_the_trainingruns() -> None:
    world = World()
    place = world.run(config={"lr": 1.0, "opt": {"name": "sgd", "momentum": 0.9}, "only": "here"})
    world.record("r1", Source(script(lr=0.1, opt={"name": "adam"})), run=place.id)
    found = read(world)
    assert found.view.config == {"lr": 0.1, "opt": {"name": "adam"}, "only": "here"}
    assert found.view.summary == {"loss": 0.5}
    assert [row["step"] for row in found.history] == [0, 1]


def test_a_number_that_json_lacks_is_a_number() -> None:
    world = World()
    place = world.run()
    world.record("r1", Source(script(loss=[math.nan])), run=place.id)
    assert math.isnan(read(world).view.summary["loss"])


def test_the_newest_stream_of_the_newest_attempt_speaks() -> None:
    world = World()
    place = world.run()
    world.record("r1", Source(script(loss=[9.0])), run=place.id)
    older = Source(script(loss=[8.0], started_at=NOW - 90), id="z", path=OLD)
    newer = Source(script(loss=[7.0], started_at=NOW - 30), id="a", path=NEW)
    world.record("r2", newer, older, run=place.id)
    world.outcome(place, "running", [attempt(1, "r1"), attempt(2, "r2")])
    assert read(world).view.summary == {"loss": 7.0}


def test_a_stream_that_said_nothing_yet_does_not_speak() -> None:
    world = World()
    place = world.run()
    spoken = Source(script(loss=[8.0]), id="a", path=OLD)
    world.record("r1", spoken, Source(script()[:1], id="b", path=NEW), run=place.id)
    assert read(world).view.summary == {"loss": 8.0}


def test_a_run_of_which_nothing_is_recorded_keeps_its_trainingruns_words() -> None:
    world = World()
    world.run(config={"lr": 1.0})
    found = read(world)
    assert (found.view.config, found.view.summary, found.history) == ({"lr": 1.0}, {}, [])
