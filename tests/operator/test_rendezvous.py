"""A gang's workers are told how to meet, and nothing that its owner set is replaced."""

from typing import Any

import pytest
from operator_world import KEY, RUN_ID, SETTINGS, World, training_run

from chiplog_operator import manifests, names, specs
from chiplog_operator.sightings import Key

RANK = {"fieldRef": {"fieldPath": "metadata.annotations['batch.kubernetes.io/job-completion-index']"}}


def made(parallelism: int = 2, spec: dict[str, Any] | None = None, **container: Any) -> dict[str, Any]:
    body = training_run(parallelism=parallelism)
    body["spec"]["template"]["spec"]["containers"][0] |= container
    body["spec"]["template"]["spec"] |= spec or {}
    return body


def pod_of(body: dict[str, Any]) -> dict[str, Any]:
    pod: dict[str, Any] = manifests.job(specs.run(body), SETTINGS)["spec"]["template"]["spec"]
    return pod


def told(body: dict[str, Any]) -> dict[str, Any]:
    variables = pod_of(body)["containers"][0]["env"]
    assert len({item["name"] for item in variables}) == len(variables)
    return {item["name"]: item.get("value", item.get("valueFrom")) for item in variables}


def test_torchrun_finds_everything_in_the_environment() -> None:
    variables = told(made(parallelism=4))
    assert (variables["PET_NNODES"], variables["PET_NPROC_PER_NODE"], variables["PET_NODE_RANK"]) == ("4", "1", RANK)
    assert (variables["PET_MASTER_ADDR"], variables["PET_MASTER_PORT"]) == (f"{RUN_ID}-0.{RUN_ID}", "29400")
    assert variables["PET_RDZV_ENDPOINT"] == f"{RUN_ID}-0.{RUN_ID}:29400"
    assert variables["PET_RDZV_ID"] == RUN_ID


def test_so_does_one_process_per_pod_without_torchrun() -> None:
    variables = told(made(parallelism=4))
    assert (variables["MASTER_ADDR"], variables["MASTER_PORT"]) == (f"{RUN_ID}-0.{RUN_ID}", "29400")
    assert (variables["WORLD_SIZE"], variables["RANK"], variables["NODE_RANK"]) == ("4", RANK, RANK)


def test_a_value_that_the_container_sets_stays() -> None:
    variables = told(made(env=[{"name": "MASTER_PORT", "value": "1234"}, {"name": "PET_NNODES", "value": "1:2"}]))
    assert (variables["MASTER_PORT"], variables["PET_NNODES"]) == ("1234", "1:2")


def test_a_variable_that_the_owner_does_not_want_is_not_set() -> None:
    body = made()
    body["spec"]["template"]["metadata"] = {"annotations": {names.SKIP_ENV_ANNOTATION: "RANK, WORLD_SIZE"}}
    assert not {"RANK", "WORLD_SIZE"} & set(told(body))


def test_there_is_a_process_for_each_gpu() -> None:
    assert told(made(resources={"limits": {"nvidia.com/gpu": 8, "cpu": "4"}}))["PET_NPROC_PER_NODE"] == "8"
    assert told(made(resources={"limits": {"amd.com/gpu": "2"}}))["PET_NPROC_PER_NODE"] == "2"


def test_a_single_worker_is_told_nothing_and_gets_no_service() -> None:
    body = made(parallelism=1)
    assert not {"MASTER_ADDR", "PET_NNODES", "RANK"} & set(told(body))
    assert "subdomain" not in pod_of(body)
    assert manifests.service(specs.run(body)) is None


def test_the_service_gives_every_pod_of_the_job_a_name_before_it_is_ready() -> None:
    service = manifests.service(specs.run(made()))
    assert service is not None
    assert service["metadata"]["name"] == pod_of(made())["subdomain"] == RUN_ID
    assert service["spec"]["selector"] == {names.JOB_NAME_LABEL: RUN_ID}
    assert (service["spec"]["clusterIP"], service["spec"]["publishNotReadyAddresses"]) == ("None", True)
    assert service["metadata"]["ownerReferences"][0]["kind"] == "TrainingRun"


def test_a_subdomain_of_the_owner_s_own_is_used_and_needs_no_service_of_ours() -> None:
    body = made(spec={"subdomain": "mesh"})
    assert told(body)["MASTER_ADDR"] == f"{RUN_ID}-0.mesh"
    assert manifests.service(specs.run(body)) is None


def test_only_the_container_that_trains_is_told() -> None:
    body = made()
    body["spec"]["template"]["spec"]["containers"].append({"name": "proxy", "image": "y"})
    body["spec"]["recorder"]["container"] = "trainer"
    assert "env" not in pod_of(body)["containers"][1]


def test_the_service_is_there_before_the_job() -> None:
    world = World(made())
    world.passes()
    assert world.fate.writes[:3] == ["run.json", "service", "job"]


def test_an_operator_that_died_between_service_and_job_goes_on() -> None:
    world = World(made())
    service = manifests.service(specs.run(made()))
    assert service is not None
    world.cluster.services[Key(KEY.namespace, RUN_ID)] = service
    world.passes()
    assert list(world.cluster.jobs) == [Key(KEY.namespace, RUN_ID)]


@pytest.mark.parametrize("kind", ["Job", "Service"])
def test_a_stranger_s_object_of_our_name_is_left_alone_and_named(kind: str) -> None:
    world = World(made())
    stranger = {"metadata": {"name": RUN_ID, "namespace": KEY.namespace, "uid": "x"}, "spec": {"mine": True}}
    place = world.cluster.jobs if kind == "Job" else world.cluster.services
    place[Key(KEY.namespace, RUN_ID)] = stranger
    world.passes()
    assert (world.status["state"], world.status["reason"]) == ("pending", "NameTaken")
    assert f"there is a {kind} {RUN_ID}" in world.status["message"]
    assert place[Key(KEY.namespace, RUN_ID)] == stranger
    del place[Key(KEY.namespace, RUN_ID)]
    world.passes(seconds=30)
    assert world.job["spec"]["completionMode"] == "Indexed"
