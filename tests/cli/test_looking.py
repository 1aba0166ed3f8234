"""What `history`, `show --against`, `logs -f`, `files get`, `watch`, `completion`, `ui` and `submit` do."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from bucket_world import NOW, Source, World, console, history, numbered, script
from hypothesis import given
from hypothesis import strategies as st

from chiplog.bucket.directory import DirectoryBucket
from chiplog.errors import AccessDenied, NotFound
from chiplog.reading import runs
from chiplog_cli import comparing, following, scene, submitting
from chiplog_cli.keeping import KeepingBucket
from chiplog_cli.rendering import curves

CRD = Path(__file__).parents[2] / "crds" / "trainingrun.yaml"


@pytest.fixture
def world() -> World:
    world = World()
    for name, rate in (("mnist", 0.1), ("other", 0.2)):
        place = world.run(name, uid=f"{len(name):08x}", config={"lr": rate, "opt": {"name": "adam"}})
        rows = [*script(loss=[1.0, 0.0, 0.0, 4.0]), history(9, acc=0.5), console("a\nb\nhalf")]
        world.record(f"r-{name}", Source(numbered(rows)), run=place.id)
    return world


def rows(chiplog: Any, *arguments: str) -> Any:
    return json.loads(chiplog("history", "mnist", *arguments, "-o", "json").stdout)


def test_history_is_smoothed_as_tensorboard_does_then_thinned_and_cut(chiplog: Any) -> None:
    smooth = rows(chiplog, "--keys", "loss", "--smooth", "0.5")
    assert [round(row["loss"], 6) for row in smooth] == [1.0, 0.333333, 0.142857, 2.2]
    assert [row["_step"] for row in rows(chiplog, "--keys", "loss", "--every", "2")] == [0, 2]
    assert [row["_step"] for row in rows(chiplog, "--every", "2", "--last", "1")] == [9]


def test_several_keys_may_be_named_at_once(chiplog: Any) -> None:
    assert [sorted(set(row) - {"_step", "_timestamp", "_attempt"}) for row in rows(chiplog, "--keys", "loss, acc")] == [
        ["loss"], ["loss"], ["loss"], ["loss"], ["acc"]
    ]  # fmt: skip


def test_two_runs_are_compared_key_by_key(chiplog: Any) -> None:
    told = json.loads(chiplog("show", "mnist", "--against", "other", "-o", "json").stdout)
    assert told["against"] == {"run": "other-00000005", "config": {"lr": [0.1, 0.2]}, "summary": {}}
    lines = chiplog("show", "mnist", "--against", "other").stdout.splitlines()
    assert lines[0] == "CONFIG DIFFERS"
    assert lines[2].split() == ["lr", "0.1", "0.2"]
    assert "same config" in chiplog("show", "mnist", "--against", "mnist").stderr


@given(st.dictionaries(st.sampled_from("abc"), st.sampled_from([1, 1.0, True, None, "1", float("nan"), [1]])))
def test_nothing_differs_from_itself(tree: dict[str, Any]) -> None:
    assert comparing.trees(tree, dict(tree)) == {}


def test_files_can_be_got_by_a_word_or_an_option(chiplog: Any, tmp_path: Path) -> None:
    for words in (["get", "mnist", "*"], ["mnist", "*"]):
        done = chiplog("files", *words, "--to", str(tmp_path / "out"))
        assert (done.exit_code, "no such files" in done.stderr) == (0, True)
    assert chiplog("files", "get").exit_code == 3


def test_a_followed_log_gives_each_line_once_and_the_last_one_at_the_end(chiplog: Any, world: World) -> None:
    view = runs.every(world.bucket, clock=world.clock)[0]
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 2:
            world.outcome(view.key, "finished", finished_at=NOW)
            rows = [*script(loss=[1.0]), console("a\nb\nhalf"), console(" done\n")]
            world.record(view.members[0].recorder.id, Source(numbered(rows)), run=view.run, state="drained")

    printed: dict[tuple[int, int, str], int] = {}
    told = []
    from chiplog.reading import console as reading

    for seen in following.looks(KeepingBucket(world.bucket), view, world.clock, sleep):
        lines = reading.read(world.bucket, seen)
        told.append([line.text for line in following.fresh(lines, printed, is_last=following.is_over(seen))])
    assert told == [["a", "b"], [], ["half done"]]
    assert world.bucket.get(f"v1/watch/{view.key.path}.json")


def test_whoever_may_not_write_may_still_look(world: World) -> None:
    class ReadOnly(KeepingBucket):
        def __init__(self) -> None:
            super().__init__(world.bucket)
            self.put = self._refuse  # type: ignore[method-assign, assignment]

        def _refuse(self, *_: Any, **__: Any) -> Any:
            raise AccessDenied("no")

    view = runs.every(world.bucket, clock=world.clock)[0]
    world.outcome(view.key, "finished", finished_at=NOW)
    world.record(view.members[0].recorder.id, run=view.run, state="drained")
    assert [seen.state for seen in following.looks(ReadOnly(), view, world.clock, lambda _: None)][-1] == "finished"


def test_segments_are_asked_for_once_and_live_objects_always(tmp_path: Path) -> None:
    plain = DirectoryBucket(tmp_path)
    bucket = KeepingBucket(plain)
    for key in ("v1/raw/x", "v1/live/x"):
        plain.put(key, b"1")
        bucket.get(key)
        plain.delete(key)
    assert bucket.get("v1/raw/x").data == b"1"
    with pytest.raises(NotFound):
        bucket.get("v1/live/x")


def test_watch_in_a_pipe_is_a_line_for_each_change(chiplog: Any, world: World) -> None:
    view = runs.every(world.bucket, clock=world.clock)[0]
    world.outcome(view.key, "finished", finished_at=NOW)
    world.record(view.members[0].recorder.id, Source(script(loss=[0.5])), run=view.run, state="drained")
    assert chiplog("watch", view.name).stdout == f"{view.run} finished step=0 loss=0.5\n"


def test_the_headline_comes_first_and_named_metrics_in_their_order(world: World) -> None:
    view = runs.every(world.bucket, clock=world.clock)[0]
    found = [{"_step": step, "_timestamp": 1.0, "acc": 1, "loss": 2.0, "text": "x", "on": True} for step in range(3)]
    assert [curve.name for curve in scene.curves(view, found, ())] == ["loss", "acc"]
    assert [curve.name for curve in scene.curves(view, found, ("acc", "loss", "no"))] == ["acc", "loss"]


@given(st.lists(st.tuples(st.floats(), st.floats()), max_size=20), st.integers(1, 9), st.integers(1, 5))
def test_any_points_make_a_curve_of_the_asked_size(points: list[tuple[float, float]], width: int, height: int) -> None:
    assert [len(line) for line in curves.plot(points, width, height)] == [width] * height


def test_a_rising_curve_goes_from_below_left_to_above_right() -> None:
    assert curves.plot([(0, 0), (1, 1)], 2, 1) == ["⡠⠊"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_of_a_shell_is_printed(chiplog: Any, shell: str) -> None:
    done = chiplog("completion", shell)
    assert (done.exit_code, "_CHIPLOG_COMPLETE" in done.stdout) == (0, True)


def schema() -> Any:
    return yaml.safe_load(CRD.read_text())["spec"]["versions"][0]["schema"]["openAPIV3Schema"]


class Cluster:
    namespace = "team"

    def __init__(self) -> None:
        self.made: list[Any] = []

    def create(self, namespace: str, run: Any) -> Any:
        self.made.append((namespace, run))
        return run


def test_submit_makes_a_run_of_options(chiplog: Any) -> None:
    cluster = Cluster()
    arguments = ["--image", "x/train:1", "--gpus", "1", "--config", "opt.lr=0.1", "--config", "name=adam", "--tag", "a",
                 "--env", "A=$(B)", "--memory", "1Gi", "--", "python3", "train.py", "--epochs", "3"]  # fmt: skip
    done = chiplog("submit", *arguments, connect=lambda: cluster)
    ((namespace, run),) = cluster.made
    assert done.stdout == f"team/{run['metadata']['name']}\n"
    assert run["metadata"]["name"].startswith("train-")
    assert run["spec"]["config"] == {"opt": {"lr": 0.1}, "name": "adam"}
    (container,) = run["spec"]["template"]["spec"]["containers"]
    assert container == {
        "name": "train", "image": "x/train:1", "command": ["python3", "train.py", "--epochs", "3"],
        "env": [{"name": "A", "value": "$$(B)"}],
        "resources": {"limits": {"nvidia.com/gpu": "1"}, "requests": {"memory": "1Gi"}},
    }  # fmt: skip
    assert set(run["spec"]) <= set(schema()["properties"]["spec"]["properties"])
    assert namespace == "team"


def test_options_are_laid_over_a_file(chiplog: Any, tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text((Path(__file__).parents[2] / "examples" / "trainingrun.yaml").read_text())
    done = chiplog("submit", "-f", str(path), "--name", "b", "--tag", "t", "--image", "y:2", "--dry-run")
    run = yaml.safe_load(done.stdout)
    assert (run["metadata"]["name"], run["spec"]["tags"]) == ("b", ["t"])
    assert run["spec"]["template"]["spec"]["containers"][0]["image"] == "y:2"


_IMAGE = ["--image", "x"]
_NONE = [[], [*_IMAGE, "--env", "A"], [*_IMAGE, "--config", "a=1", "--config", "a.b=2"], [*_IMAGE, "--config", "=1"]]


@pytest.mark.parametrize("arguments", _NONE)
def test_what_is_no_run_is_wrong_usage(chiplog: Any, arguments: list[str]) -> None:
    done = chiplog("submit", *arguments, connect=Cluster)
    assert (done.exit_code, done.stderr.startswith("chiplog: ")) == (2, True)


@pytest.mark.parametrize("content", ["", "a: [", "kind: Job", "kind: TrainingRun\n---\nkind: TrainingRun", "- 1"])
def test_a_file_that_holds_no_run_is_named(chiplog: Any, tmp_path: Path, content: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(content)
    done = chiplog("submit", "-f", str(path), "--image", "x", connect=Cluster)
    assert (done.exit_code, str(path) in done.stderr) == (2, True)


@given(st.text(max_size=12))
def test_a_name_is_one_that_kubernetes_takes(text: str) -> None:
    import re

    run = submitting.from_options(submitting.Wish(image="x", command=(text or "x",)))
    assert re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", run["metadata"]["name"])
