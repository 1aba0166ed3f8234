"""A browser on its way to a provider and back: what it must bring, and what it gets."""

import secrets
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import scripted_provider
from dashboard_site import Answer, Site, Start
from scripted_provider import CLIENT, SECRET, Scripted

from chiplog.access import Person, Right
from chiplog_dashboard import oidc as meanings
from chiplog_dashboard.access import Grant, Mapped, SignedOn, SignOn
from chiplog_dashboard.oidc import Oidc, SignOnRefused
from chiplog_dashboard.provider import Provider
from chiplog_dashboard.signing import Signer
from chiplog_dashboard.signon import SignOns

KEYS = ("the key of the cookies, 32 characters",)


class Rbac:
    """An API server where everybody may."""

    def person(self, token: str) -> Person | None:
        return Person("token") if token == "a.b.c" else None

    def may(self, person: Person, right: Right) -> bool:
        return True


class Clock:
    now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def script() -> Iterator[Scripted]:
    with scripted_provider.serving() as script:
        yield script


@pytest.fixture
def oidc(script: Scripted) -> Oidc:
    return Oidc(script.issuer, CLIENT, "http://127.0.0.1:8090", KEYS, client_secret=SECRET)


@pytest.fixture
def guarded(start: Start, oidc: Oidc, clock: Clock) -> Site:
    return begin(start, oidc, clock)


def begin(start: Start, oidc: Oidc, clock: Clock) -> Site:
    signons = SignOns(Provider(oidc, time.time, time.monotonic), Signer(KEYS, clock))
    ways = SignOn(oidc=True, tokens=True)
    return start(guard=SignedOn(ways, Rbac(), time.monotonic, signons.person), signons=signons)


def cookies(answer: Answer) -> dict[str, str]:
    """Those that an answer sets; the site's headers are joined by commas."""
    name, _, value = answer.headers.get("set-cookie", "").partition(";")[0].partition("=")
    return {name: value}


def gone(site: Site, script: Scripted, place: str = "/") -> tuple[str, str]:
    """Go to the provider: the attempt's cookie and its state."""
    answer = site.get(f"/auth/login?next={quote(place, safe='')}")
    assert answer.status == 302, answer.body
    sent = parse_qs(urlsplit(answer.headers["location"]).query)
    script.nonce = sent["nonce"][0]
    return f"chiplog_attempt={cookies(answer)['chiplog_attempt']}", sent["state"][0]


def session_of(answer: Answer) -> str:
    """The session's cookie among those that an answer sets."""
    return next(part.split(";")[0].strip() for part in answer.cookies if part.startswith("chiplog_session="))


def test_a_session_begins_where_the_browser_wanted_to_be(guarded: Site, script: Scripted) -> None:
    cookie, state = gone(guarded, script, "/runs?q=loss%20%3C%201")
    answer = guarded.get(f"/auth/callback?code=x&state={state}", Cookie=cookie)
    assert (answer.status, answer.headers["location"]) == (302, "/runs?q=loss%20%3C%201")
    session = next(part for part in answer.cookies if part.startswith("chiplog_session="))
    assert {"HttpOnly", "SameSite=strict", "Path=/", "Max-Age=28800"} <= {part.strip() for part in session.split(";")}
    assert any(part.startswith('chiplog_attempt="";') for part in answer.cookies)
    assert guarded.get("/api/v1/session", Cookie=session_of(answer)).json["name"] == "ada@example.org"
    assert guarded.get("/api/v1/runs", Cookie=session_of(answer)).status == 200


@pytest.mark.parametrize(
    "place",
    [
        "https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
        "evil.example", "/\t/evil.example", "/a\r\nSet-Cookie: x=y", "///evil.example", "", "/" + "a" * 2001, "/é",
    ],
)  # fmt: skip
def test_nobody_is_sent_to_another_host(guarded: Site, script: Scripted, place: str) -> None:
    answer = guarded.get(f"/auth/login?next={quote(place, safe='')}")
    assert answer.status == 400
    assert "location" not in answer.headers
    assert script.asked == []


