"""Who may do what in the bucket: DESIGN.md's table, read back from the IAM documents."""

import fnmatch
from typing import Any

import pytest

from chiplog_cluster import policies
from chiplog_cluster.policies import Place

PLACE = Place(bucket="chiplog", prefix="demo", cluster="demo")
SIDECAR = policies.sidecar_policy(PLACE, "team-a")
OPERATOR = policies.operator_policy(PLACE)
DASHBOARD = policies.dashboard_policy(PLACE)
INGEST = policies.ingest_policy(PLACE)


def allows(policy: Any, action: str, key: str) -> bool:
    """What an S3 server answers for a request on an object: allowed by any statement, as no statement denies."""
    return any(_covers(statement, action, f"arn:aws:s3:::chiplog/{key}") for statement in policy["Statement"])


def lists(policy: Any, prefix: str) -> bool:
    """Whether a listing of the bucket under a prefix is allowed."""
    found = [one for one in policy["Statement"] if _covers(one, "s3:ListBucket", "arn:aws:s3:::chiplog")]
    return any(
        fnmatch.fnmatchcase(prefix, pattern) for one in found for pattern in one["Condition"]["StringLike"]["s3:prefix"]
    )


def _covers(statement: Any, action: str, resource: str) -> bool:
    return action in statement["Action"] and any(fnmatch.fnmatchcase(resource, one) for one in statement["Resource"])


@pytest.mark.parametrize("kind", ["live", "raw", "blobs"])
@pytest.mark.parametrize(
    "action", ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
)
def test_a_sidecar_writes_and_reads_what_its_namespace_recorded(kind: str, action: str) -> None:
    assert allows(SIDECAR, action, f"demo/v1/{kind}/demo/team-a/recorder/x")


@pytest.mark.parametrize(
    "key",
    [
        "demo/v1/raw/demo/team-b/recorder/x",
        "demo/v1/raw/demo/team-ab/recorder/x",
        "demo/v1/raw/other/team-a/recorder/x",
        "demo/v1/runs/demo/team-a/run/run.json",
        "demo/v1/clusters/demo.json",
        "test/v1/raw/demo/team-a/recorder/x",
    ],
)
@pytest.mark.parametrize("action", ["s3:PutObject", "s3:GetObject"])
def test_a_sidecar_reaches_nothing_else(key: str, action: str) -> None:
    assert not allows(SIDECAR, action, key)


def test_a_sidecar_reads_who_watches_but_does_not_write_it() -> None:
    assert allows(SIDECAR, "s3:GetObject", "demo/v1/watch/demo/team-a/somebody")
    assert not allows(SIDECAR, "s3:PutObject", "demo/v1/watch/demo/team-a/somebody")


@pytest.mark.parametrize("kind", ["live", "raw", "blobs", "watch"])
def test_a_sidecar_lists_its_own_prefixes_so_that_a_missing_key_is_404(kind: str) -> None:
    assert lists(SIDECAR, f"demo/v1/{kind}/demo/team-a/")
    assert lists(SIDECAR, f"demo/v1/{kind}/demo/team-a/recorder/stream/")


@pytest.mark.parametrize(
    "prefix", ["", "demo/", "demo/v1/raw/demo/", "demo/v1/raw/demo/team-b/", "demo/v1/runs/demo/team-a/"]
)
def test_a_sidecar_lists_nothing_else(prefix: str) -> None:
    assert not lists(SIDECAR, prefix)


@pytest.mark.parametrize("kind", ["clusters", "runs", "lines", "latest"])
def test_the_operator_writes_what_it_owns(kind: str) -> None:
    assert allows(OPERATOR, "s3:PutObject", f"demo/v1/{kind}/demo/x")


@pytest.mark.parametrize("kind", ["live", "raw", "blobs", "tables", "index", "words", "watch"])
def test_the_operator_reads_everything_and_writes_nothing_of_others(kind: str) -> None:
    assert allows(OPERATOR, "s3:GetObject", f"demo/v1/{kind}/demo/team-a/x")
    assert lists(OPERATOR, f"demo/v1/{kind}/demo/")
    assert not allows(OPERATOR, "s3:PutObject", f"demo/v1/{kind}/demo/team-a/x")


