"""Workloads of others on a real API server: gangs whose owners stand one above the other, and nodes that go.

The Job controller, the garbage collector and the injector are real. No controller of JobSets, TrainJobs or RayJobs runs
here: the test makes what theirs would make.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from operator_place import Place

from chiplog import layout, records
from chiplog.errors import NotFound

pytestmark = pytest.mark.integration

Json = dict[str, Any]

JOBSET, TRAINJOB = "jobset.x-k8s.io/v1alpha2", "trainer.kubeflow.org/v1alpha1"
RAY = "ray.io/v1"
KINDS = {"JobSet": (JOBSET, "jobsets"), "TrainJob": (TRAINJOB, "trainjobs"), "RayJob": (RAY, "rayjobs"),
         "RayCluster": (RAY, "rayclusters")}  # fmt: skip
ASKING = {"chiplog.dev/inject": "true"}
NOWHERE = {"nodeSelector": {"chiplog.dev/nowhere": "true"}, "restartPolicy": "Never"}


def crd(kind: str, api: str, plural: str) -> Json:
    """The kind as its project serves it, reduced to what owners and ends need: group, version, names and a status."""
    group, _, version = api.partition("/")
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    served = {"name": version, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema},
              "subresources": {"status": {}}}  # fmt: skip
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{plural}.{group}",
                         "annotations": {"api-approved.kubernetes.io": "unapproved, for a test"}},
            "spec": {"group": group, "scope": "Namespaced", "versions": [served],
                     "names": {"kind": kind, "plural": plural, "singular": kind.lower()}}}  # fmt: skip


@pytest.fixture(scope="module")
def kinds(api_server: Any) -> Iterator[None]:
    """The server knows the kinds; those that it knew before stay."""
    made = []
    for kind, (api, plural) in KINDS.items():
        told = crd(kind, api, plural)
        if api_server("create", "-f", "-", stdin=told).returncode == 0:
            made.append(f"crd/{told['metadata']['name']}")
        waited = api_server("wait", "--for=condition=Established", f"crd/{told['metadata']['name']}", "--timeout=30s")
        assert waited.returncode == 0, waited.stderr
    yield
    if made:
        api_server("delete", *made, "--wait=false")


def make(place: Place, kind: str, name: str, api: str, owner: Json | None = None, **body: Any) -> Json:
    """Somebody makes an object; gives its reference, by which it can own others."""
    owners = {"ownerReferences": [{**owner, "controller": True}]} if owner else {}
    metadata = {"name": name, "namespace": place.namespace, **owners, **body.pop("metadata", {})}
    told = {"apiVersion": api, "kind": kind, "metadata": metadata, **body}
    done = place.kubectl("create", "-f", "-", "-o", "json", stdin=told)
    assert done.returncode == 0, done.stderr
    return {"apiVersion": api, "kind": kind, "name": name, "uid": json.loads(done.stdout)["metadata"]["uid"]}


def job(place: Place, name: str, owner: Json) -> None:
    """A replicated Job of a gang of two; its controller makes the pods."""
    container = {"name": "trainer", "image": "localhost/none:1"}
    template = {"metadata": {"labels": {**ASKING, "jobset.sigs.k8s.io/jobset-name": owner["name"]}},
                "spec": {**NOWHERE, "containers": [container]}}  # fmt: skip
    spec = {"parallelism": 2, "completions": 2, "completionMode": "Indexed", "backoffLimit": 0, "template": template}
    make(place, "Job", name, "batch/v1", owner, spec=spec)


def pod(place: Place, name: str, owner: Json | None, labels: Json, **spec: Any) -> None:
    container = {"name": "trainer", "image": "localhost/none:1"}
    spec = {**(NOWHERE if "nodeName" not in spec else {"restartPolicy": "Never"}), **spec}
    make(place, "Pod", name, "v1", owner, metadata={"labels": {**ASKING, **labels}},
         spec={"containers": [container], **spec})  # fmt: skip


def train_job(place: Place) -> Json:
    top = make(place, "TrainJob", "llm", TRAINJOB, spec={"runtimeRef": {"name": "torch-distributed"}})
    between = make(place, "JobSet", "llm", JOBSET, top, spec={"replicatedJobs": [{"name": "node", "replicas": 1}]})
    job(place, "llm-node-0", between)
    return top


def job_set(place: Place) -> Json:
    top = make(place, "JobSet", "gang", JOBSET, spec={"replicatedJobs": [{"name": "workers", "replicas": 1}]})
    job(place, "gang-workers-0", top)
    return top


def ray_job(place: Place) -> Json:
    top = make(place, "RayJob", "tune", RAY, spec={"entrypoint": "python train.py"})
    between = make(place, "RayCluster", "tune-x7k2p", RAY, top, spec={"headGroupSpec": {}})
    for kind in ("head", "worker"):
        pod(place, f"tune-x7k2p-{kind}", between, {"ray.io/node-type": kind, "ray.io/cluster": "tune-x7k2p"})
    return top


def ended(kind: str) -> Json:
    """The status in which a kind says that it ended well."""
    if kind == "RayJob":
        return {"jobStatus": "SUCCEEDED", "jobDeploymentStatus": "Complete", "endTime": "2026-11-26T00:01:00Z"}
    word = {"JobSet": "Completed", "TrainJob": "Complete"}[kind]
    told = {"type": word, "status": "True", "reason": "AllJobsCompleted", "message": "",
            "lastTransitionTime": "2026-11-26T00:01:00Z"}  # fmt: skip
    return {"conditions": [told]}


def pods(place: Place, count: int) -> list[Json]:
    def look() -> list[Json] | None:
        found = place.listed("pods")
        return found if len(found) == count else None

    found: list[Json] = place.until(f"{count} pods", look)
    return found


def mirror(place: Place) -> str:
    """The name of the only TrainingRun."""

    def look() -> str | None:
        found = place.listed("trainingruns")
        return found[0]["metadata"]["name"] if found else None

    name: str = place.until("a mirror", look)
    return name


@pytest.mark.parametrize("made", [train_job, job_set, ray_job])
def test_a_gang_of_others_is_one_run_of_its_topmost_owner(
    place: Place, injecting: None, kinds: None, made: Any
) -> None:
    place.operator()
    top = made(place)
    gang = pods(place, 2)
    assert [item["name"] for body in gang for item in body["spec"]["initContainers"]] == ["chiplog", "chiplog"]
    for body in gang:
        place.starts(body)
        place.record(body, step=3)
    name = mirror(place)
    place.until_state("running", name)
    assert place.run(name)["spec"]["mirrors"] == top
    for body in gang:
        place.ends(body)
    status = {"status": ended(top["kind"])}
    patch = ("--subresource=status", "--type=merge", "-p", json.dumps(status), "-n", place.namespace)
    plural = f"{KINDS[top['kind']][1]}.{top['apiVersion'].partition('/')[0]}"
    done = place.kubectl("patch", f"{plural}/{top['name']}", *patch)
    assert done.returncode == 0, done.stderr
    place.until_durable(name)
    assert (place.status(name)["state"], place.status(name)["attempts"]) == ("finished", 1)
    assert len(place.listed("trainingruns")) == 1
    [attempt] = place.outcome(name)["attempts"]
    assert sorted(item["rank"] for item in attempt["recorders"]) == [0, 1]


def lost(place: Place, body: Json) -> None:
    """The node's object is gone, and the pod's garbage collector says so of the pod before it takes it away."""
    name = body["metadata"]["name"]
    done = place.kubectl("delete", "node", node(place), "--ignore-not-found")
    assert done.returncode == 0, done.stderr
    word = {"type": "DisruptionTarget", "status": "True", "reason": "DeletionByPodGC",
            "message": "PodGC: node no longer exists", "lastTransitionTime": "2026-11-26T00:01:00Z"}  # fmt: skip
    patch = json.dumps({"status": {"phase": "Failed", "conditions": [word]}})
    where = ("-n", place.namespace)
    done = place.kubectl("patch", "pod", name, *where, "--subresource=status", "--type=strategic", "-p", patch)
    assert done.returncode == 0, done.stderr
    place.kubectl("delete", "pod", name, *where, "--grace-period=0", "--force", "--wait=false")


def another(place: Place, body: Json) -> Json | None:
    return next((item for item in place.listed("pods") if item["metadata"]["uid"] != body["metadata"]["uid"]), None)


def losses(place: Place) -> list[Json]:
    return [item for item in place.status().get("lastAttempts") or [] if item.get("reason") == "NodeLost"]


def node(place: Place) -> str:
    return f"ghost-{place.namespace}"


@pytest.fixture
def ghost(place: Place) -> Iterator[str]:
    """A node that nobody runs."""
    told = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": node(place)}, "spec": {"unschedulable": True}}
    assert place.kubectl("create", "-f", "-", stdin=told).returncode == 0
    yield node(place)
    place.kubectl("delete", "node", node(place), "--ignore-not-found")


def test_a_run_whose_node_is_lost_is_started_again_and_says_why(place: Place, ghost: str) -> None:
    place.operator()
    container = {"name": "trainer", "image": "localhost/none:1"}
    place.apply(template={"spec": {"nodeName": ghost, "containers": [container]}})
    first = place.pod("run", 0)
    place.starts(first)
    place.record(first, step=3)
    place.until_state("running")
    lost(place, first)
    second = place.until("another pod", lambda: another(place, first))
    told = place.until("the loss", lambda: losses(place))
    assert (told[0]["number"], told[0]["node"]) == (1, ghost)
    place.starts(second)
    place.record(second, step=4)
    place.until("it runs again", lambda: (place.status()["state"], place.status()["attempts"]) == ("running", 2))
    attempts = [(item["number"], item["reason"]) for item in place.outcome()["attempts"]]
    assert attempts == [(1, "NodeLost"), (2, "")]


def test_a_bare_pod_whose_node_is_lost_was_killed_by_that(place: Place, injecting: None, ghost: str) -> None:
    """Its mirror goes with it, and the bucket keeps the reason."""
    place.operator()
    pod(place, "alone", None, {}, nodeName=ghost)
    [body] = pods(place, 1)
    place.starts(body)
    place.record(body, step=3)
    name = mirror(place)
    place.until_state("running", name)
    lost(place, body)

    def kept() -> Json:
        try:
            stored = place.bucket.get(layout.outcome_key(layout.Run("faults", place.namespace, name)))
        except NotFound:
            return {}
        return dict(records.unpack_document(stored.data, records.OUTCOME_FORMAT, "outcome.json"))

    place.until("its end is written down", lambda: kept().get("state") == "killed")
    assert kept()["reason"] == "NodeLost"
    assert [item["reason"] for item in kept()["attempts"]] == ["NodeLost"]
