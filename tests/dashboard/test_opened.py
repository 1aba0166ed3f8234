"""What a link opens, of every kind and at every question: itself, and of its neighbours neither names, keys nor counts.

A neighbour's every word begins with `zz`. Whoever comes by a link and asks about one hears, letter by letter, what they
hear about one that nobody has ever made, which begins with `qq`.
"""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import group_world
import pytest
from bucket_world import NOW, Source, World, file, history, numbered
from dashboard_site import Answer, Site, Start
from shared_site import OIDC, Clock, ask, begin, come

from chiplog import layout, records, word_layout
from chiplog.bucket import Listed
from chiplog.bucket.memory import MemoryBucket
from chiplog.errors import BucketError
from chiplog_dashboard import contract

ZZ_FILE, OWN_FILE = "b" * 64, "a" * 64
LIST = "/runs?q=config.lr+%3D+1&view=table"
WHOLE = {
    "run": {"kind": "run", "id": "prod/team/mine-a-0123abcd"},
    "project": {"kind": "project", "id": "prod/team/vision"},
    "report": {"kind": "report", "id": "prod/team/weekly"},
    "view": {"kind": "view", "id": "prod/team", "filter": "config.lr = 1", "href": LIST},
    "compare": {"kind": "compare", "runs": ["prod/team/mine-b-0123abcf", "prod/team/mine-a-0123abcd"]},
    "sweep": {"kind": "sweep", "id": "prod/team/lr-5eeb0000"},
    "line": {"kind": "line", "id": "prod/team/cron-1"},
}  # fmt: skip
OPENS = {
    "run": ["mine-a-0123abcd"],
    "project": ["mine-a-0123abcd", "mine-b-0123abcf"],
    "report": ["mine-a-0123abcd", "mine-b-0123abcf"],
    "view": ["mine-a-0123abcd", "mine-b-0123abcf"],
    "compare": ["mine-a-0123abcd", "mine-b-0123abcf"],
    "sweep": ["lr-0-0123abcd", "lr-1-0123abcd", "lr-2-0123abcd"],
    "line": ["nightly--1-0123abcd", "nightly--2-0123abcd"],
}
LEADS = {
    "run": "/runs/prod/team/mine-a-0123abcd",
    "project": "/runs",
    "report": "/reports/prod/team/weekly",
    "view": LIST,
    "compare": "/compare?ids=prod%2Fteam%2Fmine-b-0123abcf%2Cprod%2Fteam%2Fmine-a-0123abcd",
    "sweep": "/sweeps/prod/team/lr-5eeb0000",
    "line": "/lines/prod/team/cron-1",
}
KINDS = tuple(WHOLE)

PANEL = "```chiplog\nruns: config.lr = 1\nkeys: key\n```\n"
"""Of a report: what fits it of the report's project, and no more."""

