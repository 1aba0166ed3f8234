"""The recorder in a pod template: what is added, what is never touched, and that doing it twice changes nothing."""

import copy
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from operator_world import SETTINGS

from chiplog_operator import environment, injection
from chiplog_operator.environment import Subject
from chiplog_operator.specs import Recorder

SUBJECT = Subject("team", "mnist-3f2a9c10", "digits", metadata={"name": "first try"})


def template(**container: Any) -> dict[str, Any]:
    return {"spec": {"restartPolicy": "Never", "containers": [{"name": "trainer", "image": "x", **container}]}}


def injected(pod: dict[str, Any], subject: Subject = SUBJECT, **settings: Any) -> dict[str, Any]:
    return injection.inject(pod, subject, replace(SETTINGS, **settings))["spec"]  # type: ignore[no-any-return]


def sidecar(spec: dict[str, Any]) -> dict[str, Any]:
    return next(item for item in spec["initContainers"] if item["name"] == "chiplog")


def variables(container: dict[str, Any]) -> dict[str, Any]:
    return {item["name"]: item.get("value", item.get("valueFrom")) for item in container["env"]}


TEMPLATES = [
    template(),
    template(env=[{"name": "WANDB_MODE", "value": "online"}], volumeMounts=[{"name": "data", "mountPath": "/data"}]),
    {
        "metadata": {
            "annotations": {"kubectl.kubernetes.io/default-container": "b", "chiplog.dev/skip-env": "WANDB_DIR"}
        },
        "spec": {
            "securityContext": {"runAsUser": 1000},
            "terminationGracePeriodSeconds": 30,
            "initContainers": [{"name": "fetch", "image": "y"}],
            "volumes": [{"name": "data", "emptyDir": {}}],
            "containers": [{"name": "a", "image": "x"}, {"name": "b", "image": "x"}],
        },
    },
]


@pytest.mark.parametrize("pod", TEMPLATES)
@pytest.mark.parametrize("mode", ["web-identity", "secret", "ambient"])
def test_injecting_twice_is_injecting_once_byte_for_byte(pod: dict[str, Any], mode: Any) -> None:
    settings = replace(SETTINGS, credentials=mode, credentials_secret="keys")
    subject = replace(SUBJECT, recorder=Recorder(paths=("/logs", "/out/")))
    once = injection.inject(pod, subject, settings)
    assert json.dumps(injection.inject(once, subject, settings)) == json.dumps(once)


@pytest.mark.parametrize("pod", TEMPLATES)
def test_the_given_template_is_left_as_it_was(pod: dict[str, Any]) -> None:
    before = copy.deepcopy(pod)
    injection.inject(pod, SUBJECT, SETTINGS)
    assert pod == before


def test_the_trainer_has_its_own_part_of_the_volume() -> None:
    spec = injected(template())
    assert spec["containers"][0]["volumeMounts"] == [{"name": "chiplog", "mountPath": "/chiplog", "subPath": "trainer"}]
    assert {"name": "chiplog", "emptyDir": {}} in spec["volumes"]


def test_a_container_that_does_not_train_is_left_alone() -> None:
    spec = injected(copy.deepcopy(TEMPLATES[2]))
    assert spec["containers"][0] == {"name": "a", "image": "x"}
    assert variables(sidecar(spec))["CHIPLOG_CONTAINERS"] == "b"


def test_a_template_that_does_not_say_who_trains_is_left_alone() -> None:
    pod = {"spec": {"containers": [{"name": "a"}, {"name": "b"}]}}
    assert injection.inject(pod, SUBJECT, SETTINGS) == pod


def test_the_writer_s_name_refers_to_a_variable_that_stands_before_it() -> None:
    found = [item["name"] for item in injected(template())["containers"][0]["env"]]
    assert found.index("CHIPLOG_POD") < found.index("WANDB__SYNC_DIR_SUFFIX")
    assert variables(injected(template())["containers"][0])["WANDB__SYNC_DIR_SUFFIX"] == "$(CHIPLOG_POD)-trainer"


def test_a_variable_of_the_user_s_stays_and_comes_first() -> None:
    environ = injected(template(env=[{"name": "WANDB_MODE", "value": "online"}]))["containers"][0]["env"]
    assert environ[0] == {"name": "WANDB_MODE", "value": "online"}
    assert [item["name"] for item in environ].count("WANDB_MODE") == 1


def test_a_variable_can_be_opted_out_by_annotation() -> None:
    found = variables(injected(copy.deepcopy(TEMPLATES[2]))["containers"][1])
    assert "WANDB_DIR" not in found
    assert found["WANDB_MODE"] == "offline"


@pytest.mark.parametrize(("console", "expected"), [(True, None), (False, "off")])
def test_the_console_can_be_left_unrecorded(console: bool, expected: str | None) -> None:
    spec = injected(template(), replace(SUBJECT, recorder=Recorder(console=console)))
    assert variables(spec["containers"][0]).get("WANDB_CONSOLE") == expected


@given(st.text(alphabet="$()aB_", max_size=12))
def test_what_people_write_reaches_the_program_as_they_wrote_it(text: str) -> None:
    assert expanded(environment.escape(text), {"aB": "expanded", "B": "too"}) == text


def expanded(text: str, known: dict[str, str]) -> str:
    """Kubernetes' rule: `$$` is `$`, `$(NAME)` of a known name is its value, anything else stays."""
    out, at = "", 0
    while at < len(text):
        if text.startswith("$$", at):
            out, at = out + "$", at + 2
        elif text.startswith("$(", at) and (end := text.find(")", at)) > 0 and text[at + 2 : end] in known:
            out, at = out + known[text[at + 2 : end]], end + 1
        else:
            out, at = out + text[at], at + 1
    return out


