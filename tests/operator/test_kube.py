"""The API server itself, as our requests rely on it: apply replaces, versions hold, refusals come back in words.

The TrainingRuns of these tests are managed by somebody else, so an operator that runs there leaves them alone.
"""

import subprocess
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from operator_world import GANG, SETTINGS, training_run

from chiplog_operator import events, manifests, names, specs
from chiplog_operator.cluster import Conflict, Invalid
from chiplog_operator.events import Event
from chiplog_operator.kube import Kube
from chiplog_operator.specs import Run

pytestmark = pytest.mark.integration

NOBODY = "chiplog.dev/nobody"
"""As the controller of a Job: the cluster's own leaves it as it was made."""

CONDITION = {
    "type": "Started",
    "status": "False",
    "reason": "Pending",
    "message": "m",
    "lastTransitionTime": "2026-11-23T00:00:00Z",
}


@pytest.fixture(scope="module")
def kube() -> Kube:
    return Kube.connect()


@pytest.fixture
def run(kube: Kube) -> Iterator[Run]:
    made = training_run(managedBy="chiplog.dev/tests")
    name = f"t{uuid.uuid4().hex[:8]}"
    made["metadata"] = {"name": name, "namespace": "default"}
    kubectl("apply", "-f", "-", stdin=yaml.safe_dump(made))
    yield read(kube, name)
    kubectl("delete", "trainingrun", name, "--ignore-not-found", "--wait=false")


def kubectl(*arguments: str, stdin: str | None = None) -> None:
    subprocess.run(["kubectl", *arguments], input=stdin, text=True, check=True, capture_output=True)


def read(kube: Kube, name: str) -> Run:
    body = kube.run("default", name)
    assert body is not None
    return specs.run(body)


def applied(run: Run, **status: Any) -> dict[str, Any]:
    metadata = {"name": run.name, "namespace": run.namespace, "uid": run.uid, "resourceVersion": run.resource_version}
    return {"apiVersion": names.API_VERSION, "kind": names.KIND, "metadata": metadata, "status": status}


def test_an_applied_status_replaces_what_was_applied_before(kube: Kube, run: Run) -> None:
    kube.apply_status(applied(run, state="pending", reason="Pending", conditions=[CONDITION]))
    kube.apply_status(applied(read(kube, run.name), state="running", step=3))
    assert read(kube, run.name).status == {"state": "running", "step": 3}


def test_a_status_is_applied_only_over_the_version_that_was_read(kube: Kube, run: Run) -> None:
    kube.apply_status(applied(run, state="pending"))
    with pytest.raises(Conflict):
        kube.apply_status(applied(run, state="running"))


def test_a_status_beyond_the_schema_is_invalid(kube: Kube, run: Run) -> None:
    with pytest.raises(Invalid, match="Unsupported value"):
        kube.apply_status(applied(run, state="splendid"))


def test_our_job_is_accepted_as_it_is_and_is_never_made_over_another(kube: Kube, run: Run) -> None:
    manifest = manifests.job(run, SETTINGS)
    manifest["spec"] |= {"suspend": True, "managedBy": NOBODY}
    first = kube.create_job(manifest)
    with pytest.raises(Conflict):
        kube.create_job(manifest)
    again = kube.job("default", run.id)
    assert again is not None
    assert first["metadata"]["resourceVersion"] == again["metadata"]["resourceVersion"]
    assert manifests.is_of(again, run)
    sidecar = again["spec"]["template"]["spec"]["initContainers"][0]
    assert (sidecar["name"], sidecar["restartPolicy"]) == ("chiplog", "Always")


def test_a_gang_s_job_with_everything_in_it_is_accepted(kube: Kube, run: Run) -> None:
    body = kube.run("default", run.name)
    assert body is not None
    body["spec"] = {**body["spec"], **GANG}
    assert kube.create_job(manifests.job(specs.run(body), SETTINGS))["spec"]["completionMode"] == "Indexed"


def test_a_gang_s_service_is_accepted_and_headless(kube: Kube, run: Run) -> None:
    body = kube.run("default", run.name)
    assert body is not None
    body["spec"] = {**body["spec"], "parallelism": 2}
    manifest = manifests.service(specs.run(body))
    assert manifest is not None
    assert kube.create_service(manifest)["spec"]["clusterIPs"] == ["None"]
    with pytest.raises(Conflict):
        kube.create_service(manifest)
    found = kube.service("default", run.id)
    assert found is not None
    assert manifests.is_of(found, run)


def test_a_job_that_changed_since_is_not_patched(kube: Kube, run: Run) -> None:
    manifest = manifests.job(run, SETTINGS)
    manifest["spec"]["suspend"] = True
    made = kube.create_job(manifest)
    subprocess.run(["kubectl", "annotate", "job", run.id, "seen=by-another"], check=True, capture_output=True)
    patch = manifests.suspension(
        run, {**made, "metadata": {**made["metadata"], "annotations": {names.SUSPEND_ANNOTATION: "true"}}}
    )
    assert patch is not None
    with pytest.raises(Conflict):
        kube.patch_job("default", run.id, patch)


def test_a_suspension_is_passed_on_without_touching_anything_else(kube: Kube, run: Run) -> None:
    manifest = manifests.job(run, SETTINGS)
    manifest["spec"] |= {"suspend": True, "managedBy": NOBODY}
    manifest["metadata"]["annotations"][names.SUSPEND_ANNOTATION] = "true"
    made = kube.create_job(manifest)
    patch = manifests.suspension(run, made)
    assert patch is not None
    patched = kube.patch_job("default", run.id, patch)
    assert patched["spec"]["suspend"] is False
    assert patched["spec"]["template"] == made["spec"]["template"]
    assert manifests.suspension(run, patched) is None


def test_a_job_that_cannot_be_is_invalid_in_the_api_server_s_words(kube: Kube, run: Run) -> None:
    manifest = manifests.job(run, SETTINGS)
    del manifest["spec"]["template"]["spec"]["containers"][0]["image"]
    with pytest.raises(Invalid, match="image: Required value"):
        kube.create_job(manifest)


def test_an_event_said_twice_is_there_once(kube: Kube, run: Run) -> None:
    manifest = events.manifest(Event("Normal", "Started", "training has started"), run, "operator-1", 1_795_000_000.5)
    kube.create_event(manifest)
    kube.create_event(manifest)
    found = subprocess.run(
        ["kubectl", "get", "events", "--field-selector", f"involvedObject.name={run.name}", "-o", "name"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert found == [f"event/{manifest['metadata']['name']}"]


def test_a_run_of_another_uid_is_not_deleted(kube: Kube, run: Run) -> None:
    with pytest.raises(Conflict):
        kube.delete_run("default", run.name, "00000000-0000-0000-0000-000000000000", run.resource_version)
    with pytest.raises(Conflict):
        kube.delete_run("default", run.name, run.uid, "1")
    kube.delete_run("default", run.name, run.uid, run.resource_version)
    assert kube.run("default", run.name) is None
    kube.delete_run("default", run.name, run.uid, run.resource_version)


def test_a_cluster_has_one_identity(kube: Kube) -> None:
    assert kube.uid() == kube.uid() != ""


def test_a_listing_holds_what_was_made(kube: Kube, run: Run) -> None:
    listed = [*kube.listed("trainingruns", []), *kube.listed("trainingruns", ["default"])]
    assert [item["metadata"]["uid"] for item in listed].count(run.uid) == 2