QUESTIONS: dict[tuple[str, str], list[tuple[str, Any]]] = {
    ("GET", "/api/v1/runs"): [
        ("/api/v1/runs", None), ('/api/v1/runs?filter=name="zzrun"', None), ("/api/v1/runs?words=zz", None),
        ("/api/v1/runs?only=zzrun-0123abce", None), ("/api/v1/runs?only=prod/team/zzrun-0123abce", None),
        ("/api/v1/runs?only=prod/other/mine-a-0123abcd&words=zz", None), ("/api/v1/runs?order=config.zzparam", None),
        ("/api/v1/runs?namespace=zzother", None),
    ],
    ("GET", "/api/v1/select"): [
        ("/api/v1/select?field=config.zzparam&field=summary.zzkey&field=tags", None), ("/api/v1/select?words=zz", None),
    ],
    ("GET", "/api/v1/groups"): [
        ("/api/v1/groups?by=namespace&by=project&by=tags", None), ("/api/v1/groups?by=config.zzparam&of=config.zzparam",
                                                                   None),
    ],
    ("GET", "/api/v1/fields"): [("/api/v1/fields", None), ("/api/v1/fields?words=zz", None)],
    ("GET", "/api/v1/find"): [
        ("/api/v1/find?name=zzrun", None), ("/api/v1/find?name=zzrun-0123abce", None),
        ("/api/v1/find?name=team/zzproject/zzrun", None), ("/api/v1/find?name=mine-a&namespace=zzother", None),
    ],
    **{
        ("GET", f"/api/v1/runs/{{cluster}}/{{namespace}}/{{run}}{path}"): [
            (f"/api/v1/runs/prod/team/zzrun-0123abce{path}", None),
            (f"/api/v1/runs/prod/zzother/mine-a-0123abcd{path}", None),
            (f"/api/v1/runs/zzcluster/team/mine-a-0123abcd{path}", None),
        ]
        for path in ("", "/console", "/logs", "/history", "/files")
    },
    ("GET", "/api/v1/runs/{cluster}/{namespace}/{run}/files/{recorder}/{sha256}"): [
        (f"/api/v1/runs/prod/team/zzrun-0123abce/files/r-zzrun/{ZZ_FILE}", None),
        (f"/api/v1/runs/prod/team/mine-a-0123abcd/files/r-zzrun/{ZZ_FILE}", None),
    ],
    ("GET", "/api/v1/keys"): [("/api/v1/keys?run=prod/team/zzrun-0123abce", None), ("/api/v1/keys", None)],
    ("GET", "/api/v1/curves"): [("/api/v1/curves?key=zzkey&run=prod/team/zzrun-0123abce", None)],
    ("GET", "/api/v1/importance"): [("/api/v1/importance?metric=summary.zzkey&run=prod/team/zzrun-0123abce", None)],
    ("GET", "/api/v1/sweeps"): [("/api/v1/sweeps", None)],
    ("GET", "/api/v1/sweeps/{cluster}/{namespace}/{sweep}"): [
        ("/api/v1/sweeps/prod/team/zz-5eeb0000", None), ("/api/v1/sweeps/prod/zzother/lr-5eeb0000", None),
    ],
    ("GET", "/api/v1/lines"): [("/api/v1/lines", None)],
    ("GET", "/api/v1/lines/{cluster}/{namespace}/{line}"): [
        ("/api/v1/lines/prod/team/zzcron", None), ("/api/v1/lines/prod/zzother/cron-1", None),
    ],
    ("GET", "/api/v1/reports"): [("/api/v1/reports", None), ("/api/v1/reports?project=zzproject", None)],
    ("GET", contract.REPORT): [("/api/v1/reports/prod/team/zzreport", None)],
    ("PUT", contract.REPORT): [("/api/v1/reports/prod/team/zzreport", {"title": "x", "project": "", "text": ""})],
    ("DELETE", contract.REPORT): [("/api/v1/reports/prod/team/zzreport", None)],
    ("POST", f"{contract.REPORT}/comments"): [("/api/v1/reports/prod/team/zzreport/comments", {"text": "x"})],
    ("GET", "/api/v1/views"): [("/api/v1/views", None)],
    ("PUT", contract.VIEW): [("/api/v1/views/prod/team/zzview", {"title": "x", "href": "/runs"})],
    ("DELETE", contract.VIEW): [("/api/v1/views/prod/team/zzview", None)],
    ("GET", "/api/v1/shares"): [("/api/v1/shares", None)],
    ("POST", "/api/v1/shares"): [
        ("/api/v1/shares", {"kind": "run", "id": "prod/team/zzrun-0123abce", "days": 1}),
        ("/api/v1/shares", {"kind": "view", "id": "prod/team", "words": "zz", "days": 1}),
        ("/api/v1/shares", {"kind": "sweep", "id": "prod/team/zz-5eeb0000", "days": 1}),
    ],
    ("DELETE", contract.SHARE): [("/api/v1/shares/prod/team/zzshare", None)],
    ("POST", "/api/v1/words"): [("/api/v1/words", {"runs": ["prod/team/zzrun-0123abce"], "tag": ["x"]})],
}  # fmt: skip
"""Of every operation what one asks about a neighbour; a body makes it a question that changes something."""

