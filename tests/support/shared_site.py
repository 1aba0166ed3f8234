"""A dashboard where alice shares by links what is in namespace team, and bob may not."""

import json
import time
from typing import Any

from bucket_world import World
from dashboard_site import Answer, Site, Start

from chiplog.access import Person, Right
from chiplog_dashboard.access import SignedOn, SignOn
from chiplog_dashboard.links import Links
from chiplog_dashboard.oidc import Oidc
from chiplog_dashboard.signing import Signer
from chiplog_dashboard.signon import Cookies

TOKEN, READER = "alice.to.ken", "bob.to.ken"
KEYS = ("the key of the cookies, 32 characters",)
OIDC = Oidc("https://id.example.org", "chiplog", "http://127.0.0.1:8090", KEYS)


class Server:
    """An API server where alice changes runs of team, and bob lists them."""

    def person(self, token: str) -> Person | None:
        return {TOKEN: Person("alice"), READER: Person("bob")}.get(token)

    def may(self, person: Person, right: Right) -> bool:
        verbs = ("list", "update") if person.name == "alice" else ("list",)
        return right.namespace == "team" and right.verb in verbs


class Clock:
    """Now and then."""

    ahead = 0.0


def begin(start: Start, world: World, clock: Clock, fresh_seconds: float = 0.0) -> Site:
    """The dashboard; what it read of the bucket is good for so long."""

    def seconds() -> float:
        return world.now + clock.ahead

    links = Links(world.bucket, Signer(KEYS, seconds), OIDC.url, 30, seconds, lambda: clock.ahead)
    guard = SignedOn(SignOn(tokens=True, oidc=True, link_days=30), Server(), time.monotonic, visitor=links.visitor)
    return start(guard=guard, links=links, cookies=Cookies(OIDC), fresh_seconds=fresh_seconds)


def ask(site: Site, method: str, path: str, body: Any = None, token: str = TOKEN) -> Answer:
    told = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    return site.ask(method, path, told, json.dumps(body))


def come(site: Site, url: str) -> tuple[Answer, dict[str, str]]:
    """Come by a link: where it leads, and the cookie."""
    answer = site.get(url.removeprefix(OIDC.url))
    cookie = next((part.split(";")[0] for part in answer.cookies if part.startswith("chiplog_link=")), "")
    return answer, {"Cookie": cookie}
