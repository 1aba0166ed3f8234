"""The bucket, the token issuer and the roles in a node's S3; it alone needs boto3, and no module may import it."""

import argparse
import json
import os
import sys
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from chiplog_cluster import certificates, policies, services, slots
from chiplog_cluster.checkout import PURPOSES, Checkout
from chiplog_cluster.node import Node
from chiplog_cluster.policies import Document, Place

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_s3 import S3Client

_INLINE_POLICY = "chiplog"


def iam_client(node: Node) -> "IAMClient":
    """IAM of the node's S3 server, as its root."""
    access, secret = services.root_key(node)
    return boto3.client(
        "iam",
        endpoint_url=node.iam_url,
        region_name=services.REGION,
        aws_access_key_id=access,
        aws_secret_access_key=secret,
        config=Config(proxies={}),
    )


def s3_client(node: Node) -> "S3Client":
    """The node's S3 server, as its root."""
    access, secret = services.root_key(node)
    return boto3.client(
        "s3",
        endpoint_url=node.s3_url,
        region_name=services.REGION,
        aws_access_key_id=access,
        aws_secret_access_key=secret,
        config=Config(proxies={}, s3={"addressing_style": "path"}),
    )


def create_bucket(s3: "S3Client", place: Place) -> None:
    """Make the bucket if it is not there."""
    if place.bucket not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=place.bucket)


def trust_cluster(iam: "IAMClient", thumbprint: str) -> None:
    """Let STS accept the cluster's ServiceAccount tokens that are made out to our audience."""
    try:
        iam.create_open_id_connect_provider(
            Url=f"https://{policies.ISSUER}", ClientIDList=[policies.AUDIENCE], ThumbprintList=[thumbprint]
        )
    except iam.exceptions.EntityAlreadyExistsException:
        arn = f"arn:aws:iam::{policies.ACCOUNT}:oidc-provider/{policies.ISSUER}"
        iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=arn, ThumbprintList=[thumbprint])


def grant_namespace(iam: "IAMClient", namespace: str, place: Place) -> str:
    """Create or renew the sidecars' role of a namespace; returns its ARN."""
    trust, policy = policies.sidecar_trust(namespace), policies.sidecar_policy(place, namespace)
    return _grant(iam, policies.sidecar_role(namespace), trust, policy)


def grant_operator(iam: "IAMClient", place: Place) -> str:
    """Create or renew the operator's role; returns its ARN."""
    return _grant(iam, policies.OPERATOR_ROLE, policies.operator_trust(), policies.operator_policy(place))


def grant_compactor(iam: "IAMClient", place: Place) -> str:
    """Create or renew the compactor's role; returns its ARN."""
    return _grant(iam, policies.COMPACTOR_ROLE, policies.compactor_trust(), policies.compactor_policy(place))


def grant_dashboard(iam: "IAMClient", place: Place) -> str:
    """Create or renew the dashboard's role; returns its ARN."""
    return _grant(iam, policies.DASHBOARD_ROLE, policies.dashboard_trust(), policies.dashboard_policy(place))


def grant_ingest(iam: "IAMClient", place: Place) -> str:
    """Create or renew the door's role; returns its ARN."""
    return _grant(iam, policies.INGEST_ROLE, policies.ingest_trust(), policies.ingest_policy(place))


def _grant(iam: "IAMClient", role: str, trust: Document, policy: Document) -> str:
    try:
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(trust))
    except iam.exceptions.EntityAlreadyExistsException:
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(trust))
    iam.put_role_policy(RoleName=role, PolicyName=_INLINE_POLICY, PolicyDocument=json.dumps(policy))
    return policies.role_arn(role)


def main() -> int:
    """Set up a node's bucket and roles, or grant further namespaces."""
    parser = argparse.ArgumentParser(prog="chiplog_cluster.s3roles")
    parser.add_argument("--purpose", choices=PURPOSES, required=True)
    parser.add_argument("namespaces", nargs="+")
    given = parser.parse_args()
    node = slots.existing_node(Checkout.from_env(os.environ), given.purpose)
    if node is None:
        sys.exit(f"the {given.purpose} node was never up")
    _set_up(node, given.namespaces)
    return 0


def _set_up(node: Node, namespaces: list[str]) -> None:
    place, iam = Place.of_purpose(node.purpose), iam_client(node)
    create_bucket(s3_client(node), place)
    trust_cluster(iam, certificates.thumbprint(node.certificates / "ca.crt"))
    grant_operator(iam, place)
    grant_compactor(iam, place)
    grant_dashboard(iam, place)
    grant_ingest(iam, place)
    for namespace in namespaces:
        grant_namespace(iam, namespace, place)


if __name__ == "__main__":
    sys.exit(main())
