"""What a real API server says to TrainingRuns: what it refuses and how, what it fills in, and what may change."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.integration

EXAMPLE = Path(__file__).parents[2] / "examples" / "trainingrun.yaml"
DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"
TWO = [{"name": "train", "image": "x"}, {"name": "proxy", "image": "x"}]

Manifest = dict[str, Any]


def training_run(name: str = "digits", /, pod: dict[str, Any] | None = None, **spec: Any) -> Manifest:
    """A small TrainingRun that no operator takes, with fields of its spec and of its pod's spec replaced."""
    template = {"spec": {"containers": [{"name": "train", "image": "x"}], **(pod or {})}}
    return {
        "apiVersion": "chiplog.dev/v1alpha1",
        "kind": "TrainingRun",
        "metadata": {"name": name},
        "spec": {"managedBy": "chiplog.dev/nobody", "template": template, **spec},
    }


def annotated(container: str) -> Manifest:
    run = training_run(pod={"containers": TWO})
    run["spec"]["template"]["metadata"] = {"annotations": {DEFAULT_CONTAINER: container}}
    return run


def without_template() -> Manifest:
    run = training_run()
    del run["spec"]["template"]
    return run


REFUSED = {
    "no template": (without_template(), ["spec.template", "one of them is needed"]),
    "an unknown field": (training_run(paralelism=2), ['unknown field "spec.paralelism"']),
    "an unknown field of the recorder": (training_run(recorder={"path": "/x"}), ['unknown field "spec.recorder.path"']),
    "a negative limit": (training_run(backoffLimit=-1), ["spec.backoffLimit", "-1"]),
    "a deadline of no seconds": (training_run(activeDeadlineSeconds=0), ["spec.activeDeadlineSeconds", "0"]),
    "too many pods": (training_run(parallelism=2000), ["spec.parallelism", "2000", "1024"]),
    "a name too long for its children": (
        training_run("a" * 49),
        ["metadata.name", "a" * 49, "49 characters", "at most 48"],
    ),
    "a name that begins with a digit": (training_run("7seas"), ["metadata.name", "'7seas'", "beginning with a letter"]),
    "a name with a dot": (training_run("a.b"), ["metadata.name", "'a.b'"]),
    "two containers and no word which trains": (
        training_run(pod={"containers": TWO}),
        ["spec.recorder.container", '["train", "proxy"]', DEFAULT_CONTAINER],
    ),
    "a trainer that is no container": (
        training_run(pod={"containers": TWO}, recorder={"container": "trian"}),
        ["spec.recorder.container", "'trian'", '["train", "proxy"]'],
    ),
    "an annotation that names no container": (
        annotated("trian"),
        ["spec.template.metadata.annotations", DEFAULT_CONTAINER, "'trian'", '["train", "proxy"]'],
    ),
    "no container": (training_run(pod={"containers": []}), ["spec.template.spec.containers", "at least 1"]),
    "a container without a name": (training_run(pod={"containers": [{"image": "x"}]}), ["containers[0].name"]),
    "two containers of one name": (
        training_run(pod={"containers": [TWO[0], TWO[0]]}, recorder={"container": "train"}),
        ["spec.template.spec.containers[1]", "Duplicate", "train"],
    ),
    "a container of the recorder's name": (
        training_run(pod={"containers": [{"name": "chiplog"}]}),
        ["spec.template.spec.containers[0].name", '"chiplog"'],
    ),
    "an init container of the recorder's name": (
        training_run(pod={"initContainers": [{"name": "chiplog"}]}),
        ["spec.template.spec.initContainers[0].name", '"chiplog"'],
    ),
    "a volume of the run directory's name": (
        training_run(pod={"volumes": [{"name": "chiplog"}]}),
        ["spec.template.spec.volumes[0].name", '"chiplog"'],
    ),
    "a volume of the token's name": (
        training_run(pod={"volumes": [{"name": "chiplog-token"}]}),
        ["spec.template.spec.volumes[0].name", '"chiplog-token"'],
    ),
    "a pod that always restarts": (
        training_run(pod={"restartPolicy": "Always"}),
        ["spec.template.spec.restartPolicy", '"Always"', '"OnFailure"'],
    ),
    "a failure policy for pods that restart": (
        training_run(pod={"restartPolicy": "OnFailure"}, podFailurePolicy={"rules": []}),
        ["spec.template.spec.restartPolicy", "'OnFailure'", "'Never'", "podFailurePolicy"],
    ),
    "a relative path": (training_run(recorder={"paths": ["logs"]}), ["spec.recorder.paths[0]", "'logs'", "absolute"]),
    "the root as a path": (training_run(recorder={"paths": ["/"]}), ["spec.recorder.paths[0]", "'/'", "root"]),
    "the root in disguise": (training_run(recorder={"paths": ["//."]}), ["spec.recorder.paths[0]", "'//.'", "root"]),
    "a path that climbs": (
        training_run(recorder={"paths": ["/logs/../etc"]}),
        ["spec.recorder.paths[0]", "'/logs/../etc'", "'..'"],
    ),
    "a path inside the run directory": (
        training_run(recorder={"paths": ["/chiplog/tb"]}),
        ["spec.recorder.paths[0]", "'/chiplog/tb'"],
    ),
    "a path with a colon": (training_run(recorder={"paths": ["/a:b"]}), ["spec.recorder.paths[0]", "'/a:b'", "':'"]),
    "a recorder without CPU": (
        training_run(recorder={"resources": {"cpu": 0}}),
        ["spec.recorder.resources.cpu", "'0'"],
    ),
    "memory that is no quantity": (
        training_run(recorder={"resources": {"memory": "lots"}}),
        ["spec.recorder.resources.memory", "'lots'"],
    ),
    "a project with a slash": (training_run(project="a/b"), ["spec.project", '"a/b"']),
    "a controller without a domain": (training_run(managedBy="kueue"), ["spec.managedBy", '"kueue"']),
    "a goal that is none": (
        training_run(metrics=[{"name": "loss", "goal": "down"}]),
        ["spec.metrics[0].goal", '"down"', '"minimize"'],
    ),
    "a metric without a goal": (training_run(metrics=[{"name": "loss"}]), ["spec.metrics[0].goal", "Required"]),
    "a metric named twice": (
        training_run(metrics=[{"name": "loss", "goal": "minimize"}, {"name": "loss", "goal": "maximize"}]),
        ["spec.metrics[1]", "Duplicate", "loss"],
    ),
    "an address for a channel": (
        training_run(notify={"channel": "https://hooks.example/x"}),
        ["spec.notify.channel", "'https://hooks.example/x'", "Secret"],
    ),
    "a word of which nobody is told": (
        training_run(notify={"events": ["boom"]}),
        ["spec.notify.events[0]", '"boom"', '"failed"'],
    ),
    "a tag given twice": (training_run(tags=["a", "a"]), ["spec.tags[1]", "Duplicate", '"a"']),
    "a digest that is none": (
        training_run(datasets=[{"name": "a", "uri": "s3://x", "digest": "sha256:abc"}]),
        ["spec.datasets[0].digest", '"sha256:abc"'],
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_bad_input_is_refused_with_field_and_value(api_server: Any, namespace: str, what: str) -> None:
    manifest, said = REFUSED[what]
    done = api_server("create", "-n", namespace, "-f", "-", stdin=manifest)
    assert done.returncode != 0
    assert [words for words in said if words not in done.stderr] == [], done.stderr


ACCEPTED = {
    "the longest name": training_run("a" * 48),
    "two containers and the one that trains": training_run(pod={"containers": TWO}, recorder={"container": "train"}),
    "two containers and an annotation": annotated("proxy"),
    "pods that restart on failure": training_run(pod={"restartPolicy": "OnFailure"}),
    "a failure policy": training_run(podFailurePolicy={"rules": [{"action": "Ignore", "onPodConditions": []}]}),
    "any JSON as config": training_run(config={"a": None, "b": [1, None, {"c": 1.5}], "d": {"e": "f"}}),
    "a whole CPU": training_run(recorder={"resources": {"cpu": 1, "memory": "64Mi"}}),
    "a path with two dots in a name": training_run(recorder={"paths": ["/logs/..old", "/logs/v1..2"]}),
    "a project in any script": training_run(project="Größe 訓練 2"),
    "a digest of another algorithm": training_run(
        datasets=[{"name": "a", "uri": "hf://x", "digest": "blake3:0123456789abcdef"}]
    ),
    "what `kubectl create job --dry-run=client` prints": {
        **training_run(),
        "spec": {"template": {"metadata": {"creationTimestamp": None}, **training_run()["spec"]["template"]}},
    },
}


@pytest.mark.parametrize("what", ACCEPTED)
def test_good_input_is_taken(api_server: Any, namespace: str, what: str) -> None:
    done = api_server("create", "--dry-run=server", "-n", namespace, "-f", "-", stdin=ACCEPTED[what])
    assert done.returncode == 0, done.stderr


def test_the_example_is_taken(api_server: Any, namespace: str) -> None:
    done = api_server("create", "--dry-run=server", "-n", namespace, "-f", str(EXAMPLE))
    assert done.returncode == 0, done.stderr


def test_defaults_are_filled_in(api_server: Any, namespace: str) -> None:
    done = api_server("create", "--dry-run=server", "-o", "json", "-n", namespace, "-f", "-", stdin=training_run())
    spec = json.loads(done.stdout)["spec"]
    assert spec.pop("template")["spec"]["restartPolicy"] == "Never"
    assert spec == {
        "managedBy": "chiplog.dev/nobody",
        "project": "uncategorized",
        "parallelism": 1,
        "backoffLimit": 0,
        "suspend": False,
        "recorder": {"console": True},
    }


FULL = training_run(
    "full",
    config={"lr": 0.1},
    activeDeadlineSeconds=60,
    podFailurePolicy={"rules": [{"action": "Ignore", "onPodConditions": []}]},
    datasets=[{"name": "a", "uri": "s3://x"}],
)


@pytest.fixture(scope="module")
def full(api_server: Any, namespace: str) -> Manifest:
    """A TrainingRun with every guarded field set, on the server."""
    created = api_server("create", "-o", "json", "-n", namespace, "-f", "-", stdin=FULL)
    assert created.returncode == 0, created.stderr
    return FULL


def changed(spec: dict[str, Any]) -> Manifest:
    """FULL with fields of its spec replaced, or taken away where the value is None."""
    run = copy.deepcopy(FULL)
    run["spec"] = {name: value for name, value in {**run["spec"], **spec}.items() if value is not None}
    return run


GUARDED = {
    "the image": (
        changed(training_run(pod={"containers": [{"name": "train", "image": "y"}]})["spec"]),
        "spec.template",
    ),
    "a pod field more": (changed(training_run(pod={"hostNetwork": True})["spec"]), "spec.template"),
    "the config": (changed({"config": {"lr": 0.2}}), "spec.config"),
    "the config, away": (changed({"config": None}), "spec.config"),
    "parallelism": (changed({"parallelism": 2}), "spec.parallelism: Forbidden: it was 1 and cannot become 2"),
    "backoffLimit": (changed({"backoffLimit": 3}), "spec.backoffLimit: Forbidden: it was 0 and cannot become 3"),
    "the deadline": (
        changed({"activeDeadlineSeconds": 90}),
        "spec.activeDeadlineSeconds: Forbidden: it was 60 and cannot become 90",
    ),
    "the deadline, away": (
        changed({"activeDeadlineSeconds": None}),
        "spec.activeDeadlineSeconds: Forbidden: it was 60 and cannot become unset",
    ),
    "the failure policy": (changed({"podFailurePolicy": {"rules": []}}), "spec.podFailurePolicy"),
    "the controller": (changed({"managedBy": None}), "spec.managedBy: Forbidden: it was chiplog.dev/nobody"),
    "the recorder": (changed({"recorder": {"console": False}}), "spec.recorder"),
    "the datasets": (changed({"datasets": [{"name": "a", "uri": "s3://y"}]}), "spec.datasets"),
}


@pytest.mark.parametrize("what", GUARDED)
def test_what_the_job_is_made_from_cannot_change(api_server: Any, namespace: str, full: Manifest, what: str) -> None:
    manifest, said = GUARDED[what]
    done = api_server("replace", "-n", namespace, "-f", "-", stdin=manifest)
    assert done.returncode != 0
    assert said in done.stderr
    assert "make a new TrainingRun" in done.stderr


CHANGEABLE = {
    "project": "another",
    "displayName": "A name",
    "notes": "Some words",
    "tags": ["a", "b"],
    "suspend": True,
    "ttlSecondsAfterFinished": 60,
    "metrics": [{"name": "loss", "goal": "minimize"}],
    "notify": {"events": ["nan"], "channel": "ops"},
}


@pytest.mark.parametrize("field", CHANGEABLE)
def test_what_people_say_of_a_run_can_change(api_server: Any, namespace: str, full: Manifest, field: str) -> None:
    manifest = changed({field: CHANGEABLE[field]})
    done = api_server("replace", "--dry-run=server", "-n", namespace, "-f", "-", stdin=manifest)
    assert done.returncode == 0, done.stderr


def test_applying_the_same_manifest_again_changes_nothing(api_server: Any, namespace: str) -> None:
    manifest = yaml.safe_load(EXAMPLE.read_text())
    manifest["spec"]["managedBy"] = "chiplog.dev/nobody"
    api_server("apply", "-n", namespace, "-f", "-", stdin=manifest)
    again = api_server("apply", "-n", namespace, "-f", "-", stdin=manifest)
    assert again.stdout.strip().endswith("unchanged")


def test_status_is_the_operator_s_alone(api_server: Any, namespace: str) -> None:
    manifest = training_run("statusless") | {"status": {"state": "finished"}}
    done = api_server("create", "--dry-run=server", "-o", "json", "-n", namespace, "-f", "-", stdin=manifest)
    assert "status" not in json.loads(done.stdout)


STATUS = {
    "observedGeneration": 1,
    "runId": "full-0123abcd",
    "state": "running",
    "reason": "Running",
    "message": "it trains",
    "attempts": 2,
    "lastAttempts": [
        {"number": 2, "pod": "full-0123abcd-x7k2p", "node": "a", "exitCode": 137, "signal": 9, "restarts": 0}
    ],
    "step": 120,
    "metric": {"name": "loss", "goal": "minimize", "value": "NaN"},
    "rows": 121,
    "lagSeconds": 3,
    "recorders": 2,
    "conditions": [
        {
            "type": "Started",
            "status": "True",
            "reason": "TrainingStarted",
            "message": "the training container has started",
            "observedGeneration": 1,
            "lastTransitionTime": "2026-11-23T22:00:00Z",
        }
    ],
}


def test_a_status_is_printed_as_training_facts_and_can_be_waited_for(
    api_server: Any, namespace: str, full: Manifest
) -> None:
    patch = json.dumps({"status": STATUS})
    done = api_server("patch", "tr/full", "-n", namespace, "--subresource=status", "--type=merge", "-p", patch)
    assert done.returncode == 0, done.stderr
    heading, row = api_server("get", "tr", "full", "-n", namespace, "-o", "wide").stdout.splitlines()
    wide = ["NODE", "REASON", "PROJECT", "RUN"]
    assert heading.split() == ["NAME", "STATE", "STEP", "METRIC", "ATTEMPTS", "LAG", "AGE", *wide]
    assert row.split()[:6] == ["full", "running", "120", "NaN", "2", "3"]
    assert row.split()[7:] == ["Running", "uncategorized", "full-0123abcd"]
    assert api_server("wait", "tr/full", "-n", namespace, "--for=condition=Started", "--timeout=5s").returncode == 0
    found = api_server("get", "tr", "-n", namespace, "-o", "name", "--field-selector", "status.state=running")
    assert found.stdout.split() == ["trainingrun.chiplog.dev/full"]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("trainingrun", "one training run: what to run, and where it stands"),
        ("tr.spec.backoffLimit", "How often a failed run is started again"),
        ("tr.spec.recorder.paths", "Directories of the training container"),
        ("tr.spec.template.spec.containers", "The name `chiplog` is reserved"),
        ("tr.status.lagSeconds", "what a lost node would cost"),
    ],
)
def test_kubectl_explain_tells_what_a_field_is(api_server: Any, path: str, words: str) -> None:
    explained = " ".join(api_server("explain", path).stdout.split())
    assert words in explained


def test_get_all_lists_runs(api_server: Any, namespace: str, full: Manifest) -> None:
    assert "trainingrun.chiplog.dev/full" in api_server("get", "chiplog", "-n", namespace, "-o", "name").stdout
    resources = api_server("api-resources", "--categories=all", "-o", "name").stdout.split()
    assert "trainingruns.chiplog.dev" in resources
