"""Whose runs those are: the ServiceAccount and the maker that the cluster verified, and the person that a run claims.

It only compares names; nobody's word is checked here.
"""

from collections.abc import Mapping
from typing import Any

from chiplog.reading.views import RunView

_PREFIX = "system:serviceaccount:"


def is_by(view: RunView, name: str) -> bool:
    """A run ran under the ServiceAccount `name`, was made by that account or person, or claims to be that person's.

    An account is `name`, `namespace/name`, or `system:serviceaccount:namespace:name`.
    """
    document: Mapping[str, Any] = view.document or {}
    account, maker = document.get("service_account") or "", document.get("created_by") or ""
    known = {document.get("claimed_by") or "", maker, _short(maker)}
    if account:
        known |= {account, f"{view.namespace}/{account}"}
    return bool({name, _short(name)} & (known - {""}))


def _short(name: str) -> str:
    """`system:serviceaccount:team:nightly` is `team/nightly`; any other name is itself."""
    return name.removeprefix(_PREFIX).replace(":", "/", 1) if name.startswith(_PREFIX) else name
