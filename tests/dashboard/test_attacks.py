"""Row 25 of the targets: names, paths, media and questions from people whom nobody trusts lead nowhere and run nothing.

The words are those of MLflow's and others' published holes: paths out of a folder, addresses of other hosts, SQL,
templates and scripts, in every place where a request or a run may put them.
"""

import json
import time
from urllib.parse import quote

import filled_world
import pytest
from bucket_world import Source, World, console, file, history, numbered, script
from dashboard_site import Answer, Site, Start

from chiplog_dashboard import contract

WORDS = (
    "../../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "/etc/passwd", "file:///etc/passwd",
    "http://169.254.169.254/latest/meta-data", "s3://other-bucket/secret", "//evil.example/x",
    "') UNION SELECT * FROM read_csv('/etc/passwd') --", "1; DROP TABLE runs; --", "{{7*7}}${jndi:ldap://x}",
    "\"><script>alert(1)</script>", "\x00", "\r\nSet-Cookie: a=b", "A" * 6000,
)  # fmt: skip
ASKED = sorted(path for method, path in contract.OPERATIONS if method == "GET" and path != "/api/v1/events")
LEAKED = b"root:x:"


@pytest.fixture
def site(start: Start, world: World) -> Site:
    return start(filled_world.fill(world).bucket)


def is_harmless(answer: Answer) -> bool:
    kind = answer.headers.get("content-type", "").partition(";")[0]
    is_ours = kind in ("application/json", "application/x-ndjson", "text/html", "text/plain")
    is_quiet = "set-cookie" not in answer.headers and "location" not in answer.headers
    return is_ours and is_quiet and answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("word", WORDS, ids=range(len(WORDS)))
def test_a_word_in_any_part_of_any_path_leads_nowhere(site: Site, word: str) -> None:
    for path in [path for path in ASKED if "{" in path]:
        for part in contract.PLACES:
            if f"{{{part}}}" in path:
                asked = path.format(**{**filled_world.PLACES, **REPORTED, part: quote(word, safe="")})
                answer = site.get(asked)
                assert answer.status in (400, 404), (asked, answer.body[:200])
                assert is_harmless(answer)
                assert LEAKED not in answer.body


REPORTED = {"report": "weekly", "view": "mine", "share": "0"}
PARAMETERS = {
    path: [parameter.name for parameter in told.parameters if parameter.place == "query"]
    for (method, path), told in contract.OPERATIONS.items() if method == "GET" and path != "/api/v1/events"
}  # fmt: skip


@pytest.mark.parametrize("word", WORDS, ids=range(len(WORDS)))
def test_a_word_in_any_parameter_is_a_word(site: Site, word: str) -> None:
    for path, names in PARAMETERS.items():
        for name in names:
            asked = path.format(**{**filled_world.PLACES, **REPORTED})
            known = {"key": "loss", "run": "prod/team/mnist-0123abcd", "metric": "summary.loss", "name": "mnist"}
            query = "&".join(f"{n}={quote(word if n == name else known[n], safe='')}" for n in {*known, name})
            answer = site.get(f"{asked}?{query}")
            assert answer.status in (200, 400, 404), (asked, query, answer.body[:200])
            assert is_harmless(answer)
            assert LEAKED not in answer.body


@pytest.mark.parametrize("word", [word for word in WORDS if word != "\x00"], ids=range(len(WORDS) - 1))
def test_what_a_run_calls_itself_and_its_metrics_comes_back_as_text(start: Start, world: World, word: str) -> None:
    place = world.run("mnist", project=word, config={word: word}, tags=[word])
    rows = numbered([*script((1.0,)), history(3, **{word: 0.5}), console(f"{word}\n")])
    world.record("r1", Source(rows), run=place.id)
    site = start()
    path = f"/api/v1/runs/{place.path}"
    for asked in ("/api/v1/runs", path, f"{path}/console", f"{path}/history", f"/api/v1/keys?run={place.path}"):
        answer = site.get(asked)
        assert (answer.status, is_harmless(answer)) == (200, True)
        assert "html" not in answer.headers["content-type"]
    curves = site.get(f"/api/v1/curves?key={quote(word, safe='')}&run={place.path}")
    assert curves.json["runs"][0]["curves"][0]["last"] == [0.5]


