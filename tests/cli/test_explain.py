"""Explain names what is wrong, and what to do, from the cluster, the bucket, or both."""

import json
from typing import Any

import pytest
from bucket_world import Source, World, attempt, script

from chiplog.errors import AccessDenied, Unreachable

RECORDER = {"name": "chiplog", "restartPolicy": "Always"}
MOUNT = {"name": "chiplog", "mountPath": "/chiplog"}


class Cluster:
    """What a cluster holds, by kind and name."""

    context, namespace = "test", "team"

    def __init__(self, run: Any = None, job: Any = None, pods: Any = ()) -> None:
        self._run, self._job, self._pods = run, job, list(pods)

    def training_run(self, namespace: str, name: str) -> Any:
        return self._run if self._run and self._run["metadata"]["name"] == name else None

    def job(self, namespace: str, name: str) -> Any:
        return self._job

    def pods(self, namespace: str, run: str, run_id: str) -> Any:
        return self._pods

    def pod(self, namespace: str, name: str) -> Any:
        return next((pod for pod in self._pods if pod["metadata"]["name"] == name), None)


def training_run(**status: Any) -> Any:
    metadata = {"name": "mnist", "namespace": "team"}
    return {"metadata": metadata, "status": status and {"runId": "mnist-0123abcd", "jobName": "j", **status}}


def pod(name: str = "r1-pod", injected: bool = True, labels: Any = None, **status: Any) -> Any:
    container = {"name": "main", "volumeMounts": [MOUNT] if injected else [], "env": status.pop("env", [])}
    return {
        "metadata": {"name": name, "namespace": "team", "labels": labels or {}},
        "spec": {"containers": [container], "initContainers": [RECORDER] if injected else []},
        "status": status,
    }


@pytest.fixture
def explain(chiplog: Any) -> Any:
    def ask(subject: str, cluster: Cluster | None = None, **other: Any) -> list[tuple[Any, str]]:
        connect = {"connect": lambda: cluster} if cluster else {}
        result = chiplog("explain", subject, "-o", "json", **connect, **other)
        assert result.exit_code == 0, result.stderr
        return [(item["good"], f"{item['text']} → {item['advice']}") for item in json.loads(result.stdout)]

    return ask


def wrong(found: list[tuple[Any, str]]) -> list[str]:
    return [text for good, text in found if good is False]


def a_healthy_run(world: World) -> None:
    place = world.run()
    world.record("r1", Source(script()), run=place.id)
    world.outcome(place, "running", [attempt(1, "r1")])


def test_a_healthy_run_needs_no_look(explain: Any, world: World) -> None:
    a_healthy_run(world)
    cluster = Cluster(training_run(state="running"), {}, [pod()])
    found = explain("mnist", cluster)
    assert wrong(found) == []
    text = "\n".join(text for _, text in found)
    for part in (
        "TrainingRun mnist is run mnist-0123abcd, running",
        "pod r1-pod has the recorder",
        "container main of pod r1-pod: what it writes to /chiplog is recorded",
        "last uploaded 0s ago, 1.5 s behind the files",
        "2 rows of history",
    ):
        assert part in text


def test_the_bucket_alone_is_enough_and_it_is_said_that_the_cluster_was_not_asked(explain: Any, world: World) -> None:
    a_healthy_run(world)
    found = explain("mnist")
    assert found[0] == (None, "the cluster was not asked: no Kubernetes context: this is a test → ")
    assert wrong(found) == []


def test_the_cluster_alone_is_enough_and_it_is_said_that_the_bucket_was_not_asked(explain: Any) -> None:
    def refuse(_: str) -> Any:
        raise AccessDenied("GET s3://team: 403")

    found = explain("mnist", Cluster(training_run(state="running"), {}, [pod()]), bucket=refuse)
    assert (None, "the bucket was not asked: GET s3://team: 403 → ") in found


def test_when_neither_can_be_asked_the_buckets_error_is_the_answer(chiplog: Any) -> None:
    def refuse(_: str) -> Any:
        raise Unreachable("no answer")

    assert chiplog("explain", "mnist", bucket=refuse).exit_code == 5


def test_what_neither_knows_is_not_found(chiplog: Any) -> None:
    result = chiplog("explain", "trainingrun/nope", connect=Cluster)
    assert result.exit_code == 3
    assert "neither the cluster nor the bucket knows trainingrun/nope" in result.stderr


