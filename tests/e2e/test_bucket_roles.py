"""What a pod's token is worth at the real STS and S3: its own prefix, and in N attempts nothing else."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import embedded
import pytest

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
OTHER = "roles-other"

PROBE = """
import json, os, boto3, botocore.exceptions
cluster, bucket = os.environ["CLUSTER"], "chiplog"
s3, sts = boto3.client("s3"), boto3.client("sts")
iam = boto3.client("iam", endpoint_url=os.environ["AWS_ENDPOINT_URL_STS"])

def key(kind, namespace="default", name="probe/x"):
    return f"{cluster}/v1/{kind}/{cluster}/{namespace}/{name}"

def put(at, **more):
    return lambda: s3.put_object(Bucket=bucket, Key=at, Body=b"x", **more)

def get(at):
    return lambda: s3.get_object(Bucket=bucket, Key=at)

def ls(prefix):
    return lambda: s3.list_objects_v2(Bucket=bucket, Prefix=prefix)

def delete_many():
    errors = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key("raw")}]}).get("Errors")
    if errors:
        raise botocore.exceptions.ClientError({"Error": errors[0]}, "DeleteObjects")

def multipart():
    at = dict(Bucket=bucket, Key=key("blobs", name="probe/parts"))
    at["UploadId"] = s3.create_multipart_upload(**at)["UploadId"]
    tag = s3.upload_part(**at, PartNumber=1, Body=b"x" * 5_300_000)["ETag"]
    s3.list_parts(**at)
    s3.complete_multipart_upload(**at, MultipartUpload={"Parts": [{"ETag": tag, "PartNumber": 1}]})

def abort():
    at = dict(Bucket=bucket, Key=key("blobs", name="probe/left"))
    s3.abort_multipart_upload(**at, UploadId=s3.create_multipart_upload(**at)["UploadId"])

def assume(role, token="/tokens/bucket"):
    arn = f"arn:aws:iam::000000000000:role/{role}"
    words = dict(RoleArn=arn, RoleSessionName="probe", WebIdentityToken=open(token).read())
    return lambda: sts.assume_role_with_web_identity(**words)

copy = dict(Bucket=bucket, Key=key("raw", name="probe/copy"), CopySource=f"{bucket}/{key('raw', 'roles-other')}")
attempts = {
    "put raw": put(key("raw")), "put live": put(key("live")), "put blobs": put(key("blobs")),
    "get own": get(key("raw")), "list own": ls(key("raw", name="")), "multipart": multipart, "abort": abort,
    "assume own role": assume("chiplog-sidecar-default"),
    "get missing": get(key("raw", name="probe/none")), "get watch": get(key("watch", name="nobody")),
    "create again": put(key("raw"), IfNoneMatch="*"),
    "put other namespace": put(key("raw", "roles-other")), "put longer namespace": put(key("raw", "default2")),
    "get other namespace": get(key("raw", "roles-other")), "list other namespace": ls(key("raw", "roles-other", "")),
    "put runs": put(key("runs")), "put watch": put(key("watch")), "put cluster": put(f"{cluster}/v1/clusters/x.json"),
    "put outside": put("x"), "list everything": ls(""), "list buckets": s3.list_buckets,
    "delete own": lambda: s3.delete_object(Bucket=bucket, Key=key("raw")), "delete many": delete_many,
    "copy from other": lambda: s3.copy_object(**copy),
    "assume other role": assume("chiplog-sidecar-roles-other"), "assume operator": assume("chiplog-operator"),
    "assume by API token": assume("chiplog-sidecar-default", "/tokens/api"),
    "create user": lambda: iam.create_user(UserName="evil"),
    "own policy": lambda: iam.put_role_policy(RoleName="chiplog-sidecar-default", PolicyName="x", PolicyDocument="{}"),
}

def outcome(attempt):
    try:
        attempt()
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    return "ok"

