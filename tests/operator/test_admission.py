"""What becomes of a pod at its admission: what is added, who is left alone, and that twice is once."""

import copy
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from operator_world import SETTINGS

from chiplog_operator import admission

GOLDEN = Path(__file__).parent / "golden"
ASK = {"chiplog.dev/inject": "true"}


def pod(*containers: dict[str, Any], annotations: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    """A pod as the API server shows it at admission: no uid, often no name, defaults filled in."""
    return {
        "metadata": {"generateName": "mnist-", "labels": dict(ASK), "annotations": annotations or {}},
        "spec": {
            "terminationGracePeriodSeconds": 30,
            "restartPolicy": "Never",
            "containers": list(containers) or [{"name": "main", "image": "x"}],
            **spec,
        },
    }


def made(told: dict[str, Any], **settings: Any) -> dict[str, Any]:
    answer = review(told)
    assert (answer.result, answer.warnings) == ("injected", ())
    assert answer.pod is not None
    return answer.pod


def review(told: dict[str, Any], namespace: str = "team") -> admission.Answer:
    return admission.review(told, namespace, replace(SETTINGS, closed_namespaces=("kube-system", "chiplog-system")))


def recorder(told: dict[str, Any]) -> dict[str, Any]:
    return next(item for item in told["spec"]["initContainers"] if item["name"] == "chiplog")


def variables(container: dict[str, Any]) -> dict[str, Any]:
    return {item["name"]: item.get("value", item.get("valueFrom")) for item in container["env"]}


def test_a_plain_pod_gets_volume_environment_and_recorder_and_nothing_else_changes() -> None:
    before = pod()
    after = made(before)
    main = after["spec"]["containers"][0]
    assert main["volumeMounts"] == [{"name": "chiplog", "mountPath": "/chiplog", "subPath": "main"}]
    assert variables(main)["WANDB_MODE"] == "offline"
    assert [item["name"] for item in after["spec"]["volumes"]] == ["chiplog", "chiplog-token"]
    assert recorder(after)["restartPolicy"] == "Always"
    assert after["spec"]["terminationGracePeriodSeconds"] == 30
    del main["volumeMounts"], main["env"], after["spec"]["volumes"], after["spec"]["initContainers"]
    assert after == before


def test_of_its_run_and_project_the_pod_is_told_nothing_that_nobody_knows() -> None:
    after = made(pod())
    told = variables(recorder(after)) | variables(after["spec"]["containers"][0])
    assert not {"CHIPLOG_RUN", "CHIPLOG_PROJECT", "WANDB_PROJECT", "WANDB_NAME"} & told.keys()
    assert told["CHIPLOG_RECORDER"] == {"fieldRef": {"fieldPath": "metadata.uid"}}
    named = made(pod(annotations={"chiplog.dev/project": "vision", "chiplog.dev/name": "first"}))
    assert variables(recorder(named))["CHIPLOG_PROJECT"] == "vision"
    assert variables(named["spec"]["containers"][0])["WANDB_NAME"] == "first"


def test_all_containers_of_a_pod_can_train() -> None:
    two = pod({"name": "a"}, {"name": "b"}, {"name": "proxy"}, annotations={"chiplog.dev/container": "a,b"})
    after = made(two)
    assert variables(recorder(after))["CHIPLOG_CONTAINERS"] == "a,b"
    parts = [[mount["subPath"] for mount in item.get("volumeMounts", [])] for item in after["spec"]["containers"]]
    assert parts == [["a"], ["b"], []]


@pytest.mark.parametrize(
    ("told", "namespace", "result"),
    [
        (pod(), "kube-system", "not-ours"),
        (pod(), "chiplog-system", "not-ours"),
        (pod(annotations={"chiplog.dev/run-id": "mnist-3f2a9c10"}), "team", "not-ours"),
        (pod(annotations={"chiplog.dev/inject": "false"}) | {"metadata": {"annotations": {
            "chiplog.dev/inject": "false"}}}, "team", "not-asked"),
        (pod() | {"metadata": {"labels": {"chiplog.dev/inject": "false"}}}, "team", "not-asked"),
    ],
)  # fmt: skip
def test_who_is_not_to_be_touched_is_not(told: dict[str, Any], namespace: str, result: str) -> None:
    assert review(told, namespace) == admission.Answer(result)  # type: ignore[arg-type]


def test_a_pod_whose_namespace_asks_gets_the_label_that_the_operator_watches() -> None:
    told = pod()
    told["metadata"]["labels"] = {"app": "x"}
    assert made(told)["metadata"]["labels"] == {"app": "x", **ASK}


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (pod({"name": "a"}, {"name": "b"}), "which of the containers a, b trains?"),
        (pod(annotations={"chiplog.dev/container": "trainer"}), "'trainer' is none of the containers main"),
        (pod(volumes=[{"name": "chiplog", "emptyDir": {}}]), "a volume is called chiplog"),
        (pod(initContainers=[{"name": "chiplog"}]), "a container is called chiplog"),
        (pod({"name": "chiplog"}), "a container is called chiplog"),
        (pod({"name": "main", "volumeMounts": [{"name": "data", "mountPath": "/chiplog/"}]}),
         "container main mounts volume data at /chiplog"),
        (pod(os={"name": "windows"}), "the recorder runs on Linux only"),
    ],
)  # fmt: skip
def test_a_pod_that_cannot_be_recorded_is_let_through_with_the_reason(told: dict[str, Any], said: str) -> None:
    answer = review(told)
    assert (answer.result, answer.pod) == ("refused", None)
    assert said in answer.warnings[0]


