"""Words on many runs at once over HTTP: said by who may, seen at once, and taken back."""

import time
from typing import Any

import pytest
from bucket_world import Source, World, script
from dashboard_site import Site, Start

from chiplog import layout, records, word_layout
from chiplog.access import Person, Right
from chiplog.bucket import ETag
from chiplog.bucket.memory import MemoryBucket
from chiplog.errors import AccessDenied
from chiplog_dashboard.access import SignedOn, SignOn

PATH = "/api/v1/words"
ONE, OTHER = "prod/team/one-0123abcd", "prod/team/other-0123abcd"
TOKENS = {"alice.to.ken": "alice", "bob.to.ken": "bob", "carol.to.ken": "carol"}
RIGHTS = {("alice", "update"), ("alice", "delete"), ("bob", "update")}


class Server:
    def person(self, token: str) -> Person | None:
        return Person(TOKENS[token]) if token in TOKENS else None

    def may(self, person: Person, right: Right) -> bool:
        return right.namespace == "team" and (right.verb == "list" or (person.name, right.verb) in RIGHTS)


@pytest.fixture(autouse=True)
def runs(world: World) -> None:
    for name in ("one", "other"):
        place = world.run(name, uid="0123abcd", tags=["baseline"], config={"lr": 0.1})
        world.record(f"r-{name}", Source(script((1.0, 0.5))), run=place.id)


@pytest.fixture
def guarded(start: Start) -> Site:
    return start(guard=SignedOn(SignOn(tokens=True), Server(), time.monotonic), cluster="prod")


def say(site: Site, *ids: str, by: str = "", **said: Any) -> int:
    headers = {"Authorization": f"Bearer {by}.to.ken"} if by else {}
    return site.send("POST", PATH, {"runs": list(ids), **said}, **headers).status


def run(site: Site, wanted: str = ONE) -> Any:
    return next(item for item in site.get("/api/v1/runs").json["runs"] if item["id"] == wanted)


def test_a_tag_is_seen_at_once_by_lists_and_expressions_and_is_taken_back(site: Site) -> None:
    assert say(site, ONE, OTHER, tag=["good", "paper"], untag=["baseline"]) == 200
    assert run(site)["tags"] == run(site, OTHER)["tags"] == ["good", "paper"]
    assert site.get("/api/v1/select?filter=%22good%22%20in%20tags").json["ids"] == [ONE, OTHER]
    assert say(site, ONE, untag=["good"], tag=["baseline"]) == 200
    assert run(site)["tags"] == ["baseline", "paper"]
    assert site.get(f"/api/v1/runs/{ONE}").json["tags"] == ["baseline", "paper"]


def test_a_run_is_put_away_and_fetched_back_and_keeps_its_tags(site: Site) -> None:
    say(site, ONE, tag=["good"])
    say(site, ONE, archive=True)
    assert (run(site)["archived"], run(site)["tags"]) == (True, ["baseline", "good"])
    assert run(site, OTHER)["archived"] is False
    say(site, ONE, archive=False)
    assert run(site)["archived"] is False


def test_deleting_writes_a_tombstone_that_can_be_taken_back_and_deletes_nothing(site: Site, world: World) -> None:
    before = {item.key for item in world.bucket.list("v1/")}
    assert say(site, ONE, delete=True) == 200
    assert run(site)["deleted"] is True
    key = word_layout.tombstone_key(layout.Run("prod", "team", "one-0123abcd"))
    made = {item.key for item in world.bucket.list("v1/")} - before
    assert {item for item in made if "/_audit/" not in item} == {key}
    assert say(site, ONE, delete=False) == 200
    assert run(site)["deleted"] is False


def test_a_second_deletion_does_not_begin_the_grace_period_anew(site: Site, world: World) -> None:
    say(site, ONE, delete=True)
    key = word_layout.tombstone_key(layout.Run("prod", "team", "one-0123abcd"))
    etag = world.bucket.get(key).etag
    say(site, ONE, delete=True)
    assert world.bucket.get(key).etag == etag


def test_taking_back_what_was_never_deleted_changes_nothing(site: Site, world: World) -> None:
    assert say(site, ONE, delete=False) == 200
    assert [item.key for item in world.bucket.list("v1/words/") if "/_audit/" not in item.key] == []


def entries(world: World) -> list[tuple[str, str, list[str]]]:
    keys = [item.key for item in world.bucket.list("v1/words/prod/team/_audit/")]
    told = [records.unpack_document(world.bucket.get(key).data, records.AUDIT_FORMAT, key) for key in keys]
    return [(entry["did"], entry["by"], entry["runs"]) for entry in sorted(told, key=lambda entry: entry["at"])]


def test_who_asked_for_a_deletion_stands_in_the_bucket_for_good(guarded: Site, world: World) -> None:
    assert say(guarded, ONE, OTHER, by="bob", delete=True) == 403
    assert entries(world) == []
    assert say(guarded, ONE, OTHER, by="alice", delete=True) == 200
    world.now += 1
    assert say(guarded, ONE, by="alice", delete=False) == 200
    both = ["one-0123abcd", "other-0123abcd"]
    assert entries(world) == [("delete", "alice", both), ("restore", "alice", both[:1])]


class NoAudit(MemoryBucket):
    """A store whose role may write no entry."""

    def put(self, key: str, *data: Any, **conditions: Any) -> ETag:
        if "/_audit/" in key:
            raise AccessDenied(key)
        return super().put(key, *data, **conditions)


