"""Whose runs those are: the ServiceAccount and the maker that the cluster verified, and the person that a run claims.

It only compares names; nobody's word is checked here.
"""

from chiplog.query.fields import Read

_PREFIX = "system:serviceaccount:"


def is_by(read: Read, name: str) -> bool:
    """A run ran under the ServiceAccount `name`, was made by that account or person, or claims to be that person's.

    `read` gives the fields of the run. An account is `name`, `namespace/name`, or
    `system:serviceaccount:namespace:name`.
    """
    account, maker = read(("service_account",)) or "", read(("created_by",)) or ""
    known = {read(("claimed_by",)) or "", maker, _short(maker)}
    if account:
        known |= {account, f"{read(('namespace',))}/{account}"}
    return bool({name, _short(name)} & (known - {""}))


def _short(name: str) -> str:
    """`system:serviceaccount:team:nightly` is `team/nightly`; any other name is itself."""
    return name.removeprefix(_PREFIX).replace(":", "/", 1) if name.startswith(_PREFIX) else name
