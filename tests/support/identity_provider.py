"""Canaille, a real OIDC provider (PyPI), as a process of its own: `python identity_provider.py ISSUER CALLBACK KEY…`.

It knows ada of the groups `ml` and `night`, bob of none, and us as a client. Signing keys are RSA, named on the command
line by files: the first signs, the others are still published, as in a rotation. By `--tls CERTIFICATE KEY` it speaks
TLS.
"""

import argparse
import datetime
import os
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

PASSWORD = "correct horse battery staple"
CLIENT, SECRET = "chiplog", "a secret of the client that is long enough"


def configuration(issuer: SplitResult, keys: list[str]) -> dict[str, Any]:
    """What Canaille is told: everything in memory, nothing sent anywhere."""
    return {
        "SECRET_KEY": "x" * 32,
        "SERVER_NAME": issuer.netloc,
        "PREFERRED_URL_SCHEME": issuer.scheme,
        "WTF_CSRF_ENABLED": False,
        "CANAILLE": {"DATABASE": "memory", "JAVASCRIPT": False, "ACL": {"DEFAULT": {"PERMISSIONS": ["use_oidc"]}}},
        "CANAILLE_OIDC": {"ACTIVE_JWKS": keys[:1], "INACTIVE_JWKS": keys[1:]},
    }


def fill(callback: str) -> None:
    """People, groups, and us as a client."""
    from canaille.app import models
    from canaille.backends import Backend

    backend = Backend.instance
    people = {}
    for name in ("ada", "bob"):
        people[name] = models.User(
            user_name=name, formatted_name=name.title(), family_name=name.title(), emails=[f"{name}@example.org"],
            password=PASSWORD,
        )  # fmt: skip
        backend.save(people[name])
    for group in ("ml", "night"):
        backend.save(models.Group(display_name=group, members=[people["ada"]]))
    client = _client(models, callback)
    backend.save(client)
    client.audience = [client]
    backend.save(client)


def _client(models: Any, callback: str) -> Any:
    return models.Client(
        client_id=CLIENT, client_secret=SECRET, client_name=CLIENT, client_uri="http://dashboard.localhost",
        redirect_uris=[callback], grant_types=["authorization_code"], response_types=["code"],
        scope=["openid", "profile", "email", "groups"], token_endpoint_auth_method="client_secret_basic",
        client_id_issued_at=datetime.datetime.now(datetime.UTC),
    )  # fmt: skip


def ask_for_all() -> None:
    """Canaille's memory finds what has *any* of several attributes: one code of a client would stand for another."""
    from canaille.backends.memory.backend import MemoryBackend

    any_of = MemoryBackend.do_query

    def all_of(self: Any, model: Any, *args: Any, **wanted: Any) -> list[Any]:
        if len(wanted) < 2:
            return list(any_of(self, model, *args, **wanted))
        found = [any_of(self, model, *args, **{name: value}) for name, value in wanted.items()]
        ids = set.intersection(*({item.id for item in items} for items in found))
        return [item for item in found[0] if item.id in ids]

    MemoryBackend.do_query = all_of


def told() -> argparse.Namespace:
    """The words of the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("issuer", type=urlsplit)
    parser.add_argument("callback")
    parser.add_argument("keys", nargs="+", type=Path)
    parser.add_argument("--tls", nargs=2)
    return parser.parse_args()


def main() -> None:
    """Serve until told to stop."""
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    from canaille import create_app
    from werkzeug.serving import make_server

    ask_for_all()
    words = told()
    issuer = words.issuer
    app = create_app(config=configuration(issuer, [key.read_text() for key in words.keys]), env_file=None)
    with app.app_context():
        fill(words.callback)
    tls = tuple(words.tls) if words.tls else None
    host = "127.0.0.1" if issuer.hostname == "localhost" else issuer.hostname
    make_server(host, issuer.port, app, threaded=True, ssl_context=tls).serve_forever()


if __name__ == "__main__":
    main()