print(json.dumps({name: outcome(attempt) for name, attempt in attempts.items()}))
"""

ALLOWED = ["put raw", "put live", "put blobs", "get own", "list own", "multipart", "abort", "assume own role"]

REFUSED = [
    "put other namespace",
    "put longer namespace",
    "get other namespace",
    "list other namespace",
    "put runs",
    "put watch",
    "put cluster",
    "put outside",
    "list everything",
    "list buckets",
    "delete own",
    "delete many",
    "copy from other",
    "assume other role",
    "assume operator",
    "assume by API token",
    "create user",
    "own policy",
]


@pytest.fixture(scope="module")
def outcomes(cluster: str) -> Iterator[dict[str, str]]:
    """What became of each attempt of a pod in `default` that has a sidecar's token, role and image."""
    _grant(cluster, OTHER)
    name = f"probe-{uuid.uuid4().hex[:6]}"
    embedded.kubectl("apply", "-n", "default", "-f", "-", stdin=json.dumps(_pod(name, cluster)))
    phase = "--for=jsonpath={.status.phase}=Succeeded"
    embedded.kubectl("wait", f"pod/{name}", "-n", "default", phase, "--timeout=60s")
    yield json.loads(embedded.kubectl("logs", name, "-n", "default"))
    embedded.kubectl("delete", "pod", name, "-n", "default", "--wait=false")


def test_no_attempt_is_left_out(outcomes: dict[str, str]) -> None:
    assert set(outcomes) == {*ALLOWED, *REFUSED, "get missing", "get watch", "create again"}


@pytest.mark.parametrize("attempt", ALLOWED)
def test_a_pods_token_opens_its_own_prefix(outcomes: dict[str, str], attempt: str) -> None:
    assert outcomes[attempt] == "ok"


@pytest.mark.parametrize("attempt", REFUSED)
def test_a_pods_token_opens_nothing_else(outcomes: dict[str, str], attempt: str) -> None:
    assert outcomes[attempt] in ("AccessDenied", "InvalidIdentityToken")


@pytest.mark.parametrize("attempt", ["get missing", "get watch"])
def test_a_missing_key_is_missing_and_not_forbidden(outcomes: dict[str, str], attempt: str) -> None:
    assert outcomes[attempt] == "NoSuchKey"


def test_what_exists_is_not_created_again(outcomes: dict[str, str]) -> None:
    assert outcomes["create again"] == "PreconditionFailed"


def _grant(cluster: str, namespace: str) -> None:
    argv = [sys.executable, "-m", "chiplog_cluster", "s3", f"--purpose={cluster}", f"--namespace={namespace}"]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "cluster")}
    subprocess.run(argv, env=env, check=True, capture_output=True)


def _pod(name: str, cluster: str) -> dict[str, object]:
    environ = {
        "CLUSTER": cluster,
        "AWS_ROLE_ARN": "arn:aws:iam::000000000000:role/chiplog-sidecar-default",
        "AWS_WEB_IDENTITY_TOKEN_FILE": "/tokens/bucket",
        "AWS_ENDPOINT_URL_S3": "http://s3.s3.svc:7070",
        "AWS_ENDPOINT_URL_STS": "http://s3.s3.svc:7071",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    tokens = [{"path": "bucket", "audience": "chiplog-bucket"}, {"path": "api"}]
    container = {
        "name": "probe",
        "image": "localhost/chiplog-sidecar:dev",
        "imagePullPolicy": "IfNotPresent",
        "command": ["python3", "-c", PROBE],
        "env": [{"name": variable, "value": value} for variable, value in environ.items()],
        "volumeMounts": [{"name": "tokens", "mountPath": "/tokens"}],
    }
    volume = {"name": "tokens", "projected": {"sources": [{"serviceAccountToken": token} for token in tokens]}}
    spec = {"restartPolicy": "Never", "automountServiceAccountToken": False, "containers": [container]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {**spec, "volumes": [volume]}}
