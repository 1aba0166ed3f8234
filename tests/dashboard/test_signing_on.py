"""What somebody is shown over HTTP: nothing without a sign-on, and then the namespaces that are theirs."""

import http.client
import ipaddress
import json
import time

import pytest
from bucket_world import Source, World, script
from dashboard_site import Answer, Site, Start

from chiplog.access import Right
from chiplog_dashboard.access import Person, SignedOn, SignOn

TOKEN, OTHER = "alice.to.ken", "bob.to.ken"
RIGHTS = {"alice": {"team"}, "bob": set(), "carol": {"team", "other"}}
LOOPBACK = (ipaddress.ip_network("127.0.0.1/32"),)
WAYS = {"required": True, "tokens": True, "proxy": False, "oidc": False}
QUESTIONS = (
    "/api/v1/runs", "/api/v1/select?filter=", "/api/v1/runs/prod/team/mine-0123abcd", "/api/v1/events",
    "/api/v1/runs/prod/team/mine-0123abcd/console", "/api/v1/runs/prod/team/mine-0123abcd/files", "/api/v1/keys",
    "/api/v1/curves?key=loss", "/api/v1/nothing", "/api",
)  # fmt: skip


class Server:
    """An API server that knows two tokens."""

    def __init__(self) -> None:
        self.tokens = {TOKEN: Person("alice"), OTHER: Person("bob")}

    def person(self, token: str) -> Person | None:
        return self.tokens.get(token)

    def may(self, person: Person, right: Right) -> bool:
        return right.resource == "trainingruns" and right.namespace in RIGHTS[person.name]


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def guarded(start: Start, world: World, server: Server) -> Site:
    """Runs of two namespaces, behind tokens."""
    for name, namespace in (("mine", "team"), ("theirs", "other")):
        place = world.run(name, uid="0123abcd", namespace=namespace)
        world.record(f"r-{name}", Source(script((1.0, 0.5))), run=place.id, namespace=namespace)
    return start(guard=SignedOn(SignOn(tokens=True), server, time.monotonic))


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def names(answer: Answer) -> list[str]:
    return [run["name"] for run in answer.json["runs"]]


@pytest.mark.parametrize("path", QUESTIONS)
def test_nothing_is_answered_to_nobody(guarded: Site, path: str) -> None:
    answer = guarded.get(path)
    assert (answer.status, answer.json["error"]["code"]) == (401, "not_signed_on")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_the_page_itself_and_its_health_are_for_everybody(guarded: Site) -> None:
    assert guarded.get("/").status == 200
    assert guarded.get("/healthz").status == 200
    assert guarded.get("/api/v1/openapi.json").status == 200


def test_one_sees_the_runs_of_ones_namespaces(guarded: Site) -> None:
    assert names(guarded.get("/api/v1/runs", **bearer(TOKEN))) == ["mine"]
    assert names(guarded.get("/api/v1/runs", **bearer(OTHER))) == []


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/runs/prod/other/theirs-0123abcd",
        "/api/v1/runs/prod/other/theirs-0123abcd/console",
        "/api/v1/runs/prod/other/theirs-0123abcd/files",
        "/api/v1/runs/prod/other/theirs-0123abcd/files/r-theirs/00",
        "/api/v1/keys?run=prod/other/theirs-0123abcd",
        "/api/v1/curves?key=loss&run=prod/team/mine-0123abcd&run=prod/other/theirs-0123abcd",
    ],
)
def test_a_run_of_others_is_as_if_it_were_not(guarded: Site, path: str) -> None:
    answer = guarded.get(path, **bearer(TOKEN))
    other = guarded.get(path.replace("theirs", "absent"), **bearer(TOKEN))
    assert answer.status == other.status == 404
    assert answer.body.replace(b"theirs", b"absent") == other.body


def test_an_expression_finds_nothing_of_others(guarded: Site) -> None:
    found = guarded.get("/api/v1/select?filter=", **bearer(TOKEN)).json
    assert (found["total"], found["ids"]) == (1, ["prod/team/mine-0123abcd"])


