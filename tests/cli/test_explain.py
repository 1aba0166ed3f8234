"""Explain names what is wrong, and what to do, from the cluster, the bucket, or both."""

from typing import Any

import pytest
from bucket_world import Source, World, attempt, script
from shown_cluster import ASK, CLOSED, JOB, OPEN, Cluster, asking, note, pod, training_run, wrong

from chiplog.errors import AccessDenied, Unreachable


def a_healthy_run(world: World) -> None:
    place = world.run()
    world.record("r1", Source(script()), run=place.id)
    world.outcome(place, "running", [attempt(1, "r1")])


def test_a_healthy_run_needs_no_look(explain: Any, world: World) -> None:
    a_healthy_run(world)
    cluster = Cluster(training_run(state="running"), JOB, [pod()])
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

    found = explain("mnist", Cluster(training_run(state="running"), JOB, [pod()]), bucket=refuse)
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
        (Cluster(training_run()), "the operator has not seen the TrainingRun → is it running, and does it watch"),
        (Cluster(training_run(state="pending")), "it has no Job yet → see the operator"),
        (
            Cluster(training_run(state="running"), JOB, [pod(injected=False)]),
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
                JOB,
                [pod()],
            ),
            "Recording is False (AccessDenied): its role",
        ),
        (
            Cluster(training_run(state="killed", message="out of memory"), JOB, [pod()]),
            "the operator says: out of memory",
        ),
        (
            Cluster(
                training_run(state="pending"),
                JOB,
                [pod(conditions=[{"type": "PodScheduled", "status": "False", "message": "0/1 nodes"}])],
            ),
            "pod r1-pod has no node: 0/1 nodes → ask for less, or add a node",
        ),
        (
            Cluster(
                training_run(state="pending"),
                JOB,
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
                JOB,
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
                JOB,
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
            Cluster(training_run(state="running"), JOB, [pod(env=[{"name": "WANDB_DIR", "value": "/data"}])]),
            "WANDB_DIR of container main is /data, which is not recorded → remove the variable, or write below /",
        ),
        (
            Cluster(training_run(state="running"), JOB, [pod(env=[{"name": "WANDB_MODE", "value": "disabled"}])]),
            "WANDB_MODE of container main is disabled: wandb writes nothing",
        ),
    ],
)
def test_what_the_cluster_shows_to_be_wrong_is_named(explain: Any, cluster: Cluster, part: str) -> None:
    assert any(part in text for text in wrong(explain("mnist", cluster)))


def test_a_run_directory_below_ours_is_fine(explain: Any) -> None:
    env = [{"name": "WANDB_DIR", "value": "/chiplog/deep/"}]
    found = explain("mnist", Cluster(training_run(state="running"), JOB, [pod(env=env)]))
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


@pytest.mark.parametrize(
    ("made", "around", "parts"),
    [
        (asking(injected=True), {"webhooks": OPEN}, ["pod p1 asks by its label", "pod p1 has the recorder"]),
        (asking(injected=True, labels={}), {"webhooks": OPEN, "labels": ASK},
         ["pod p1 is asked for by the label chiplog.dev/inject", "of namespace team"]),
        (asking(labels={"chiplog.dev/inject": "false"}), {"labels": ASK, "webhooks": OPEN}, ["pod p1 declines by"]),
        (asking("a", "b", container="a", injected=True), {}, ["container a trains, by the annotation chiplog.dev/con"]),
    ],
)  # fmt: skip
def test_it_is_said_by_which_rule_a_pod_is_matched(explain: Any, made: Any, around: Any, parts: list[str]) -> None:
    text = "\n".join(text for _, text in explain("pod/p1", Cluster(pods=[made], **around)))
    for part in parts:
        assert part in text


@pytest.mark.parametrize(
    ("made", "around", "part"),
    [
        (asking(), {"webhooks": []}, "there is no webhook of Chiplog's in this cluster → install the chart"),
        (asking(), {"webhooks": CLOSED}, "namespace team is closed to the injector"),
        (asking(), {"webhooks": OPEN, "injectors": [0]}, "no replica of the injector sys/injector is ready"),
        (asking(), {"webhooks": OPEN}, "asked for the recorder and has none"),
        (asking(), {"webhooks": OPEN, "events": {"p1": [note("pod p1 was labelled after it was made")]}},
         "the operator says: pod p1 was labelled after it was made"),
        (asking("a", "b"), {"webhooks": OPEN}, "nothing says which of the containers a, b trains → name it"),
        (asking("a", "b", container="c"), {"webhooks": OPEN}, "chiplog.dev/container names c; the containers are a, b"),
    ],
)  # fmt: skip
def test_it_is_said_why_a_pod_that_asks_was_not_injected(explain: Any, made: Any, around: Any, part: str) -> None:
    assert any(part in text for text in wrong(explain("pod/p1", Cluster(pods=[made], **around))))


def test_what_may_not_be_seen_hides_nothing_else(explain: Any) -> None:
    found = explain("pod/p1", Cluster(pods=[asking()]))
    assert any("you may not see webhook configurations" in text for _, text in found)
    assert any("the injector sys/injector answers with 2 replicas" in text for _, text in found)


def mirror(uid: str) -> Any:
    run = training_run(state="running", runId="nightly-0123abcd")
    return {**run, "spec": {"mirrors": {"kind": "Job", "name": "nightly", "uid": uid}}}


@pytest.mark.parametrize("subject", ["job/nightly", "pod/p1"])
def test_a_job_that_is_not_ours_is_explained_by_the_run_that_mirrors_it(explain: Any, subject: str) -> None:
    made = asking(injected=True)
    made["metadata"]["ownerReferences"] = [{"kind": "Job", "name": "nightly", "uid": "u1"}]
    job = {"metadata": {"name": "nightly", "namespace": "team", "uid": "u1"}}
    text = "\n".join(text for _, text in explain(subject, Cluster(mirror("u1"), job, [made], webhooks=OPEN)))
    assert "TrainingRun mnist is run nightly-0123abcd, running" in text
    assert "pod p1 has the recorder" in text


def test_a_namespace_tells_its_rule_and_who_was_missed(explain: Any) -> None:
    found = explain(
        "namespace/team", Cluster(pods=[asking(injected=True), asking(labels={})], labels=ASK, webhooks=OPEN)
    )
    text = "\n".join(text for _, text in found)
    assert "namespace team asks for all of its pods" in text
    assert "2 of 2 pods ask for the recorder, 1 have it" in text
    assert wrong(found) == ["pod p1 asks for the recorder and has none → chiplog explain pod/p1 says why"]


def test_a_namespace_that_is_not_there_is_not_found(chiplog: Any) -> None:
    assert chiplog("explain", "namespace/nope", connect=Cluster).exit_code == 3
