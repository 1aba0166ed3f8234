"""What the page asks of the server."""

import json
import socket
import time
from typing import BinaryIO
from urllib.parse import quote

import pytest
from bucket_world import NOW, Source, World, attempt, console, file, history, numbered, script
from dashboard_site import Site, Start

from chiplog import layout, word_layout
from chiplog.bucket import Listed
from chiplog.bucket.memory import MemoryBucket
from chiplog.errors import Unreachable

RUN = "/api/v1/runs/prod/team/mnist-0123abcd"


def trained(world: World, *, run: str = "mnist-0123abcd", recorder: str = "r1", **config: object) -> None:
    place = world.run(run.rsplit("-", 1)[0], uid=run.rsplit("-", 1)[1], config=config, created_at=world.now - 100)
    world.record(recorder, Source(script((1.0, 0.5, 0.25))), run=place.id)


def test_the_list_has_each_run_with_the_names_of_the_command(world: World, site: Site) -> None:
    trained(world, lr=0.1)
    (run,) = site.get("/api/v1/runs").json["runs"]
    assert run["id"] == "prod/team/mnist-0123abcd"
    assert (run["name"], run["state"], run["step"], run["config"]) == ("mnist", "running", 2, {"lr": 0.1})


def test_a_run_that_appears_is_listed_at_the_next_question(world: World, site: Site) -> None:
    assert site.get("/api/v1/runs").json == {"total": 0, "runs": []}
    trained(world)
    assert len(site.get("/api/v1/runs").json["runs"]) == 1


def test_an_expression_chooses_and_orders(world: World, site: Site) -> None:
    for number, rate in enumerate((0.1, 0.001, 0.01)):
        trained(world, run=f"r{number}-0123abc{number}", recorder=f"rec{number}", lr=rate)
    found = site.get(f"/api/v1/select?filter={quote('config.lr < 0.05 order by config.lr')}").json["ids"]
    assert found == ["prod/team/r1-0123abc1", "prod/team/r2-0123abc2"]


def test_an_expression_that_is_none_is_refused_with_the_place(site: Site) -> None:
    answer = site.get(f"/api/v1/select?filter={quote('stat = 1')}")
    assert answer.status == 400
    assert answer.json["error"]["code"] == "bad_query"
    assert "stat" in answer.json["error"]["message"]
    assert "^" in answer.json["error"]["message"]


def test_one_run_is_told_in_full(world: World, site: Site) -> None:
    trained(world)
    run = site.get(RUN).json
    assert run["command"] == {"main": ["python", "train.py"]}
    assert run["keys"] == ["loss"]
    assert run["summary"] == {"loss": 0.25}


def test_a_run_that_is_none_is_not_found(site: Site) -> None:
    answer = site.get(RUN)
    assert (answer.status, answer.json["error"]["code"]) == (404, "not_found")
    assert "mnist-0123abcd" in answer.json["error"]["message"]


def test_a_value_that_json_lacks_is_a_word(world: World, site: Site) -> None:
    place = world.run()
    rows = numbered([{"kind": "summary", "update": [[["loss"], {"$number": "NaN"}]], "remove": []}])
    world.record("r1", Source(rows), run=place.id)
    assert site.get("/api/v1/runs").json["runs"][0]["summary"] == {"loss": "NaN"}


def test_curves_come_for_every_run_that_is_named(world: World, site: Site) -> None:
    trained(world)
    trained(world, run="other-0123abce", recorder="r2")
    asked = "&".join(f"run=prod/team/{name}" for name in ("mnist-0123abcd", "other-0123abce"))
    found = site.get(f"/api/v1/curves?key=loss&{asked}").json["runs"]
    assert [item["run"] for item in found] == ["prod/team/mnist-0123abcd", "prod/team/other-0123abce"]
    assert [item["curves"][0]["last"] for item in found] == [[1.0, 0.5, 0.25]] * 2


