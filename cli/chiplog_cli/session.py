"""What one call of the command works with: where to look, and the bucket, opened when it is first needed."""

import functools
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from chiplog.errors import SettingsError

if TYPE_CHECKING:
    from chiplog.bucket import Bucket
    from chiplog.reading.views import RunView
    from chiplog_cli.accounts.contexts import Context
    from chiplog_cli.accounts.credentials import Variables
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


def _choose(flag: str, has_address: bool) -> "Context | None":
    from chiplog_cli.accounts import choosing, contexts

    held = contexts.read(contexts.folder(os.environ))
    chosen = choosing.choose(flag, os.environ, Path.cwd(), held, has_address=has_address)
    return chosen.context if chosen is not None else None


@functools.cache
def _variables(context: "Context") -> "Variables":
    """Once: a plugin may ask a person."""
    from chiplog_cli.accounts import credentials, tracked

    told = context.credential
    said = tracked.warning(credentials.path(told.words)) if told is not None and told.kind == "file" else ""
    if said:
        print(f"chiplog: {said}", file=sys.stderr)
    return credentials.variables(context, os.environ)


def _take_in(found: "Variables") -> None:
    from chiplog_cli.accounts import credentials

    credentials.take_in(found)


@dataclass(frozen=True)
class Session:
    """The options that every verb knows, and how the outside is reached; tests put their own in."""

    address: str = ""
    """`s3://bucket/prefix` or a directory, as `--bucket` says."""
    usual: str = ""
    """The same as CHIPLOG_BUCKET says."""
    context: str = ""
    """The account that `--context` names."""
    account: "Context | None" = None
    """The account that holds, once it is settled."""
    namespace: str = ""
    """Empty: all."""
    cluster: str = ""
    """The cluster's name in the bucket; empty: all."""
    local: Callable[[], str] = _local
    """The bucket of local runs, where no address is given; empty where there is none yet."""
    clock: Callable[[], float] = time.time
    open: Callable[[str], "Bucket"] = _open
    connect: "Callable[[], Cluster]" = _connect
    choose: "Callable[[str, bool], Context | None]" = _choose
    """The account that a flag, or whatever else says one, names; whether CHIPLOG_BUCKET says where."""
    resolve: "Callable[[Context], Variables]" = _variables
    take_in: "Callable[[Variables], None]" = _take_in
    """Puts an account's variables where the bucket finds them."""

    def settled(self) -> "Session":
        """With the place that holds: `--bucket`, `--context`, CHIPLOG_CONTEXT, CHIPLOG_BUCKET, the directory's file, or
        the default context. Raises SettingsError for a context that is not there.
        """
        if self.address and self.context:
            raise SettingsError("--bucket and --context both say where to look: give one of them")
        if self.address or self.account is not None:
            return self
        account = self.choose(self.context, bool(self.usual))
        if account is None:
            return replace(self, address=self.usual)
        return replace(
            self,
            context="",
            account=account,
            address=account.bucket,
            namespace=self.namespace or account.namespace,
            cluster=self.cluster or account.cluster,
        )

    def variables(self) -> "Variables":
        """What the account's credential is, as variables of the environment; none without an account.

        Raises SettingsError.
        """
        return self.resolve(self.account) if self.account is not None else {}

    def environment(self, address: str) -> dict[str, str]:
        """The environment of a program that reaches the bucket at `address` for us: no other gets the credential."""
        found = self.variables() if self.account is not None and self.account.bucket == address else {}
        kept = {name: value for name, value in os.environ.items() if name not in found}
        return {**kept, **{name: value for name, value in found.items() if value is not None}}

    def where(self) -> str:
        """The address of the team's bucket, else of that of local runs. Raises SettingsError if there is neither."""
        address = self.address or self.local()
        if not address:
            raise SettingsError("no bucket: give --bucket s3://bucket/prefix (or a directory), or set CHIPLOG_BUCKET")
        return address

    def bucket(self) -> "Bucket":
        """The bucket there, opened. Raises SettingsError as `where` does."""
        return self.opened(self.where())

    def opened(self, address: str) -> "Bucket":
        """A bucket, by the account's credential if it is the account's."""
        if self.account is not None and self.account.bucket == address:
            self.take_in(self.variables())
        return self.open(address)

    def find(self, name: str) -> "tuple[Bucket, RunView]":
        """The bucket, and the run in it that a name means. Raises RunNotFound, AmbiguousRun, BucketError."""
        from chiplog.reading import naming

        bucket = self.bucket()
        return bucket, naming.find(bucket, name, self.namespace, self.cluster, self.clock)