def test_a_wrong_annotation_costs_itself_alone() -> None:
    answer = review(pod(annotations={"chiplog.dev/cpu": "lots"}))
    assert answer.pod is not None
    assert recorder(answer.pod)["resources"]["limits"]["cpu"] == "100m"
    assert answer.warnings == (
        "Chiplog: annotation chiplog.dev/cpu: 'lots' is not a quantity above zero such as 100m or 128Mi; the default "
        "holds",
    )


def test_a_recorder_that_another_webhook_changed_is_not_changed_back() -> None:
    once = made(pod())
    recorder(once)["image"] = "mirror.example/chiplog-sidecar:1"
    recorder(once)["volumeMounts"].append({"name": "kube-api-access-x", "mountPath": "/var/run/secrets/x"})
    assert review(once) == admission.Answer("present")


def test_a_pod_with_resources_of_its_own_asks_for_no_more() -> None:
    assert "resources" not in recorder(made(pod(resources={"limits": {"cpu": "4", "memory": "8Gi"}})))


def test_on_the_node_s_network_no_port_is_taken() -> None:
    assert variables(recorder(made(pod(hostNetwork=True))))["CHIPLOG_STATUS_PORT"] == "0"
    assert variables(recorder(made(pod())))["CHIPLOG_STATUS_PORT"] == "9754"


def test_a_guaranteed_pod_stays_one() -> None:
    size = {"cpu": "2", "memory": "4Gi"}
    after = made(pod({"name": "main", "resources": {"requests": size, "limits": size}}))
    every = [*after["spec"]["containers"], *after["spec"]["initContainers"]]
    assert all(item["resources"]["requests"] == item["resources"]["limits"] for item in every)


def test_a_mesh_s_native_sidecar_starts_before_the_recorder_and_ends_after_it() -> None:
    proxy = {"name": "istio-proxy", "image": "p", "restartPolicy": "Always"}
    told = pod(initContainers=[proxy, {"name": "fetch"}])
    after = made(told)
    assert [item["name"] for item in after["spec"]["initContainers"]] == ["istio-proxy", "fetch", "chiplog"]
    assert after["spec"]["initContainers"][0] == proxy


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("plain-pod", pod()),
        ("busy-pod", pod(
            {"name": "trainer", "env": [{"name": "WANDB_MODE", "value": "online"}],
             "volumeMounts": [{"name": "data", "mountPath": "/data"}]},
            {"name": "proxy"},
            annotations={"chiplog.dev/container": "trainer", "chiplog.dev/project": "vision", "chiplog.dev/tags": "a,b",
                         "chiplog.dev/paths": "/logs", "chiplog.dev/skip-env": "WANDB_DIR",
                         "chiplog.dev/memory": "256Mi"},
            initContainers=[{"name": "istio-proxy", "restartPolicy": "Always"}],
            securityContext={"runAsUser": 1000},
            hostNetwork=True,
            volumes=[{"name": "data"}])),
    ],
)  # fmt: skip
def test_the_pod_is_the_golden_one(name: str, told: dict[str, Any]) -> None:
    """CHIPLOG_GOLDEN=write writes what is right now."""
    path = GOLDEN / f"{name}.yaml"
    if os.environ.get("CHIPLOG_GOLDEN") == "write":
        path.write_text(yaml.safe_dump(made(told), sort_keys=False))
    assert made(told) == yaml.safe_load(path.read_text())