def test_a_restart_that_goes_back_is_a_curve_of_its_own(world: World, site: Site) -> None:
    place = world.run()
    world.record("r1", Source(numbered([history(0, loss=3.0), history(1, loss=2.0)])), run=place.id)
    world.record("r2", Source(numbered([history(1, loss=2.5)])), run=place.id)
    world.outcome(place, "running", [attempt(1, "r1"), attempt(2, "r2")])
    (run,) = site.get("/api/v1/curves?key=loss&run=prod/team/mnist-0123abcd").json["runs"]
    assert [(curve["attempt"], curve["x"]) for curve in run["curves"]] == [(1, [0.0, 1.0]), (2, [1.0])]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("run=prod/team/x", "key is missing"),
        ("key=loss&points=1", "points='1'"),
        ("key=loss&points=many", "points='many'"),
        ("key=loss&axis=epoch", "axis='epoch'"),
        ("key=loss&from=nan", "from='nan'"),
        ("key=loss&kind=secret", "kind='secret'"),
        ("key=loss&run=x", "run='x'"),
        ("key=loss&" + "&".join(f"run=a/b/{i}" for i in range(1001)), "1001 runs"),
    ],
)
def test_a_question_that_is_off_names_the_parameter_and_the_value(site: Site, asked: str, said: str) -> None:
    answer = site.get(f"/api/v1/curves?{asked}")
    assert answer.status == 400
    assert said in answer.json["error"]["message"]


def test_the_console_is_searched_and_its_end_is_given(world: World, site: Site) -> None:
    place = world.run()
    rows = numbered(console(f"epoch {number}\n") for number in range(30))
    world.record("r1", Source(rows), run=place.id)
    answer = site.get(f"{RUN}/console?search=EPOCH+2&last=2").json
    assert (answer["total"], [line["text"] for line in answer["lines"]]) == (11, ["epoch 28", "epoch 29"])


@pytest.mark.parametrize(
    ("name", "kind", "disposition"),
    [
        ("media/a.png", "image/png", "inline"),
        ("evil.html", "application/octet-stream", "attachment"),
        ("evil.svg", "application/octet-stream", "attachment"),
        ("weights.pt", "application/octet-stream", "attachment"),
    ],
)
def test_a_file_is_drawn_or_kept_and_never_run(
    world: World, site: Site, name: str, kind: str, disposition: str
) -> None:
    place = world.run()
    digest = "ab" * 32
    key = layout.blob_key(layout.Recorder("prod", "team", "r1"), digest, name)
    world.bucket.put(key, b"<script>alert(1)</script>")
    files = Source(numbered([file(name, digest, key=key, size=25)], step=1), id="files", kind="files", path="files")
    world.record("r1", Source(script()), files, run=place.id)
    answer = site.get(f"{RUN}/files/r1/{digest}")
    assert (answer.status, answer.body) == (200, b"<script>alert(1)</script>")
    assert answer.headers["content-type"].split(";")[0] == kind
    assert answer.headers["content-disposition"].startswith(disposition)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize(
    ("name", "query", "wanted_as", "is_framed"),
    [
        ("a.html", "?view=page", "iframe", True),
        ("A.HTM", "?view=page", "iframe", True),
        ("a.html", "", "iframe", False),
        ("a.html", "?view=page", "document", False),
        ("a.html", "?view=page", None, False),
        ("a.svg", "?view=page", "iframe", False),
        ("a.js", "?view=page", "iframe", False),
    ],
)
def test_a_page_that_a_run_logged_is_drawn_in_our_frame_alone_and_reaches_nothing(
    world: World, site: Site, name: str, query: str, wanted_as: str | None, *, is_framed: bool
) -> None:
    place = world.run()
    digest = "ab" * 32
    key = layout.blob_key(layout.Recorder("prod", "team", "r1"), digest, name)
    world.bucket.put(key, b"<h1>")
    files = Source(numbered([file(name, digest, key=key, size=4)], step=1), id="files", kind="files", path="files")
    world.record("r1", Source(script()), files, run=place.id)
    answer = site.ask("GET", f"{RUN}/files/r1/{digest}{query}", {"Sec-Fetch-Dest": wanted_as} if wanted_as else {})
    policy = answer.headers["content-security-policy"]
    assert (answer.status, answer.body, answer.headers["x-content-type-options"]) == (200, b"<h1>", "nosniff")
    assert "Sec-Fetch-Dest" in answer.headers["vary"]
    if not is_framed:
        assert policy == "default-src 'none'; sandbox"
        assert answer.headers["content-disposition"].startswith("attachment")
        return
    assert answer.headers["content-type"].startswith("text/html")
    rules = dict(rule.strip().partition(" ")[::2] for rule in policy.split(";"))
    assert rules["sandbox"] == "allow-scripts"
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["frame-ancestors"] == "'self'"
    assert not {"connect-src", "frame-src", "worker-src", "object-src"} & rules.keys()
    assert not any("http" in rule or "*" in rule or "allow-same-origin" in rule for rule in rules.values())


