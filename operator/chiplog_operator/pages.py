"""A page of a listing as documents, without what other writers of an object noted in it; it asks nobody for anything.

`managedFields` is more than half of a Job or a pod as the API server gives it, and reading it into dictionaries was
nine tenths of the time. Of it only who wrote what is kept.
"""

from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

Json = dict[str, Any]


class _Writer(Struct, omit_defaults=True):
    manager: str = ""
    operation: str = ""
    subresource: str = ""


class _Metadata(Struct, omit_defaults=True, rename="camel"):
    """ObjectMeta, as far as anything here depends on it."""

    name: str
    uid: str
    resource_version: str
    namespace: str = ""
    generation: int = 0
    creation_timestamp: str | None = None
    deletion_timestamp: str | UnsetType = UNSET
    deletion_grace_period_seconds: int | UnsetType = UNSET
    labels: dict[str, str] | UnsetType = UNSET
    annotations: dict[str, str] | UnsetType = UNSET
    owner_references: list[Json] | UnsetType = UNSET
    managed_fields: list[_Writer] | UnsetType = UNSET


class _Item(Struct, omit_defaults=True):
    metadata: _Metadata
    spec: Json | UnsetType = UNSET
    status: Json | UnsetType = UNSET


class _List(Struct, rename={"after": "continue"}):
    after: str = ""


class _Page(Struct):
    items: list[_Item] | None = None
    metadata: _List = msgspec.field(default_factory=_List)


_decode = msgspec.json.Decoder(_Page).decode


def read(text: bytes) -> tuple[list[Json], str]:
    """The documents of a page, and what asks for the next; empty where there is none. Raises ValueError."""
    try:
        page = _decode(text)
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from error
    return list(map(_document, page.items or [])), page.metadata.after


def _document(item: _Item) -> Json:
    parts = (("spec", item.spec), ("status", item.status))
    return {"metadata": msgspec.to_builtins(item.metadata), **{key: part for key, part in parts if part is not UNSET}}