def test_the_operator_stays_in_its_installations_prefix() -> None:
    assert not allows(OPERATOR, "s3:GetObject", "test/v1/runs/test/x")
    assert not lists(OPERATOR, "test/v1/")


@pytest.mark.parametrize("kind", ["words", "reports", "watch"])
def test_the_dashboard_writes_what_people_say(kind: str) -> None:
    assert allows(DASHBOARD, "s3:PutObject", f"demo/v1/{kind}/demo/team-a/x")


@pytest.mark.parametrize("kind", ["live", "raw", "blobs", "tables", "index", "runs", "clusters", "lines", "latest"])
def test_the_dashboard_reads_everything_and_writes_nothing_of_others(kind: str) -> None:
    assert allows(DASHBOARD, "s3:GetObject", f"demo/v1/{kind}/demo/team-a/x")
    assert lists(DASHBOARD, f"demo/v1/{kind}/demo/")
    assert not allows(DASHBOARD, "s3:PutObject", f"demo/v1/{kind}/demo/team-a/x")
    assert not allows(DASHBOARD, "s3:GetObject", f"test/v1/{kind}/demo/team-a/x")


@pytest.mark.parametrize("kind", ["live", "raw", "blobs", "runs"])
def test_the_door_writes_what_comes_in_in_its_own_cluster(kind: str) -> None:
    assert allows(INGEST, "s3:PutObject", f"demo/v1/{kind}/demo/team-a/x")
    assert allows(INGEST, "s3:AbortMultipartUpload", f"demo/v1/{kind}/demo/team-a/x")
    assert not allows(INGEST, "s3:PutObject", f"demo/v1/{kind}/other/team-a/x")


@pytest.mark.parametrize("kind", ["tables", "index", "words", "reports", "watch", "clusters", "lines", "latest"])
def test_the_door_reads_everything_and_writes_nothing_of_others(kind: str) -> None:
    assert allows(INGEST, "s3:GetObject", f"demo/v1/{kind}/demo/team-a/x")
    assert lists(INGEST, f"demo/v1/{kind}/demo/")
    assert not allows(INGEST, "s3:PutObject", f"demo/v1/{kind}/demo/team-a/x")


@pytest.mark.parametrize("policy", [SIDECAR, OPERATOR, DASHBOARD, INGEST])
def test_nobody_may_delete(policy: Any) -> None:
    actions = [action for statement in policy["Statement"] for action in statement["Action"]]
    assert actions
    assert not [action for action in actions if "Delete" in action or "*" in action]


def test_any_service_account_of_the_namespace_takes_the_sidecars_role_and_none_of_another() -> None:
    condition = _condition(policies.sidecar_trust("team-a"))
    pattern = condition["StringLike"]["kubernetes.default.svc:sub"]
    assert fnmatch.fnmatchcase("system:serviceaccount:team-a:default", pattern)
    assert not fnmatch.fnmatchcase("system:serviceaccount:team-ab:default", pattern)


@pytest.mark.parametrize(
    ("trust", "subject"),
    [
        (policies.operator_trust(), "system:serviceaccount:chiplog-system:chiplog-operator"),
        (policies.dashboard_trust(), "system:serviceaccount:chiplog-system:chiplog-dashboard"),
        (policies.ingest_trust(), "system:serviceaccount:chiplog-system:chiplog-ingest"),
    ],
)
def test_only_a_parts_own_service_account_takes_its_role(trust: Any, subject: str) -> None:
    condition = _condition(trust)
    assert condition["StringEquals"]["kubernetes.default.svc:sub"] == subject
    assert "StringLike" not in condition


@pytest.mark.parametrize(
    "trust", [policies.sidecar_trust("team-a"), policies.operator_trust(), policies.dashboard_trust()]
)
def test_a_token_must_be_made_out_to_our_audience(trust: Any) -> None:
    assert _condition(trust)["StringEquals"]["kubernetes.default.svc:aud"] == "chiplog-bucket"


def test_a_role_is_named_by_its_namespace() -> None:
    assert policies.role_arn(policies.sidecar_role("team-a")) == "arn:aws:iam::000000000000:role/chiplog-sidecar-team-a"


def _condition(trust: Any) -> Any:
    (statement,) = trust["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    return statement["Condition"]
