"""Where a run of this machine stands in a bucket: in a cluster of its own, or where the key of a door belongs."""

import contextlib
import getpass
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from chiplog.bucket import Bucket, opening
from chiplog.bucket.http import HttpBucket
from chiplog.errors import SettingsError, Unreachable
from chiplog.local import identity, places


@dataclass(frozen=True)
class Home:
    """A place for runs."""

    cluster: str
    namespace: str
    project: str = ""
    """The only one that is taken; empty: any."""

    def project_of(self, wanted: str) -> str:
        """The project of a run that says one itself, or none."""
        return self.project or wanted

    def require_project(self, named: str | None) -> None:
        """Refuse a project that somebody named and that is not taken. Raises SettingsError."""
        if named and self.project and named != self.project:
            raise SettingsError(f"--project {named}: the key is for the project {self.project} alone")


def home(
    address: str,
    environ: Mapping[str, str],
    cluster: str = "",
    namespace: str = "",
    open_bucket: Callable[[str], Bucket] = opening.open_bucket,
) -> Home:
    """The home of runs in the bucket at an address; where both names are given, nobody is asked.

    What a door once said is remembered, so that a command starts while it is away. Raises BucketError, SettingsError.
    """
    if cluster and namespace:
        return Home(cluster, namespace)
    bucket = open_bucket(address) if opening.is_door(address) else None
    if not isinstance(bucket, HttpBucket):
        return Home(cluster or identity.CLUSTER, namespace or user())
    found = _of_door(bucket, places.runs(environ).parent / "doors" / hashlib.sha256(address.encode()).hexdigest()[:16])
    return replace(found, **{name: value for name, value in (("cluster", cluster), ("namespace", namespace)) if value})


def _of_door(bucket: HttpBucket, memory: Path) -> Home:
    try:
        told = bucket.home()
    except Unreachable:
        known = _remembered(memory)
        if known is None:
            raise
        return known
    found = Home(told.cluster, told.namespace, told.project)
    with contextlib.suppress(OSError):  # It is asked again next time.
        memory.parent.mkdir(parents=True, exist_ok=True)
        memory.write_text(json.dumps(asdict(found)))
    return found


def _remembered(memory: Path) -> Home | None:
    try:
        return Home(**json.loads(memory.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def user() -> str:
    """Who runs this, as a name; it is the namespace of local runs."""
    try:
        return identity.name(getpass.getuser(), "user")
    except (KeyError, OSError):
        return "user"
