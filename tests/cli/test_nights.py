"""`chiplog retrain` and `chiplog line`: nights of a CronJob, made and read."""

import json
from pathlib import Path
from typing import Any

import pytest
from bucket_world import CLUSTER, NOW, World

from chiplog import layout, records
from chiplog.errors import SettingsError
from chiplog_cli import retraining

SOURCE: dict[str, Any] = {
    "metadata": {
        "name": "mnist", "namespace": "team", "labels": {"team": "a", "chiplog.dev/sweep": "s"},
        "creationTimestamp": "2026-11-20T00:00:00Z",
    },
    "spec": {
        "project": "digits", "suspend": False, "stop": {"reason": "Stopped"},
        "config": {"lr": 0.1, "opt": {"name": "sgd"}},
        "datasets": [{"name": "digits", "uri": "s3://old"}, {"name": "extra", "uri": "s3://x"}],
        "template": {"spec": {"containers": [{"name": "train", "image": "x:1", "env": [{"name": "A", "value": "1"}]}]}},
    },
    "status": {"runId": "mnist-0123abcd", "state": "finished"},
}  # fmt: skip

JOB = {
    "metadata": {
        "annotations": {"batch.kubernetes.io/cronjob-scheduled-timestamp": "2026-11-26T03:00:00+01:00"},
        "ownerReferences": [{"kind": "CronJob", "name": "nightly", "uid": "cron-1"}],
    }
}


class Cluster:
    """A cluster that takes TrainingRuns."""

    context, namespace = "test", "team"

    def __init__(self, job: Any = None, ends: Any = None) -> None:
        self.runs: dict[str, Any] = {"mnist": SOURCE}
        self._job, self._ends = job, ends

    def training_run(self, namespace: str, name: str) -> Any:
        return self.runs.get(name)

    def training_runs(self, namespace: str) -> Any:
        return list(self.runs.values())

    def job(self, namespace: str, name: str) -> Any:
        return self._job

    def cronjob(self, namespace: str, name: str) -> Any:
        return {"metadata": {"name": name, "uid": "cron-1"}} if name == "nightly" else None

    def create(self, namespace: str, run: Any) -> Any:
        assert run["metadata"]["name"] not in self.runs
        self.runs[run["metadata"]["name"]] = {**run, "status": self._ends or {}}
        return run


def made(cluster: Cluster) -> Any:
    [found] = [run for name, run in cluster.runs.items() if name != "mnist"]
    return found


def test_a_run_is_made_again_with_changes(chiplog: Any) -> None:
    cluster = Cluster()
    done = chiplog("retrain", "mnist", "--set", "config.lr=0.01", "--set", "config.opt.name=adam", "--set",
                   "env.A=2", "--set", "image=x:2", "--dataset", "digits=s3://new@sha256:0123456789abcdef",
                   connect=lambda: cluster)  # fmt: skip
    assert done.exit_code == 0, done.stderr
    run = made(cluster)
    assert run["metadata"]["name"] == "mnist-20261123t220000"
    assert run["metadata"]["annotations"] == {"chiplog.dev/retrained-from": "mnist-0123abcd"}
    assert run["metadata"]["labels"] == {"team": "a"}
    spec = run["spec"]
    assert spec["config"] == {"lr": 0.01, "opt": {"name": "adam"}}
    assert {item["name"]: item["uri"] for item in spec["datasets"]} == {"digits": "s3://new", "extra": "s3://x"}
    assert spec["datasets"][-1]["digest"] == "sha256:0123456789abcdef"
    [container] = spec["template"]["spec"]["containers"]
    assert (container["image"], container["env"]) == ("x:2", [{"name": "A", "value": "2"}])
    assert not {"stop", "suspend"} & set(spec)
    assert SOURCE["spec"]["config"]["lr"] == 0.1


def test_a_run_with_other_data_alone_brings_no_code(chiplog: Any) -> None:
    """So its maker needs no right to make Jobs."""
    cluster = Cluster()
    gate = '{"metric": "loss", "goal": "minimize", "limit": 1}'
    done = chiplog("retrain", "mnist", "--set", "config.opt.name=adam", "--dataset", "digits=s3://new", "--gate", gate,
                   connect=lambda: cluster)  # fmt: skip
    assert done.exit_code == 0, done.stderr
    assert made(cluster)["spec"] == {
        "from": {"run": "mnist"},
        "config": {"opt": {"name": "adam"}},
        "datasets": [{"name": "digits", "uri": "s3://new"}],
        "gates": [{"metric": "loss", "goal": "minimize", "limit": 1}],
    }


def test_in_a_cronjob_the_run_is_the_night(chiplog: Any) -> None:
    cluster = Cluster(JOB)
    for _ in range(2):
        done = chiplog("retrain", "mnist", "--job", "nightly-29400000", "--promote", "latest", connect=lambda: cluster)
        assert done.exit_code == 0, done.stderr
    assert done.stdout == "team/nightly-202611260200 is there already, from mnist\n"
    run = made(cluster)
    assert run["metadata"]["labels"]["chiplog.dev/line"] == "nightly"
    assert run["metadata"]["annotations"]["chiplog.dev/line-uid"] == "cron-1"
    assert run["metadata"]["annotations"]["chiplog.dev/scheduled-at"] == "2026-11-26T02:00:00Z"
    assert run["spec"]["promote"] == "latest"


