"""Signing on at a real OIDC provider, by HTTP alone: Canaille with its discovery, PKCE, groups and changing keys."""

import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import identity_provider
import pytest
import requests
from browser import Browser
from bucket_world import Source, World, script
from dashboard_site import Site, Start
from provider_process import Canaille, free_port

from chiplog.access import Person, Right
from chiplog_dashboard.access import Grant, SignedOn, SignOn
from chiplog_dashboard.oidc import Attempt, Oidc, SignOnRefused
from chiplog_dashboard.provider import Provider
from chiplog_dashboard.signing import Signer
from chiplog_dashboard.signon import SignOns

KEYS = ("a key of the cookies, 32 characters long",)
CALLBACK = "/auth/callback"


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def canaille(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[Canaille]:
    found = Canaille(tmp_path_factory.mktemp("canaille"), f"http://127.0.0.1:{port}{CALLBACK}")
    found.rotate()
    yield found
    found.stop()


class Rbac:
    """An API server where the group ml may list the runs of team."""

    def __init__(self) -> None:
        self.asked: list[Person] = []

    def person(self, token: str) -> Person | None:
        return None

    def may(self, person: Person, right: Right) -> bool:
        self.asked.append(person)
        return "oidc:ml" in person.groups and right == Right("list", "trainingruns", "team")


@pytest.fixture
def oidc(canaille: Canaille, port: int) -> Oidc:
    return Oidc(
        canaille.issuer, identity_provider.CLIENT, f"http://127.0.0.1:{port}", KEYS,
        client_secret=identity_provider.SECRET, groups_prefix="oidc:",
    )  # fmt: skip


@pytest.fixture
def rbac() -> Rbac:
    return Rbac()


@pytest.fixture
def begin(start: Start, world: World, port: int, rbac: Rbac) -> Callable[[Oidc], Site]:
    """A dashboard with runs of two namespaces, where people sign on at the provider."""
    for name, namespace in (("mine", "team"), ("theirs", "other")):
        place = world.run(name, uid="0123abcd", namespace=namespace)
        world.record(f"r-{name}", Source(script((1.0, 0.5))), run=place.id, namespace=namespace)

    def started(oidc: Oidc) -> Site:
        signons = SignOns(Provider(oidc, time.time, time.monotonic), Signer(KEYS, time.time))
        guard = SignedOn(SignOn(oidc=True), rbac, time.monotonic, signons.person)
        return start(guard=guard, signons=signons, port=port)

    return started


def signed_on(site: Site, name: str = "ada", place: str = "/runs?q=1") -> tuple[Browser, requests.Response]:
    browser = Browser()
    url = f"http://127.0.0.1:{site.port}/auth/login?next={place}"
    answer = browser.sign_on(url, name, identity_provider.PASSWORD)
    assert answer.status_code == 200, (answer.url, answer.text)
    return browser, answer


def asked(browser: Browser, site: Site, path: str) -> dict[str, object]:
    found: dict[str, object] = browser.session.get(f"http://127.0.0.1:{site.port}{path}", timeout=20).json()
    return found


def names(document: dict[str, object]) -> list[str]:
    found: object = document["runs"]
    assert isinstance(found, list)
    return sorted(run["name"] for run in found)


def test_somebody_signs_on_at_the_provider_and_sees_what_rbac_gives_their_groups(
    begin: Callable[[Oidc], Site], oidc: Oidc, rbac: Rbac
) -> None:
    site = begin(oidc)
    browser, answer = signed_on(site)
    assert (answer.status_code, urlsplit(answer.url).path, urlsplit(answer.url).query) == (200, "/runs", "q=1")
    to_provider = next(url for url in browser.visited if "/oauth/authorize" in url)
    sent = parse_qs(urlsplit(to_provider).query)
    assert (sent["code_challenge_method"], sent["response_type"]) == (["S256"], ["code"])
    assert all(len(sent[name][0]) >= 43 for name in ("state", "nonce", "code_challenge"))
    session = asked(browser, site, "/api/v1/session")
    assert (session["name"], session["cookie"]) == ("ada@example.org", True)
    assert names(asked(browser, site, "/api/v1/runs")) == ["mine"]
    assert set(rbac.asked[0].groups) == {"oidc:ml", "oidc:night", "system:authenticated"}
    assert site.get("/api/v1/runs").status == 401


def test_somebody_without_a_group_sees_nothing(begin: Callable[[Oidc], Site], oidc: Oidc) -> None:
    site = begin(oidc)
    browser, _ = signed_on(site, "bob")
    assert names(asked(browser, site, "/api/v1/runs")) == []


def test_a_map_of_groups_says_it_in_place_of_rbac(begin: Callable[[Oidc], Site], oidc: Oidc, rbac: Rbac) -> None:
    site = begin(replace(oidc, grants=(("oidc:night", Grant("other")),)))
    browser, _ = signed_on(site)
    assert names(asked(browser, site, "/api/v1/runs")) == ["theirs"]
    assert rbac.asked == []


def test_what_came_back_once_is_worth_nothing_again(begin: Callable[[Oidc], Site], oidc: Oidc) -> None:
    site = begin(oidc)
    browser = Browser()
    base = f"http://127.0.0.1:{site.port}"
    stopped = browser.sign_on(f"{base}/auth/login", "ada", identity_provider.PASSWORD, until=CALLBACK)
    callback = stopped.headers["location"]
    stranger = requests.get(callback, timeout=20)
    assert (stranger.status_code, "began no sign-on here" in stranger.text) == (403, True)
    kept = browser.session.cookies.get("chiplog_attempt", domain="127.0.0.1")
    assert browser.session.get(callback, timeout=20, allow_redirects=False).status_code == 302
    assert browser.session.get(callback, timeout=20, allow_redirects=False).status_code == 403
    again = requests.get(callback, timeout=20, cookies={"chiplog_attempt": kept})
    assert (again.status_code, "does not take the code" in again.text) == (403, True)
    assert "set-cookie" in again.headers
    assert "chiplog_session" not in again.headers["set-cookie"]


def new_attempt() -> Attempt:
    return Attempt(*(secrets.token_urlsafe(32) for _ in range(3)))


def code_of(oidc: Oidc, attempt: Attempt) -> str:
    """A code that the provider gives for an attempt."""
    provider = Provider(oidc, time.time, time.monotonic)
    stopped = Browser().sign_on(provider.address(attempt), "ada", identity_provider.PASSWORD, until=CALLBACK)
    return parse_qs(urlsplit(stopped.headers["location"]).query)["code"][0]


def test_a_code_that_was_stolen_is_worth_nothing_without_its_verifier(oidc: Oidc) -> None:
    attempt = new_attempt()
    code = code_of(oidc, attempt)
    with pytest.raises(SignOnRefused, match="does not take the code"):
        Provider(oidc, time.time, time.monotonic).claims(replace(attempt, verifier="w" * 43), code)


def test_the_providers_answer_to_another_nonce_is_not_believed(oidc: Oidc) -> None:
    attempt = new_attempt()
    code = code_of(oidc, attempt)
    with pytest.raises(SignOnRefused, match="nonce"):
        Provider(oidc, time.time, time.monotonic).claims(replace(attempt, nonce="m" * 43), code)


def test_a_provider_that_changes_its_keys_is_believed_at_once(
    begin: Callable[[Oidc], Site], oidc: Oidc, canaille: Canaille
) -> None:
    site = begin(oidc)
    before, _ = signed_on(site)
    canaille.rotate()
    after, _ = signed_on(site)
    for browser in (before, after):
        assert asked(browser, site, "/api/v1/session")["name"] == "ada@example.org"
