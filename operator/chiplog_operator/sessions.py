"""kopf's connections to the API server, whose lists give nothing but what is news; they ask nobody by themselves.

kopf makes a task, a queue and a memory of each object of the list with which a watch begins, of ten thousand runs and
their Jobs and pods in tens of seconds, though after the roll call nearly all of them are known as they are. By its
custom sessions it is given an answer without those.
"""

import ssl
from collections.abc import Callable
from functools import partial
from typing import Any

import aiohttp

from chiplog_operator import pages
from chiplog_operator.cluster import KINDS, Kind

IsKnown = Callable[[Kind, str, str, str], bool]
"""Whether an object of a kind and namespace is known by its UID in a version."""

_OK = 200


def session(context: ssl.SSLContext, headers: dict[str, str], proxy: str | None, is_known: IsKnown) -> Any:
    """A session of aiohttp, as kopf makes one. It belongs to the running event loop."""

    class Answer(aiohttp.ClientResponse):
        """An answer; a list of what we watch comes without the objects that are known."""

        async def json(self, **options: Any) -> Any:
            kind = next((kind for kind in KINDS if kind == self.url.name), None)
            if kind is None or self.status != _OK:
                return await super().json(**options)
            return pages.news(await self.read(), partial(is_known, kind))

    connector = aiohttp.TCPConnector(limit=0, ssl=context)
    return aiohttp.ClientSession(connector=connector, headers=headers, proxy=proxy, response_class=Answer)
