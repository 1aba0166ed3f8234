"""What keeps records away, as users of others met it, is named with what to do: docs/explain.md has the table."""

from datetime import UTC, datetime
from typing import Any

import pytest
from bucket_world import NOW, Source, World, attempt, console, numbered, script
from shown_cluster import ASK, ELSEWHERE, JOB, OPEN, RECORDER, Cluster, asking, pod, training_run, warning, wrong

NEAR = {"chiplog.dev/injected": "true"}


def owned(made: Any, kind: str = "Job", name: str = "nightly") -> Any:
    made["metadata"]["ownerReferences"] = [{"kind": kind, "name": name, "uid": "u1", "controller": True}]
    return made


def job(labels: Any = None, **other: Any) -> Any:
    return {"metadata": {"name": "nightly", "namespace": "team", "uid": "u1", "labels": labels or {}}, **other}


@pytest.mark.parametrize(
    ("made", "around", "part"),
    [
        (owned(asking(labels={})), {"job": job(ASK)}, "stands on Job nightly itself, and pods get those"),
        (owned(asking(labels={}), "ReplicaSet", "web-1"), {}, "on the pod template of ReplicaSet web-1, and"),
        (asking(labels=NEAR), {}, 'has the label chiplog.dev/injected: "true", which means nothing to the injector'),
        (asking(labels={"chiplog.dev/inject": "yes"}), {}, 'declines by chiplog.dev/inject: "yes": only "true" asks'),
        (asking(labels={}, inject="true"), {}, "asks by an annotation, which is not seen"),
        (asking(labels={}), {"labels": {"chiplog.dev/inject": "on"}}, 'namespace team has chiplog.dev/inject: "on"'),
        (asking(labels={}), {"labels": {"katib/injection": "true"}}, "pod p1 does not ask for the recorder"),
        ({**asking(), "spec": {"containers": [{"name": "chiplog"}]}}, {}, "a container is called chiplog, which is"),
        (asking(), {"webhooks": ELSEWHERE}, "namespace team is closed to the injector → see watchNamespaces"),
    ],
)  # fmt: skip
def test_a_label_that_nobody_reads_and_a_pod_that_takes_no_recorder_are_named(
    explain: Any, made: Any, around: Any, part: str
) -> None:
    around = {"webhooks": OPEN, **around}
    cluster = Cluster(job=around.pop("job", None), pods=[made], **around)
    assert any(part in text for text in wrong(explain("pod/p1", cluster)))


def test_a_pod_that_is_older_than_the_namespace_s_label_is_told_so(explain: Any) -> None:
    made = asking(labels={})
    made["metadata"]["creationTimestamp"] = "2026-11-23T10:00:00Z"
    labelled = [
        {"time": "2026-11-23T11:00:00Z", "fieldsV1": {"f:metadata": {"f:labels": {"f:chiplog.dev/inject": {}}}}}
    ]
    cluster = Cluster(pods=[made], labels=ASK, managed=labelled, webhooks=OPEN)
    assert any("is older than the label of namespace team" in text for text in wrong(explain("pod/p1", cluster)))


def state(name: str = "main", **told: Any) -> Any:
    return {"name": name, "restartCount": 2, "state": {"running": {}}, **told}


OOM = {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}


@pytest.mark.parametrize(
    ("status", "part"),
    [
        ({"initContainerStatuses": [state("chiplog", state={"waiting": {"reason": "ImagePullBackOff"}})]},
         "waits: ImagePullBackOff → the node cannot pull the recorder's image: see images of the chart"),
        ({"initContainerStatuses": [state("chiplog", lastState=OOM)]},
         "the recorder of pod p1 ran out of memory (OOMKilled) and was started again, 2 times → give the"),
        ({"containerStatuses": [state(lastState=OOM)]}, "container main of pod p1 ran out of memory (OOMKilled)"),
        ({"containerStatuses": [state(state=OOM)]}, "(OOMKilled) → raise the memory limit of the container"),
        ({"containerStatuses": [state(state={"terminated": {"exitCode": 2, "reason": "Error"}})]},
         "ended with exit code 2 (Error) → see its last words: kubectl logs p1 -c main"),
        ({"phase": "Pending"}, 'does not start: FailedMount: secret "s" not found → does the Secret, ConfigMap or'),
    ],
)  # fmt: skip
def test_why_a_recorded_pod_brings_nothing_is_named(explain: Any, status: Any, part: str) -> None:
    made = asking(injected=True)
    made["status"] = status
    events = {"p1": [warning("FailedMount", 'secret "s" not found')]}
    assert any(part in text for text in wrong(explain("pod/p1", Cluster(pods=[made], webhooks=OPEN, events=events))))


