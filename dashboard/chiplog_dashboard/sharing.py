"""The questions about links: to make one, see and take back those there are, and come by one; it signs nothing."""

from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from chiplog import times
from chiplog.bucket import Bucket
from chiplog.documents import ShareDocument
from chiplog.errors import ChiplogError, SettingsError
from chiplog_dashboard import answers, links, rights, writes
from chiplog_dashboard.links import Links, Place
from chiplog_dashboard.offers import Offers
from chiplog_dashboard.sight import Sight
from chiplog_dashboard.signon import Cookies

MAX_BODY = 32_768
ALL = "/api/v1/shares"
ONE = "/api/v1/shares/{cluster}/{namespace}/{share}"
OFF = "links are off: they need an OIDC sign-on, and dashboard.signOn.oidc.linkDays above 0"


@dataclass
class Sharing:
    """The questions, over one bucket; without links each is refused."""

    bucket: Bucket
    sight: Sight
    links: Links | None = None
    cookies: Cookies | None = None

    def routes(self) -> list[Route]:
        """Every path of these questions."""
        return [
            Route(ALL, self.list_links, methods=["GET"]),
            Route(ALL, self.share, methods=["POST"]),
            Route(ONE, self.revoke, methods=["DELETE"]),
            Route("/shared/{token}", self.come),
        ]

    def list_links(self, request: Request) -> Response:
        """Links that are good, in the namespaces that one may change."""
        shelf = self.sight.shelf
        self.sight.person(request)
        found = self.links.every(shelf.cluster, shelf.namespace) if self.links else ()
        seen = [_told(*item) for item in found if self.sight.edits(request, item[0].namespace, item[1]["project"])]
        return answers.document({"shares": seen})

    async def share(self, request: Request) -> Response:
        """Make a link, `{"kind": "run", "id": "cluster/namespace/name", "days": 7}`.

        A `view` has `filter`, `words`, `show` and `href` beside its `id` `cluster/namespace`; `compare` has `runs`.
        """
        body = await writes.document(request, MAX_BODY)
        return await run_in_threadpool(self._share, request, body)

    async def revoke(self, request: Request) -> Response:
        """Take a link back: nobody comes by it from then on."""
        writes.check_origin(request.headers)
        return await run_in_threadpool(self._revoke, request)

    def come(self, request: Request) -> Response:
        """Come by a link: the browser keeps it, and shows what it opens."""
        token = request.path_params["token"]
        try:
            visitor = self.links.visitor(token) if self.links else None
        except ChiplogError as error:
            return PlainTextResponse(f"{error}\n", 503, answers.UNKEPT)
        if visitor is None or self.cookies is None or self.links is None:
            return PlainTextResponse("This link is over, was taken back, or is none.\n", 404, answers.UNKEPT)
        answer = RedirectResponse(visitor.href, 302, answers.UNKEPT)
        self.cookies.put(answer, self.cookies.link, token, "strict", self.links.days * 86_400)
        return answer

    def _share(self, request: Request, body: dict[str, Any]) -> Response:
        days = body.get("days")
        if isinstance(days, bool) or not isinstance(days, int | float):
            raise SettingsError(f"days={days!r} is no number")
        offer = Offers(self.bucket, self.sight).of(request, body)
        person = rights.editor(self.sight, request, offer.namespace, offer.opens["project"])
        if self.links is None:
            raise SettingsError(OFF)
        place, url = self.links.make(offer.cluster, offer.namespace, offer.opens, person.name, days)
        return answers.document({**_told(place, self.links.found(place)), "url": url})

    def _revoke(self, request: Request) -> Response:
        place = Place(*(request.path_params[name] for name in ("cluster", "namespace", "share")))
        self.sight.check_cluster(place.cluster, place.namespace, f"link {place.id}")
        if self.links is None:
            raise SettingsError(OFF)
        found = self.links.found(place)
        person = rights.editor(self.sight, request, place.namespace, found["project"])
        self.links.revoke(place, person.name)
        return answers.document(_told(place, self.links.found(place)))


def _told(place: Place, found: ShareDocument) -> dict[str, Any]:
    return {
        "id": f"{place.cluster}/{place.namespace}/{place.id}",
        "kind": found["kind"],
        "opens": "/".join(filter(None, (place.cluster, place.namespace, found["name"]))),
        "href": links.href(place, found),
        "filter": found.get("filter", "") or found.get("words", ""),
        "runs": found.get("runs", []),
        "made_by": found["made_by"],
        "made_at": times.iso(found["made_at"]),
        "expires_at": times.iso(found["expires_at"]),
        "revoked": found["is_revoked"],
    }
