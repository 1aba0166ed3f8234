"""What kopf is given of the lists with which its watches begin."""

import asyncio
import json
import ssl
from typing import Any

from aiohttp import web

from chiplog_operator import sessions
from chiplog_operator.cluster import Kind

Json = dict[str, Any]

PAGE: Json = {
    "kind": "PodList",
    "apiVersion": "v1",
    "metadata": {"resourceVersion": "12", "continue": "more"},
    "items": [
        {"metadata": {"name": name, "uid": f"uid-{name}", "resourceVersion": version, "namespace": "team"},
         "spec": {"containers": []}, "status": {"phase": "Running"}}
        for name, version in (("p1", "3"), ("p2", "7"))
    ],
}  # fmt: skip


def given(path: str, answer: Json, known: dict[str, str], status: int = 200) -> Json:
    """What a GET answers where these versions are known."""
    asked: set[Kind] = set()

    def is_known(kind: Kind, namespace: str, uid: str, version: str) -> bool:
        asked.add(kind)
        assert namespace == "team"
        return known.get(uid) == version

    async def serve(_: web.Request) -> web.Response:
        return web.json_response(answer, status=status)

    async def ask() -> Json:
        app = web.Application()
        app.router.add_get("/{path:.*}", serve)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        session = sessions.session(ssl.create_default_context(), {"Authorization": "Bearer t"}, None, is_known)
        try:
            response = await session.request("get", f"http://{host}:{port}{path}", params={"limit": "200"})
            return dict(await response.json())
        finally:
            await session.close()
            await runner.cleanup()

    found = asyncio.run(ask())
    assert asked <= {"pods"}
    return found


def test_of_a_list_what_is_known_is_left_out_and_the_rest_is_whole() -> None:
    found = given("/api/v1/namespaces/team/pods", PAGE, {"uid-p1": "3", "uid-p2": "6"})
    assert found == {**PAGE, "items": [PAGE["items"][1]]}


def test_a_list_without_anything_is_one() -> None:
    found = given("/api/v1/pods", {**PAGE, "items": None}, {})
    assert found == {**PAGE, "items": []}


def test_what_is_no_list_of_ours_is_given_as_it_is() -> None:
    for path in ("/api/v1/namespaces", "/apis/batch/v1", "/api"):
        assert given(path, PAGE, {"uid-p1": "3"}) == PAGE


def test_a_refusal_is_given_as_it_is() -> None:
    said = json.loads('{"kind": "Status", "code": 403, "message": "no"}')
    assert given("/api/v1/pods", said, {}, status=403) == said