APART = {
    ("GET", "/api/v1/openapi.json"), ("GET", "/api/v1/session"), ("POST", "/api/v1/session"),
    ("DELETE", "/api/v1/session"), ("GET", "/api/v1/events"),
}  # fmt: skip
"""What everybody is answered; the events have a test of their own."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(start: Start, filled: World, clock: Clock) -> Site:
    return begin(start, filled, clock)


@pytest.fixture
def still(start: Start, filled: World, clock: Clock) -> Site:
    """One that reads the bucket once."""
    return begin(start, filled, clock, 60.0)


@pytest.fixture
def filled(world: World) -> World:
    return fill(world)


def fill(world: World) -> World:
    """Something of every kind in team, and its neighbours."""
    for name, uid, lr in (("mine-a", "0123abcd", 1), ("mine-b", "0123abcf", 1)):
        made(world, name, uid, config={"lr": lr})
    for index in range(2):
        group_world.trial(world, index, 0.5 + index)
        made(world, f"lr-{index}", project="search")
    made(world, "lr-2", project="search", trial=group_world.place(2))
    for day in (-2, -1):
        group_world.night(world, day, 0.5)
        made(world, f"nightly-{day}", project="digits")
    neighbours(world)
    for name, project in (("weekly", "vision"), ("zzreport", "zzproject")):
        report = word_layout.Report("prod", "team", name)
        text = f"---\ntitle: {name}\nproject: {project}\n---\n# {name}\n{PANEL}".encode()
        world.bucket.put(word_layout.report_key(report, 1), text)
    return world


def made(world: World, name: str, uid: str = "0123abcd", namespace: str = "team", **other: Any) -> None:
    """A run with a metric, a console and a file, all of them called as the run is, if that is a neighbour."""
    start = "zz" if "zz" in name or "zz" in namespace else ""
    place = world.run(name, uid=uid, namespace=namespace, **other)
    rows = numbered(
        [
            history(0, **{f"{start}key": 1.0}),
            {"kind": "console", "source": "stdout", "time": NOW, "text": f"{start}!\n"},
        ]
    )
    shipped = file(f"files/{start}x.txt", ZZ_FILE if start else OWN_FILE, f"r-{name}")
    world.bucket.put(shipped["key"], b"foo")
    files = Source(numbered([shipped]), id="files", kind="files", path="files")
    world.record(f"r-{name}", Source(rows), files, run=place.id, namespace=namespace)


def neighbours(world: World) -> None:
    """Of every class one in the namespace, and one of the same name in another."""
    told = {"project": "zzproject", "config": {"zzparam": 1}, "tags": ["zztag"]}
    made(world, "zzrun", "0123abce", **told)
    made(world, "mine-a", namespace="zzother", **{**told, "config": {"lr": 1, "zzparam": 2}, "project": "vision"})
    made(world, "lr-0", namespace="zzother", **told)
    made(world, "nightly--1", namespace="zzother", **told)
    for namespace, sweep in (("team", "zz"), ("zzother", "lr")):
        group_world.trial(world, 0, 0.1, namespace=namespace, sweep=sweep, searched={"zzparam": 1})
        made(world, f"zz{sweep}-1", namespace=namespace, **told, trial=group_world.place(1, sweep, zzparam=1))
    group_world.night(world, -1, 0.1, namespace="zzother", said="zz")
    group_world.night(world, -3, 0.1, said="zz", line="zznightly", line_uid="zzcron")
    move(world)
    view = {"format": records.VIEW_FORMAT, "min_reader": 1, "title": "zzview", "href": "/runs?q=zz",
            "is_removed": False, "saved_by": "zz", "saved_at": NOW}  # fmt: skip
    world.bucket.put(word_layout.view_key("prod", "team", "zzview"), records.pack_document(view))


def move(world: World) -> None:
    """The night that `group_world` put into its own line stands in the neighbour's."""
    when, run = world.now + group_world.DAY * -3, "nightly--3-0123abcd"
    own, theirs = (layout.night_key(layout.Line("prod", "team", uid), when, run) for uid in ("cron-1", "zzcron"))
    world.bucket.put(theirs, world.bucket.get(own).data)
    world.bucket.delete(own)