def test_a_night_is_filled_in_by_its_date(chiplog: Any) -> None:
    cluster = Cluster()
    done = chiplog("retrain", "mnist", "--line", "nightly", "--date", "2026-11-20T03:00+01:00", connect=lambda: cluster)
    assert done.exit_code == 0, done.stderr
    metadata = made(cluster)["metadata"]
    assert metadata["name"] == "nightly-202611200200"
    assert metadata["annotations"]["chiplog.dev/scheduled-at"] == "2026-11-20T02:00:00Z"
    assert metadata["annotations"]["chiplog.dev/line-uid"] == "cron-1"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--date", "2026-11-20T02:00Z"], 2),
        (["--line", "nightly"], 2),
        (["--line", "nightly", "--date", "yesterday"], 2),
        (["--line", "nightly", "--date", "2026-11-20T02:00"], 2),
        (["--line", "weekly", "--date", "2026-11-20T02:00Z"], 3),
    ],
)
def test_a_date_says_a_time_and_whose_night_it_is(chiplog: Any, arguments: list[str], code: int) -> None:
    cluster = Cluster()
    assert chiplog("retrain", "mnist", *arguments, connect=lambda: cluster).exit_code == code
    assert list(cluster.runs) == ["mnist"]


TEMPLATE = """
kind: TrainingRun
metadata: {name: digits, labels: {team: a}}
spec:
  config: {lr: 1}
  template: {spec: {containers: [{name: train, image: x}]}}
"""


def test_a_night_can_be_made_from_a_manifest(chiplog: Any, tmp_path: Path) -> None:
    (tmp_path / "run.yaml").write_text(TEMPLATE)
    cluster = Cluster(JOB)
    done = chiplog("retrain", "--template", str(tmp_path / "run.yaml"), "--set", "config.lr=2", "--job", "j",
                   connect=lambda: cluster)  # fmt: skip
    assert done.exit_code == 0, done.stderr
    run = made(cluster)
    assert (run["metadata"]["name"], run["metadata"]["namespace"]) == ("nightly-202611260200", "team")
    assert run["spec"] == {"config": {"lr": 2}, "template": {"spec": {"containers": [{"name": "train", "image": "x"}]}}}


@pytest.mark.parametrize("text", ["kind: Job", "[", "kind: TrainingRun\nspec: {from: {run: x}}"])
def test_a_file_that_is_no_run_is_refused(chiplog: Any, tmp_path: Path, text: str) -> None:
    (tmp_path / "run.yaml").write_text(text)
    assert chiplog("retrain", "--template", str(tmp_path / "run.yaml"), connect=Cluster).exit_code == 2


def ended(state: str, **conditions: tuple[str, str, str]) -> Any:
    listed = [{"type": kind, "status": status, "reason": reason, "message": said}
              for kind, (status, reason, said) in conditions.items()]  # fmt: skip
    return {"state": state, "reason": "Error", "message": "exit code 1", "conditions": listed}


DURABLE = ("True", "AllShipped", "everything is in the bucket")
ENDS = {
    "good": (ended("finished", Durable=DURABLE), 0, "finished"),
    "gates held": (ended("finished", Durable=DURABLE, GatesHold=("True", "Held", "loss 1 is within 2")), 0, "within 2"),
    "a gate failed": (
        ended("finished", GatesHold=("False", "GateFailed", "loss 3 is above 2")),
        1,
        "loss 3 is above 2",
    ),
    "failed": (ended("failed"), 1, "failed, Error: exit code 1"),
    "lost": (ended("finished", Durable=("False", "Lost", "a recorder is gone")), 1, "a recorder is gone"),
}


@pytest.mark.parametrize("what", ENDS)
def test_who_waits_is_told_by_the_exit_code(chiplog: Any, what: str) -> None:
    status, code, said = ENDS[what]
    done = chiplog("retrain", "mnist", "--wait", connect=lambda: Cluster(ends=status))
    assert (done.exit_code, said in done.stdout) == (code, True), done.stdout


def test_a_run_that_goes_on_is_waited_for_no_longer_than_asked(chiplog: Any) -> None:
    done = chiplog("retrain", "mnist", "--wait", "--timeout", "0", connect=Cluster)
    assert (done.exit_code, "goes on after 0 s" in done.stderr) == (1, True)


def test_the_latest_is_the_newest_good_one() -> None:
    bad = {**SOURCE, "metadata": {**SOURCE["metadata"], "creationTimestamp": "2026-11-25T00:00:00Z"},
           "status": ended("finished", GatesHold=("False", "GateFailed", "x"))}  # fmt: skip
    failed = {**bad, "status": ended("failed")}
    assert retraining.newest([SOURCE, bad, failed]) is SOURCE


@pytest.mark.parametrize("change", ["lr=0.1", "config.lr", "template=x", "backoffLimit=many"])
def test_a_change_that_is_none_is_refused(change: str) -> None:
    with pytest.raises(SettingsError, match="--set"):
        retraining.run(SOURCE, "n", [change], [], None)


