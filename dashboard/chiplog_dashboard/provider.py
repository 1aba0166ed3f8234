"""The OIDC provider over HTTP: where it is asked, and what of its answers is believed; the only module with Authlib.

It decides nothing about people: it says which claims are proven.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import JWKRegistry, KeySet
from joserfc.jws import JWSRegistry

from chiplog_dashboard.fresh import Fresh
from chiplog_dashboard.oidc import Attempt, Oidc, ProviderAway, SignOnRefused

TIMEOUT_SECONDS = (3.0, 5.0)
"""To connect, and to be answered: somebody waits for it."""

FRESH_SECONDS = 3600.0
"""What a provider says of itself, and its keys, are believed for so long; an unknown key is looked for at once."""

LEEWAY_SECONDS = 60.0
"""The provider's clock and ours may be so far apart."""

MAX_BYTES = 1 << 20

ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
"""Signatures that only the provider can make; never one by a secret that both know, and never none."""

_METHODS = ("client_secret_basic", "client_secret_post")
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class Provider:
    """A provider and us as its client; threads may share it."""

    def __init__(self, oidc: Oidc, time: Callable[[], float], monotonic: Callable[[], float]) -> None:
        self.oidc = oidc
        self._time = time
        self._metadata: Fresh[dict[str, Any]] = Fresh(self._discover, monotonic, FRESH_SECONDS)
        self._keys: Fresh[KeySet] = Fresh(self._fetch_keys, monotonic, FRESH_SECONDS)

    def address(self, attempt: Attempt) -> str:
        """Where a browser is sent to begin. Raises ProviderAway."""
        with self._session() as session:
            url, _ = session.create_authorization_url(
                self._metadata.get()["authorization_endpoint"],
                state=attempt.state,
                nonce=attempt.nonce,
                code_verifier=attempt.verifier,
            )
        return str(url)

    def claims(self, attempt: Attempt, code: str) -> dict[str, Any]:
        """What the provider says, by its signature, of whom it gave a code. Raises SignOnRefused, ProviderAway."""
        token = self._exchange(attempt, code)
        if not isinstance(token.get("id_token"), str):
            raise SignOnRefused("the provider's answer has no id_token; is openid among the scopes?")
        return self._proven(token, attempt)

    def is_by(self, issuer: str | None) -> bool:
        """Whether an answer that names its issuer (RFC 9207), or names none, can be this provider's."""
        must = self._metadata.get().get("authorization_response_iss_parameter_supported") is True
        return issuer == self.oidc.issuer or (issuer is None and not must)

    def _exchange(self, attempt: Attempt, code: str) -> Mapping[str, Any]:
        endpoint = self._metadata.get()["token_endpoint"]
        try:
            with self._session() as session:
                answer: Mapping[str, Any] = session.fetch_token(
                    endpoint, grant_type="authorization_code", code=code, code_verifier=attempt.verifier,
                    timeout=TIMEOUT_SECONDS, allow_redirects=False,
                )  # fmt: skip
        except AuthlibBaseError as error:
            raise SignOnRefused(f"the provider does not take the code: {error.error}") from error
        except (requests.RequestException, ValueError) as error:
            raise ProviderAway(f"{endpoint} gives no token: {type(error).__name__}") from error
        return answer

    def _proven(self, token: Mapping[str, Any], attempt: Attempt) -> dict[str, Any]:
        oidc = self.oidc
        try:
            found = self._decoded(token["id_token"])
            options: Any = {
                "iss": {"essential": True, "value": oidc.issuer},
                "aud": {"essential": True, "value": oidc.client_id},
                "nonce": {"essential": True},
            }
            params = {"nonce": attempt.nonce, "client_id": oidc.client_id, "access_token": token.get("access_token")}
            claims = CodeIDToken(found.claims, found.header, options, params)
            claims.validate(now=int(self._time()), leeway=int(LEEWAY_SECONDS))
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise SignOnRefused(f"the provider's id_token is not believed: {error}") from error
        return dict(claims)

    def _decoded(self, text: str) -> jwt.Token:
        """By the keys that are known, and where they do not fit by those of now: a provider changes its keys."""
        told = self._metadata.get().get("id_token_signing_alg_values_supported") or ["RS256"]
        registry = JWSRegistry(algorithms=sorted(ALGORITHMS.intersection(told)), strict_check_header=False)
        try:
            return jwt.decode(text, self._keys.get(), registry=registry)
        except (InvalidKeyIdError, BadSignatureError):
            return jwt.decode(text, self._keys.again(), registry=registry)

    def _session(self) -> OAuth2Session:
        oidc = self.oidc
        session = OAuth2Session(
            oidc.client_id, oidc.client_secret or None, scope=" ".join(oidc.scopes), redirect_uri=oidc.callback,
            token_endpoint_auth_method=self._method(), code_challenge_method="S256",
        )  # fmt: skip
        session.verify = oidc.ca_file or True
        return session

    def _method(self) -> str:
        if not self.oidc.client_secret:
            return "none"
        told = self._metadata.get().get("token_endpoint_auth_methods_supported") or _METHODS
        return next((method for method in _METHODS if method in told), _METHODS[0])

    def _discover(self) -> dict[str, Any]:
        url = f"{self.oidc.issuer.rstrip('/')}/.well-known/openid-configuration"
        found = self._fetch(url)
        if found.get("issuer") != self.oidc.issuer:
            raise ProviderAway(f"{url} is of the issuer {found.get('issuer')!r}, not {self.oidc.issuer!r}")
        scheme = urlsplit(self.oidc.issuer).scheme
        for name in _ENDPOINTS:
            if not isinstance(found.get(name), str) or urlsplit(found[name]).scheme not in ("https", scheme):
                raise ProviderAway(f"{url} has {name}={found.get(name)!r}, which is no address that is safe")
        return found

    def _fetch_keys(self) -> KeySet:
        url = self._metadata.get()["jwks_uri"]
        told = self._fetch(url).get("keys")
        if not isinstance(told, list):
            raise ProviderAway(f"{url} is no set of keys")
        return KeySet([key for item in told for key in _key(item)])

    def _fetch(self, url: str) -> dict[str, Any]:
        """A JSON document of the provider's, from exactly there. Raises ProviderAway."""
        try:
            with requests.get(
                url, timeout=TIMEOUT_SECONDS, allow_redirects=False, verify=self.oidc.ca_file or True, stream=True
            ) as answer:
                if answer.status_code != 200:
                    raise ProviderAway(f"{url} answers {answer.status_code}")
                found = json.loads(_body(answer))
        except (requests.RequestException, OSError, ValueError, RecursionError) as error:
            raise ProviderAway(f"{url} gives no answer: {type(error).__name__}") from error
        if not isinstance(found, dict):
            raise ProviderAway(f"{url} is no JSON object")
        return found


def _body(answer: requests.Response) -> bytes:
    found = b""
    for part in answer.iter_content(1 << 16):
        found += part
        if len(found) > MAX_BYTES:
            raise ValueError(f"longer than {MAX_BYTES} bytes")
    return found


def _key(item: Any) -> list[Any]:
    """One key of a set; none where it is of a kind that we do not know, or is there to encrypt."""
    try:
        return [JWKRegistry.import_key(item)] if item.get("use", "sig") == "sig" else []
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        return []
