"""Installs our chart on a node with the values of its own S3; it must not know what the chart makes."""

import json
from pathlib import Path

from chiplog_cluster import commands, files, policies, services
from chiplog_cluster.node import Node
from chiplog_cluster.progress import Progress

NAMESPACE = "chiplog-system"
RELEASE = "chiplog"


def values(node: Node) -> dict[str, object]:
    """The chart's values for the embedded S3, which speaks STS."""
    credentials = {
        "mode": "web-identity",
        "audience": policies.AUDIENCE,
        "sidecarRoleArn": policies.role_arn(policies.sidecar_role("{namespace}")),
        "operatorRoleArn": policies.role_arn(policies.OPERATOR_ROLE),
        "compactorRoleArn": policies.role_arn(policies.COMPACTOR_ROLE),
        "dashboardRoleArn": policies.role_arn(policies.DASHBOARD_ROLE),
        "ingestRoleArn": policies.role_arn(policies.INGEST_ROLE),
    }
    place = policies.Place.of_purpose(node.purpose)
    bucket = {
        "url": f"s3://{place.bucket}/{place.prefix}",
        "region": services.REGION,
        "endpoint": node.s3_url,
        "stsEndpoint": node.iam_url,
        "credentials": credentials,
    }
    return {
        "clusterName": place.cluster,
        "bucket": bucket,
        "operator": {"annotations": _built(node, "operator", "sidecar")},
        "compactor": {"annotations": _built(node, "compactor")},
        "dashboard": {"annotations": _built(node, "dashboard")},
        "ingest": {"enabled": True, "annotations": _built(node, "ingest")},
    }


def ensure(node: Node, progress: Progress) -> None:
    """Install or upgrade the release and wait until it is ready."""
    path = node.state / "values.json"
    files.write(path, json.dumps(values(node), indent=1))
    chart = node.checkout.root / "charts" / "chiplog"
    argv: list[str | Path] = ["upgrade", "--install", RELEASE, chart, f"--namespace={NAMESPACE}", "--create-namespace"]
    env = commands.clean_environ(KUBECONFIG=str(node.kubeconfig))
    program = node.checkout.binaries / "helm"
    with progress.step("installing the chart"):
        commands.run([program, *argv, f"--values={path}", "--wait", "--timeout=3m"], env=env)


def _built(node: Node, *images: str) -> dict[str, str]:
    """The digest of a part's images: another one makes another pod, for the image's name stays `dev`."""
    stamps = [node.checkout.build / f"{name}.built" for name in images]
    return {"chiplog.dev/built": files.digest(stamps)[:16]}
