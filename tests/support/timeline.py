"""What an API server and a bucket showed of one namespace and when, by one clock; it judges nothing."""

import http.client
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from api_proxy import Upstream

from chiplog import layout
from chiplog.bucket.opening import open_bucket
from chiplog.errors import BucketError

Json = dict[str, Any]

HEADS_SECONDS = 0.1
"""Between two LISTs of the heads; none of them is seen later than that."""

_PATHS = {
    "trainingruns": "/apis/chiplog.dev/v1alpha1/namespaces/{}/trainingruns",
    "jobs": "/apis/batch/v1/namespaces/{}/jobs",
    "pods": "/api/v1/namespaces/{}/pods",
}


class Sight(NamedTuple):
    """One event of a watch."""

    at: float
    """Seconds of the monotonic clock, when its line was read."""
    type: str
    body: Json


class Timeline:
    """Every event of the three kinds, and the first sight of every recorder's head; threads fill it."""

    def __init__(self) -> None:
        self.sights: dict[str, list[Sight]] = {kind: [] for kind in _PATHS}
        self.heads: dict[str, float] = {}
        """By recorder, which is the pod's UID."""

    def of(self, kind: str, run: str) -> list[Sight]:
        """The events of a TrainingRun itself, or of the Jobs and pods that carry its name."""
        found = list(self.sights[kind])
        if kind == "trainingruns":
            return [sight for sight in found if sight.body["metadata"]["name"] == run]
        return [sight for sight in found if sight.body["metadata"].get("labels", {}).get("chiplog.dev/run") == run]


@contextmanager
def followed(namespace: str) -> Iterator[Timeline]:
    """A timeline that goes on as long as the context does. Needs KUBECONFIG and CHIPLOG_BUCKET."""
    timeline, over = Timeline(), threading.Event()
    upstream = Upstream(Path(os.environ["KUBECONFIG"]))
    connections = {kind: upstream.connect() for kind in _PATHS}
    threads = [
        threading.Thread(target=_watch, args=(connection, upstream.token, _PATHS[kind].format(namespace), found))
        for kind, (connection, found) in _paired(connections, timeline).items()
    ]
    threads.append(threading.Thread(target=_list_heads, args=(namespace, timeline.heads, over)))
    for thread in threads:
        thread.start()
    try:
        yield timeline
    finally:
        over.set()
        for connection in connections.values():
            if connection.sock is not None:
                with suppress(OSError):
                    connection.sock.shutdown(2)
        for thread in threads:
            thread.join()


def _paired(
    connections: dict[str, http.client.HTTPSConnection], timeline: Timeline
) -> dict[str, tuple[http.client.HTTPSConnection, list[Sight]]]:
    return {kind: (connection, timeline.sights[kind]) for kind, connection in connections.items()}


def _watch(connection: http.client.HTTPSConnection, token: str, path: str, found: list[Sight]) -> None:
    """One watch of an hour; it ends when its connection is shut."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    connection.timeout = 3600
    with suppress(OSError, http.client.HTTPException, ValueError):
        connection.request("GET", f"{path}?watch=true&timeoutSeconds=3600", headers=headers)
        for line in connection.getresponse():
            at = time.monotonic()
            event = json.loads(line)
            found.append(Sight(at, event["type"], event["object"]))


def _list_heads(namespace: str, heads: dict[str, float], over: threading.Event) -> None:
    address = os.environ["CHIPLOG_BUCKET"].rstrip("/")
    bucket, prefix = open_bucket(address), layout.live_prefix(address.rpartition("/")[2], namespace)
    while not over.wait(HEADS_SECONDS):
        with suppress(BucketError):
            listed = [layout.parse_live_key(item.key) for item in bucket.list(prefix)]
            for place in listed:
                if place is not None:
                    heads.setdefault(place.id, time.monotonic())
