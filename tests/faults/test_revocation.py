"""Whose right ends, before a real STS and S3: keys that are in use end with their role, an account that is gone gets no
new ones, and what was not shipped waits.
"""

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore.exceptions
import pytest
import recorder_process
import sts
from recorder_world import World
from toxic import proxy

from chiplog.bucket.s3 import S3Bucket

pytestmark = pytest.mark.integration

HOUR = 3600
LEEWAY = 300
"""By which this STS, as AWS's, takes a token that is over: clocks differ."""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[sts.Place]:
    (tmp_path / "servers").mkdir()
    with sts.serving(tmp_path / "servers") as made:
        yield made


def exchange(place: sts.Place, token: str) -> Any:
    """What STS gives for a token, asked as boto3 asks it."""
    client = boto3.client("sts", endpoint_url=place.sts, region_name=sts.REGION, **sts.KEYS)
    return client.assume_role_with_web_identity(RoleArn=sts.ROLE_ARN, RoleSessionName="test", WebIdentityToken=token)


def test_a_role_that_loses_its_policy_ends_keys_in_use_and_rows_wait_until_it_is_back(
    place: sts.Place, tmp_path: Path
) -> None:
    (tmp_path / "volume").mkdir()
    (tmp_path / "token").write_text(place.token())
    root = boto3.client("s3", endpoint_url=place.s3, region_name=sts.REGION, **sts.KEYS)
    world = World(tmp_path / "volume", S3Bucket(root, sts.BUCKET, "demo"))
    iam = boto3.client("iam", endpoint_url=place.sts, region_name=sts.REGION, **sts.KEYS)
    policy = {"RoleName": sts.ROLE, "PolicyName": "all"}
    kept = sts.everything()
    log = world.log()
    with (
        proxy(place.s3) as way,
        recorder_process.recording(
            world.root, "revoked", way.address, **surroundings(place, tmp_path / "token")
        ) as process,
    ):
        log.history(0)
        recorder_process.until(lambda: world.steps() == [0])
        iam.delete_role_policy(**policy)
        log.history(1)
        recorder_process.until(lambda: b"AccessDenied" in b"".join(way.answers))
        assert world.steps() == [0]
        iam.put_role_policy(**policy, PolicyDocument=kept)
        recorder_process.until(lambda: world.steps() == [0, 1])
        log.history(2)
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert world.steps() == [0, 1, 2]
    assert world.head()["state"] == "drained"


def test_an_account_that_is_gone_gets_no_keys_once_its_token_is_over_and_those_it_has_last_an_hour(
    place: sts.Place,
) -> None:
    """Nobody renews the token of a ServiceAccount that was deleted, so this is the bound that the docs tell."""
    now = time.time()
    keys = exchange(place, place.token(exp=int(now) + 30))["Credentials"]
    assert keys["Expiration"].timestamp() - now <= HOUR + 5
    with pytest.raises(botocore.exceptions.ClientError, match="ExpiredToken"):
        exchange(place, place.token(exp=int(now) - LEEWAY - 30))


def test_a_role_that_is_removed_gives_no_keys(place: sts.Place) -> None:
    iam = boto3.client("iam", endpoint_url=place.sts, region_name=sts.REGION, **sts.KEYS)
    iam.delete_role_policy(RoleName=sts.ROLE, PolicyName="all")
    iam.delete_role(RoleName=sts.ROLE)
    with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied"):
        exchange(place, place.token())


def surroundings(place: sts.Place, token: Path) -> dict[str, str]:
    """What the injector gives a recorder."""
    return {
        **dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"), ""),
        "AWS_ROLE_ARN": sts.ROLE_ARN,
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(token),
        "AWS_REGION": sts.REGION,
        "AWS_DEFAULT_REGION": sts.REGION,
        "AWS_ENDPOINT_URL_STS": place.sts,
        "CHIPLOG_BUCKET": f"s3://{sts.BUCKET}/demo",
    }
