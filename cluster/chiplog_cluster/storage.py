"""Runs the set-up of bucket and roles with the environment that has boto3; it must not import boto3 itself."""

from collections.abc import Sequence

from chiplog_cluster import commands
from chiplog_cluster.checkout import Checkout


def ensure(checkout: Checkout, purpose: str, namespaces: Sequence[str]) -> None:
    """Create or renew the bucket, the issuer, the operator's role, and the sidecars' role of each namespace."""
    env = commands.clean_environ(PYTHONPATH=str(checkout.package))
    commands.run([checkout.python, "-m", "chiplog_cluster.s3roles", "--purpose", purpose, *namespaces], env=env)
