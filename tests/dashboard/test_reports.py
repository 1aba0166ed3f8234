"""Reports over HTTP: versions that never change, written by who may, from nowhere else."""

import time
from typing import Any

import pytest
from bucket_world import World
from dashboard_site import Answer, Site, Start

from chiplog import word_layout
from chiplog.access import Person, Right
from chiplog_dashboard.access import SignedOn, SignOn
from chiplog_dashboard.reports import MAX_BODY, MAX_COMMENT

PATH = "/api/v1/reports/prod/team/rates"
TEXT = "# Rates\n\n---\nfalls: `loss`\n"
REPORT = word_layout.Report("prod", "team", "rates")
TOKEN = "alice.to.ken"


class Server:
    """An API server that knows alice, who sees `team` and `other` and updates runs in `team` alone."""

    def person(self, token: str) -> Person | None:
        return Person("alice") if token == TOKEN else None

    def may(self, person: Person, right: Right) -> bool:
        return right.namespace in {"list": ("team", "other"), "update": ("team",)}.get(right.verb, ())


@pytest.fixture
def guarded(start: Start) -> Site:
    return start(guard=SignedOn(SignOn(tokens=True), Server(), time.monotonic), cluster="prod")


def body(text: str = TEXT, **more: str) -> dict[str, str]:
    return {"title": "Rates: what falls", "project": "vision", "text": text, **more}


def create(site: Site, path: str = PATH, text: str = TEXT, **headers: str) -> Answer:
    return site.send("PUT", path, body(text), If_None_Match="*", **headers)


def listed(site: Site, query: str = "") -> list[Any]:
    return [(item["title"], item["version"]) for item in site.get(f"/api/v1/reports{query}").json["reports"]]


def test_a_report_is_a_plain_markdown_file_that_is_read_as_it_was_written(site: Site, world: World) -> None:
    assert create(site).json == {"id": "prod/team/rates", "version": 1}
    stored = world.bucket.get("v1/reports/prod/team/rates/00000001.md").data.decode()
    assert stored.startswith("---\ntitle: Rates: what falls\nproject: vision\nsaved_at: 2026-11-23T")
    assert stored.endswith(f"\n---\n{TEXT}")
    answer = site.get(PATH)
    assert answer.headers["etag"] == '"1"'
    assert (answer.json["title"], answer.json["text"]) == ("Rates: what falls", TEXT)


def test_a_save_is_a_version_and_the_earlier_ones_stay(site: Site) -> None:
    create(site)
    assert site.send("PUT", PATH, body("new"), If_Match='"1"').json["version"] == 2
    assert site.get(PATH).json["text"] == "new"
    assert site.get(f"{PATH}?version=1").json["text"] == TEXT
    assert [item["version"] for item in site.get(PATH).json["versions"]] == [1, 2]
    assert listed(site) == [("Rates: what falls", 2)]


def test_of_two_who_save_at_once_one_is_told_so_and_nothing_is_lost(site: Site) -> None:
    create(site)
    assert site.send("PUT", PATH, body("mine"), If_Match='"1"').status == 200
    late = site.send("PUT", PATH, body("theirs"), If_Match='"1"')
    assert (late.status, late.json["error"]["code"]) == (412, "changed")
    assert "version 2" in late.json["error"]["message"]
    assert create(site).status == 412
    assert site.get(PATH).json["text"] == "mine"


def test_a_save_that_says_of_no_version_is_refused(site: Site) -> None:
    assert site.send("PUT", PATH, body()).status == 428
    assert site.send("PUT", PATH, body(), If_Match='"1"').status == 412


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site", "Origin": "http://127.0.0.1"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
    ],
)
@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST"])
def test_a_page_of_somebody_else_writes_nothing(site: Site, world: World, method: str, headers: dict[str, str]) -> None:
    create(site)
    path = f"{PATH}/comments" if method == "POST" else PATH
    answer = site.send(method, path, body("evil"), If_Match='"1"', **headers)
    assert (answer.status, answer.json["error"]["code"]) == (403, "not_allowed")
    assert len(list(world.bucket.list("v1/reports/"))) == 1


def test_our_own_page_and_programs_may_write(site: Site) -> None:
    assert create(site, Origin=f"http://127.0.0.1:{site.port}").status == 200
    own = {"Sec_Fetch_Site": "same-origin", "Origin": "https://behind.a.proxy"}
    assert site.send("PUT", PATH, body(), If_Match='"1"', **own).status == 200


def test_a_form_writes_nothing(site: Site) -> None:
    assert create(site, Content_Type="text/plain").status == 400
    assert site.get(PATH).status == 404