FILM, FILM_DIGEST = bytes(range(256)) * 40, "ab" * 32
FILM_PATH = f"{RUN}/files/r1/{FILM_DIGEST}"


def with_film(world: World, name: str = "film.webm") -> None:
    place = world.run()
    key = layout.blob_key(layout.Recorder("prod", "team", "r1"), FILM_DIGEST, name)
    world.bucket.put(key, FILM)
    told = [file(name, FILM_DIGEST, key=key, size=len(FILM))]
    files = Source(numbered(told, step=1), id="files", kind="files", path="files")
    world.record("r1", Source(script()), files, run=place.id)


@pytest.mark.parametrize("name", ["film.webm", "weights.pt", "evil.html"])
@pytest.mark.parametrize(
    ("wanted", "first", "end"), [("bytes=0-", 0, 10240), ("bytes=5000-5009", 5000, 5010), ("bytes=-7", 10233, 10240)]
)
def test_a_range_of_a_file_is_given_with_the_headers_of_the_file(
    world: World, site: Site, name: str, wanted: str, first: int, end: int
) -> None:
    with_film(world, name)
    whole = site.ask("GET", FILM_PATH, {"Accept-Encoding": "gzip"})
    assert (whole.status, whole.body) == (200, FILM)
    assert (whole.headers["accept-ranges"], whole.headers["etag"]) == ("bytes", f'"{FILM_DIGEST}"')
    part = site.ask("GET", FILM_PATH, {"Range": wanted, "If-Range": whole.headers["etag"], "Accept-Encoding": "gzip"})
    assert (part.status, part.body) == (206, FILM[first:end])
    assert part.headers["content-range"] == f"bytes {first}-{end - 1}/10240"
    changed = {"content-length", "content-range", "date"}
    assert {k: v for k, v in part.headers.items() if k not in changed} == {
        k: v for k, v in whole.headers.items() if k not in changed
    }


def test_a_range_costs_a_read_of_its_bytes_alone(world: World, start: Start) -> None:
    with_film(world)
    opened: list[tuple[int, int | None]] = []

    class Noting(MemoryBucket):
        def open(self, key: str, start: int = 0, end: int | None = None) -> BinaryIO:
            opened.append((start, end))
            return super().open(key, start, end)

    noting = Noting()
    for item in world.bucket.list(""):
        noting.put(item.key, world.bucket.get(item.key).data)
    assert start(noting).ask("GET", FILM_PATH, {"Range": "bytes=100-199"}).status == 206
    assert opened == [(100, 200)]


def test_a_range_behind_the_end_of_a_file_is_refused_with_its_size(world: World, site: Site) -> None:
    with_film(world)
    answer = site.ask("GET", FILM_PATH, {"Range": "bytes=10240-"})
    assert (answer.status, answer.headers["content-range"]) == (416, "bytes */10240")
    assert answer.json["error"]["code"] == "bad_range"


