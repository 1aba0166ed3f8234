"""Signing on at the OIDC provider: a browser goes there, comes back, and gets a session; nothing is kept here.

What one attempt has to show again waits in a cookie of its own for some minutes; a session is a cookie too. Both are
signed, so that any replica can end what another began.
"""

import secrets
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from chiplog.errors import ChiplogError, SettingsError
from chiplog_dashboard import oidc as meanings
from chiplog_dashboard.access import Person
from chiplog_dashboard.oidc import Attempt, Oidc, ProviderAway, SignOnRefused
from chiplog_dashboard.signing import Signer

if TYPE_CHECKING:
    from chiplog_dashboard.provider import Provider

ATTEMPT_SECONDS = 600.0
"""Between going to the provider and coming back."""

MAX_COOKIE = 3800
"""Characters: a browser keeps no larger one."""

AGAIN = "Open the dashboard and sign on again."


class SignOns:
    """The way to the provider and back, and the sessions that begin there."""

    def __init__(
        self, provider: "Provider", signer: Signer, said: Callable[[str, str], None] = lambda _, __: None
    ) -> None:
        self._provider = provider
        self._signer = signer
        self._said = said
        self.cookies = Cookies(provider.oidc)

    def routes(self) -> list[Route]:
        """They stand outside of the gate, for nobody is known there yet."""
        return [Route("/auth/login", self.begin), Route("/auth/callback", self.finish)]

    def person(self, session: str) -> Person | None:
        """Whose session a cookie is; None where it is nobody's or over."""
        found = self._signer.read("session", session)
        oidc = self._provider.oidc
        # What the map gives is asked for each time: a map that was changed holds for sessions that are open.
        return meanings.granted(oidc, Person(found["name"], tuple(found["groups"]))) if found else None

    def begin(self, request: Request) -> Response:
        """Send the browser to the provider; `next` is where in the dashboard it wants to end."""
        try:
            place = _own_path(request.query_params.get("next", "/"))
            attempt = Attempt(*(secrets.token_urlsafe(32) for _ in range(3)))
            answer = RedirectResponse(self._provider.address(attempt), 302, _UNKEPT)
        except ChiplogError as error:
            return _refused(error)
        value = {"state": attempt.state, "nonce": attempt.nonce, "verifier": attempt.verifier, "next": place}
        self.cookies.put(answer, self.cookies.attempt, self._signer.sign("attempt", value, ATTEMPT_SECONDS), "lax")
        return answer

    def finish(self, request: Request) -> Response:
        """Take the code that the provider sent the browser back with; an attempt is good for once."""
        try:
            kept = self._signer.read("attempt", request.cookies.get(self.cookies.attempt, ""))
            person = self._proven(request.query_params, kept)
            session = self._session(person)
        except ChiplogError as error:
            answer = _refused(error)
        else:
            self._said(person.name, request.client.host if request.client else "")
            answer = RedirectResponse(kept["next"], 302, _UNKEPT)
            self.cookies.put(answer, self.cookies.session, session, "strict", self._provider.oidc.session_hours * 3600)
        self.cookies.drop(answer, self.cookies.attempt)
        return answer

    def _proven(self, told: Mapping[str, str], kept: Any) -> Person:
        if kept is None:
            raise SignOnRefused(f"this browser began no sign-on here, or more than {ATTEMPT_SECONDS / 60:g} min ago")
        if not secrets.compare_digest(told.get("state", "").encode(), kept["state"].encode()):
            raise SignOnRefused("this is not the sign-on that this browser began last")
        if not self._provider.is_by(told.get("iss")):
            raise SignOnRefused("the answer is another provider's")
        if "code" not in told:
            raise SignOnRefused(f"the provider says {told.get('error', 'nothing')!r}")
        attempt = Attempt(kept["state"], kept["nonce"], kept["verifier"])
        return meanings.person(self._provider.oidc, self._provider.claims(attempt, told["code"]))

    def _session(self, person: Person) -> str:
        value = {"name": person.name, "groups": list(person.groups)}
        session = self._signer.sign("session", value, self._provider.oidc.session_hours * 3600)
        if len(session) > MAX_COOKIE:
            raise SignOnRefused(
                f"{person.name} is in {len(person.groups)} groups, more than a cookie holds: "
                "CHIPLOG_UI_OIDC_KEEP_GROUPS says which count"
            )
        return session


class Cookies:
    """Names of our cookies, and how they are set: no script reads them, and by TLS no other host can plant one."""

    def __init__(self, oidc: Oidc) -> None:
        self._is_https = oidc.is_https
        prefix = "__Host-" if oidc.is_https else ""
        self.session, self.attempt = f"{prefix}chiplog_session", f"{prefix}chiplog_attempt"
        self.link = f"{prefix}chiplog_link"

    def put(self, answer: Response, name: str, value: str, same_site: Any, seconds: float = ATTEMPT_SECONDS) -> None:
        """Set one."""
        answer.set_cookie(
            name, value, max_age=int(seconds), path="/", secure=self._is_https, httponly=True, samesite=same_site
        )

    def drop(self, answer: Response, name: str) -> None:
        """Take one away."""
        answer.delete_cookie(name, path="/", secure=self._is_https, httponly=True, samesite="lax")


_UNKEPT = {"Cache-Control": "no-store"}


def _own_path(text: str) -> str:
    """A path of this dashboard. Raises SettingsError for whatever a browser could read as another host."""
    parts = urlsplit(text)
    is_own = text.startswith("/") and not text.startswith("//") and not (parts.scheme or parts.netloc)
    if not is_own or "\\" in text or not text.isascii() or not text.isprintable() or len(text) > 2000:
        raise SettingsError(f"next={text!r} is no path of this dashboard")
    return text


def _refused(error: ChiplogError) -> Response:
    status = 400 if isinstance(error, SettingsError) else 503 if isinstance(error, ProviderAway) else 403
    return PlainTextResponse(f"{error}\n\n{AGAIN}\n", status, _UNKEPT)