def test_a_script_that_restarts_for_another_reason_is_told_with_its_last_end(explain: Any) -> None:
    made = asking(injected=True)
    ended = {"terminated": {"exitCode": 1, "reason": "Error"}}
    made["status"] = {"containerStatuses": [state(lastState=ended)]}
    text = "\n".join(text for _, text in explain("pod/p1", Cluster(pods=[made], webhooks=OPEN)))
    assert "was restarted 2 times, last after exit code 1 (Error) → see why: kubectl logs p1 -c main --previous" in text


@pytest.mark.parametrize(
    ("made", "events", "good", "part"),
    [
        (job(), [], False, "Job nightly has made no pod → correct what the API server refuses"),
        (job(), [warning("FailedCreate", "exceeded quota: none")], False, "has made no pod: exceeded quota: none"),
        (job(spec={"suspend": True}), [], None, "Job nightly is suspended → a queue (Kueue) or a person"),
        (job(status={"conditions": [{"type": "Failed", "status": "True"}]}), [], None, "is over (Failed)"),
    ],
)  # fmt: skip
def test_a_job_without_pods_is_explained(explain: Any, made: Any, events: Any, good: Any, part: str) -> None:
    found = explain("job/nightly", Cluster(job=made, webhooks=OPEN, events={"nightly": events}))
    assert any(part in text and is_good is good for is_good, text in found)


@pytest.mark.parametrize(("replicas", "part"), [([0], "no replica of the operator sys/operator is ready"), ([], "")])
def test_a_run_that_the_operator_does_not_see_tells_whether_it_is_up(explain: Any, replicas: Any, part: str) -> None:
    late = training_run(state="running", observedGeneration=1)
    late["metadata"]["generation"] = 2
    for run in (training_run(), late):
        found = wrong(explain("mnist", Cluster(run, operators=replicas)))
        assert any("the operator has not seen" in text for text in found)
        assert any(part in text for text in found)


@pytest.mark.parametrize(
    ("env", "part"),
    [
        ({"CHIPLOG_MODE": "disabled"}, "CHIPLOG_MODE of container main is disabled: import chiplog writes nothing"),
        ({"WANDB_DISABLED": "true"}, "WANDB_DISABLED of container main is true: wandb writes nothing"),
    ],
)
def test_a_variable_that_ends_all_recording_is_named(explain: Any, env: Any, part: str) -> None:
    made = pod(env=[{"name": name, "value": value} for name, value in env.items()])
    assert any(part in text for text in wrong(explain("mnist", Cluster(training_run(state="running"), JOB, [made]))))


def test_variables_that_are_left_to_the_image_are_told(explain: Any) -> None:
    made = asking(injected=True, **{"skip-env": "WANDB_DIR, HOME"})
    found = explain("pod/p1", Cluster(pods=[made], webhooks=OPEN))
    assert any("WANDB_DIR of pod p1 is left to the image" in text for good, text in found if good is None)


def test_a_container_beside_the_one_that_trains_says_how_it_would_be_recorded(explain: Any) -> None:
    made = asking("a", "b", injected=True, container="a")
    made["spec"]["containers"][1]["volumeMounts"] = []
    text = "\n".join(text for _, text in explain("pod/p1", Cluster(pods=[made], webhooks=OPEN)))
    assert "container b of pod p1 is not recorded → if it trains too, name it in the annotation" in text


@pytest.mark.parametrize(("seconds", "word", "good"), [(30, "running", None), (600, "running", False),
                                                       (30, "terminated", False)])  # fmt: skip
