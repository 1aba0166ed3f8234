"""Saved views over HTTP: an address by a name, for who sees its namespace."""

import pytest
from bucket_world import World
from dashboard_site import Site

PATH = "/api/v1/views/prod/team/best"
VIEW = {"title": "Best of the week", "href": "/runs?q=config.lr+%3C+0.1&smooth=0.6"}


def views(site: Site) -> list[dict[str, str]]:
    found: list[dict[str, str]] = site.get("/api/v1/views").json["views"]
    return found


def test_a_view_is_saved_changed_and_removed_under_the_version_that_one_saw(site: Site) -> None:
    assert site.send("PUT", PATH, VIEW, If_None_Match="*").status == 200
    (one,) = views(site)
    assert (one["id"], one["title"], one["href"]) == ("prod/team/best", VIEW["title"], VIEW["href"])
    assert site.send("PUT", PATH, VIEW, If_None_Match="*").status == 412
    assert site.send("PUT", PATH, {**VIEW, "title": "Renamed"}, If_Match=f'"{one["etag"]}"').status == 200
    assert site.send("DELETE", PATH, If_Match=f'"{one["etag"]}"').status == 412
    (two,) = views(site)
    assert two["title"] == "Renamed"
    assert site.send("DELETE", PATH, If_Match=f'"{two["etag"]}"').status == 200
    assert views(site) == []
    assert site.send("PUT", PATH, VIEW, If_None_Match="*").status == 200
    assert len(views(site)) == 1


@pytest.mark.parametrize(
    "href",
    ["", "runs", "//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)",
     "/a b", "/a\nb", "/\u2028"],
)  # fmt: skip
def test_a_view_leads_to_no_other_host(site: Site, href: str) -> None:
    assert site.send("PUT", PATH, {**VIEW, "href": href}, If_None_Match="*").status == 400
    assert views(site) == []


def test_a_view_that_cannot_be_read_hides_no_other(site: Site, world: World) -> None:
    site.send("PUT", PATH, VIEW, If_None_Match="*")
    world.bucket.put("v1/words/prod/team/_views/broken.json", b"rubbish")
    assert [view["id"] for view in views(site)] == ["prod/team/best"]


def test_a_page_of_somebody_else_saves_nothing(site: Site) -> None:
    for method in ("PUT", "DELETE"):
        assert site.send(method, PATH, VIEW, If_None_Match="*", Origin="http://evil.example").status == 403
    assert site.send("PUT", PATH, VIEW).status == 428
    assert site.send("PUT", "/api/v1/views/prod/team/A", VIEW, If_None_Match="*").status == 400
    assert views(site) == []