def share(site: Site, kind: str, **other: Any) -> Answer:
    return ask(site, "POST", "/api/v1/shares", {**WHOLE[kind], "days": 7, **other})


def visit(site: Site, kind: str, **other: Any) -> dict[str, str]:
    """The cookie of who came by a link."""
    return come(site, share(site, kind, **other).json["url"])[1]


def runs(site: Site, cookie: dict[str, str]) -> list[str]:
    return sorted(run["run"] for run in site.get("/api/v1/runs", **cookie).json["runs"])


def test_the_table_has_every_operation() -> None:
    assert set(QUESTIONS) | APART == set(contract.OPERATIONS)


@pytest.mark.parametrize("kind", KINDS)
def test_of_what_a_link_does_not_open_one_hears_as_of_what_there_is_not(still: Site, kind: str) -> None:
    check_unheard(still, visit(still, kind))


def test_of_runs_of_its_project_that_a_report_does_not_show_one_hears_as_of_what_there_is_not(
    start: Start, filled: World, clock: Clock
) -> None:
    made(filled, "zzrun", "0123abce", project="vision", config={"zzparam": 1}, tags=["zztag"])
    site = begin(start, filled, clock, 60.0)
    cookie = visit(site, "report")
    assert runs(site, cookie) == OPENS["report"]
    check_unheard(site, cookie)


def check_unheard(still: Site, cookie: dict[str, str]) -> None:
    for (method, _), questions in QUESTIONS.items():
        for path, body in questions:
            answer, none = (asked(still, method, path, body, cookie, to) for to in ("zz", "qq"))
            assert answer.status == none.status, (method, path)
            told = answer.body.replace(b"zz", b"qq").replace(ZZ_FILE.encode(), OWN_FILE.encode())
            assert told == none.body.replace(ZZ_FILE.encode(), OWN_FILE.encode()), (method, path)
            is_echo = answer.status >= 400 or "zz" in path
            assert is_echo or b"zz" not in answer.body, (method, path)
            assert method == "GET" or answer.status in (403, 404), (method, path, answer.body)


def asked(site: Site, method: str, path: str, body: Any, cookie: dict[str, str], name: str) -> Answer:
    told = {**cookie, "Content-Type": "application/json", "If-None-Match": "*"}
    text = json.dumps(body).replace("zz", name) if body is not None else None
    return site.ask(method, path.replace("zz", name).replace(" ", "%20").replace('"', "%22"), told, text)


@pytest.mark.parametrize("kind", KINDS)
def test_a_link_opens_its_runs_with_all_that_is_theirs(still: Site, kind: str) -> None:
    answer, cookie = come(still, share(still, kind).json["url"])
    assert answer.headers["location"] == LEADS[kind]
    assert still.get("/api/v1/session", **cookie).json["visits"] == {"kind": kind, "href": LEADS[kind]}
    assert runs(still, cookie) == OPENS[kind]
    for run in OPENS[kind]:
        path = f"prod/team/{run}"
        for more in ("", "/console", "/logs", "/history", "/files", f"/files/r-{run[:-9]}/{OWN_FILE}"):
            assert still.get(f"/api/v1/runs/{path}{more}", **cookie).status == 200, more
        assert still.get(f"/api/v1/keys?run={path}", **cookie).json == {"keys": ["key"]}
        assert len(still.get(f"/api/v1/curves?key=key&run={path}", **cookie).json["runs"][0]["curves"]) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_link_leads_to_what_it_opens_as_it_was_seen(site: Site, kind: str) -> None:
    seen = f"{LEADS[kind].partition('?')[0]}?tab=charts&zoom=loss%40step~1~2"
    answer, cookie = come(site, share(site, kind, href=seen).json["url"])
    assert answer.headers["location"] == seen
    assert site.get("/api/v1/session", **cookie).json["visits"] == {"kind": kind, "href": seen}
    assert runs(site, cookie) == OPENS[kind]


