"""A page of a listing as documents, without what nobody here needs; it asks nobody for anything.

`managedFields` is more than half of a Job or a pod as the API server gives it, and reading it into dictionaries was
nine tenths of the time. Of it only who wrote what is kept; and an object whose version is known need not be read.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

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


class _Name(Struct, rename="camel"):
    uid: str
    resource_version: str
    namespace: str = ""


class _Named(Struct):
    metadata: _Name


class _Sealed(Struct, rename="camel"):
    """A page whose objects are not read yet."""

    metadata: Json
    kind: str = ""
    api_version: str = ""
    items: list[Raw] | None = None


_decode = msgspec.json.Decoder(_Page).decode
_decode_sealed = msgspec.json.Decoder(_Sealed).decode
_decode_named = msgspec.json.Decoder(_Named).decode


def read(text: bytes) -> tuple[list[Json], str]:
    """The documents of a page, and what asks for the next; empty where there is none. Raises ValueError."""
    try:
        page = _decode(text)
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from error
    return list(map(_document, page.items or [])), page.metadata.after


def news(text: bytes, is_known: Callable[[str, str, str], bool]) -> Json:
    """A page as it is, without the objects that are known by their namespace, UID and version. Raises ValueError."""
    try:
        page = _decode_sealed(text)
        items = [item for item in page.items or [] if not _is(item, is_known)]
        return {
            "kind": page.kind,
            "apiVersion": page.api_version,
            "metadata": page.metadata,
            "items": [msgspec.json.decode(item) for item in items],
        }
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from error


def _is(item: Raw, is_known: Callable[[str, str, str], bool]) -> bool:
    name = _decode_named(item).metadata
    return is_known(name.namespace, name.uid, name.resource_version)


def _document(item: _Item) -> Json:
    parts = (("spec", item.spec), ("status", item.status))
    return {"metadata": msgspec.to_builtins(item.metadata), **{key: part for key, part in parts if part is not UNSET}}
