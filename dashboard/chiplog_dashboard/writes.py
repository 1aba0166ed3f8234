"""What a request that changes something must be: from our own page or a program, JSON, and small; it changes nothing.

No other site's page can send one. A form cannot send JSON, a script of another origin needs our leave to send it, which
nobody gets, and a browser says where a request comes from.
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request

from chiplog.errors import ChiplogError, SettingsError

OWN_SITES = ("same-origin", "none")
"""Values of Sec-Fetch-Site: our page, or whoever typed the address."""


class TooLarge(ChiplogError):
    """A body is longer than we take."""


class Elsewhere(ChiplogError):
    """A page of somebody else sends it."""


class Unconditional(ChiplogError):
    """A write says neither which version it replaces nor that there is none."""


async def document(request: Request, most_bytes: int) -> dict[str, Any]:
    """The JSON object that is sent. Raises Elsewhere, TooLarge, SettingsError."""
    check_origin(request.headers)
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise SettingsError("send a JSON object as application/json")
    try:
        found = json.loads(await _body(request, most_bytes))
    except (ValueError, RecursionError):
        raise SettingsError("the body is no JSON") from None
    if not isinstance(found, dict):
        raise SettingsError("the body is no JSON object")
    return found


def check_origin(headers: Mapping[str, str]) -> None:
    """Raises Elsewhere where a browser says that another site asks."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        is_ours = site in OWN_SITES
    else:
        is_ours = origin is None or urlsplit(origin).netloc == headers.get("host")
    if not is_ours:
        raise Elsewhere(f"this comes from a page of another site ({origin or site})")


def condition(headers: Mapping[str, str]) -> str:
    """The version that a write replaces, "" where there must be none. Raises Unconditional."""
    if headers.get("if-none-match") == "*":
        return ""
    wanted = headers.get("if-match", "").strip().removeprefix("W/").strip('"')
    if not wanted:
        raise Unconditional('send If-Match with the ETag of what you change, or "If-None-Match: *" for something new')
    return wanted


def text(body: Mapping[str, Any], name: str, most: int, *, lines: bool = False, least: int = 0) -> str:
    """A text of the body, "" where there is none. Raises SettingsError, which names the field.

    Args:
        body: the object that was sent.
        name: the field.
        most: characters that are taken.
        lines: whether it may have several lines.
        least: characters that are needed, without blanks at the ends.
    """
    found = body.get(name, "")
    if not isinstance(found, str):
        raise SettingsError(f"{name} is no text")
    if len(found) > most or len(found.strip()) < least:
        raise SettingsError(f"{name} has {len(found)} characters; between {least} and {most} are taken")
    if not lines and not found.isprintable():
        raise SettingsError(f"{name} has characters that cannot be seen")
    try:
        found.encode()
    except UnicodeEncodeError:
        raise SettingsError(f"{name} is no Unicode text") from None
    return found


async def _body(request: Request, most_bytes: int) -> bytes:
    found = bytearray()
    async for part in request.stream():
        found += part
        if len(found) > most_bytes:
            raise TooLarge(f"the body is longer than {most_bytes} bytes")
    return bytes(found)
