"""Signing on in a real browser at a real OIDC provider, and what a second browser sees by a link and without one."""

import time
from collections.abc import Iterator

import identity_provider
import pytest
import requests
from bucket_world import World
from pages import PATIENT, listed, served, sign_on
from playwright.sync_api import Browser, expect
from provider_process import Canaille, free_port
from starlette.applications import Starlette

from chiplog import records
from chiplog.access import Person, Right
from chiplog.watching import Watcher
from chiplog_dashboard import app, changing
from chiplog_dashboard.access import SignedOn, SignOn
from chiplog_dashboard.api import Api
from chiplog_dashboard.groups import Groups
from chiplog_dashboard.histories import Histories
from chiplog_dashboard.links import Links
from chiplog_dashboard.oidc import Oidc
from chiplog_dashboard.provider import Provider
from chiplog_dashboard.settings import PAGE
from chiplog_dashboard.shelf import Shelf
from chiplog_dashboard.sight import Sight
from chiplog_dashboard.signing import Signer
from chiplog_dashboard.signon import SignOns

pytestmark = pytest.mark.integration

KEYS = ("a key of the cookies, 32 characters long",)


class Rbac:
    """An API server where the group ml may list and change runs of team."""

    def person(self, token: str) -> Person | None:
        return None

    def may(self, person: Person, right: Right) -> bool:
        return "ml" in person.groups and right.namespace == "team"


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def oidc(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[Oidc]:
    canaille = Canaille(tmp_path_factory.mktemp("canaille"), f"http://127.0.0.1:{port}/auth/callback")
    canaille.rotate()
    yield Oidc(
        canaille.issuer, identity_provider.CLIENT, f"http://127.0.0.1:{port}", KEYS,
        client_secret=identity_provider.SECRET,
    )  # fmt: skip
    canaille.stop()


@pytest.fixture
def site(world: World, oidc: Oidc, port: int) -> Iterator[str]:
    world.run("theirs", uid="0123abce", namespace="other", created_at=world.now)
    with served(dashboard(world, oidc), port) as address:
        yield address


def dashboard(world: World, oidc: Oidc) -> Starlette:
    signer = Signer(KEYS, time.time)
    signons = SignOns(Provider(oidc, time.time, time.monotonic), signer)
    links = Links(world.bucket, signer, oidc.url, 7, time.time, time.monotonic)
    shelf = Shelf(world.bucket, time.time, time.monotonic, 0.1, "prod")
    guard = SignedOn(SignOn(oidc=True, link_days=7), Rbac(), time.monotonic, signons.person, links.visitor)
    sight = Sight(shelf, guard)
    api = Api(world.bucket, sight, Histories(world.bucket, time.monotonic), Watcher(world.bucket))
    groups = Groups(world.bucket, sight)
    more = changing.routes(world.bucket, sight, time.time, links, signons.cookies)
    return app.create(api, groups, PAGE, ["*"], signons, more)


def test_one_signs_on_at_the_provider_sees_ones_runs_and_signs_off(browser: Browser, site: str) -> None:
    page = browser.new_context().new_page()
    page.goto(f"{site}/runs?q=run")
    sign_on(page, "ada")
    expect(listed(page)).to_have_count(3, timeout=PATIENT)
    assert page.url.startswith(f"{site}/runs?q=run")
    expect(page.get_by_text("ada@example.org")).to_be_visible()
    assert page.evaluate("document.cookie") == ""
    page.get_by_role("button", name="Sign off").click()
    expect(page.get_by_role("link", name="Sign on")).to_be_visible(timeout=PATIENT)
    expect(page.get_by_text("run0")).to_have_count(0)
    page.context.close()


def test_somebody_without_rights_sees_nothing(browser: Browser, site: str) -> None:
    page = browser.new_context().new_page()
    page.goto(f"{site}/runs")
    sign_on(page, "bob")
    expect(page.get_by_text("bob@example.org")).to_be_visible(timeout=PATIENT)
    expect(page.get_by_text("run0")).to_have_count(0)
    expect(page.get_by_text("theirs")).to_have_count(0)
    page.context.close()


def test_a_second_browser_sees_by_a_link_what_was_shared_and_nothing_else(
    browser: Browser, site: str, world: World
) -> None:
    owner = browser.new_context(permissions=["clipboard-read", "clipboard-write"]).new_page()
    owner.goto(f"{site}/runs/prod/team/run1-0123abc1")
    sign_on(owner, "ada")
    owner.get_by_role("button", name="Share").click(timeout=PATIENT)
    sheet = owner.get_by_role("dialog", name="Share")
    expect(sheet.get_by_label("Good for").locator("option")).to_have_text(["1 day", "7 days"])
    sheet.get_by_label("Good for").select_option("1")
    sheet.get_by_role("button", name="Make a link").click()
    good = sheet.get_by_role("list", name="Links that are good").get_by_role("listitem")
    expect(good).to_have_count(1)
    sheet.get_by_role("button", name="Copy").click()
    expect(sheet.get_by_role("status")).to_have_text("Copied.")
    guest = browser.new_context().new_page()
    guest.goto(owner.evaluate("navigator.clipboard.readText()"))
    expect(guest.get_by_role("heading", name="run1")).to_be_visible(timeout=PATIENT)
    expect(guest.get_by_role("button", name="Share")).to_have_count(0)
    guest.goto(f"{site}/runs")
    expect(guest).to_have_url(f"{site}/runs/prod/team/run1-0123abc1", timeout=PATIENT)
    expect(guest.get_by_role("navigation", name="Views")).to_have_count(0)
    assert requests.get(f"{site}/api/v1/runs", timeout=20).status_code == 401
    good.get_by_role("button", name="Take back").click()
    expect(good).to_have_count(0)
    (stored,) = world.bucket.list("v1/words/prod/team/_shares/")
    document = records.unpack_document(world.bucket.get(stored.key).data, records.SHARE_FORMAT, stored.key)
    assert (document["is_revoked"], document["revoked_by"]) == (True, "ada@example.org")
    for page in (owner, guest):
        page.context.close()


def test_a_second_browser_sees_by_a_link_a_list_as_it_is_filtered_and_no_way_out_of_it(
    browser: Browser, site: str, world: World
) -> None:
    owner = browser.new_context().new_page()
    owner.goto(f"{site}/runs?q=config.lr+%3C+0.05")
    sign_on(owner, "ada")
    owner.get_by_role("button", name="Share").click(timeout=PATIENT)
    owner.get_by_role("button", name="Make a link").click(timeout=PATIENT)
    guest = browser.new_context().new_page()
    guest.goto(owner.get_by_label("Link", exact=True).input_value(timeout=PATIENT))
    expect(listed(guest)).to_have_count(2, timeout=PATIENT)
    guest.get_by_label("Find runs").fill("")
    world.run("run3", uid="0123abc3", config={"lr": 0.02}, created_at=world.now)
    expect(listed(guest)).to_have_count(3, timeout=PATIENT)
    listed(guest).first.get_by_role("link").click()
    expect(guest.get_by_role("heading", name="run3")).to_be_visible(timeout=PATIENT)
    for way in ("Views", "Commands", "Share", "Archive"):
        expect(guest.get_by_role("navigation", name=way).or_(guest.get_by_role("button", name=way))).to_have_count(0)
    guest.get_by_role("button", name="Back").click()
    expect(guest.get_by_label("Find runs")).to_have_value("config.lr < 0.05", timeout=PATIENT)
    expect(listed(guest)).to_have_count(3)
    guest.get_by_role("button", name="Table").click()
    expect(guest.get_by_role("table", name="Runs").get_by_role("row")).to_have_count(4, timeout=PATIENT)
    expect(guest.get_by_role("checkbox")).to_have_count(0)
    guest.keyboard.press("j")
    guest.keyboard.press("x")
    expect(guest.get_by_text("1 chosen")).to_have_count(0)
    owner.get_by_role("button", name="Close").click()
    owner.get_by_role("button", name="Table").click()
    expect(owner.get_by_role("checkbox", name="Choose run3")).to_be_visible(timeout=PATIENT)
    for page in (owner, guest):
        page.context.close()
