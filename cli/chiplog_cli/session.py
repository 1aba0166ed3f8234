"""What one call of the command works with: where to look, and the bucket, opened when it is first needed."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chiplog.errors import SettingsError

if TYPE_CHECKING:
    from chiplog.bucket import Bucket
    from chiplog.reading.views import RunView
    from chiplog_cli.cluster import Cluster


def _open(address: str) -> "Bucket":
    from chiplog.bucket import opening  # boto3 follows it, and takes longer than most questions

    return opening.open_bucket(address)


def _connect() -> "Cluster":
    from chiplog_cli import cluster

    return cluster.connect()


def _local() -> str:
    from chiplog.local import places

    folder = places.bucket(os.environ)
    return str(folder) if folder.is_dir() else ""


@dataclass(frozen=True)
class Session:
    """The options that every verb knows, and how the outside is reached; tests put their own in."""

    address: str = ""
    """`s3://bucket/prefix` or a directory."""
    namespace: str = ""
    """Empty: all."""
    cluster: str = ""
    """The cluster's name in the bucket; empty: all."""
    local: Callable[[], str] = _local
    """The bucket of local runs, where no address is given; empty where there is none yet."""
    clock: Callable[[], float] = time.time
    open: Callable[[str], "Bucket"] = _open
    connect: "Callable[[], Cluster]" = _connect

    def where(self) -> str:
        """The address of the team's bucket, else of that of local runs. Raises SettingsError if there is neither."""
        address = self.address or self.local()
        if not address:
            raise SettingsError("no bucket: give --bucket s3://bucket/prefix (or a directory), or set CHIPLOG_BUCKET")
        return address

    def bucket(self) -> "Bucket":
        """The bucket there, opened. Raises SettingsError as `where` does."""
        return self.open(self.where())

    def find(self, name: str) -> "tuple[Bucket, RunView]":
        """The bucket, and the run in it that a name means. Raises RunNotFound, AmbiguousRun, BucketError."""
        from chiplog.reading import naming

        bucket = self.bucket()
        return bucket, naming.find(bucket, name, self.namespace, self.cluster, self.clock)
