"""What every answer says to a browser, and what nobody gets."""

from pathlib import Path

import pytest
from dashboard_site import Site, Start


@pytest.mark.parametrize(
    "path", ["/", "/runs/prod/team/mnist-0123abcd", "/api/v1/runs", "/api/none", "/assets/page.js"]
)
def test_every_answer_tells_the_browser_to_trust_nothing(site: Site, path: str) -> None:
    headers = site.get(path).headers
    assert "script-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("path", ["/", "/runs/a/b/c", "/anything"])
def test_every_path_of_the_page_is_the_page(site: Site, path: str) -> None:
    answer = site.get(path)
    assert (answer.status, b"<title>Chiplog" in answer.body) == (200, True)


def test_below_api_nothing_is_a_page(site: Site) -> None:
    answer = site.get("/api/v1/nothing")
    assert (answer.status, answer.json["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8090", "127.0.0.1.evil.example"])
def test_a_name_that_somebody_else_gave_us_is_refused(site: Site, host: str) -> None:
    assert site.get("/api/v1/runs", Host=host).status == 400


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../secret.txt",
        "/assets/..%2fsecret.txt",
        "/assets/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/assets//etc/passwd",
    ],
)
def test_no_path_leads_out_of_the_page(site: Site, path: str) -> None:
    answer = site.get(path)
    assert b"not for anybody" not in answer.body
    assert b"root:" not in answer.body


def test_a_page_that_is_not_built_says_how(start: Start, tmp_path: Path) -> None:
    answer = start(folder=tmp_path / "nowhere").get("/")
    assert answer.status == 503
    assert b"make page" in answer.body


def test_it_can_be_asked_whether_it_lives(site: Site) -> None:
    assert site.get("/healthz").body == b"ok\n"
