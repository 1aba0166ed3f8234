"""Who is let in, what they see, and for how long an answer is believed."""

import ipaddress
from dataclasses import dataclass, field

import pytest

from chiplog.access import Right
from chiplog_dashboard.access import Caller, NotSignedOn, Person, SignedOn, SignOn, Unanswered, of_proxy, told

PROXIES = (ipaddress.ip_network("10.0.0.0/24"), ipaddress.ip_network("fd00::1/128"))
ALICE = Person("alice", ("team",))
TOKEN = "a.b.c"


@dataclass
class Server:
    """An API server that says what it is told to say, and counts."""

    persons: dict[str, Person] = field(default_factory=lambda: {TOKEN: ALICE})
    rights: set[tuple[str, str]] = field(default_factory=set)
    edits: set[tuple[str, str]] = field(default_factory=set)
    projects: set[tuple[str, str, str]] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    is_down: bool = False

    def person(self, token: str) -> Person | None:
        self._note(token)
        return self.persons.get(token)

    def may(self, person: Person, right: Right) -> bool:
        self._note(f"{right.verb} {right.namespace}")
        place = "/".join(part for part in (right.namespace, right.name) if part)
        if right.resource == "projects":
            return (person.name, place, right.verb) in self.projects
        return right.verb in ("list", "update") and (person.name, place) in (
            self.rights if right.verb == "list" else self.edits
        )

    def _note(self, what: str) -> None:
        self.asked.append(what)
        if self.is_down:
            raise Unanswered("the API server is down")


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def guard(server: Server, clock: Clock) -> SignedOn:
    return SignedOn(SignOn(tokens=True, trusted_proxies=PROXIES), server, clock)


def test_a_token_that_the_server_confirms_is_somebody(guard: SignedOn) -> None:
    assert guard.person(Caller(token=TOKEN)) == ALICE


@pytest.mark.parametrize(
    "caller",
    [
        Caller(),
        Caller(token="x.y.z"),
        Caller(token="noise"),
        Caller(address="10.0.1.5", users=("alice",)),
        Caller(address="10.0.0.5", token="x.y.z", users=("alice",)),
    ],
)
def test_nobody_else_is_let_in(guard: SignedOn, caller: Caller) -> None:
    with pytest.raises(NotSignedOn):
        guard.person(caller)


def test_noise_does_not_reach_the_server(guard: SignedOn, server: Server) -> None:
    with pytest.raises(NotSignedOn):
        guard.person(Caller(token="noise"))
    assert server.asked == []


def test_tokens_count_only_where_they_are_taken(server: Server, clock: Clock) -> None:
    guard = SignedOn(SignOn(trusted_proxies=PROXIES), server, clock)
    with pytest.raises(NotSignedOn):
        guard.person(Caller(token=TOKEN))
    assert server.asked == []


@pytest.mark.parametrize("address", ["10.0.0.5", "::ffff:10.0.0.5", "fd00::1"])
def test_a_trusted_proxy_names_the_user_and_groups(guard: SignedOn, address: str) -> None:
    found = guard.person(Caller(address=address, users=("bob",), groups=("ml, ops", "ml")))
    assert found == Person("bob", ("ml", "ops", "system:authenticated"))


@pytest.mark.parametrize("users", [(), ("",), ("alice", "bob"), ("system:admin",), ("system:serviceaccount:a:b",)])
def test_a_proxy_that_names_nobody_or_several_or_one_of_kubernetes_own_names_nobody(users: tuple[str, ...]) -> None:
    assert of_proxy(Caller(address="10.0.0.5", users=users), PROXIES) is None


def test_a_proxy_cannot_put_somebody_into_a_group_of_kubernetes_own() -> None:
    found = of_proxy(Caller(address="10.0.0.5", users=("bob",), groups=("system:masters, ml",)), PROXIES)
    assert found == Person("bob", ("ml", "system:authenticated"))


