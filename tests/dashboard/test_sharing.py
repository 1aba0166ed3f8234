"""A link shows one thing to whoever has it, until it is over or taken back, and never anything else."""

import json
from typing import Any

import pytest
from bucket_world import Source, World, file, numbered, script
from dashboard_site import Answer, Site, Start
from shared_site import OIDC, READER, TOKEN, Clock, ask, begin, come

from chiplog import word_layout
from chiplog_dashboard.signing import Signer

TEXT = "# Of the week\n\n```chiplog\nruns:\nkeys: loss\n```\n"
MINE, SISTER, OTHERS = "prod/team/mine-0123abcd", "prod/team/sister-0123abce", "prod/other/theirs-0123abcf"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(start: Start, world: World, clock: Clock) -> Site:
    for name, uid, namespace, project in (
        ("mine", "0123abcd", "team", "vision"), ("sister", "0123abce", "team", "speech"),
        ("theirs", "0123abcf", "other", "vision"),
    ):  # fmt: skip
        place = world.run(name, uid=uid, namespace=namespace, project=project)
        shipped = Source(numbered([file("files/x.txt")]), id="files", kind="files", path="files")
        world.record(f"r-{name}", Source(script((1.0, 0.5))), shipped, run=place.id, namespace=namespace)
    return begin(start, world, clock)


def share(site: Site, kind: str, item: str, days: float = 7, token: str = TOKEN) -> Answer:
    return ask(site, "POST", "/api/v1/shares", {"kind": kind, "id": item, "days": days}, token)


def test_the_page_is_told_how_long_a_link_may_be_good_and_a_visitor_that_there_is_none(site: Site) -> None:
    assert ask(site, "GET", "/api/v1/session").json["link_days"] == 30
    _, cookie = come(site, share(site, "run", MINE).json["url"])
    assert site.get("/api/v1/session", **cookie).json["link_days"] == 0


def names(site: Site, cookie: dict[str, str]) -> list[str]:
    return sorted(run["name"] for run in site.get("/api/v1/runs", **cookie).json["runs"])


def test_a_link_to_a_run_shows_this_run_alone(site: Site) -> None:
    answer, cookie = come(site, share(site, "run", MINE).json["url"])
    assert (answer.status, answer.headers["location"]) == (302, f"/runs/{MINE}")
    assert {"HttpOnly", "SameSite=strict"} <= {part.strip() for part in answer.cookies[0].split(";")}
    assert names(site, cookie) == ["mine"]
    for path in ("", "/console", "/history", "/files"):
        assert site.get(f"/api/v1/runs/{MINE}{path}", **cookie).status == 200
        assert site.get(f"/api/v1/runs/{SISTER}{path}", **cookie).status == 404
        assert site.get(f"/api/v1/runs/{OTHERS}{path}", **cookie).status == 404
    assert site.get(f"/api/v1/curves?key=loss&run={MINE}", **cookie).status == 200
    assert site.get(f"/api/v1/curves?key=loss&run={SISTER}", **cookie).status == 404
    assert site.get("/api/v1/session", **cookie).json["name"].startswith("link ")


def test_a_link_to_a_project_shows_its_runs_in_its_namespace(site: Site) -> None:
    answer, cookie = come(site, share(site, "project", "prod/team/vision").json["url"])
    assert answer.headers["location"] == "/runs"
    assert names(site, cookie) == ["mine"]


def test_a_link_to_a_report_shows_it_and_the_runs_of_its_project_that_it_shows(site: Site) -> None:
    for name, project in (("weekly", "speech"), ("secret", "vision")):
        told = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json", "If-None-Match": "*"}
        body = json.dumps({"title": name, "project": project, "text": TEXT})
        assert site.ask("PUT", f"/api/v1/reports/prod/team/{name}", told, body).status == 200
    answer, cookie = come(site, share(site, "report", "prod/team/weekly").json["url"])
    assert answer.headers["location"] == "/reports/prod/team/weekly"
    assert site.get("/api/v1/reports/prod/team/weekly", **cookie).json["text"] == TEXT
    assert site.get("/api/v1/reports/prod/team/secret", **cookie).status == 404
    assert site.get("/api/v1/reports", **cookie).json == {"reports": []}
    assert names(site, cookie) == ["sister"]


