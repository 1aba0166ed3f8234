"""Several streams of one recorder: who speaks, in which order, and under which names."""

from typing import Any

import pytest
from bucket_world import NOW, Source, World, history, numbered

from chiplog.codec import Row
from chiplog.folding import Fold
from chiplog.reading import details, runs, voices
from chiplog.reading import history as reading
from chiplog.reading.views import RunView
from chiplog.reading.voices import Voice


def wandb(run_id: str, began: float, *rows: dict[str, Any], rank: int | None = None, lr: float = 0.1) -> Source:
    """A log of wandb that began so many seconds after the others' clock."""
    told = {} if rank is None else {"rank": rank}
    run = {"kind": "run", "run_id": run_id, "started_at": NOW + began, "config": [[["lr"], lr]], **told}
    path = f"wandb/offline-run-20261123_220000-{run_id}/run-{run_id}.wandb"
    return Source(numbered([run, *rows]), id=f"s{run_id}", path=path)


def summary(**values: Any) -> dict[str, Any]:
    return {"kind": "summary", "update": [[[key], value] for key, value in values.items()], "remove": []}


def ended(code: int | None) -> list[dict[str, Any]]:
    return [] if code is None else [{"kind": "exit", "exit_code": code}]


def events(path: str, began: float, *rows: dict[str, Any]) -> Source:
    header = {"kind": "header", "producer": "tensorboard brain.Event:2", "time": NOW + began}
    name = f"{path}/events.out.tfevents.1.host"
    return Source(numbered([header, *rows]), id=f"tb-{path}", kind="tensorboard", path=name)


def scalar(step: int, time: float, **values: Any) -> dict[str, Any]:
    return {**history(step, NOW + time, **values), "summary": True}


def view_of(*sources: Source) -> tuple[World, RunView]:
    world = World()
    world.record("r1", *sources, run=world.run().id)
    (view,) = runs.every(world.bucket, clock=world.clock)
    return world, view


def rows_of(world: World, view: RunView) -> list[Row]:
    return list(reading.read(world.bucket, view))


def test_of_64_ranks_in_one_pod_all_rows_are_read_and_rank_0_speaks() -> None:
    ranks = [
        wandb(
            f"{rank:02d}", rank / 100, history(0, NOW + 5), history(1, NOW + 9), summary(rank=rank), rank=rank, lr=rank
        )
        for rank in reversed(range(64))
    ]
    world, view = view_of(*ranks)
    rows = rows_of(world, view)
    assert len(rows) == 128
    assert sorted({row.get("_rank", 0) for row in rows}) == list(range(64))
    assert view.summary == {"rank": 0}
    assert details.read(world.bucket, view).view.config == {"lr": 0}


def test_a_directory_names_the_rank_of_a_program_in_any_language() -> None:
    sources = [
        Source(numbered([{**history(0, loss=rank), "summary": True}]), id=f"s{rank}", kind="jsonl",
               path=f"rank-{rank}/metrics.jsonl")
        for rank in (3, 0, 11)
    ]  # fmt: skip
    world, view = view_of(*sources)
    assert [(row.get("_rank", 0), row["loss"]) for row in rows_of(world, view)] == [(0, 0), (11, 11), (3, 3)]
    assert view.summary == {"loss": 0}


def test_a_second_run_of_one_process_is_a_sibling_with_rows_of_its_own() -> None:
    first = wandb("first", 0, history(0, NOW + 5, loss=1.0), summary(loss=1.0), lr=0.1)
    second = wandb("second", 6, history(0, NOW + 8, loss=2.0), summary(loss=2.0), lr=0.2)
    world, view = view_of(first, second)
    assert [(row["_run"], row["loss"]) for row in rows_of(world, view)] == [("first", 1.0), ("second", 2.0)]
    assert view.summary == {"loss": 2.0}
    assert details.read(world.bucket, view).view.config == {"lr": 0.2}


def test_runs_of_one_process_at_the_same_time_are_never_mixed() -> None:
    first = wandb("a", 0, history(0, NOW + 9), summary(of="a", only_a=1))
    second = wandb("b", 1, history(0, NOW + 9), summary(of="b"))
    world, view = view_of(first, second)
    assert view.summary == {"of": "a", "only_a": 1}
    assert [row["_run"] for row in rows_of(world, view)] == ["a", "b"]


def test_one_run_has_no_column_that_names_it() -> None:
    world, view = view_of(wandb("a", 0, history(0)), wandb("a", 90, history(1)))
    assert all("_run" not in row for row in rows_of(world, view))


def test_tensorboard_beside_wandb_adds_its_summary() -> None:
    world, view = view_of(
        wandb("a", 0, history(3, NOW + 9, loss=1.0), summary(loss=1.0)), events("logs", 1, scalar(7, 8, grad=0.5))
    )
    assert (view.summary, view.step) == ({"loss": 1.0, "grad": 0.5}, 7)
    found = details.read(world.bucket, view)
    assert (found.view.summary, found.view.step, len(found.history)) == ({"loss": 1.0, "grad": 0.5}, 7, 2)