@pytest.mark.parametrize("name", ["..", "%2e%2e", "a%2fb", "A", "a_b", "-a", "a-", "x" * 64, "a%00", "b%0a"])
def test_a_name_that_leads_elsewhere_is_none(site: Site, world: World, name: str) -> None:
    for path in (f"/api/v1/reports/prod/team/{name}", f"/api/v1/reports/prod/{name}!/rates"):
        assert create(site, path).status in (400, 404, 405)
    assert list(world.bucket.list("v1/reports/")) == []


@pytest.mark.parametrize(
    "sent",
    [
        [], {}, {"title": "", "text": ""}, {"title": "a\nsaved_by: root", "text": ""}, {"title": 1, "text": ""},
        {"title": "x" * 201, "text": ""}, {"title": "a", "text": None}, {"title": "a", "text": "\ud800"},
    ],
)  # fmt: skip
def test_what_is_no_report_is_refused(site: Site, sent: Any) -> None:
    assert site.send("PUT", PATH, sent, If_None_Match="*").status == 400


def test_what_is_too_large_is_refused(site: Site) -> None:
    assert create(site, text="x" * MAX_BODY).status == 413
    create(site)
    assert site.send("POST", f"{PATH}/comments", {"text": "x" * (MAX_COMMENT + 1)}).status == 400


def test_a_report_that_was_taken_away_is_in_no_list_and_can_be_had_again(site: Site) -> None:
    create(site)
    assert site.send("DELETE", PATH, If_Match='"1"').json["version"] == 2
    assert listed(site) == []
    assert site.get(PATH).json["removed"] is True
    assert site.send("PUT", PATH, body(site.get(f"{PATH}?version=1").json["text"]), If_Match='"2"').status == 200
    assert listed(site) == [("Rates: what falls", 3)]


def test_comments_come_in_their_order_and_are_nobodys_to_change(site: Site, world: World) -> None:
    create(site)
    for text in ("first", "*second*\n\nwith a paragraph"):
        world.now += 1
        assert site.send("POST", f"{PATH}/comments", {"text": text}).status == 200
    assert [item["text"] for item in site.get(PATH).json["comments"]] == ["first", "*second*\n\nwith a paragraph"]
    assert site.send("POST", "/api/v1/reports/prod/team/none/comments", {"text": "?"}).status == 404


def test_reports_are_listed_by_project(site: Site) -> None:
    create(site)
    site.send("PUT", "/api/v1/reports/prod/team/b", body(title="B", project="speech"), If_None_Match="*")
    assert listed(site, "?project=speech") == [("B", 1)]
    assert len(listed(site)) == 2


def test_a_file_that_somebody_wrote_by_hand_is_a_report(site: Site, world: World) -> None:
    world.bucket.put(word_layout.report_key(REPORT, 1), b"# By hand\r\n\r\n\xff")
    assert listed(site) == [("By hand", 1)]
    assert site.get(PATH).json["text"] == "# By hand\n\n\ufffd"


def test_who_may_not_update_runs_there_reads_and_writes_nothing(guarded: Site, world: World) -> None:
    world.bucket.put(word_layout.report_key(word_layout.Report("prod", "other", "rates"), 1), b"theirs")
    mine = {"Authorization": f"Bearer {TOKEN}"}
    assert create(guarded, **mine).status == 200
    assert guarded.get(PATH, **mine).json["saved_by"] == "alice"
    other = "/api/v1/reports/prod/other/rates"
    assert guarded.get(other, **mine).json["text"] == "theirs"
    refused = guarded.send("PUT", other, body(), If_Match='"1"', **mine)
    assert (refused.status, refused.json["error"]["code"]) == (403, "not_allowed")
    assert "update trainingruns.chiplog.dev in namespace other" in refused.json["error"]["message"]


def test_who_may_not_see_a_namespace_or_is_nobody_is_told_of_no_report(guarded: Site, world: World) -> None:
    for cluster, namespace in (("prod", "secret"), ("staging", "team")):
        world.bucket.put(word_layout.report_key(word_layout.Report(cluster, namespace, "rates"), 1), b"theirs")
        path = f"/api/v1/reports/{cluster}/{namespace}/rates"
        assert guarded.get(path, Authorization=f"Bearer {TOKEN}").status == 404
        assert create(guarded, path, Authorization=f"Bearer {TOKEN}").status == 404
        assert guarded.get(path).status == 401
    assert guarded.get("/api/v1/reports", Authorization=f"Bearer {TOKEN}").json == {"reports": []}
