"""The injector's Deployment and webhook: told what the operator is, never in a pod's way, certificates kept."""

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from chiplog_operator.injector import InjectorSettings
from chiplog_operator.settings import Settings

CHART = Path(__file__).parents[2] / "charts" / "chiplog"
VALUES = {
    "watchNamespaces": ["vision"],
    "injector": {"logLevel": "debug", "excludedNamespaces": ["infra"]},
    "sidecar": {"resources": {"cpu": "250m", "memory": "256Mi"}},
}


def environment(manifests: list[Any], part: str) -> dict[str, str]:
    (deployment,) = [m for m in manifests if m["kind"] == "Deployment" and m["metadata"]["name"] == f"chiplog-{part}"]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    return {item["name"]: item["value"] for item in container["env"]}


def webhooks(manifests: list[Any]) -> list[Any]:
    (found,) = [manifest for manifest in manifests if manifest["kind"] == "MutatingWebhookConfiguration"]
    return [webhook for webhook in found["webhooks"] if webhook["name"].endswith(".inject.chiplog.dev")]


def test_who_makes_a_run_is_noted_but_nobody_waits_for_that(render: Any) -> None:
    (found,) = [item for item in render() if item["kind"] == "MutatingWebhookConfiguration"]
    makers = [webhook for webhook in found["webhooks"] if webhook["name"].endswith(".maker.chiplog.dev")]
    assert [webhook["rules"][0]["resources"] for webhook in makers] == [["trainingruns"], ["sweeps"]]
    assert {webhook["failurePolicy"] for webhook in makers} == {"Ignore"}
    for webhook in makers:
        assert "system:serviceaccount:chiplog-system:chiplog-operator" in str(webhook["matchConditions"])


def test_the_injector_takes_what_the_chart_gives_and_tells_recorders_what_the_operator_does(render: Any) -> None:
    manifests = render(VALUES)
    settings = InjectorSettings.from_env(environment(manifests, "injector"))
    operator = Settings.from_env(environment(manifests, "operator"))
    assert settings.certificates == Path("/var/run/secrets/chiplog.dev/webhook")
    assert settings.sidecars.log_level == "debug"
    for name in ("bucket", "cluster", "sidecar_image", "sidecar_cpu", "sidecar_memory", "credentials", "token_audience",
                 "sidecar_role_arn", "region", "closed_namespaces"):  # fmt: skip
        assert getattr(settings.sidecars, name) == getattr(operator, name)


def test_a_pod_is_never_refused_and_never_waits_long(render: Any) -> None:
    for webhook in webhooks(render()):
        assert (webhook["failurePolicy"], webhook["timeoutSeconds"]) == ("Ignore", 2)
        assert (webhook["reinvocationPolicy"], webhook["sideEffects"]) == ("IfNeeded", "None")
        [rule] = webhook["rules"]
        assert (rule["operations"], rule["resources"]) == (["CREATE"], ["pods"])


def test_the_system_s_namespace_and_our_own_are_never_touched(render: Any) -> None:
    for webhook in webhooks(render(VALUES)):
        closed, served, *_ = webhook["namespaceSelector"]["matchExpressions"]
        assert (closed["key"], closed["operator"]) == ("kubernetes.io/metadata.name", "NotIn")
        assert closed["values"] == ["kube-system", "chiplog-system", "infra"]
        assert (served["operator"], served["values"]) == ("In", ["vision"])


def test_no_pod_is_asked_about_twice(render: Any) -> None:
    """Once by its own label, or once by its namespace's; a pod that declines by neither."""
    pod, namespace = webhooks(render())
    assert pod["objectSelector"]["matchExpressions"] == [
        {"key": "chiplog.dev/inject", "operator": "In", "values": ["true"]}
    ]
    assert namespace["objectSelector"]["matchExpressions"] == [
        {"key": "chiplog.dev/inject", "operator": "NotIn", "values": ["true", "false"]}
    ]
    wanted = {"key": "chiplog.dev/inject", "operator": "In", "values": ["true"]}
    assert wanted in namespace["namespaceSelector"]["matchExpressions"]
    assert wanted not in pod["namespaceSelector"]["matchExpressions"]


def test_without_an_injector_nothing_of_it_is_there(render: Any) -> None:
    text = json.dumps(render({"injector": {"enabled": False}, "networkPolicy": {"enabled": True}}))
    assert "chiplog-injector" not in text
    assert "MutatingWebhookConfiguration" not in text


def test_cert_manager_makes_what_helm_then_does_not(render: Any) -> None:
    manifests = render({"certManager": {"enabled": True}})
    kinds = [manifest["kind"] for manifest in manifests]
    assert "Secret" not in kinds
    assert (kinds.count("Issuer"), kinds.count("Certificate")) == (2, 2)
    (configuration,) = [manifest for manifest in manifests if manifest["kind"] == "MutatingWebhookConfiguration"]
    injected = {"cert-manager.io/inject-ca-from": "chiplog-system/chiplog-injector"}
    assert configuration["metadata"]["annotations"] == injected
    assert all("caBundle" not in webhook["clientConfig"] for webhook in configuration["webhooks"])
    (leaf,) = [m for m in manifests if m["kind"] == "Certificate" and m["metadata"]["name"] == "chiplog-injector"]
    assert leaf["spec"]["secretName"] == "chiplog-injector-tls"
    assert "chiplog-injector.chiplog-system.svc" in leaf["spec"]["dnsNames"]


@pytest.fixture(scope="module")
def drawn(helm: Any) -> tuple[dict[str, bytes], bytes]:
    """The Secret's data and the caBundle as Helm makes them for a first install."""
    import yaml

    done = helm("template", "chiplog", CHART, "--namespace", "chiplog-system", "--show-only", "templates/webhook.yaml")
    secret, configuration = [manifest for manifest in yaml.safe_load_all(done.stdout) if manifest]
    data = {name: base64.b64decode(text) for name, text in secret["data"].items()}
    (bundle,) = {webhook["clientConfig"]["caBundle"] for webhook in configuration["webhooks"]}
    return data, base64.b64decode(bundle)


@pytest.mark.parametrize("pair", ["tls", "next"])
def test_what_is_served_now_and_what_is_served_next_are_both_trusted(
    drawn: tuple[dict[str, bytes], bytes], pair: str, tmp_path: Path
) -> None:
    data, bundle = drawn
    (tmp_path / "ca").write_bytes(bundle)
    (tmp_path / "leaf").write_bytes(data[f"{pair}.crt"])
    host = "chiplog-injector.chiplog-system.svc"
    command = ["openssl", "verify", "-CAfile", str(tmp_path / "ca"), "-verify_hostname", host, str(tmp_path / "leaf")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_authorities_keys_are_kept_nowhere(drawn: tuple[dict[str, bytes], bytes]) -> None:
    data, _ = drawn
    assert sorted(name for name, value in data.items() if b"PRIVATE KEY" in value) == ["next.key", "tls.key"]