@pytest.mark.parametrize("address", ["", "testclient", "10.0.0.5.6", "10.0.0.5, 1.2.3.4"])
def test_an_address_that_is_none_is_not_trusted(address: str) -> None:
    assert of_proxy(Caller(address=address, users=("bob",)), PROXIES) is None


def test_one_sees_the_namespaces_whose_runs_one_may_list(guard: SignedOn, server: Server) -> None:
    server.rights = {("alice", "team-a")}
    assert guard.sees(ALICE, "team-a")
    assert not guard.sees(ALICE, "team-b")
    assert not guard.sees(Person("bob"), "team-a")


def test_who_may_list_runs_everywhere_sees_all(guard: SignedOn, server: Server) -> None:
    server.rights = {("alice", "")}
    assert guard.sees(ALICE, "team-b")


def test_who_may_update_runs_writes_there_and_who_may_list_them_does_not(guard: SignedOn, server: Server) -> None:
    server.rights = {("alice", "team-a"), ("alice", "team-b")}
    server.edits = {("alice", "team-a")}
    assert [guard.edits(ALICE, place) for place in ("team-a", "team-b")] == [True, False]


KEY = Person("system:serviceaccount:chiplog-keys:ci-2", ("system:serviceaccounts",))


def test_a_key_sees_its_project_alone(guard: SignedOn, server: Server) -> None:
    server.projects = {(KEY.name, "team-a/digits", "get")}
    asked = [("team-a", "digits"), ("team-a", "speech"), ("team-a", ""), ("team-b", "digits")]
    assert [guard.sees(KEY, *place) for place in asked] == [True, False, False, False]
    assert not guard.edits(KEY, "team-a", "digits")


def test_a_key_for_all_projects_sees_the_namespace_and_one_that_writes_edits_there(
    guard: SignedOn, server: Server
) -> None:
    server.projects = {(KEY.name, "team-a", "get"), (KEY.name, "team-a", "update")}
    assert guard.sees(KEY, "team-a")
    assert guard.sees(KEY, "team-a", "speech")
    assert guard.edits(KEY, "team-a", "speech")
    assert not guard.sees(KEY, "team-b")


def test_a_key_is_judged_by_projects_alone(guard: SignedOn, server: Server) -> None:
    server.rights = {(KEY.name, ""), (KEY.name, "team-a")}
    assert not guard.sees(KEY, "team-a", "digits")
    server.projects = {("alice", "team-a", "get")}
    assert not guard.sees(ALICE, "team-a", "digits")


def test_the_same_name_with_other_groups_is_judged_anew(guard: SignedOn, server: Server) -> None:
    guard.sees(ALICE, "team-a")
    server.rights = {("alice", "team-a")}
    assert guard.sees(Person("alice", ("other",)), "team-a")


def test_an_answer_is_believed_for_ten_seconds_and_not_longer(guard: SignedOn, server: Server, clock: Clock) -> None:
    server.rights = {("alice", "team-a")}
    assert guard.person(Caller(token=TOKEN))
    assert guard.sees(ALICE, "team-a")
    server.persons, server.rights = {}, set()
    clock.now = 9.9
    assert guard.person(Caller(token=TOKEN))
    assert guard.sees(ALICE, "team-a")
    clock.now = 10.0
    with pytest.raises(NotSignedOn):
        guard.person(Caller(token=TOKEN))
    assert not guard.sees(ALICE, "team-a")


def test_a_server_that_does_not_answer_lets_nobody_in_and_is_asked_again(guard: SignedOn, server: Server) -> None:
    server.is_down = True
    for _ in range(2):
        with pytest.raises(Unanswered):
            guard.person(Caller(token=TOKEN))
    server.is_down = False
    assert guard.person(Caller(token=TOKEN)) == ALICE


@pytest.mark.parametrize("name", ["mallory\nsaved_by: alice", "a\rb", "a\u2028b", "al\u200bice\x00"])
def test_a_name_that_would_begin_another_line_names_nobody(name: str) -> None:
    assert told(name, ["ml"]) is None
