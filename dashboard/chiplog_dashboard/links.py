"""Links that show one thing to whoever has them, until they are over or revoked; they open no more.

A link is signed, so that nobody can make one up, and stands in the bucket, so that it can be taken back: what is signed
names it, and what stands there says what it opens.
"""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from starlette.datastructures import QueryParams

from chiplog import records, word_layout
from chiplog.access.memory import Memory
from chiplog.bucket import Bucket, ETag
from chiplog.documents import Opens, ShareDocument
from chiplog.errors import BucketError, FormatError, NotFound, QueryError, SettingsError
from chiplog_dashboard.access import Unanswered, Visitor
from chiplog_dashboard.lists import Asked
from chiplog_dashboard.signing import Signer

KINDS = ("run", "project", "report", "view", "compare", "sweep", "line")
PURPOSE = "link"


@dataclass(frozen=True)
class Place:
    """Where a link stands."""

    cluster: str
    namespace: str
    id: str

    @property
    def key(self) -> str:
        """Its key in the bucket."""
        return word_layout.share_key(self.cluster, self.namespace, self.id)


class Links:
    """The links of a bucket; threads may share it.

    Args:
        bucket: where they stand.
        signer: what signs them.
        url: the address of this dashboard.
        days: how long one may be good at most.
        time: Unix seconds.
        monotonic: seconds.
    """

    def __init__(
        self,
        bucket: Bucket,
        signer: Signer,
        url: str,
        days: float,
        time: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        self.days = days
        self._bucket = bucket
        self._signer = signer
        self._url = url
        self._time = time
        self._known: Memory[Visitor | None] = Memory(monotonic)

    def make(self, cluster: str, namespace: str, opens: Opens, who: str, days: float) -> tuple[Place, str]:
        """A new one, and its address. Raises SettingsError, BucketError."""
        if not 0 < days <= self.days:
            raise SettingsError(f"days={days:g} is not above 0 and at most {self.days:g}")
        place, now = Place(cluster, namespace, secrets.token_hex(8)), self._time()
        document: ShareDocument = {
            "format": records.SHARE_FORMAT, "min_reader": records.READER, **opens, "made_by": who, "made_at": now,
            "expires_at": now + days * 86_400, "is_revoked": False, "revoked_by": "",
        }  # fmt: skip
        self._bucket.put(place.key, records.pack_document(document), if_absent=True)
        token = self._signer.sign(PURPOSE, [cluster, namespace, place.id], days * 86_400)
        return place, f"{self._url}/shared/{token}"

    def every(self, cluster: str, namespace: str) -> Iterator[tuple[Place, ShareDocument]]:
        """Those that are good, of everything or of a namespace. Raises BucketError."""
        for listed in self._bucket.list(word_layout.words_prefix(cluster, namespace)):
            found = word_layout.parse_share_key(listed.key)
            stored = self._stored(Place(*found)) if found is not None else None
            if found is not None and stored is not None and self._is_good(stored[0]):
                yield Place(*found), stored[0]

    def revoke(self, place: Place, who: str) -> None:
        """Take one back. Raises NotFound, PreconditionFailed, BucketError."""
        stored = self._stored(place)
        if stored is None:
            raise NotFound(f"there is no link {place.id} in namespace {place.namespace}")
        document: Any = {**stored[0], "is_revoked": True, "revoked_by": who}
        self._bucket.put(place.key, records.pack_document(document), if_match=stored[1])

    def found(self, place: Place) -> ShareDocument:
        """One that is there. Raises NotFound, BucketError."""
        stored = self._stored(place)
        if stored is None:
            raise NotFound(f"there is no link {place.id} in namespace {place.namespace}")
        return stored[0]

    def visitor(self, token: str) -> Visitor | None:
        """Who comes by a link; None where it is none, is over or was taken back. Raises Unanswered."""
        told = self._signer.read(PURPOSE, token)
        return self._known.recall(tuple(told), lambda: self._asked(Place(*told))) if told else None

    def _asked(self, place: Place) -> Visitor | None:
        try:
            stored = self._stored(place)
        except BucketError as error:
            raise Unanswered(f"the bucket does not say whether this link is good: {error}") from error
        if stored is None or not self._is_good(stored[0]):
            return None
        return _visitor(place, stored[0])

    def _stored(self, place: Place) -> tuple[ShareDocument, ETag] | None:
        """What stands there now, by a LIST of its own, for a bucket may keep what it read; None for what is none."""
        if not any(item.key == place.key for item in self._bucket.list(place.key)):
            return None
        try:
            stored = self._bucket.get(place.key)
            document: ShareDocument = records.unpack_document(stored.data, records.SHARE_FORMAT, place.key)
        except (NotFound, FormatError):
            return None
        return document, stored.etag

    def _is_good(self, document: ShareDocument) -> bool:
        return not document["is_revoked"] and self._time() < document["expires_at"]


def asked(document: Opens | ShareDocument) -> Asked:
    """The list that a link to a list opens. Raises QueryError, SettingsError."""
    return Asked.of(QueryParams({name: document.get(name, "") for name in ("filter", "words")}
                                | {"show": document.get("show", "all")}))  # fmt: skip


def path(cluster: str, namespace: str, opens: Opens | ShareDocument) -> str:
    """The path of the page under which it shows what a link opens."""
    kind = opens["kind"]
    if kind in ("run", "report", "sweep", "line"):
        place = f"{cluster}/{namespace}/{opens['name']}"
        return f"/{kind}s/{quote(place)}"
    return "/compare" if kind == "compare" else "/runs"


def href(place: Place, document: ShareDocument) -> str:
    """Where the page shows what a link opens, as whoever made it saw it."""
    if document.get("href"):
        return document["href"]
    shown = path(place.cluster, place.namespace, document)
    if document["kind"] != "compare":
        return shown
    ids = (f"{place.cluster}/{place.namespace}/{run}" for run in document.get("runs", ()))
    return f"{shown}?{urlencode({'ids': ','.join(ids)})}"


def _visitor(place: Place, document: ShareDocument) -> Visitor | None:
    """None where the list that it opens cannot be understood."""
    try:
        wanted = asked(document) if document["kind"] == "view" else None
    except (QueryError, SettingsError):
        return None
    return Visitor(
        f"link {place.id}", kind=document["kind"], cluster=place.cluster, namespace=place.namespace,
        project=document["project"], item=document["name"], runs=tuple(document.get("runs", ())), asked=wanted,
        href=href(place, document),
    )  # fmt: skip
