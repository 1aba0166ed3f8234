"""The door that the API server knocks at, over real TLS: certificates change under it and no call fails."""

import asyncio
import io
import json
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from operator_world import SETTINGS
from tls import Authority

from chiplog_operator import admission, webhook
from chiplog_operator.certificate import Certificate

CHECK_SECONDS = 0.1
HOST = "chiplog-injector.chiplog-system.svc"


def put(folder: Path, pair: tuple[bytes, bytes]) -> None:
    """Write a pair as the kubelet does: both files change at once, by one rename of a link."""
    place = folder / f"..{len(list(folder.iterdir()))}"
    place.mkdir()
    for name, data in zip(("tls.crt", "tls.key"), pair, strict=True):
        (place / name).write_bytes(data)
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(f"..data/{name}")
    (folder / "..new").symlink_to(place.name)
    (folder / "..new").replace(folder / "..data")


def trusting(*authorities: Authority) -> ssl.SSLContext:
    return ssl.create_default_context(cadata="".join(authority.certificate for authority in authorities))


def served(pair: Certificate, trust: ssl.SSLContext) -> str:
    """The serial number of what a client is shown; raises ssl.SSLError where it does not trust it."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = pair.context.wrap_bio(to_server, to_client, server_side=True)
    client = trust.wrap_bio(to_client, to_server, server_hostname=HOST)
    for _ in range(4):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return str((client.getpeercert() or {})["serialNumber"])


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    return folder


def test_a_renewed_pair_is_what_the_next_client_sees(tmp_path: Path, files: Path) -> None:
    old, new = Authority.make(tmp_path, "old"), Authority.make(tmp_path, "new")
    put(files, old.sign("a", HOST))
    pair = Certificate(files)
    before = served(pair, trusting(old, new))
    assert not pair.refresh()
    put(files, new.sign("b", HOST))
    assert pair.refresh()
    assert served(pair, trusting(old, new)) != before
    assert served(pair, trusting(new))
    with pytest.raises(ssl.SSLError):
        served(pair, trusting(old))


def test_files_that_do_not_fit_each_other_change_nothing(tmp_path: Path, files: Path) -> None:
    authority = Authority.make(tmp_path, "ca")
    first, second = authority.sign("a", HOST), authority.sign("b", HOST)
    put(files, first)
    pair = Certificate(files)
    before = served(pair, trusting(authority))
    put(files, (second[0], first[1]))
    assert not pair.refresh()
    put(files, (b"", b""))
    assert not pair.refresh()
    assert served(pair, trusting(authority)) == before
    put(files, second)
    assert pair.refresh()


async def echo(review: Any, webhook: str) -> Any:
    return {"webhook": webhook, "namespace": review["request"]["object"]["metadata"]["namespace"]}


@asynccontextmanager
async def opened(pair: Certificate, handle: Any = echo) -> AsyncIterator[str]:
    """The door, open; yields its address."""
    door = webhook.Door(pair, 0, CHECK_SECONDS)
    serving = door(handle)
    await anext(serving)
    waiting = asyncio.ensure_future(anext(serving))
    try:
        yield f"https://127.0.0.1:{door.port}{webhook.PATH}"
    finally:
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await serving.aclose()


REVIEW = {"request": {"namespace": "team", "object": {"metadata": {}}}}


def test_no_call_fails_while_certificates_and_authorities_change(tmp_path: Path, files: Path) -> None:
    """As the chart renews them: what the API server trusts always holds the authority of the next pair."""
    authorities = [Authority.make(tmp_path, f"ca{n}") for n in range(4)]
    pairs = [authority.sign(f"leaf{n}", HOST) for n, authority in enumerate(authorities)]
    put(files, pairs[0])

    async def call(url: str, trust: ssl.SSLContext) -> int:
        connector = aiohttp.TCPConnector(ssl=trust, force_close=True)
        async with aiohttp.ClientSession(connector=connector) as session, session.post(url, json=REVIEW) as answer:
            return answer.status

    async def renewals() -> list[int]:
        pair, answers = Certificate(files), []
        async with opened(pair) as url:
            for number in range(3):
                trust = trusting(*authorities[number : number + 2])
                answers += await asyncio.gather(*(call(url, trust) for _ in range(5)))
                put(files, pairs[min(number + 1, 3)])
                calls = [asyncio.ensure_future(call(url, trust)) for _ in range(10)]
                await asyncio.sleep(CHECK_SECONDS * 3)
                answers += await asyncio.gather(*calls, *(call(url, trust) for _ in range(5)))
        return answers

    assert asyncio.run(renewals()) == [200] * 60


def test_a_connection_that_is_open_stays_open_through_a_renewal(tmp_path: Path, files: Path) -> None:
    authority = Authority.make(tmp_path, "ca")
    put(files, authority.sign("a", HOST))

    async def calls() -> tuple[int, int]:
        pair = Certificate(files)
        async with opened(pair) as url, aiohttp.ClientSession() as session:
            trust = trusting(authority)
            async with session.post(url, json=REVIEW, ssl=trust) as first:
                await first.read()
            put(files, authority.sign("b", HOST))
            assert pair.refresh()
            async with session.post(url, json=REVIEW, ssl=trust) as second:
                return first.status, second.status

    assert asyncio.run(calls()) == (200, 200)


def test_a_review_comes_with_its_namespace_and_its_handler(tmp_path: Path, files: Path) -> None:
    authority = Authority.make(tmp_path, "ca")
    put(files, authority.sign("a", HOST))

    async def ask(body: Any) -> tuple[int, str]:
        async with (
            opened(Certificate(files)) as url,
            aiohttp.ClientSession() as session,
            session.post(url, data=body, ssl=trusting(authority)) as answer,
        ):
            return answer.status, await answer.text()

    status, text = asyncio.run(ask(json.dumps(REVIEW)))
    assert (status, json.loads(text)) == (200, {"webhook": "pods", "namespace": "team"})
    for garbage in ("{", "[]", "{}", '{"request": {"object": null}}'):
        assert asyncio.run(ask(garbage))[0] == 400


def test_a_client_sees_an_expired_certificate_for_what_it_is(tmp_path: Path, files: Path) -> None:
    """We serve it all the same: the API server then lets the pod through, and the operator flags it."""
    authority = Authority.make(tmp_path, "ca")
    put(files, authority.sign("a", HOST, days=0))
    with pytest.raises(ssl.SSLError, match="expired"):
        served(Certificate(files), trusting(authority))


def test_a_pod_with_the_environment_of_a_thousand_containers_is_reviewed_too(tmp_path: Path, files: Path) -> None:
    """2.6 MB, more than aiohttp takes by itself; answered within the two seconds that a pod waits."""
    authority = Authority.make(tmp_path, "ca")
    put(files, authority.sign("a", HOST))
    env = [{"name": f"SETTING_{number}", "value": "x" * 64} for number in range(25)]
    containers = [{"name": f"c{number}", "image": "x", "env": env} for number in range(1000)]
    labels = {"chiplog.dev/inject": "true"}
    metadata = {"name": "p", "labels": labels, "annotations": {"chiplog.dev/container": "c0,c999"}}
    review = {"request": {"namespace": "team", "object": {"metadata": metadata, "spec": {"containers": containers}}}}
    body = json.dumps(review).encode()

    async def inject(review: Any, webhook: str) -> Any:
        began = time.perf_counter()
        answer = admission.review(review["request"]["object"], "team", SETTINGS)
        assert answer.pod is not None
        mounts = [item["name"] for item in answer.pod["spec"]["containers"] if item.get("volumeMounts")]
        return {"mounts": mounts, "seconds": time.perf_counter() - began}

    async def ask() -> Any:
        async with (
            opened(Certificate(files), inject) as url,
            aiohttp.ClientSession() as session,
            session.post(url, data=io.BytesIO(body), ssl=trusting(authority)) as answer,
        ):
            assert answer.status == 200
            return await answer.json()

    assert len(body) > 2 << 20
    told = asyncio.run(ask())
    assert told["mounts"] == ["c0", "c999"]
    assert told["seconds"] < 2