def test_what_cannot_be_written_down_is_not_deleted(start: Start, world: World) -> None:
    world.bucket.__class__ = NoAudit
    assert say(start(), ONE, delete=True) >= 400
    assert list(world.bucket.list("v1/words/")) == []


def test_words_that_are_damaged_hide_no_run_and_can_be_said_again(site: Site, world: World) -> None:
    place = layout.Run("prod", "team", "one-0123abcd")
    world.bucket.put(word_layout.words_key(place), b"\x00rubbish")
    world.bucket.put(word_layout.tombstone_key(place), b"\x00rubbish")
    assert (run(site)["tags"], run(site)["deleted"]) == (["baseline"], False)
    assert say(site, ONE, tag=["good"], delete=True) == 200
    assert (run(site)["tags"], run(site)["deleted"]) == (["baseline", "good"], True)


@pytest.mark.parametrize(
    ("who", "said", "status"),
    [
        ("alice", {"tag": ["x"], "delete": True}, 200), ("bob", {"tag": ["x"]}, 200), ("bob", {"archive": True}, 200),
        ("bob", {"delete": True}, 403), ("bob", {"tag": ["x"], "delete": False}, 403), ("carol", {"tag": ["x"]}, 403),
    ],
)  # fmt: skip
def test_rbac_says_who_may_say_what(guarded: Site, world: World, who: str, said: dict[str, Any], status: int) -> None:
    assert say(guarded, ONE, by=who, **said) == status
    assert bool(list(world.bucket.list("v1/words/"))) is (status == 200)


def test_of_runs_that_one_does_not_see_nothing_is_said_and_none_of_the_others_is_changed(
    guarded: Site, world: World
) -> None:
    world.run("hidden", uid="0123abcd", namespace="secret")
    assert say(guarded, ONE, "prod/secret/hidden-0123abcd", by="alice", tag=["x"]) == 404
    assert guarded.send("POST", PATH, {"runs": [ONE], "tag": ["x"]}).status == 401
    assert list(world.bucket.list("v1/words/")) == []


def test_a_page_of_somebody_else_says_nothing(site: Site, world: World) -> None:
    said = {"runs": [ONE], "delete": True}
    assert site.send("POST", PATH, said, Sec_Fetch_Site="cross-site").status == 403
    assert site.send("POST", PATH, said, Content_Type="text/plain").status == 400
    assert list(world.bucket.list("v1/words/")) == []


@pytest.mark.parametrize(
    "body",
    [
        {}, {"runs": []}, {"runs": "x", "tag": ["a"]}, {"runs": ["a/b"], "tag": ["a"]}, {"runs": [ONE]},
        {"runs": [ONE], "tag": [""]},
        {"runs": [ONE], "tag": ["a\nb"]}, {"runs": [ONE], "tag": [1]}, {"runs": [ONE], "archive": "yes"},
        {"runs": [ONE], "tag": "a"},
        {"runs": [ONE] * 501, "tag": ["a"]}, {"runs": [ONE], "tag": ["x" * 101]},
        {"runs": [ONE], "tag": [str(n) for n in range(65)]},
    ],
)  # fmt: skip
def test_what_says_nothing_that_can_be_understood_is_refused(site: Site, world: World, body: Any) -> None:
    assert site.send("POST", PATH, body).status == 400
    assert list(world.bucket.list("v1/words/")) == []


class Racing(MemoryBucket):
    """A bucket in which somebody else says something just before the first PUT of words."""

    other: bytes = b""

    def put(self, key: str, data: bytes, *, if_match: ETag | None = None, if_absent: bool = False) -> ETag:
        if self.other and key.endswith("words.json"):
            said, self.other = self.other, b""
            super().put(key, said)
        return super().put(key, data, if_match=if_match, if_absent=if_absent)


def test_of_two_who_say_something_at_once_both_are_heard(start: Start) -> None:
    world = World()
    world.bucket = bucket = Racing()
    world.run("one", uid="0123abcd")
    bucket.other = records.pack_document({
        "format": records.WORDS_FORMAT, "min_reader": 1, "tags_added": ["theirs"], "tags_removed": [],
        "is_archived": True, "said_by": "", "said_at": 0.0,
    })  # fmt: skip
    site = start(bucket)
    assert say(site, ONE, tag=["mine"]) == 200
    assert (run(site)["tags"], run(site)["archived"]) == (["theirs", "mine"], True)


def test_parameters_are_weighed_by_what_they_explain_of_a_metric(site: Site, world: World) -> None:
    for number, rate in enumerate((0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)):
        place = world.run(f"w{number}", uid="0123abcd", config={"lr": rate, "seed": number % 2, "same": 1})
        world.record(f"rw{number}", Source(script((rate * 2,))), run=place.id)
    ids = "&run=".join(f"prod/team/w{number}-0123abcd" for number in range(8))
    found = site.get(f"/api/v1/importance?metric=summary.loss&run={ids}").json["importance"]
    assert [item["parameter"] for item in found] == ["lr", "seed"]
    assert found[0]["importance"] > 0.7 > found[1]["importance"]
    assert found[0]["correlation"] == pytest.approx(1)
    assert site.get(f"/api/v1/importance?metric=step&run={ids}").json["importance"][0]["importance"] == 0
    for wrong in ("loss", "summary.", "", "summary.loss&run=x"):
        assert site.get(f"/api/v1/importance?metric={wrong}").status == 400