@pytest.mark.parametrize(
    ("text", "opens"),
    [
        ("No panel.", []), (PANEL, OPENS["report"]), ("> - " + PANEL.replace("\n", "\n> "), OPENS["report"]),
        (f"````md\n{PANEL}````", []), (PANEL.replace("config.lr = 1", "mine-b"), ["mine-b-0123abcf"]),
        (PANEL.replace("= 1", "= 1 order by run"), OPENS["report"]),
        (PANEL.replace("keys", "limit: 1\nkeys"), ["mine-a-0123abcd"]),
        (PANEL.replace("config.lr = 1", ""), OPENS["report"]), (PANEL.replace("config.lr = 1", "config.lr ="), []),
        (PANEL.replace("keys", "limit: 0\nkeys"), []), (PANEL.replace("chiplog", "python"), []),
        ("![](/api/v1/runs/prod/team/mine-b-0123abcf/files/r-mine-b/a)", ["mine-b-0123abcf"]),
        ("[x](/runs/prod/team/zzrun-0123abce) [y](/runs/prod/zzother/mine-a-0123abcd)", []),
        (PANEL.replace("config.lr = 1", 'name like "zz*" or project = "zzproject"'), []),
    ],
)  # fmt: skip
def test_a_report_opens_what_its_panels_show_of_its_project(
    site: Site, world: World, text: str, opens: list[str]
) -> None:
    cookie = visit(site, "report")
    paper = f"---\ntitle: weekly\nproject: vision\n---\n{text}"
    world.bucket.put(word_layout.report_key(word_layout.Report("prod", "team", "weekly"), 2), paper.encode())
    assert runs(site, cookie) == opens
    for run in set(OPENS["report"]) - set(opens):
        assert site.get(f"/api/v1/runs/prod/team/{run}", **cookie).status == 404
        assert site.get(f"/api/v1/curves?key=key&run=prod/team/{run}", **cookie).status == 404


@pytest.mark.parametrize(("kind", "path"), [("sweep", "/api/v1/sweeps"), ("line", "/api/v1/lines")])
def test_a_link_to_a_sweep_or_a_line_opens_it_too_and_no_other_kind_does(site: Site, kind: str, path: str) -> None:
    for other in KINDS:
        cookie = visit(site, other)
        found = site.get(path, **cookie).json[f"{kind}s"]
        one = site.get(f"{path}/{WHOLE[kind]['id']}", **cookie)
        assert ([item["id"] for item in found], one.status) == (
            ([WHOLE[kind]["id"]], 200) if other == kind else ([], 404)
        )


def test_an_open_page_hears_of_what_its_link_opens_alone(site: Site, world: World) -> None:
    with ExitStack() as open_lines:
        streams = {kind: listen(site, visit(site, kind), open_lines) for kind in KINDS}
        made(world, "zznew", "0123abd0", project="zzproject", config={"zzparam": 1})
        for name in ("mine-a", "lr-0", "nightly--1"):
            world.outcome(layout.Run("prod", "team", f"{name}-0123abcd"), "failed", finished_at=NOW)
        for kind, stream in streams.items():
            told = json.loads(next(text for text in stream if text.startswith(b"data: "))[6:])
            assert ([run["run"] for run in told["runs"]], told["total"]) == (OPENS[kind][:1], len(OPENS[kind])), kind


def listen(site: Site, cookie: dict[str, str], open_lines: ExitStack) -> Any:
    """The lines of a stream of events that has begun."""
    line = open_lines.enter_context(socket.create_connection(("127.0.0.1", site.port), timeout=20))
    line.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie['Cookie']}\r\n\r\n".encode())
    heard = open_lines.enter_context(line.makefile("rb"))
    next(text for text in heard if text.startswith(b": listening"))
    return heard


