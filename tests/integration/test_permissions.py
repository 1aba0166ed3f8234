"""Every row of the table of roles, on the real STS and S3: what an identity may do, and that it may do nothing else."""

import json
import os
import subprocess
import uuid
from collections.abc import Callable
from typing import Any

import boto3
import botocore.exceptions
import pytest
from botocore.config import Config

pytestmark = pytest.mark.integration

CLUSTER = os.environ.get("CHIPLOG_BUCKET", "s3://none/none").rstrip("/").rpartition("/")[2]
SIDECAR = "arn:aws:iam::000000000000:role/chiplog-sidecar-default"
OPERATOR = "arn:aws:iam::000000000000:role/chiplog-operator"
INGEST = "arn:aws:iam::000000000000:role/chiplog-ingest"
WRITES = ("live", "raw", "blobs")
OPERATED = ("clusters", "runs", "lines", "latest")
OTHERS = ("tables", "index", "words", "reports")


def token(account: str, namespace: str, audience: str = "chiplog-bucket") -> str:
    command = ["kubectl", "create", "token", account, "-n", namespace, "--audience", audience, "--duration", "10m"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def assume(role: str, web_identity: str) -> Any:
    """An S3 client with the credentials that STS gives for a token."""
    sts = boto3.client("sts", endpoint_url=os.environ["AWS_ENDPOINT_URL_STS"], config=Config(signature_version="v4"))
    answer = sts.assume_role_with_web_identity(
        RoleArn=role, RoleSessionName="test", WebIdentityToken=web_identity, DurationSeconds=900
    )["Credentials"]
    return boto3.client(
        "s3",
        endpoint_url=os.environ["AWS_ENDPOINT_URL_S3"],
        aws_access_key_id=answer["AccessKeyId"],
        aws_secret_access_key=answer["SecretAccessKey"],
        aws_session_token=answer["SessionToken"],
    )


@pytest.fixture(scope="module")
def sidecar() -> Any:
    return assume(SIDECAR, token("default", "default"))


@pytest.fixture(scope="module")
def operator() -> Any:
    return part(OPERATOR, "chiplog-operator")


@pytest.fixture(scope="module")
def ingest() -> Any:
    return part(INGEST, "chiplog-ingest")


def part(role: str, account: str) -> Any:
    """A part of the chart, which need not be installed for this."""
    for words in (["namespace", "chiplog-system"], ["serviceaccount", account, "-n", "chiplog-system"]):
        subprocess.run(["kubectl", "create", *words], capture_output=True, check=False)
    return assume(role, token(account, "chiplog-system"))


def key(*parts: str) -> dict[str, str]:
    return {"Bucket": "chiplog", "Key": "/".join((CLUSTER, "v1", *parts))}


def mine(kind: str, namespace: str = "default") -> dict[str, str]:
    return key(kind, CLUSTER, namespace, f"permissions-{uuid.uuid4().hex}")


def refused(call: Callable[..., Any], **arguments: Any) -> bool:
    """Whether the store says that this identity may not."""
    try:
        call(**arguments)
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"] in ("AccessDenied", "403")
    return False


@pytest.mark.parametrize("kind", WRITES)
def test_a_sidecar_writes_reads_and_lists_its_own_namespace(sidecar: Any, kind: str) -> None:
    place = mine(kind)
    sidecar.put_object(**place, Body=b"x")
    assert sidecar.get_object(**place)["Body"].read() == b"x"
    listed = sidecar.list_objects_v2(Bucket="chiplog", Prefix=place["Key"])
    assert [found["Key"] for found in listed["Contents"]] == [place["Key"]]


def test_a_sidecar_sends_a_large_file_in_parts(sidecar: Any) -> None:
    place = mine("blobs")
    upload = {**place, "UploadId": sidecar.create_multipart_upload(**place)["UploadId"]}
    tag = sidecar.upload_part(**upload, PartNumber=1, Body=b"x" * 100)["ETag"]
    sidecar.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": tag}]})
    assert sidecar.head_object(**place)["ContentLength"] == 100


@pytest.mark.parametrize("kind", WRITES)
def test_a_sidecar_deletes_nothing(sidecar: Any, kind: str) -> None:
    place = mine(kind)
    sidecar.put_object(**place, Body=b"x")
    assert refused(sidecar.delete_object, **place)
    assert sidecar.get_object(**place)["Body"].read() == b"x"


@pytest.mark.parametrize("kind", WRITES)
def test_a_sidecar_reaches_no_other_namespace(sidecar: Any, kind: str) -> None:
    other = mine(kind, namespace="other")
    assert refused(sidecar.put_object, **other, Body=b"x")
    assert refused(sidecar.get_object, **other)
    assert refused(sidecar.list_objects_v2, Bucket="chiplog", Prefix=f"{CLUSTER}/v1/{kind}/{CLUSTER}/other/")


@pytest.mark.parametrize("kind", [*OPERATED, *OTHERS, "watch"])
def test_a_sidecar_writes_no_other_class(sidecar: Any, kind: str) -> None:
    assert refused(sidecar.put_object, **mine(kind), Body=b"x")


def test_a_sidecar_reads_who_watches_its_own_namespace_and_no_other(sidecar: Any) -> None:
    with pytest.raises(sidecar.exceptions.NoSuchKey):  # 404, not 403: nobody looks.
        sidecar.get_object(**mine("watch"))
    assert refused(sidecar.get_object, **mine("watch", namespace="other"))
    assert refused(sidecar.list_objects_v2, Bucket="chiplog", Prefix=f"{CLUSTER}/v1/watch/{CLUSTER}/other/")


def test_a_sidecar_lists_neither_the_bucket_nor_another_class(sidecar: Any) -> None:
    assert refused(sidecar.list_objects_v2, Bucket="chiplog")
    assert refused(sidecar.list_objects_v2, Bucket="chiplog", Prefix=f"{CLUSTER}/v1/runs/")


@pytest.mark.parametrize("kind", OPERATED)
def test_the_operator_writes_its_own_classes(operator: Any, kind: str) -> None:
    place = mine(kind)
    operator.put_object(**place, Body=b"x")
    assert operator.get_object(**place)["Body"].read() == b"x"


@pytest.mark.parametrize("kind", [*WRITES, *OTHERS, "watch"])
def test_the_operator_writes_no_other_class(operator: Any, kind: str) -> None:
    assert refused(operator.put_object, **mine(kind), Body=b"x")


def test_the_operator_reads_what_a_sidecar_wrote_and_deletes_nothing(operator: Any, sidecar: Any) -> None:
    place = mine("live")
    sidecar.put_object(**place, Body=b"x")
    assert operator.get_object(**place)["Body"].read() == b"x"
    assert refused(operator.delete_object, **place)
    own = mine("runs")
    operator.put_object(**own, Body=b"x")
    assert refused(operator.delete_object, **own)


@pytest.mark.parametrize("kind", [*WRITES, "runs"])
@pytest.mark.parametrize("namespace", ["default", "other"])
def test_the_door_writes_what_comes_in_for_any_namespace_and_deletes_nothing(
    ingest: Any, kind: str, namespace: str
) -> None:
    place = mine(kind, namespace)
    ingest.put_object(**place, Body=b"x", IfNoneMatch="*")
    assert ingest.get_object(**place)["Body"].read() == b"x"
    assert refused(ingest.delete_object, **place)


@pytest.mark.parametrize("kind", ["clusters", "lines", "latest", *OTHERS, "watch"])
def test_the_door_writes_no_other_class(ingest: Any, kind: str) -> None:
    assert refused(ingest.put_object, **mine(kind), Body=b"x")


def test_the_door_writes_nothing_of_another_cluster(ingest: Any) -> None:
    assert refused(ingest.put_object, **key("raw", "another", "default", "x"), Body=b"x")


@pytest.mark.parametrize(
    ("role", "account", "namespace", "audience"),
    [
        pytest.param(SIDECAR, "default", "kube-system", "chiplog-bucket", id="a ServiceAccount of another namespace"),
        pytest.param(SIDECAR, "default", "default", "https://kubernetes.default.svc", id="a token for the API server"),
        pytest.param(SIDECAR, "default", "default", "chiplog-api", id="an API key"),
        pytest.param(OPERATOR, "default", "default", "chiplog-bucket", id="a trainer's account as the operator"),
        pytest.param(INGEST, "default", "default", "chiplog-bucket", id="a trainer's account as the door"),
        pytest.param(OPERATOR, "default", "chiplog-system", "chiplog-bucket", id="another account beside the operator"),
    ],
)
def test_sts_gives_no_credentials_for(operator: Any, role: str, account: str, namespace: str, audience: str) -> None:
    with pytest.raises(botocore.exceptions.ClientError, match=r"AccessDenied|InvalidIdentityToken"):
        assume(role, token(account, namespace, audience))


def test_a_deleted_account_gets_no_token_and_the_cluster_confirms_the_one_it_has_no_more() -> None:
    """STS takes it to its end; what asks the cluster, as keys and the dashboard do, does not."""
    account = f"leaver-{uuid.uuid4().hex[:8]}"
    subprocess.run(["kubectl", "create", "serviceaccount", account, "-n", "default"], capture_output=True, check=True)
    asked, held = token(account, "default"), token(account, "default")
    assert reviewed(asked)
    subprocess.run(["kubectl", "delete", "serviceaccount", account, "-n", "default"], capture_output=True, check=True)
    assert not reviewed(held)  # Of a token that it was asked about, the API server remembers its word for 10 s.
    with pytest.raises(subprocess.CalledProcessError):
        token(account, "default")


def reviewed(web_identity: str) -> bool:
    """Whether the cluster confirms a token."""
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview",
              "spec": {"token": web_identity, "audiences": ["chiplog-bucket"]}}  # fmt: skip
    # The whole answer would say the token again.
    command = ["kubectl", "create", "-o", "jsonpath={.status.authenticated}", "-f", "-"]
    done = subprocess.run(command, input=json.dumps(review), capture_output=True, text=True, check=True)
    return done.stdout == "true"


def test_sts_gives_no_credentials_for_a_forged_token() -> None:
    header, payload, signature = token("default", "default").split(".")
    forged = ".".join((header, payload, signature[:-8] + ("A" * 8 if signature[-8:] != "A" * 8 else "B" * 8)))
    with pytest.raises(botocore.exceptions.ClientError, match=r"AccessDenied|InvalidIdentityToken"):
        assume(SIDECAR, forged)