def back(site: Site, query: str, cookie: str = "") -> Answer:
    return site.get(f"/auth/callback?{query}", **({"Cookie": cookie} if cookie else {}))


def refused(answer: Answer) -> bool:
    return answer.status == 403 and not any(part.startswith("chiplog_session=") for part in answer.cookies)


def test_who_comes_back_without_having_gone_is_refused(guarded: Site, script: Scripted) -> None:
    _, state = gone(guarded, script)
    assert refused(back(guarded, f"code=x&state={state}"))
    assert refused(back(guarded, f"code=x&state={state}", "chiplog_attempt=forged"))


@pytest.mark.parametrize("query", ["code=x&state=another", "code=x", "code=x&state=%C3%A9", "error=access_denied"])
def test_an_answer_to_another_attempt_is_refused(guarded: Site, script: Scripted, query: str) -> None:
    cookie, _ = gone(guarded, script)
    assert refused(back(guarded, query, cookie))


def test_what_the_provider_refused_is_said(guarded: Site, script: Scripted) -> None:
    cookie, state = gone(guarded, script)
    answer = back(guarded, f"error=access_denied&state={state}", cookie)
    assert refused(answer)
    assert b"access_denied" in answer.body


def test_an_answer_in_the_name_of_another_provider_is_refused(guarded: Site, script: Scripted) -> None:
    cookie, state = gone(guarded, script)
    assert refused(back(guarded, f"code=x&state={state}&iss=https://other.example", cookie))


def test_an_attempt_is_over_after_ten_minutes(guarded: Site, script: Scripted, clock: Clock) -> None:
    cookie, state = gone(guarded, script)
    clock.now += 601
    assert refused(back(guarded, f"code=x&state={state}", cookie))


def test_the_nonce_of_another_attempt_is_refused(guarded: Site, script: Scripted) -> None:
    cookie, state = gone(guarded, script)
    script.nonce = "of another attempt"
    assert refused(back(guarded, f"code=x&state={state}", cookie))


def signed_on(site: Site, script: Scripted) -> str:
    cookie, state = gone(site, script)
    return session_of(back(site, f"code=x&state={state}", cookie))


def test_a_session_is_over_when_its_time_is(guarded: Site, script: Scripted, clock: Clock) -> None:
    session = signed_on(guarded, script)
    clock.now += 8 * 3600 - 1
    assert guarded.get("/api/v1/runs", Cookie=session).status == 200
    clock.now += 1
    assert guarded.get("/api/v1/runs", Cookie=session).status == 401


def test_another_replica_knows_the_session_and_one_with_another_key_does_not(
    start: Start, guarded: Site, script: Scripted, oidc: Oidc, clock: Clock
) -> None:
    session = signed_on(guarded, script)
    assert begin(start, oidc, clock).get("/api/v1/runs", Cookie=session).status == 200
    stranger = SignOns(Provider(oidc, time.time, time.monotonic), Signer(["z" * 32], clock))
    guard = SignedOn(SignOn(oidc=True), Rbac(), time.monotonic, stranger.person)
    assert start(guard=guard, signons=stranger).get("/api/v1/runs", Cookie=session).status == 401


def test_an_attempt_is_no_session(guarded: Site, script: Scripted) -> None:
    cookie, _ = gone(guarded, script)
    assert guarded.get("/api/v1/runs", Cookie=cookie.replace("attempt", "session")).status == 401


def test_signing_off_takes_the_session_away(guarded: Site, script: Scripted) -> None:
    session = signed_on(guarded, script)
    answer = guarded.ask("DELETE", "/api/v1/session", {"Cookie": session})
    assert any(part.startswith('chiplog_session="";') and "Max-Age=0" in part for part in answer.cookies)