def test_a_list_opens_what_fits_it_at_the_time_and_counts_no_run_of_another_namespace(site: Site, world: World) -> None:
    fits, first = visit(site, "view"), visit(site, "view", filter="config.lr = 1 order by created_at desc limit 1")
    made(world, "later", "0123abd1", config={"lr": 1}, created_at=NOW - 1)
    made(world, "zzlater", "0123abd2", namespace="zzother", config={"lr": 1}, created_at=NOW)
    world.run("mine-a", config={"lr": 2})
    assert runs(site, fits) == ["later-0123abd1", "mine-b-0123abcf"]
    assert runs(site, first) == ["later-0123abd1"]
    assert site.get("/api/v1/runs/prod/team/mine-a-0123abcd", **fits).status == 404


def test_a_list_is_of_words_and_of_what_was_put_away_too(site: Site) -> None:
    assert runs(site, visit(site, "view", filter="", words="MINE")) == ["mine-a-0123abcd", "mine-b-0123abcf"]
    said = {"runs": ["prod/team/mine-b-0123abcf"], "archive": True}
    assert ask(site, "POST", "/api/v1/words", said).status == 200
    assert runs(site, visit(site, "view", show="current")) == ["mine-a-0123abcd"]
    assert runs(site, visit(site, "view", show="archived")) == ["mine-b-0123abcf"]


def test_links_that_are_good_say_what_they_open(site: Site) -> None:
    for kind in KINDS:
        assert share(site, kind).status == 200
    told = {item["kind"]: item for item in ask(site, "GET", "/api/v1/shares").json["shares"]}
    assert {kind: item["href"] for kind, item in told.items()} == LEADS
    assert (told["view"]["filter"], told["view"]["opens"]) == ("config.lr = 1", "prod/team")
    assert told["compare"]["runs"] == ["mine-b-0123abcf", "mine-a-0123abcd"]
    for item in told.values():
        assert ask(site, "DELETE", f"/api/v1/shares/{item['id']}").json["revoked"] is True


@pytest.mark.parametrize(
    ("kind", "other", "status"),
    [
        ("compare", {"runs": ["prod/team/mine-a-0123abcd"]}, 400),
        ("compare", {"runs": ["prod/team/mine-a-0123abcd"] * 2}, 400),
        ("compare", {"runs": [f"prod/team/x-{at}" for at in range(21)]}, 400),
        ("compare", {"runs": "prod/team/mine-a-0123abcd"}, 400),
        ("compare", {"runs": ["prod/team/mine-a-0123abcd", 7]}, 400),
        ("compare", {"runs": ["prod/team/mine-a-0123abcd", "mine-b-0123abcf"]}, 400),
        ("compare", {"runs": ["prod/team/mine-a-0123abcd", "prod/zzother/mine-a-0123abcd"]}, 400),
        ("compare", {"runs": ["prod/zzother/mine-a-0123abcd", "prod/zzother/lr-0-0123abcd"]}, 404),
        ("compare", {"runs": ["prod/team/mine-a-0123abcd", "prod/team/none-0123abcd"]}, 404),
        ("view", {"filter": "config.lr ="}, 400), ("view", {"filter": "x" * 4001}, 400),
        ("view", {"show": "some"}, 400), ("view", {"id": "prod/team/vision"}, 400),
        ("view", {"id": "prod/zzother"}, 404), ("view", {"id": "../team"}, 404),
        ("view", {"href": "//evil.example"}, 400), ("view", {"href": "https://evil.example"}, 400),
        ("view", {"href": "/runs/../../x"}, 400), ("view", {"href": "/runs?q=a b"}, 400), ("view", {"href": 7}, 400),
        ("run", {"href": "/runs/prod/team/mine-b-0123abcf"}, 400), ("run", {"href": "/runs"}, 400),
        ("sweep", {"href": "/sweeps/prod/team/lr-5eeb0000/?x"}, 400), ("compare", {"href": "/runs?ids=x"}, 400),
        ("report", {"href": "//evil.example/reports/prod/team/weekly"}, 400), ("line", {"href": 7}, 400),
        ("project", {"href": "/runs?q=" + "x" * 6000}, 400),
        ("sweep", {"id": "prod/team/no-5eeb0000"}, 404), ("sweep", {"id": "prod/zzother/lr-5eeb0000"}, 404),
        ("line", {"id": "prod/team/cron-2"}, 404), ("line", {"id": "prod/zzother/cron-1"}, 404),
    ],
)  # fmt: skip
def test_what_is_no_list_comparison_sweep_or_line_of_ones_own_is_not_shared(
    site: Site, kind: str, other: dict[str, Any], status: int
) -> None:
    assert share(site, kind, **other).status == status


