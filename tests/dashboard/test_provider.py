"""What of a provider's answers is believed: nothing that it did not sign, for us, now, for this very attempt."""

import base64
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import scripted_provider
from joserfc.jwk import RSAKey
from scripted_provider import CLIENT, SECRET, Scripted

from chiplog_dashboard.oidc import Attempt, Oidc, ProviderAway, SignOnRefused
from chiplog_dashboard.provider import Provider

ATTEMPT = Attempt("state-of-the-attempt", "nonce-of-the-attempt", "verifier-of-the-attempt")
METADATA = "/.well-known/openid-configuration"


@pytest.fixture
def script() -> Iterator[Scripted]:
    with scripted_provider.serving() as script:
        script.nonce = ATTEMPT.nonce
        yield script


@pytest.fixture
def oidc(script: Scripted) -> Oidc:
    return Oidc(script.issuer, CLIENT, "https://chiplog.example.org", ("k" * 32,), client_secret=SECRET)


@pytest.fixture
def provider(oidc: Oidc) -> Provider:
    return Provider(oidc, time.time, time.monotonic)


def test_claims_that_are_signed_for_us_are_believed(provider: Provider) -> None:
    claims = provider.claims(ATTEMPT, "code")
    assert (claims["email"], claims["groups"]) == ("ada@example.org", ["ml"])


NOW = int(time.time())
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"iss": "https://other.example.org"}, "iss"),
    ({"iss": None}, "iss"),
    ({"aud": "somebody-else"}, "aud"),
    ({"aud": []}, "aud"),
    ({"aud": None}, "aud"),
    ({"aud": [CLIENT, "somebody-else"], "azp": "somebody-else"}, "azp"),
    ({"exp": NOW - 300, "iat": NOW - 900}, "expired"),
    ({"exp": None}, "exp"),
    ({"exp": "tomorrow"}, "exp"),
    ({"iat": NOW + 3000}, "in the future"),
    ({"nbf": NOW + 3000}, "not yet valid"),
    ({"nonce": "another"}, "nonce"),
    ({"nonce": None}, "nonce"),
    ({"at_hash": "AAAA"}, "at_hash"),
    ({"sub": None}, "sub"),
]


@pytest.mark.parametrize(("claims", "said"), WRONG)
def test_a_token_that_is_not_for_us_and_now_is_not_believed(
    provider: Provider, script: Scripted, claims: dict[str, Any], said: str
) -> None:
    script.claims = claims
    with pytest.raises(SignOnRefused, match=said):
        provider.claims(ATTEMPT, "code")


def test_a_clock_that_is_a_little_off_is_forgiven(provider: Provider, script: Scripted) -> None:
    script.claims = {"exp": int(time.time()) - 20, "iat": int(time.time()) + 20}
    assert provider.claims(ATTEMPT, "code")["sub"] == "1"


def test_a_token_without_a_signature_is_not_believed(provider: Provider, script: Scripted) -> None:
    script.header = {"alg": "none", "kid": "one"}
    with pytest.raises(SignOnRefused, match="not believed"):
        provider.claims(ATTEMPT, "code")


def test_a_signature_by_the_secret_that_both_know_is_not_believed(provider: Provider, script: Scripted) -> None:
    script.header, script.secret = {"alg": "HS256", "kid": "one"}, SECRET
    with pytest.raises(SignOnRefused, match="not believed"):
        provider.claims(ATTEMPT, "code")


def test_a_signature_by_a_key_that_is_not_published_is_not_believed(provider: Provider, script: Scripted) -> None:
    right = script.key
    forged = RSAKey.generate_key(2048, {"kid": "one"})

    class Forging(Scripted):
        def token(self) -> str:
            self.key = forged
            token = super().token()
            self.key = right
            return token

    script.__class__ = Forging
    with pytest.raises(SignOnRefused, match="not believed"):
        provider.claims(ATTEMPT, "code")
    assert script.asked.count("/keys") == 2


@pytest.mark.parametrize("kid", ["one", "two"])
def test_a_key_that_is_new_is_looked_for_at_once_also_under_an_old_name(
    provider: Provider, script: Scripted, kid: str
) -> None:
    provider.claims(ATTEMPT, "code")
    provider.claims(ATTEMPT, "code")
    assert script.asked.count("/keys") == 1
    script.key, script.header = RSAKey.generate_key(2048, {"kid": kid, "use": "sig"}), {"alg": "RS256", "kid": kid}
    assert provider.claims(ATTEMPT, "code")["sub"] == "1"
    assert script.asked.count("/keys") == 2


def test_the_code_goes_with_our_secret_and_the_verifier(provider: Provider, script: Scripted) -> None:
    provider.claims(ATTEMPT, "the-code")
    ((authorization, body),) = script.bodies
    assert authorization == "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
    sent = {name: values[0] for name, values in parse_qs(body).items()}
    assert sent == {
        "grant_type": "authorization_code", "code": "the-code", "code_verifier": ATTEMPT.verifier,
        "redirect_uri": "https://chiplog.example.org/auth/callback",
    }  # fmt: skip


def test_a_provider_that_wants_the_secret_in_the_body_gets_it_there(provider: Provider, script: Scripted) -> None:
    script.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    provider.claims(ATTEMPT, "code")
    ((authorization, body),) = script.bodies
    assert (authorization, parse_qs(body)["client_secret"]) == ("", [SECRET])


def test_a_public_client_has_no_secret(oidc: Oidc, script: Scripted) -> None:
    Provider(replace(oidc, client_secret=""), time.time, time.monotonic).claims(ATTEMPT, "code")
    ((authorization, body),) = script.bodies
    assert (authorization, parse_qs(body)["client_id"], "client_secret" in body) == ("", [CLIENT], False)


def test_a_browser_is_sent_with_all_that_it_must_bring_back(provider: Provider, script: Scripted) -> None:
    sent = parse_qs(urlsplit(provider.address(ATTEMPT)).query)
    assert (sent["state"], sent["nonce"], sent["response_type"]) == ([ATTEMPT.state], [ATTEMPT.nonce], ["code"])
    assert (sent["code_challenge_method"], ATTEMPT.verifier in str(sent)) == (["S256"], False)


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://other.example.org"},
        {"issuer": None},
        {"token_endpoint": None},
        {"token_endpoint": "ftp://x/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": "file:///etc/passwd"},
    ],
)
def test_a_provider_that_is_another_or_has_no_safe_address_is_not_asked(
    provider: Provider, script: Scripted, metadata: dict[str, Any]
) -> None:
    script.metadata = metadata
    with pytest.raises(ProviderAway):
        provider.address(ATTEMPT)


@pytest.mark.parametrize(
    ("path", "status"),
    [(METADATA, 302), (METADATA, 404), (METADATA, 500), ("/keys", 302), ("/keys", 503), ("/token", 502)],
)
def test_a_provider_that_does_not_answer_lets_nobody_in(
    provider: Provider, script: Scripted, path: str, status: int
) -> None:
    script.status = {path: status}
    with pytest.raises(ProviderAway):
        provider.claims(ATTEMPT, "code")
    assert "/elsewhere" not in script.asked
    script.status = {}
    assert provider.claims(ATTEMPT, "code")["sub"] == "1"


def test_an_answer_of_another_provider_is_told_by_its_name(provider: Provider, oidc: Oidc, script: Scripted) -> None:
    assert [provider.is_by(oidc.issuer), provider.is_by("https://other.example.org"), provider.is_by(None)] == [
        True,
        False,
        True,
    ]
    script.metadata = {"authorization_response_iss_parameter_supported": True}
    assert not Provider(oidc, time.time, time.monotonic).is_by(None)