def test_who_comes_by_a_link_changes_nothing_and_shares_nothing(site: Site) -> None:
    _, cookie = come(site, share(site, "project", "prod/team/vision").json["url"])
    told = {**cookie, "Content-Type": "application/json"}
    words = json.dumps({"runs": [MINE], "tag": ["x"]})
    assert site.ask("POST", "/api/v1/words", told, words).status == 403
    again = json.dumps({"kind": "run", "id": MINE, "days": 1})
    assert site.ask("POST", "/api/v1/shares", told, again).status == 403
    assert site.get("/api/v1/shares", **cookie).json == {"shares": []}
    assert site.get("/api/v1/sweeps", **cookie).json == {"sweeps": []}


def test_a_link_is_over_when_its_time_is(site: Site, clock: Clock) -> None:
    url = share(site, "run", MINE, days=1).json["url"]
    _, cookie = come(site, url)
    clock.ahead = 86_390.0
    assert names(site, cookie) == ["mine"]
    clock.ahead = 86_401.0
    assert site.get("/api/v1/runs", **cookie).status == 401
    assert come(site, url)[0].status == 404


def test_a_link_that_is_taken_back_is_over_within_ten_seconds_on_every_replica(
    start: Start, site: Site, world: World, clock: Clock
) -> None:
    made = share(site, "run", MINE).json
    _, cookie = come(site, made["url"])
    other = begin(start, world, clock)
    assert names(other, cookie) == ["mine"]
    assert [item["id"] for item in ask(site, "GET", "/api/v1/shares").json["shares"]] == [made["id"]]
    assert ask(site, "DELETE", f"/api/v1/shares/{made['id']}").json["revoked"] is True
    assert ask(site, "GET", "/api/v1/shares").json == {"shares": []}
    clock.ahead = 10.0
    for replica in (site, other):
        assert replica.get("/api/v1/runs", **cookie).status == 401
        assert come(replica, made["url"])[0].status == 404


def test_a_link_whose_object_is_gone_is_taken_back(site: Site, world: World) -> None:
    made = share(site, "run", MINE).json
    world.bucket.delete(word_layout.share_key(*made["id"].split("/")))
    assert come(site, made["url"])[0].status == 404


def test_a_link_that_was_changed_is_none(site: Site) -> None:
    url = share(site, "run", MINE).json["url"]
    for wrong in (url[:-1] + ("A" if url[-1] != "A" else "B"), f"{OIDC.url}/shared/x", f"{OIDC.url}/shared/"):
        answer, cookie = come(site, wrong)
        assert cookie["Cookie"] == ""
        assert "location" not in answer.headers
    stranger = Signer(["another key of the cookies, 32 characters"], lambda: 0.0)
    forged = stranger.sign("link", ["prod", "team", "x"], 1e12)
    assert site.get("/api/v1/runs", Cookie=f"chiplog_link={forged}").status == 401


def test_who_may_not_change_runs_there_makes_and_takes_back_no_link(site: Site) -> None:
    assert share(site, "run", MINE, token=READER).status == 403
    made = share(site, "run", MINE).json
    assert ask(site, "DELETE", f"/api/v1/shares/{made['id']}", token=READER).status == 403
    assert ask(site, "GET", "/api/v1/shares", token=READER).json == {"shares": []}


@pytest.mark.parametrize(
    ("kind", "item", "days", "status"),
    [
        ("run", OTHERS, 7, 404), ("run", "prod/team/none", 7, 404), ("project", "prod/team/none", 7, 404),
        ("project", "prod/other/vision", 7, 404), ("report", "prod/team/none", 7, 404), ("run", MINE, 31, 400),
        ("run", MINE, 0, 400), ("run", MINE, True, 400), ("run", "mine", 7, 400), ("all", MINE, 7, 400),
        ("report", "prod/team/../../x", 7, 400),
    ],
)  # fmt: skip
def test_what_is_not_there_or_too_long_is_not_shared(site: Site, kind: str, item: str, days: Any, status: int) -> None:
    assert share(site, kind, item, days).status == status


def test_without_links_there_are_none(start: Start, world: World) -> None:
    world.run("mine", uid="0123abcd")
    site = start()
    told = {"Content-Type": "application/json"}
    answer = site.ask("POST", "/api/v1/shares", told, json.dumps({"kind": "run", "id": MINE, "days": 1}))
    assert (answer.status, "linkDays" in answer.json["error"]["message"]) == (400, True)
    assert site.get("/api/v1/shares").json == {"shares": []}