@pytest.mark.parametrize(
    ("change", "status", "seen"),
    [
        ({"filter": "a later version's words"}, 404, None), ({"show": "tomorrow's"}, 404, None),
        ({"kind": "tomorrow's"}, 302, []), ({"more": "of tomorrow's"}, 302, OPENS["view"]),
    ],
)  # fmt: skip
def test_a_link_that_a_later_version_made_opens_nothing_that_this_one_does_not_know(
    site: Site, world: World, change: dict[str, Any], status: int, seen: list[str] | None
) -> None:
    made = share(site, "view").json
    key = word_layout.share_key(*made["id"].split("/"))
    document = records.unpack_document(world.bucket.get(key).data, records.SHARE_FORMAT, key)
    world.bucket.put(key, records.pack_document({**document, **change}))
    answer, cookie = come(site, made["url"])
    assert answer.status == status
    assert seen is None or runs(site, cookie) == seen


class Away(MemoryBucket):
    """A bucket of which at times nobody hears what runs there are."""

    is_away = False

    def list(self, prefix: str) -> Iterator[Listed]:
        if self.is_away and prefix.startswith(("v1/runs", "v1/lines")):
            raise BucketError("v1/runs/prod/zzother/mine-a-0123abcd/run.json: no answer")
        return super().list(prefix)


@pytest.mark.parametrize("kind", KINDS)
def test_what_cannot_be_read_is_not_named(start: Start, world: World, clock: Clock, kind: str) -> None:
    world.bucket = away = Away()
    site = begin(start, fill(world), clock)
    cookie = visit(site, kind)
    away.is_away = True
    for path in ("runs", "sweeps", "lines", "keys?run=prod/team/mine-a-0123abcd"):
        answer = site.get(f"/api/v1/{path}", **cookie)
        assert (answer.status, b"zz" in answer.body) == (503, False)


def test_a_link_of_before_there_were_lists_opens_its_run(site: Site, world: World) -> None:
    made = share(site, "run").json
    key = word_layout.share_key(*made["id"].split("/"))
    document = records.unpack_document(world.bucket.get(key).data, records.SHARE_FORMAT, key)
    assert set(document) == {
        "format", "min_reader", "kind", "name", "project", "made_by", "made_at", "expires_at", "is_revoked",
        "revoked_by",
    }  # fmt: skip
    assert runs(site, come(site, made["url"])[1]) == OPENS["run"]
    assert made["url"].startswith(OIDC.url)


@pytest.mark.parametrize("kind", KINDS)
def test_by_a_link_of_no_kind_one_changes_what_it_opens_or_shares_it_on(still: Site, kind: str) -> None:
    told = {**visit(still, kind), "Content-Type": "application/json"}
    words = json.dumps({"runs": [f"prod/team/{OPENS[kind][0]}"], "tag": ["x"]})
    assert still.ask("POST", "/api/v1/words", told, words).status == 403
    assert still.ask("POST", "/api/v1/shares", told, json.dumps({**WHOLE[kind], "days": 1})).status in (403, 404)
    assert kind != "report" or still.ask(
        "POST", "/api/v1/reports/prod/team/weekly/comments", told, json.dumps({"text": "x"})
    ).status == 403  # fmt: skip