@pytest.mark.parametrize(
    ("cluster", "part"),
    [
        (Cluster(training_run()), "the operator has not seen the TrainingRun → is it running?"),
        (Cluster(training_run(state="pending")), "it has no Job yet → see the operator"),
        (
            Cluster(training_run(state="running"), {}, [pod(injected=False)]),
            "asked for the recorder and has none: the injector was not reached",
        ),
        (
            Cluster(
                training_run(
                    state="running",
                    conditions=[
                        {"type": "Recording", "status": "False", "reason": "AccessDenied", "message": "its role"}
                    ],
                ),
                {},
                [pod()],
            ),
            "Recording is False (AccessDenied): its role",
        ),
        (
            Cluster(training_run(state="killed", message="out of memory"), {}, [pod()]),
            "the operator says: out of memory",
        ),
        (
            Cluster(
                training_run(state="pending"),
                {},
                [pod(conditions=[{"type": "PodScheduled", "status": "False", "message": "0/1 nodes"}])],
            ),
            "pod r1-pod has no node: 0/1 nodes → ask for less, or add a node",
        ),
        (
            Cluster(
                training_run(state="pending"),
                {},
                [
                    pod(
                        containerStatuses=[
                            {"name": "main", "state": {"waiting": {"reason": "ImagePullBackOff", "message": "x"}}}
                        ]
                    )
                ],
            ),
            "container main of pod r1-pod waits: ImagePullBackOff x → check the image's name",
        ),
        (
            Cluster(
                training_run(state="running"),
                {},
                [
                    pod(
                        initContainerStatuses=[
                            {"name": "chiplog", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
                        ]
                    )
                ],
            ),
            "the recorder of pod r1-pod waits: CrashLoopBackOff → see why it ended: kubectl logs r1-pod -c chiplog",
        ),
        (
            Cluster(
                training_run(state="failed"),
                {},
                [
                    pod(
                        containerStatuses=[
                            {"name": "main", "state": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}
                        ]
                    )
                ],
            ),
            "container main of pod r1-pod ended with exit code 137 (OOMKilled)",
        ),
        (
            Cluster(training_run(state="running"), {}, [pod(env=[{"name": "WANDB_DIR", "value": "/data"}])]),
            "WANDB_DIR of container main is /data, which is not recorded → remove the variable, or write below /",
        ),
        (
            Cluster(training_run(state="running"), {}, [pod(env=[{"name": "WANDB_MODE", "value": "disabled"}])]),
            "WANDB_MODE of container main is disabled: wandb writes nothing",
        ),
    ],
)
def test_what_the_cluster_shows_to_be_wrong_is_named(explain: Any, cluster: Cluster, part: str) -> None:
    assert any(part in text for text in wrong(explain("mnist", cluster)))


def test_a_run_directory_below_ours_is_fine(explain: Any) -> None:
    env = [{"name": "WANDB_DIR", "value": "/chiplog/deep/"}]
    found = explain("mnist", Cluster(training_run(state="running"), {}, [pod(env=env)]))
    assert not any("WANDB_DIR" in text for text in wrong(found))


def test_a_pod_that_never_asked_is_told_how_to_ask(explain: Any) -> None:
    found = explain("pod/plain", Cluster(pods=[pod("plain", injected=False)]))
    assert any('put the label chiplog.dev/inject: "true" on the pod' in text for text in wrong(found))


def test_a_pod_is_explained_with_its_recorders_words(explain: Any, world: World) -> None:
    a_healthy_run(world)
    found = explain("pod/r1-pod", Cluster(pods=[pod()]))
    assert any("recorder of pod r1-pod last uploaded" in text for _, text in found)


@pytest.mark.parametrize(
    ("age", "head", "source", "part"),
    [
        (901, {}, Source(script()), "has been silent: its last upload was 15m1s ago → is its node there?"),
        (0, {}, None, "has found nothing to follow → does the script call wandb.init"),
        (0, {"problems": ["files/x: too large"]}, Source(script()), "could not record: files/x: too large"),
        (
            0,
            {},
            Source([*script(), {"at": 999, "kind": "gap", "to": 1200, "reason": "bad checksum"}]),
            "has 1 stretches that could not be read",
        ),
    ],
)
def test_what_the_recorder_says_to_be_wrong_is_named(
    explain: Any, world: World, age: float, head: Any, source: Any, part: str
) -> None:
    place = world.run()
    world.record("r1", *([source] if source else []), run=place.id, **head)
    world.now += age
    assert any(part in text for text in wrong(explain("mnist")))


def test_people_read_sentences_with_what_to_do_below(chiplog: Any, world: World) -> None:
    world.run()
    text = chiplog("explain", "mnist").stdout
    assert "· no recorder has been heard of yet" in text
    assert text.endswith("nothing is wrong\n")
