"""Row 13 before a real STS: the pod's token rotates in mid-run, STS is away for a while or refuses a token, and nothing
that the recorder says or ships holds a token or a key.

The proxy before STS asks it for keys of 15 minutes, the shortest there are. They are due to be renewed at once, so the
recorder shows its token with every request.
"""

import re
import signal
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import boto3
import pytest
import recorder_process
import sts
from recorder_world import Log, World
from toxic import NOTHING, Proxy, Toxic, proxy

from chiplog.bucket.s3 import S3Bucket

pytestmark = pytest.mark.integration

AWAY = Toxic(refuse=(503, "ServiceUnavailable"))
PLANTED = {"HF_TOKEN": "hf_planted-in-the-environment", "WANDB_API_KEY": "0123planted0123"}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[sts.Place]:
    (tmp_path / "servers").mkdir()
    with sts.serving(tmp_path / "servers") as made:
        yield made


@dataclass
class Door:
    """The way to STS."""

    way: Proxy
    tokens: list[str] = field(default_factory=list)
    """Those that STS was shown, in order."""

    def edit(self, body: bytes) -> bytes:
        """Note the token that a request shows, and ask for short-lived keys."""
        self.tokens += urllib.parse.parse_qs(body.decode())["WebIdentityToken"]
        return body + b"&DurationSeconds=900"

    def secrets(self) -> set[bytes]:
        """Every token that was shown, with its signature, and every key that STS gave."""
        keys = re.findall(rb"<(?:SecretAccessKey|SessionToken)>([^<]+)<", b"".join(self.way.answers))
        return {*keys, *(part.encode() for token in self.tokens for part in (token, token.rpartition(".")[2]))}


@pytest.fixture
def door(place: sts.Place) -> Iterator[Door]:
    with proxy(place.sts) as way:
        made = Door(way)
        way.edit = made.edit
        yield made


@pytest.fixture
def world(place: sts.Place, tmp_path: Path) -> World:
    (tmp_path / "volume").mkdir()
    client = boto3.client("s3", endpoint_url=place.s3, region_name=sts.REGION, **sts.KEYS)
    return World(tmp_path / "volume", S3Bucket(client, sts.BUCKET, "demo"))


def surroundings(door: Door, token: Path) -> dict[str, str]:
    """What the injector gives a recorder, and secrets that are none of its business."""
    return {
        **PLANTED,
        **dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"), ""),
        "AWS_ROLE_ARN": sts.ROLE_ARN,
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(token),
        "AWS_REGION": sts.REGION,
        "AWS_DEFAULT_REGION": sts.REGION,
        "AWS_ENDPOINT_URL_STS": door.way.address,
        "CHIPLOG_BUCKET": f"s3://{sts.BUCKET}/demo",
        "CHIPLOG_LOG_LEVEL": "debug",
    }


def write(world: World, log: Log) -> None:
    """Log a row and wait for it."""
    first = len(log.at)
    log.history(first)
    recorder_process.until(lambda: world.steps() == list(range(first + 1)))


def rotate(file: Path, token: str) -> str:
    """Put another token in the file's place, as the kubelet does."""
    new = file.with_suffix(".new")
    new.write_text(token)
    new.rename(file)
    return token


def test_tokens_rotate_and_sts_is_away_and_no_row_is_lost_nor_a_secret_told(
    place: sts.Place, door: Door, world: World, tmp_path: Path
) -> None:
    file, log = tmp_path / "token", world.log()
    stale = rotate(file, place.token(exp=1))
    door.way.choose = lambda method, path: AWAY
    with recorder_process.recording(world.root, "sts", place.s3, **surroundings(door, file)) as process:
        recorder_process.until(lambda: len(door.way.seen) > 1)
        door.way.choose = lambda method, path: NOTHING
        recorder_process.until(lambda: stale in door.tokens)  # STS is there again, and refuses it.
        first = rotate(file, place.token())
        write(world, log)
        second = rotate(file, place.token())
        write(world, log)
        assert {first, second} <= set(door.tokens)
        door.way.choose = lambda method, path: AWAY
        asked = len(door.way.seen)
        for _ in range(3):
            write(world, log)  # By the keys that there are.
        assert 0 < len(door.way.seen) - asked <= 2, "one try of two requests, and no other for half a minute"
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert world.head()["state"] == "drained"
    assert "trying again" in said
    assert len(door.secrets()) > 8
    shipped = b"".join(world.bucket.get(item.key).data for item in world.bucket.list(""))
    for secret in {*door.secrets(), *(value.encode() for value in PLANTED.values())}:
        assert secret not in said.encode()
        assert secret not in shipped