MEDIA = (
    "x.html", "x.htm", "x.xhtml", "x.svg", "x.xml", "x.js", "x.mjs", "x.css", "x.pdf", "x.swf", "x.json", "x.wasm", "x",
    "x.png.html", "x.PNG.SVG", "../../x.html", "x\r\nSet-Cookie: a=b.html", 'x";filename="y.html', "x.ht\u202eml",
)  # fmt: skip


@pytest.mark.parametrize("name", MEDIA, ids=range(len(MEDIA)))
def test_a_file_of_any_name_is_kept_and_not_run(start: Start, world: World, name: str) -> None:
    content = b"<script>fetch('/api/v1/runs')</script>"
    digest = "0" * 64
    place = world.run("mnist")
    told = file(f"files/{name}", digest, size=len(content))
    world.bucket.put(told["key"], content)
    world.record("r1", Source(numbered([told]), id="files", kind="files", path="files"), run=place.id)
    answer = start().get(f"/api/v1/runs/{place.path}/files/r1/{digest}")
    assert (answer.status, answer.body) == (200, content)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    assert not set(answer.headers["content-disposition"]) & set('\r\n"\\')
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in answer.headers


def test_a_file_that_lies_somewhere_else_in_the_bucket_is_reached_by_its_row_alone(site: Site) -> None:
    run = "/api/v1/runs/prod/team/mnist-0123abcd/files"
    for key in ("v1/blobs/x/foo", "v1/runs/prod/team/mnist-0123abcd/run.json", "../x"):
        assert site.get(f"{run}/r1/{quote(key, safe='')}").status == 404


HUGE = [
    "/api/v1/select?filter=" + quote("(" * 4000 + "a = 1" + ")" * 4000),
    "/api/v1/select?filter=" + quote(" or ".join(["name = 'x'"] * 2500)),
    "/api/v1/select?filter=" + quote("name ~ '" + "(a+)+" * 20 + "$'"),
    "/api/v1/select?filter=" + quote("name ~ '(x{1,1000}){1,1000}'"),
    "/api/v1/select?filter=" + quote("state = 'x' limit " + "9" * 400),
    "/api/v1/curves?key=loss" + "&run=prod/team/mnist-0123abcd" * 501,
    "/api/v1/curves?key=loss&points=99999999999999999999&run=prod/team/mnist-0123abcd",
    "/api/v1/curves?key=loss&from=1e999&to=-1e999&run=prod/team/mnist-0123abcd",
    "/api/v1/runs/prod/team/mnist-0123abcd/console?last=99999999999",
    "/api/v1/runs/prod/team/mnist-0123abcd/console?search=" + "a" * 30_000,
]


@pytest.mark.parametrize("asked", HUGE, ids=range(len(HUGE)))
def test_a_question_of_any_size_is_answered_or_refused_at_once(site: Site, asked: str) -> None:
    site.get("/api/v1/runs")
    began = time.monotonic()
    answer = site.get(asked)
    assert answer.status in (200, 400, 414, 431), answer.body[:200]
    assert time.monotonic() - began < 60


@pytest.mark.parametrize("body", ["[" * 100_000, json.dumps({"runs": ["a/b/c"] * 30_000}), '{"runs": ' + "1" * 200_000])
def test_a_body_of_any_size_or_depth_is_refused(site: Site, body: str) -> None:
    answer = site.ask("POST", "/api/v1/words", {"Content-Type": "application/json"}, body)
    assert answer.status in (400, 413)


@pytest.mark.parametrize("path", ["/", "/runs/a/b/c", "/reports/a/b/c", "/shared/x", "/api/v1/runs", "/api/v1/none"])
def test_no_answer_lets_a_browser_run_or_fetch_anything_of_others(site: Site, path: str) -> None:
    policy = dict(
        part.strip().partition(" ")[::2] for part in site.get(path).headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert policy["base-uri"] == policy["form-action"] == policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in policy["script-src"]
    assert "*" not in str(policy)