def test_a_token_that_is_over_in_a_cookie_does_not_hide_a_session(guarded: Site, script: Scripted) -> None:
    cookie, state = gone(guarded, script)
    answer = back(guarded, f"code=x&state={state}", f"{cookie}; chiplog_token=old.to.ken")
    told = f"{session_of(answer)}; chiplog_token=old.to.ken"
    assert guarded.get("/api/v1/session", Cookie=told).json["name"] == "ada@example.org"


def test_by_tls_a_cookie_is_for_this_host_and_tls_alone(start: Start, oidc: Oidc, script: Scripted) -> None:
    site = begin(start, replace(oidc, url="https://chiplog.example.org"), Clock())
    (cookie,) = site.get("/auth/login").cookies
    assert cookie.startswith("__Host-chiplog_attempt=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= {part.strip() for part in cookie.split(";")}


def test_a_provider_that_is_away_is_said(guarded: Site, script: Scripted) -> None:
    script.status = {"/.well-known/openid-configuration": 500}
    assert guarded.get("/auth/login").status == 503


def test_more_groups_than_a_cookie_holds_are_refused_with_what_to_do(guarded: Site, script: Scripted) -> None:
    script.claims = {"groups": [secrets.token_hex(16) for _ in range(400)]}
    cookie, state = gone(guarded, script)
    answer = back(guarded, f"code=x&state={state}", cookie)
    assert refused(answer)
    assert b"CHIPLOG_UI_OIDC_KEEP_GROUPS" in answer.body


PLAIN = Oidc("https://id.example.org", CLIENT, "https://chiplog.example.org", KEYS)


@pytest.mark.parametrize(
    ("claims", "oidc", "groups"),
    [
        ({"groups": ["ml", "night"]}, PLAIN, ("ml", "night")),
        ({"groups": "ml"}, PLAIN, ("ml",)),
        ({}, PLAIN, ()),
        ({"groups": {"ml": True}}, PLAIN, ()),
        ({"groups": ["system:masters", "ml", 7, " "]}, PLAIN, ("ml",)),
        ({"groups": ["ml", "hr"]}, replace(PLAIN, keep_groups="m", groups_prefix="oidc:"), ("oidc:ml",)),
        ({"roles": ["ml"]}, replace(PLAIN, groups_claim="roles"), ("ml",)),
        ({"groups": ["masters"]}, replace(PLAIN, groups_prefix="system:"), ()),
    ],
)
def test_groups_are_what_the_claim_says_and_never_kubernetes_own(
    claims: dict[str, Any], oidc: Oidc, groups: tuple[str, ...]
) -> None:
    found = meanings.person(oidc, {"email": "ada@example.org", **claims})
    assert found == Person("ada@example.org", (*groups, "system:authenticated"))


@pytest.mark.parametrize(
    "claims",
    [
        {}, {"email": ""}, {"email": 7}, {"email": "ada@example.org", "email_verified": False},
        {"email": "ada@example.org", "email_verified": "false"}, {"email": "system:admin"},
    ],
)  # fmt: skip
def test_who_has_no_name_or_one_that_is_not_proven_is_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(SignOnRefused):
        meanings.person(PLAIN, claims)


def test_a_map_gives_what_it_says_and_its_groups_alone_are_kept() -> None:
    mapped = replace(PLAIN, grants=(("ml", Grant("team")), ("ml", Grant("night", edit=True)), ("ops", Grant("*"))))
    found = meanings.person(mapped, {"email": "ada@example.org", "groups": ["ml", "hr"]})
    assert found == Mapped(
        "ada@example.org", ("ml", "system:authenticated"), grants=(Grant("night", edit=True), Grant("team"))
    )
    nobody = meanings.person(mapped, {"email": "bob@example.org", "groups": ["hr"]})
    assert nobody == Mapped("bob@example.org", ("system:authenticated",))
    guard = SignedOn(SignOn(oidc=True), Rbac(), time.monotonic)
    assert [guard.sees(found, "team"), guard.sees(found, "other"), guard.sees(nobody, "team")] == [True, False, False]