def test_a_script_that_has_only_begun_may_be_silent(
    explain: Any, world: World, seconds: float, word: str, good: Any
) -> None:
    world.record("r1", run=world.run().id)
    began = datetime.fromtimestamp(NOW - seconds, UTC).isoformat()
    made = pod(containerStatuses=[{"name": "main", "state": {word: {"startedAt": began, "exitCode": 0}}}])
    found = explain("mnist", Cluster(training_run(state="running"), JOB, [made]))
    assert [is_good for is_good, text in found if "has found nothing to follow" in text] == [good]


def silent_script() -> list[Any]:
    rows = [{"kind": "header", "producer": "0.31.0"}, {"kind": "run", "run_id": "w1", "project": "vision"}]
    return numbered([*rows, console("loss=0.5\n"), console("loss=0.4\n")])


@pytest.mark.parametrize(("ended", "good"), [("running", None), ("finished", False)])
def test_metrics_that_are_printed_and_never_logged_are_told(explain: Any, world: World, ended: str, good: Any) -> None:
    place = world.run()
    world.record("r1", Source(silent_script()), run=place.id)
    world.outcome(place, ended, [attempt(1, "r1")], finished_at=world.now)
    found = explain("mnist")
    text = [(is_good, text) for is_good, text in found if "metric" in text]
    assert [is_good for is_good, _ in text] == [good]
    assert (
        "2 lines of console were recorded → metrics are taken from what wandb, TensorBoard or chiplog log" in text[0][1]
    )


@pytest.mark.parametrize(
    ("name", "ended", "good", "part"),
    [
        (
            "los",
            "running",
            False,
            "the metric los that the run names was never logged; the script logs loss → did you mean",
        ),
        ("LOSS", "running", False, "did you mean loss? Correct the name in the script"),
        ("val/auc", "finished", False, "the metric val/auc that the run names was never logged"),
        ("val/auc", "running", None, "it may come later"),
    ],
)
def test_a_metric_that_is_misspelt_is_told_with_those_that_are_logged(
    explain: Any, world: World, name: str, ended: str, good: Any, part: str
) -> None:
    place = world.run(metrics=[{"name": name, "goal": "minimize"}])
    world.record("r1", Source(script()), run=place.id)
    world.outcome(place, ended, [attempt(1, "r1")], finished_at=world.now)
    assert any(part in text and is_good is good for is_good, text in explain("mnist"))


@pytest.mark.parametrize(("off", "word"), [(3600, "1h0m ahead of"), (-3600, "1h0m behind"), (10, "")])
def test_a_node_s_clock_that_is_wrong_is_told(explain: Any, world: World, off: float, word: str) -> None:
    world.record("r1", Source(script()), run=world.run().id, time=world.now + off)
    said = [text for _, text in explain("mnist") if "the clock of its node" in text]
    assert len(said) == bool(word)
    assert all(f"is {word} the store's" in text for text in said)


def recorded_in(address: str, **recorder: Any) -> Any:
    made = asking(injected=True)
    made["spec"]["initContainers"] = [{**RECORDER, "env": [{"name": "CHIPLOG_BUCKET", "value": address}]}]
    made["status"] = {"initContainerStatuses": [{"name": "chiplog", "state": recorder}]}
    return made


def test_a_recorder_that_writes_into_another_bucket_is_told_with_the_next_command(explain: Any) -> None:
    found = wrong(explain("pod/p1", Cluster(pods=[recorded_in("s3://other/runs/", running={})], webhooks=OPEN)))
    assert any("the recorder writes to s3://other/runs, and this looked into" in text for text in found)
    assert any("chiplog explain pod/p1 --bucket s3://other/runs" in text for text in found)


@pytest.mark.parametrize(
    ("recorder", "part"),
    [
        ({"running": {}}, "the bucket holds nothing of it yet → a recorder writes within seconds of its start"),
        ({"waiting": {"reason": "PodInitializing"}}, "the bucket holds nothing of it yet: its recorder does not run"),
    ],
)
def test_a_bucket_that_knows_nothing_yet_says_whether_the_recorder_runs(explain: Any, recorder: Any, part: str) -> None:
    text = "\n".join(text for _, text in explain("pod/p1", Cluster(pods=[recorded_in("", **recorder)], webhooks=OPEN)))
    assert part in text
