"""Reports of a directory are shown beside those of the bucket, to whoever sees their namespace, and never written."""

import time
from pathlib import Path
from typing import Any

import pytest
from dashboard_site import Site, Start

from chiplog.access import Person, Right
from chiplog.word_layout import Report
from chiplog_dashboard.access import SignedOn, SignOn
from chiplog_dashboard.checkout import MAX_BYTES, Checkout

WEEKLY = "/api/v1/reports/prod/team/git.weekly"
TEXT = "---\ntitle: This week\nproject: vision\n---\nfalls"


class Server:
    """An API server where alice sees and changes team alone."""

    def person(self, token: str) -> Person | None:
        return Person("alice")

    def may(self, person: Person, right: Right) -> bool:
        return right.namespace == "team"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for home, name in (("team", "weekly"), ("other", "secret")):
        (tmp_path / "papers" / home).mkdir(parents=True)
        (tmp_path / "papers" / home / f"{name}.md").write_text(TEXT)
    return tmp_path / "papers"


@pytest.fixture
def site(start: Start, folder: Path) -> Site:
    guard = SignedOn(SignOn(tokens=True), Server(), time.monotonic)
    return start(guard=guard, cluster="prod", checkout=Checkout(folder, "prod"))


def send(site: Site, method: str, path: str, value: Any = None, **headers: str) -> Any:
    return site.send(method, path, value, Authorization="Bearer a.b.c", **headers)


def test_a_report_of_the_directory_stands_beside_those_of_the_bucket(site: Site) -> None:
    told = {"title": "Rates", "project": "vision", "text": "falls"}
    send(site, "PUT", "/api/v1/reports/prod/team/rates", told, If_None_Match="*")
    every = site.get("/api/v1/reports?project=vision", Authorization="Bearer a.b.c").json["reports"]
    assert {(item["id"], item["title"], item["read_only"]) for item in every} == {
        ("prod/team/rates", "Rates", False), ("prod/team/git.weekly", "This week", True),
    }  # fmt: skip
    shown = site.get(WEEKLY, Authorization="Bearer a.b.c").json
    assert (shown["text"], shown["project"], len(shown["versions"]), shown["comments"]) == ("falls", "vision", 1, [])


def test_nobody_sees_one_of_a_namespace_that_is_not_theirs(site: Site) -> None:
    assert site.get("/api/v1/reports/prod/other/git.secret", Authorization="Bearer a.b.c").status == 404
    assert site.get(f"{WEEKLY}?version=2", Authorization="Bearer a.b.c").status == 404


def test_it_is_never_written(site: Site, folder: Path) -> None:
    told = {"title": "Rates", "project": "vision", "text": "mine"}
    answers = [
        send(site, "PUT", WEEKLY, told, If_Match='"1"'),
        send(site, "PUT", "/api/v1/reports/prod/team/git.new", told, If_None_Match="*"),
        send(site, "DELETE", WEEKLY, If_Match='"1"'),
        send(site, "POST", f"{WEEKLY}/comments", {"text": "so?"}),
    ]
    assert [answer.status for answer in answers] == [403] * 4
    assert "read only" in answers[0].json["error"]["message"]
    assert (folder / "team" / "weekly.md").read_text() == TEXT


def test_nothing_outside_of_the_directory_is_a_report_and_what_is_put_in_its_place_is(tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("not for anybody")
    for commit in ("one", "two"):
        (tmp_path / commit / "team").mkdir(parents=True)
        (tmp_path / commit / "team" / f"{commit}.md").write_text(commit)
        (tmp_path / commit / "team" / "out.md").symlink_to(tmp_path / "secret.md")
    (tmp_path / "one" / "team" / "long.md").write_bytes(b"x" * (MAX_BYTES + 1))
    (tmp_path / "current").symlink_to("one")
    checkout = Checkout(tmp_path / "current", "prod")
    assert [kept.report for kept in checkout.every()] == [Report("prod", "team", "git.one")]
    (tmp_path / "current").unlink()
    (tmp_path / "current").symlink_to("two")
    assert [kept.report.name for kept in checkout.every()] == ["git.two"]
    assert [*Checkout(tmp_path / "none", "prod").every()] == [*Checkout().every()] == []