def test_train_and_eval_are_namespaces_as_tensorboard_shows_them() -> None:
    world, view = view_of(
        events("logs/train", 0, scalar(0, 1, loss=1.0), scalar(1, 50, loss=0.5)),
        events("logs/eval", 40, scalar(1, 41, loss=0.7)),
    )
    assert view.summary == {"train/loss": 0.5, "eval/loss": 0.7}
    assert {key for row in rows_of(world, view) for key in row if not key.startswith("_")} == {
        "train/loss",
        "eval/loss",
    }


@pytest.mark.parametrize(
    ("folders", "expected"),
    [
        (["logs"], [""]),
        (["logs/train"], ["train/"]),
        (["logs/train", "logs/validation"], ["train/", "validation/"]),
        (["model", "model/eval"], ["", "eval/"]),
        (["runs/a", "runs/b"], ["a/", "b/"]),
        (["runs/x", "runs/x/1700000000"], ["", "1700000000/"]),
        (["logs/train", "logs/train/images"], ["train/", "train/images/"]),
        (["lightning_logs/version_0"], [""]),
        (["."], [""]),
        ([".", "train"], ["", "train/"]),
    ],
)  # fmt: skip
def test_a_namespace_is_the_directory_below_what_all_share(folders: list[str], expected: list[str]) -> None:
    heard = [
        Voice(folder, "tensorboard", "main", f"{folder}/events".removeprefix("./"), 0, None, "", NOW, NOW + 9)
        for folder in folders
    ]
    found = voices.prefixes(heard)
    assert [found[folder] for folder in folders] == expected


def test_a_restart_in_a_new_directory_goes_on_under_the_same_names() -> None:
    world, view = view_of(
        events("lightning_logs/version_0", 0, scalar(0, 1, loss=1.0)),
        events("lightning_logs/version_1", 600, scalar(0, 601, loss=0.5)),
    )
    assert view.summary == {"loss": 0.5}
    assert [(row["_run"], row["loss"]) for row in rows_of(world, view)] == [
        ("lightning_logs/version_0", 1.0),
        ("lightning_logs/version_1", 0.5),
    ]


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([("main", "logs", 0)], {}),
        ([("main", "logs", 0), ("main", "logs", 600)], {}),
        ([("main", "runs/a", 0), ("main", "runs/b", 5)], {}),
        ([("main", "runs/a", 0), ("main", "runs/b", 600)], {0: "runs/a", 1: "runs/b"}),
        ([("main", "runs/a", 0), ("main", "runs/b", 5), ("main", "runs/c", 600)], {}),
        ([("main", "logs", 0), ("eval", "logs", 5)], {0: "main/logs", 1: "eval/logs"}),
    ],
)  # fmt: skip
def test_directories_that_share_a_tag_are_told_apart(
    places: list[tuple[str, str, float]], expected: dict[int, str]
) -> None:
    heard = [
        Voice(str(number), "tensorboard", container, f"{folder}/events.{number}", 0, None, "", NOW + began, NOW + began)
        for number, (container, folder, began) in enumerate(places)
    ]
    assert voices.runs(heard) == {str(number): name for number, name in expected.items()}


def test_an_experiment_that_is_told_at_the_end_joins_its_run() -> None:
    _, view = view_of(
        events("runs/x", 0, scalar(0, 1, loss=1.0)), events("runs/x/1700", 900, scalar(0, 901, hparam=3.0))
    )
    assert view.summary == {"loss": 1.0, "1700/hparam": 3.0}


def test_several_files_of_a_directory_are_read_in_the_order_of_their_names() -> None:
    later = events("logs", 50, {"kind": "session", "status": "start", "step": 2}, scalar(2, 51, loss=9.0))
    later.id, later.path = "later", "logs/events.out.tfevents.2.host"
    world, view = view_of(later, events("logs", 0, *(scalar(step, step, loss=float(step)) for step in range(4))))
    assert [(row["_step"], row["loss"]) for row in rows_of(world, view)] == [(0, 0.0), (1, 1.0), (2, 9.0)]


def test_what_several_streams_say_is_laid_over_each_other_leaf_by_leaf() -> None:
    image = {"_type": "image-file", "path": "a.png"}
    first = Fold(summary={"opt": {"lr": 1, "eps": 2}, "img": image}, exit_code=0, step=7, kinds={"history": 2})
    second = Fold(summary={"opt": {"lr": 3}, "img": {"_type": "histogram"}}, exit_code=-9, step=3, kinds={"history": 1})
    whole = details.joined([first, second])
    assert whole.summary == {"opt": {"lr": 3, "eps": 2}, "img": {"_type": "histogram"}}
    assert (whole.exit_code, whole.step, whole.kinds) == (-9, 7, {"history": 3})
    assert first.summary["opt"] == {"lr": 1, "eps": 2}, "the parts stay as they were"


@pytest.mark.parametrize(("codes", "state"), [((0, 0), "finished"), ((0, 3), "failed"), ((0, None), "silent")])
def test_the_newest_gangs_exit_records_are_the_runs(codes: tuple[int | None, ...], state: str) -> None:
    world = World()
    killed = wandb("old", -500, history(0, NOW - 450))
    ranks = [wandb(f"n{rank}", rank, history(0, NOW + 9), *ended(code)) for rank, code in enumerate(codes)]
    place = world.run()
    world.record("r1", killed, *ranks, events("logs", 2, scalar(0, 8, a=1.0)), run=place.id, state="drained")
    (view,) = runs.every(world.bucket, clock=world.clock)
    assert view.state == state