@pytest.mark.parametrize("arguments", [[], ["mnist", "--latest"]])
def test_the_source_is_named_one_way(chiplog: Any, arguments: list[str]) -> None:
    assert chiplog("retrain", *arguments, connect=Cluster).exit_code == 2


def test_a_source_that_is_not_there_is_not_found(chiplog: Any) -> None:
    assert chiplog("retrain", "nope", connect=Cluster).exit_code == 3


def put(world: World, day: int, loss: float, *, holds: bool = True, said: str = "") -> None:
    line = layout.Line(CLUSTER, "team", "cron-1")
    when = NOW + 86_400 * day
    document = {
        "format": records.NIGHT_FORMAT, "min_reader": 1, "line": "nightly", "line_uid": "cron-1",
        "scheduled_at": when, "run": f"nightly-{day}-0123abcd", "name": f"nightly-{day}", "project": "digits",
        "state": "finished", "reason": "Completed", "metrics": {"loss": loss}, "holds": holds,
        "gates": [{"holds": holds, "is_warning": False, "said": said}],
    }  # fmt: skip
    world.bucket.put(layout.night_key(line, when, str(document["run"])), records.pack_document(document))


@pytest.fixture
def nights(world: World) -> World:
    for day, loss in enumerate([0.5, 0.52, 0.49]):
        put(world, day, loss, said=f"loss {loss} is within 0.6, the limit")
    pointer = {"format": records.LATEST_FORMAT, "min_reader": 1, "line": "nightly", "line_uid": "cron-1",
               "scheduled_at": NOW, "run": "nightly-2-0123abcd", "metrics": {}, "promoted_at": NOW}  # fmt: skip
    key = layout.latest_key(layout.Line(CLUSTER, "team", "cron-1"), "nightly")
    world.bucket.put(key, records.pack_document(pointer))
    return world


def test_a_line_is_shown_night_by_night(chiplog: Any, nights: World) -> None:
    found = json.loads(chiplog("line", "show", "team/nightly", "-o", "json").stdout)
    assert [night["scheduled_at"] for night in found] == [
        "2026-11-23T22:00:00.000Z", "2026-11-24T22:00:00.000Z", "2026-11-25T22:00:00.000Z",
    ]  # fmt: skip
    assert [night["is_latest"] for night in found] == [False, False, True]
    assert found[1]["metrics"] == {"loss": 0.52}


def test_people_see_a_curve_and_the_verdicts(chiplog: Any, nights: World) -> None:
    shown = chiplog("line", "show", "nightly").stdout
    assert "▃█▁" in shown
    assert "holds, the latest" in shown


def test_a_line_whose_last_night_holds_is_fine(chiplog: Any, nights: World) -> None:
    done = chiplog("line", "check", "nightly")
    assert (done.exit_code, "ok    loss 0.49 is within 0.6, the limit" in done.stdout) == (0, True)


def test_a_line_whose_last_night_regressed_answers_no(chiplog: Any, nights: World) -> None:
    put(nights, 3, 0.9, holds=False, said="loss 0.9 is above 0.6, the limit")
    done = chiplog("line", "check", "nightly")
    assert (done.exit_code, "FAIL  loss 0.9 is above 0.6, the limit" in done.stdout) == (1, True)


def test_lines_are_listed(chiplog: Any, nights: World) -> None:
    [found] = json.loads(chiplog("line", "ls", "-o", "json").stdout)
    assert (found["namespace"], found["name"], found["nights"], found["holds"]) == ("team", "nightly", 3, True)


def test_a_line_that_is_not_there_is_not_found(chiplog: Any, nights: World) -> None:
    assert chiplog("line", "check", "other").exit_code == 3


def miss(world: World, day: int) -> None:
    """The operator found that nothing ran."""
    line = layout.Line(CLUSTER, "team", "cron-1")
    when = NOW + 86_400 * day
    document = {
        "format": records.NIGHT_FORMAT, "min_reader": 1, "line": "nightly", "line_uid": "cron-1", "scheduled_at": when,
        "run": "", "name": "", "project": "", "state": "missed", "reason": "NoJob", "message": "no Job was made for it",
        "metrics": {}, "holds": False, "gates": [],
    }  # fmt: skip
    world.bucket.put(layout.gap_key(line, when), records.pack_document(document))


def test_a_missed_night_is_a_gap_and_the_line_does_not_hold(chiplog: Any, nights: World) -> None:
    miss(nights, 3)
    done = chiplog("line", "check", "nightly")
    assert (done.exit_code, "no run, scheduled at" in done.stdout, "no Job was made for it" in done.stdout) == (
        1, True, True,
    )  # fmt: skip
    assert "▃█▁" in chiplog("line", "show", "nightly").stdout


def test_a_run_that_was_made_later_fills_the_gap(chiplog: Any, nights: World) -> None:
    miss(nights, 3)
    put(nights, 3, 0.48)
    found = json.loads(chiplog("line", "show", "nightly", "-o", "json").stdout)
    assert [night["state"] for night in found] == ["finished"] * 4
