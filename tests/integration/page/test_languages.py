"""The page in the reader's language: the browser's, until another one is chosen."""

import pytest
from playwright.sync_api import Browser, expect

pytestmark = pytest.mark.integration


def test_japanese_follows_the_browser_and_can_be_switched(browser: Browser, address: str) -> None:
    context = browser.new_context(locale="ja-JP")
    page = context.new_page()
    page.goto(address)
    expect(page.get_by_role("link", name="スイープ")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    expect(page.get_by_role("heading", name="実行中のラン")).to_be_visible()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Running now")).to_be_visible()
    page.reload()
    expect(page.get_by_role("link", name="Sweeps")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("button", name="日本語").click()
    expect(page.get_by_role("link", name="スイープ")).to_be_visible()
    context.close()
