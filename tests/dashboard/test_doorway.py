"""What a request that changes something must be before any question hears of it, and what is written down of it."""

import json
import time
from itertools import takewhile

import pytest
from bucket_world import World
from dashboard_site import Answer, Site, Start

from chiplog.access import Person, Right
from chiplog_dashboard.access import SignedOn, SignOn
from chiplog_dashboard.audit import Audit

TOKEN, OTHER = "alice.to.ken", "bob.to.ken"
WORDS = json.dumps({"runs": ["prod/team/mnist-0123abcd"], "tag": ["seen"]})


class Server:
    """An API server where everybody may everything."""

    def person(self, token: str) -> Person | None:
        return {TOKEN: Person("alice"), OTHER: Person("bob")}.get(token)

    def may(self, person: Person, right: Right) -> bool:
        return True


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def site(start: Start, world: World, lines: list[str]) -> Site:
    world.run("mnist", uid="0123abcd")
    guard = SignedOn(SignOn(tokens=True), Server(), time.monotonic)
    return start(guard=guard, audit=Audit(lines.append, world.clock))


def say(site: Site, token: str = TOKEN, **headers: str) -> Answer:
    told = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", **headers}
    return site.ask("POST", "/api/v1/words", told, WORDS)


WRITES = [
    ("POST", "/api/v1/words"), ("POST", "/api/v1/session"), ("DELETE", "/api/v1/session"),
    ("PUT", "/api/v1/reports/prod/team/r"), ("DELETE", "/api/v1/views/prod/team/v"), ("POST", "/api/v1/of-tomorrow"),
]  # fmt: skip
ELSEWHERE = [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
             {"Sec-Fetch-Site": "same-site"}]  # fmt: skip


@pytest.mark.parametrize("headers", ELSEWHERE)
@pytest.mark.parametrize(("method", "path"), WRITES)
def test_another_sites_page_changes_nothing_whatever_the_question(
    site: Site, method: str, path: str, headers: dict[str, str]
) -> None:
    cookie = {"Cookie": f"chiplog_token={TOKEN}", "Content-Type": "application/json"}
    answer = site.ask(method, path, {**cookie, **headers}, WORDS)
    assert (answer.status, answer.json["error"]["code"]) == (403, "not_allowed")
    assert "set-cookie" not in answer.headers


def test_our_own_page_and_a_program_are_let_through(site: Site) -> None:
    assert say(site).status == 200
    assert say(site, Origin=f"http://127.0.0.1:{site.port}").status == 200
    assert say(site, **{"Sec-Fetch-Site": "same-origin"}).status == 200


def test_who_writes_without_end_is_told_to_wait_and_nobody_else_is(site: Site) -> None:
    # Sixty at once, then two a second: a busy machine asks slower than it would otherwise, but faster than that.
    refused = next(answer for answer in (say(site) for _ in range(500)) if answer.status == 429)
    assert (refused.json["error"]["code"], int(refused.headers["retry-after"])) == ("too_often", 1)
    assert say(site, OTHER).status == 200
    assert site.get("/api/v1/runs", Authorization=f"Bearer {TOKEN}").status == 200


def test_guesses_of_a_token_are_counted_by_where_they_come_from(site: Site) -> None:
    told = {"Content-Type": "application/json"}
    guesses = (site.ask("POST", "/api/v1/session", told, '{"token": "a.b.c"}').status for _ in range(500))
    assert set(takewhile(lambda status: status != 429, guesses)) == {401}
    assert next(guesses) == 429


def test_what_people_did_is_written_down_and_not_what_they_wrote(site: Site, lines: list[str]) -> None:
    say(site)
    say(site, "nobody.to.ken")
    site.get("/api/v1/runs", Authorization=f"Bearer {TOKEN}")
    told = [json.loads(line) for line in lines]
    shared = {"event": "change", "audit": True, "address": "127.0.0.1", "method": "POST", "path": "/api/v1/words"}
    assert told == [{**shared, "timestamp": "2026-11-23T22:00:00.000Z", "who": "alice", "status": 200}]
    assert "seen" not in "".join(lines)
    assert TOKEN not in "".join(lines)


def test_a_few_visits_a_second_keep_nobody_from_signing_on(site: Site) -> None:
    assert 429 not in {site.ask("GET", "/auth/login", {}, None).status for _ in range(100)}