@pytest.mark.parametrize(
    "headers",
    [
        {"Range": "bytes=0-1,5-9"},
        {"Range": "lines=0-1"},
        {"Range": "bytes=9-5"},
        {"Range": "bytes=0-1", "If-Range": '"another"'},
        {"Range": "bytes=0-1", "If-Range": f'W/"{FILM_DIGEST}"'},
        {"Range": "bytes=0-1", "If-Range": "Wed, 21 Oct 2026 07:28:00 GMT"},
    ],
)
def test_what_is_no_single_range_of_this_file_is_answered_with_all_of_it(
    world: World, site: Site, headers: dict[str, str]
) -> None:
    with_film(world)
    answer = site.ask("GET", FILM_PATH, headers)
    assert (answer.status, answer.body) == (200, FILM)
    assert "content-range" not in answer.headers


def test_a_page_in_our_frame_is_given_whole(world: World, site: Site) -> None:
    with_film(world, "a.html")
    answer = site.ask("GET", f"{FILM_PATH}?view=page", {"Range": "bytes=0-1", "Sec-Fetch-Dest": "iframe"})
    assert (answer.status, answer.body) == (200, FILM)
    assert not {"accept-ranges", "content-range"} & answer.headers.keys()


def test_no_file_but_a_runs_own_is_given(world: World, site: Site) -> None:
    trained(world)
    world.bucket.put("v1/blobs/prod/other/r9/" + "cd" * 32 + "/secret", b"secret")
    for path in (f"{RUN}/files/r1/{'cd' * 32}", f"{RUN}/files/r1/..%2F..%2Fsecret", f"{RUN}/files/r9/{'cd' * 32}"):
        assert site.get(path).status == 404


def test_a_row_cannot_have_the_server_read_what_its_recorder_did_not_write(world: World, site: Site) -> None:
    place = world.run()
    key = "v1/blobs/prod/other/r9/" + "cd" * 32 + "/secret.png"
    world.bucket.put(key, b"secret")
    told = [file("a.png", "cd" * 32, key=key), file("b.png", "ef" * 32, key="v1/index/prod/other/manifest.json")]
    world.record("r1", Source(numbered(told), id="files", kind="files", path="files"), run=place.id)
    assert [site.get(f"{RUN}/files/r1/{digest * 32}").status for digest in ("cd", "ef")] == [404, 404]


def test_looking_at_a_live_run_asks_its_recorders_to_hurry(world: World, site: Site) -> None:
    trained(world)
    site.get(RUN)
    key = word_layout.watch_key(layout.Run("prod", "team", "mnist-0123abcd"))
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and key not in {item.key for item in world.bucket.list("v1/watch/")}:
        time.sleep(0.02)
    assert key in {item.key for item in world.bucket.list("v1/watch/")}


def test_a_store_that_does_not_answer_is_said(start: Start) -> None:
    class Away(MemoryBucket):
        def list(self, prefix: str) -> "list[Listed]":  # type: ignore[override]
            raise Unreachable(f"LIST {prefix}: no answer")

    answer = start(Away()).get("/api/v1/runs")
    assert (answer.status, answer.json["error"]["code"]) == (503, "unreachable")
    assert "no answer" in answer.json["error"]["message"]


def test_an_open_page_is_told_of_what_changed(world: World, site: Site) -> None:
    trained(world)
    with socket.create_connection(("127.0.0.1", site.port), timeout=20) as line:
        line.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        heard = line.makefile("rb")
        while heard.readline().strip():  # The head of the answer.
            pass
        time.sleep(0.5)
        trained(world, run="later-0123abce", recorder="r2")
        told = next(text for text in heard if text.startswith(b"data: "))
    assert [run["name"] for run in json.loads(told[6:])["runs"]] == ["later"]
    assert world.now == NOW