def test_who_listens_hears_of_ones_own_runs_until_the_token_is_over(
    start: Start, world: World, server: Server, guarded: Site
) -> None:
    now = [0.0]
    site = start(guard=SignedOn(SignOn(tokens=True), server, lambda: now[0]))
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)
    connection.request("GET", "/api/v1/events", headers=bearer(TOKEN))
    answer = connection.getresponse()
    assert answer.status == 200
    assert answer.readline() == b": listening\n"
    for namespace in ("other", "team"):
        world.run("late", uid="0123abce", namespace=namespace)
    line = answer.readline()
    while not line.startswith(b"data: "):
        line = answer.readline()
    assert [run["namespace"] for run in json.loads(line[6:])["runs"]] == ["team"]
    server.tokens.clear()
    now[0] = 11.0
    assert b"late" not in answer.read()
    connection.close()


def post(site: Site, body: str, kind: str = "application/json") -> Answer:
    return site.ask("POST", "/api/v1/session", {"Content-Type": kind}, body)


def test_a_token_becomes_a_cookie_that_no_script_reads_and_that_signs_on(guarded: Site) -> None:
    answer = post(guarded, json.dumps({"token": TOKEN}))
    assert answer.json == {"name": "alice"}
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/api"} <= {part.strip() for part in cookie.split(";")}
    told = {"Cookie": cookie.partition(";")[0]}
    assert names(guarded.get("/api/v1/runs", **told)) == ["mine"]
    shown = guarded.get("/api/v1/session", **told).json
    assert (shown["name"], shown["cookie"]) == ("alice", True)


def test_a_page_that_came_by_tls_gets_a_cookie_for_tls_alone(guarded: Site) -> None:
    told = {"Content-Type": "application/json", "Origin": f"https://127.0.0.1:{guarded.port}"}
    answer = guarded.ask("POST", "/api/v1/session", told, json.dumps({"token": TOKEN}))
    assert "Secure" in answer.headers["set-cookie"]
    assert "Secure" not in post(guarded, json.dumps({"token": TOKEN})).headers["set-cookie"]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ('{"token": "mallory.to.ken"}', "application/json", 401),
        ('{"token": ""}', "application/json", 400),
        ('{"token": 1}', "application/json", 400),
        ('["token"]', "application/json", 400),
        ("[" * 8000, "application/json", 400),
        ("{", "application/json", 400),
        (json.dumps({"token": "a.b." + "c" * 4000}), "application/json", 400),
        (json.dumps({"token": "a.b." + "c" * 9000}), "application/json", 400),
        (json.dumps({"token": TOKEN}), "text/plain", 400),
    ],
)
def test_anything_else_begins_no_session(guarded: Site, body: str, kind: str, status: int) -> None:
    answer = post(guarded, body, kind)
    assert answer.status == status
    assert "set-cookie" not in answer.headers


def test_signing_off_forgets_the_cookie(guarded: Site) -> None:
    answer = guarded.ask("DELETE", "/api/v1/session", {})
    assert 'chiplog_token=""' in answer.headers["set-cookie"]
    assert "Max-Age=0" in answer.headers["set-cookie"]


def test_nobody_is_told_how_to_sign_on(guarded: Site) -> None:
    told = guarded.get("/api/v1/session").json
    assert told == {"name": None, "cookie": False, "link_days": 0, "visits": None, "sign_on": WAYS}


def test_at_home_nobody_signs_on(site: Site) -> None:
    assert site.get("/api/v1/session").json["sign_on"]["required"] is False


def test_a_proxys_word_counts_from_its_address_alone(start: Start, server: Server, guarded: Site) -> None:
    trusted = start(guard=SignedOn(SignOn(trusted_proxies=LOOPBACK), server, time.monotonic))
    assert sorted(names(trusted.get("/api/v1/runs", **{"X-Forwarded-User": "carol"}))) == ["mine", "theirs"]
    elsewhere = SignOn(trusted_proxies=(ipaddress.ip_network("10.0.0.0/8"),))
    other = start(guard=SignedOn(elsewhere, server, time.monotonic))
    forged = {"X-Forwarded-User": "carol", "X-Forwarded-For": "10.0.0.1", "Forwarded": "for=10.0.0.1"}
    assert other.get("/api/v1/runs", **forged).status == 401
