"""Takes a request's body, in memory or in a file, and no more of it than is allowed; it does not look into it."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import IO

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from chiplog.errors import ChiplogError

IDLE_SECONDS = 30.0
"""Without a byte for so long the request is given up."""

_BLOCK_BYTES = 1 << 20


class TooLarge(ChiplogError):
    """The body is larger than is taken."""


class TooSlow(ChiplogError):
    """The body does not come."""


class Full(ChiplogError):
    """There is no room for the body now."""


class Room:
    """How many bytes of bodies may be here at once; of one event loop, which needs no lock.

    Args:
        max_bytes: together.
    """

    def __init__(self, max_bytes: int) -> None:
        self._free = max_bytes

    @contextmanager
    def taken(self, request: Request, max_bytes: int) -> Iterator[None]:
        """Keep room for a request's body while it is here. Raises Full, TooLarge."""
        size = declared(request, max_bytes)
        if size > self._free:
            raise Full(f"there is no room for {size} bytes now")
        self._free -= size
        try:
            yield
        finally:
            self._free += size


def declared(request: Request, max_bytes: int) -> int:
    """The length of a body as it is declared, else the most that is taken. Raises TooLarge."""
    told = request.headers.get("content-length", "")
    if not told.isdecimal():
        return max_bytes
    if int(told) > max_bytes:
        raise TooLarge(f"{told} bytes are more than the {max_bytes} that the door takes at once")
    return int(told)


async def read(request: Request, max_bytes: int) -> bytes:
    """The body as bytes. Raises TooLarge, TooSlow."""
    parts = [block async for block in _blocks(request, max_bytes)]
    return b"".join(parts)


@asynccontextmanager
async def spooled(request: Request, folder: str, max_bytes: int) -> AsyncIterator[Path]:
    """The body as a file, for as long as it is looked at. Raises TooLarge, TooSlow, OSError."""
    with tempfile.NamedTemporaryFile(dir=folder or None, prefix="chiplog-") as file:
        async for block in _blocks(request, max_bytes):
            await run_in_threadpool(_write, file.file, block)
        await run_in_threadpool(file.flush)
        yield Path(file.name)


def _write(file: IO[bytes], block: bytes) -> None:
    file.write(block)


async def _blocks(request: Request, max_bytes: int) -> AsyncIterator[bytes]:
    block, taken = bytearray(), 0
    stream = request.stream().__aiter__()
    while True:
        try:
            part = await asyncio.wait_for(anext(stream, None), IDLE_SECONDS)
        except TimeoutError as error:
            raise TooSlow(f"nothing came for {IDLE_SECONDS:g} s") from error
        if part is None:
            break
        taken += len(part)
        if taken > max_bytes:
            raise TooLarge(f"the body is longer than the {max_bytes} bytes that the door takes at once")
        block += part
        if len(block) >= _BLOCK_BYTES:
            yield bytes(block)
            block.clear()
    yield bytes(block)
