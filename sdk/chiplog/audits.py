"""Where it is written down for good what people did through us, and as what; it writes nothing.

Each entry is an object of its own that is made once, under `If-None-Match`, by whoever does the thing (or, of a key,
sees it done), and that no part of ours ever writes again or deletes.
"""

from typing import NotRequired, TypedDict

from chiplog import layout, records

FOLDER = "_audit"
"""Stands where a run's id would; none begins so."""


class AuditedKey(TypedDict):
    """An API key, without the key: its ServiceAccount's words."""

    name: str
    generation: int
    namespace: str
    project: str
    scope: str
    service_account: str
    fingerprint: str
    created_at: float | None
    expires_at: float | None


class AuditDocument(TypedDict):
    """`words/…/_audit/…` of the dashboard's server, `clusters/…/keys/…` of the operator: one thing that was done."""

    format: str
    min_reader: int
    did: str
    """`delete` and `restore` of runs, `key made` and `key ended`."""
    at: float
    by: str
    """Who asked, as the API server knows them; empty without a sign-on, and of keys, which people make there."""
    runs: NotRequired[list[str]]
    key: NotRequired[AuditedKey]


def of_runs(did: str, runs: list[str], by: str, at: float) -> AuditDocument:
    """Somebody wants something of runs."""
    return {**_entry(did, by, at), "runs": runs}


def of_key(did: str, key: AuditedKey, at: float) -> AuditDocument:
    """A key was made, or is nobody's any more, as the operator saw then."""
    return {**_entry(did, "", at), "key": key}


def runs_key(cluster: str, namespace: str, stamp: str) -> str:
    """Key of an entry on runs of a namespace; stamps sort by time, and none comes twice."""
    return f"{layout.VERSION}/words/{cluster}/{namespace}/{FOLDER}/{stamp}.json"


def keys_prefix(cluster: str) -> str:
    """Prefix of all entries on API keys of a cluster."""
    return f"{layout.VERSION}/clusters/{cluster}/keys/"


def is_key_entry(key: str) -> bool:
    """An entry on an API key stands at `key`."""
    parts = key.split("/")
    return len(parts) == 5 and parts[:2] == [layout.VERSION, "clusters"] and parts[3] == "keys"


def key_key(cluster: str, handle: str, uid: str, did: str) -> str:
    """Key of an entry on an API key: one of each sort for each handle."""
    return f"{keys_prefix(cluster)}{handle}-{uid}-{did.rpartition(' ')[2]}.json"


def _entry(did: str, by: str, at: float) -> AuditDocument:
    return {"format": records.AUDIT_FORMAT, "min_reader": records.READER, "did": did, "at": at, "by": by}