NAMES = st.sampled_from(["a", "b", "main", "istio-proxy", "chiplog"])
VARIABLE = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["WANDB_MODE", "CHIPLOG_POD", "X"]),
        "value": st.sampled_from(["", "online", "$(X)"]),
    }
)
ENV = st.lists(VARIABLE, max_size=2, unique_by=lambda item: item["name"])
MOUNTS = st.lists(
    st.fixed_dictionaries(
        {"name": st.sampled_from(["data", "chiplog"]), "mountPath": st.sampled_from(["/data", "/chiplog", "/l/"])}
    ),
    max_size=2,
)
CONTAINERS = st.lists(st.fixed_dictionaries({"name": NAMES}, optional={"env": ENV, "volumeMounts": MOUNTS}),
                      min_size=1, max_size=3, unique_by=lambda item: item["name"])  # fmt: skip
INITS = st.lists(st.fixed_dictionaries({"name": NAMES}, optional={"restartPolicy": st.just("Always")}),
                 max_size=2, unique_by=lambda item: item["name"])  # fmt: skip
VOLUMES = st.lists(st.fixed_dictionaries({"name": st.sampled_from(["data", "chiplog", "tmp"])}), max_size=2)
ANNOTATIONS = st.dictionaries(
    st.sampled_from(["container", "paths", "skip-env", "cpu", "memory", "console", "project", "metrics", "inject"]),
    st.sampled_from(["main", "*", "a,b", "/l", "/l,x", "100m", "0", "true", "false", "", ",", "$(X)", "loss:minimize"]),
)
SPECS = st.fixed_dictionaries(
    {"containers": CONTAINERS},
    optional={
        "initContainers": st.one_of(st.none(), INITS),
        "volumes": st.one_of(st.none(), VOLUMES),
        "hostNetwork": st.booleans(),
        "resources": st.just({"limits": {"cpu": "1"}}),
        "securityContext": st.fixed_dictionaries({}, optional={"runAsUser": st.integers(0, 2000)}),
    },
)


@given(SPECS, ANNOTATIONS, st.sampled_from([None, {}, ASK, {"chiplog.dev/inject": "false"}]))
def test_of_any_pod_at_all_twice_is_once_to_the_byte_and_what_was_there_stays(
    spec: dict[str, Any], annotations: dict[str, str], labels: dict[str, str] | None
) -> None:
    told = {"metadata": {"labels": labels, "annotations": {f"chiplog.dev/{k}": v for k, v in annotations.items()}},
            "spec": spec}  # fmt: skip
    before = copy.deepcopy(told)
    answer = review(told)
    assert told == before
    if answer.pod is None:
        return
    assert review(json.loads(json.dumps(answer.pod))) == admission.Answer("present")
    assert patched(before, admission.operations(before, answer.pod)) == answer.pod
    for kind in ("containers", "initContainers", "volumes"):
        kept = {item["name"]: item for item in answer.pod["spec"][kind]}
        for item in before["spec"].get(kind) or []:
            assert all(_holds(kept[item["name"]].get(key), value) for key, value in item.items())


def patched(pod: dict[str, Any], operations: list[dict[str, Any]]) -> dict[str, Any]:
    """What an API server makes of a pod by a JSON Patch: `replace` needs what is there, `add` what is not."""
    made = copy.deepcopy(pod)
    for operation in operations:
        _, part, field = operation["path"].split("/")
        assert (field in made[part]) == (operation["op"] == "replace")
        made[part][field] = operation["value"]
    return made


def test_a_patch_names_no_field_that_stays() -> None:
    told = pod(hostNetwork=True)
    paths = {operation["path"] for operation in admission.operations(told, made(told))}
    assert "/spec/hostNetwork" not in paths
    assert {"/spec/containers", "/spec/initContainers", "/spec/volumes"} <= paths


def _holds(found: Any, before: Any) -> bool:
    """A list may have grown at its end; anything else is as it was."""
    return bool(found[: len(before)] == before) if isinstance(before, list) else bool(found == before)


def test_who_makes_a_run_is_noted_on_it() -> None:
    body: dict[str, Any] = {"metadata": {"name": "mnist"}}
    admission.sign(body, "alice")
    assert body["metadata"]["annotations"] == {"chiplog.dev/created-by": "alice"}


def test_what_is_said_already_is_left_to_the_policy() -> None:
    body: dict[str, Any] = {"metadata": {"annotations": {"chiplog.dev/created-by": "bob", "a": "b"}}}
    admission.sign(body, "alice")
    assert body["metadata"]["annotations"] == {"chiplog.dev/created-by": "bob", "a": "b"}