def test_further_directories_are_put_on_the_volume() -> None:
    spec = injected(template(), replace(SUBJECT, recorder=Recorder(paths=("/logs", "/out/"))))
    assert spec["containers"][0]["volumeMounts"][1:] == [
        {"name": "chiplog", "mountPath": "/logs", "subPath": "trainer/paths/0"},
        {"name": "chiplog", "mountPath": "/out", "subPath": "trainer/paths/1"},
    ]


def test_a_directory_that_the_user_mounts_stays_the_user_s() -> None:
    pod = template(volumeMounts=[{"name": "data", "mountPath": "/logs/"}])
    spec = injected(pod, replace(SUBJECT, recorder=Recorder(paths=("/logs",))))
    assert [mount["mountPath"] for mount in spec["containers"][0]["volumeMounts"]] == ["/logs/", "/chiplog"]


def test_the_recorder_is_a_native_sidecar_behind_the_user_s_init_containers() -> None:
    spec = injected(copy.deepcopy(TEMPLATES[2]))
    assert [item["name"] for item in spec["initContainers"]] == ["fetch", "chiplog"]
    assert sidecar(spec)["restartPolicy"] == "Always"


def test_the_recorder_fits_the_restricted_level_and_a_quota() -> None:
    found = sidecar(injected(template()))
    assert found["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 65532,
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert found["resources"]["requests"] == found["resources"]["limits"] == {"cpu": "100m", "memory": "128Mi"}


@pytest.mark.parametrize(
    ("pod", "container", "expected"),
    [({}, {}, 65532), ({"runAsUser": 1000}, {}, 1000), ({"runAsUser": 1000}, {"runAsUser": 7}, 7),
     ({"runAsUser": 1000}, {"runAsUser": 0}, 65532), ({"runAsUser": 0}, {}, 65532)],
)  # fmt: skip
def test_the_recorder_is_the_trainer_s_user_but_never_root(pod: Any, container: Any, expected: int) -> None:
    made = template(securityContext=container)
    made["spec"]["securityContext"] = pod
    assert sidecar(injected(made))["securityContext"]["runAsUser"] == expected


def test_a_run_may_size_its_recorder() -> None:
    spec = injected(template(), replace(SUBJECT, recorder=Recorder(cpu="1", memory="1Gi")))
    assert sidecar(spec)["resources"]["limits"] == {"cpu": "1", "memory": "1Gi"}


@pytest.mark.parametrize(("given_seconds", "expected"), [(None, 120), (30, 30), (0, 0)])
def test_the_grace_period_is_ours_only_where_there_is_none(given_seconds: int | None, expected: int) -> None:
    pod = template()
    if given_seconds is not None:
        pod["spec"]["terminationGracePeriodSeconds"] = given_seconds
    assert injected(pod)["terminationGracePeriodSeconds"] == expected


def test_only_the_recorder_sees_the_token() -> None:
    spec = injected(template())
    token = {"name": "chiplog-token", "mountPath": "/var/run/secrets/chiplog.dev/bucket", "readOnly": True}
    assert token in sidecar(spec)["volumeMounts"]
    assert "chiplog-token" not in json.dumps(spec["containers"])
    assert "AWS_" not in json.dumps(spec["containers"])


def test_by_web_identity_the_recorder_is_told_its_role_and_token() -> None:
    found = variables(sidecar(injected(template(), sts_endpoint="http://sts", s3_endpoint="http://s3", region="r")))
    assert found["AWS_ROLE_ARN"] == "arn:aws:iam::1:role/chiplog-sidecar-team"
    assert found["AWS_WEB_IDENTITY_TOKEN_FILE"] == "/var/run/secrets/chiplog.dev/bucket/token"
    assert (found["AWS_ENDPOINT_URL_STS"], found["AWS_ENDPOINT_URL_S3"]) == ("http://sts", "http://s3")
    assert (found["AWS_REGION"], found["AWS_EC2_METADATA_DISABLED"]) == ("r", "true")


def test_by_secret_the_recorder_alone_reads_it() -> None:
    spec = injected(template(), credentials="secret", credentials_secret="keys")
    assert sidecar(spec)["envFrom"] == [{"secretRef": {"name": "keys"}}]
    assert "keys" not in json.dumps(spec["containers"])
    assert [volume["name"] for volume in spec["volumes"]] == ["chiplog"]


def test_ambient_credentials_add_nothing() -> None:
    found = sidecar(injected(template(), credentials="ambient"))
    assert "envFrom" not in found
    assert not [name for name in variables(found) if name.startswith("AWS_")]


def test_the_recorder_knows_what_to_ship_and_what_not() -> None:
    spec = injected(template(), replace(SUBJECT, recorder=Recorder(include=("*.npz", "b"), exclude=("*.tmp",))))
    found = variables(sidecar(spec))
    assert (found["CHIPLOG_INCLUDE"], found["CHIPLOG_EXCLUDE"]) == ("*.npz,b", "*.tmp")


def test_the_recorder_can_be_configured_by_what_it_is_given() -> None:
    """The other side of the contract reads every name that we write."""
    from chiplog_sidecar.settings import Settings as SidecarSettings

    found = variables(sidecar(injected(template(), replace(SUBJECT, recorder=Recorder(exclude=("x",))))))
    environ = {name: value if isinstance(value, str) else f"by-field-{name}" for name, value in found.items()}
    settings = SidecarSettings.from_env(environ)
    assert settings.recorder.cluster == "c1"
    assert (settings.run, settings.project, settings.containers) == ("mnist-3f2a9c10", "digits", ("trainer",))
    assert (settings.exclude, settings.status_port) == (("x",), 9754)
