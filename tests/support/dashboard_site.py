"""A dashboard's server as a browser reaches it."""

import http.client
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass
class Answer:
    """What the server said."""

    status: int
    headers: dict[str, str]
    body: bytes
    cookies: tuple[str, ...] = ()
    """Every cookie that it sets, with its attributes."""

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Site:
    """A running server, as a browser reaches it."""

    port: int

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, headers)

    def send(self, method: str, path: str, value: Any = None, **headers: str) -> Answer:
        """A question that changes something, as the page sends it; `_` in a header's name is `-`."""
        told = {"Content-Type": "application/json", **{name.replace("_", "-"): text for name, text in headers.items()}}
        return self.ask(method, path, told, None if value is None else json.dumps(value))

    def ask(self, method: str, path: str, headers: dict[str, str], body: str | None = None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            cookies = tuple(value for name, value in answer.getheaders() if name.lower() == "set-cookie")
            return Answer(answer.status, told, answer.read(), cookies)
        finally:
            connection.close()


Start = Callable[..., Site]
