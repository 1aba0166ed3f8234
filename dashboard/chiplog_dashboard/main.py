"""Starts the dashboard: `chiplog ui`, or `chiplog-dashboard`; it puts the parts together and decides nothing."""

import os
import sys
import time

import uvicorn
from starlette.applications import Starlette

from chiplog.bucket import Bucket
from chiplog.bucket.opening import open_bucket
from chiplog.errors import SettingsError
from chiplog.reading import database
from chiplog.watching import Watcher
from chiplog_dashboard import app, changing, health
from chiplog_dashboard.access import Everybody, Guard, SignedOn, Unanswered
from chiplog_dashboard.api import Api
from chiplog_dashboard.audit import SILENT, Audit
from chiplog_dashboard.checkout import Checkout
from chiplog_dashboard.groups import Groups
from chiplog_dashboard.histories import Histories
from chiplog_dashboard.keyring import Keyring
from chiplog_dashboard.links import Links
from chiplog_dashboard.memo import Memo
from chiplog_dashboard.settings import LOCAL_HOSTS, PAGE, Settings
from chiplog_dashboard.shelf import Shelf
from chiplog_dashboard.sight import Headers, Sight
from chiplog_dashboard.signing import Signer
from chiplog_dashboard.signon import SignOns

AUDIT = Audit(lambda line: print(line, flush=True), time.time)
"""On standard output, where a cluster collects logs."""


def build(settings: Settings) -> Starlette:
    """The application of these settings. Raises SettingsError for an address that is no bucket, Unanswered."""
    database.cap(settings.query_seconds)
    bucket = Memo(open_bucket(settings.bucket))
    shelf = Shelf(bucket, time.time, time.monotonic, settings.fresh_seconds, settings.cluster, settings.namespace)
    shelf.begin()
    signons = _signons(settings)
    headers = Headers(settings.user_header, settings.groups_header)
    cookies = signons.cookies if signons else None
    links = _links(settings, bucket)
    named = {"session_cookie": cookies.session, "link_cookie": cookies.link} if cookies else {}
    sight = Sight(shelf, _guard(settings, signons, links), headers, **named)
    api = Api(bucket, sight, Histories(bucket, time.monotonic), Watcher(bucket))
    # Where one has to sign on, a page of somebody else's gains nothing by a name that leads here.
    groups = Groups(bucket, sight)
    hosts = ["*"] if settings.sign_on.is_on else list(LOCAL_HOSTS)
    audit = AUDIT if settings.sign_on.is_on else SILENT
    checkout = Checkout(settings.reports, settings.cluster)
    more = changing.routes(bucket, sight, time.time, links, cookies, checkout)
    return app.create(api, groups, PAGE, hosts, signons, more, audit)


def _signons(settings: Settings) -> "SignOns | None":
    if settings.oidc is None:
        return None
    from chiplog_dashboard.provider import Provider

    provider = Provider(settings.oidc, time.time, time.monotonic)
    return SignOns(provider, Signer(settings.oidc.cookie_keys, time.time), AUDIT.signed_on)


def _links(settings: Settings, bucket: Bucket) -> Links | None:
    oidc = settings.oidc
    if oidc is None or not oidc.link_days:
        return None
    return Links(bucket, Signer(oidc.cookie_keys, time.time), oidc.url, oidc.link_days, time.time, time.monotonic)


def _guard(settings: Settings, signons: "SignOns | None", links: Links | None) -> Guard:
    if not settings.sign_on.is_on:
        return Everybody()
    from chiplog.access.reviews import Reviews

    reviews = Reviews.connect(settings.audience)
    session = signons.person if signons else _nobody
    keyring = Keyring(reviews.key, time.time, time.monotonic)
    visitor = links.visitor if links else _nobody
    return SignedOn(settings.sign_on, reviews, time.monotonic, session, visitor, keyring.is_good)


def _nobody(_: str) -> None:
    """Whose cookie it is, where there are none."""


def main() -> None:
    """Serve until told to stop; a wrong setting ends it with exit code 2."""
    try:
        settings = Settings.from_env(os.environ)
        application = build(settings)
    except (SettingsError, Unanswered) as error:
        print(f"chiplog-dashboard: {error}", file=sys.stderr)
        sys.exit(2)
    health.serve(settings.health_port)
    uvicorn.run(
        application,
        host=settings.host,
        port=settings.port,
        log_level=settings.log_level,
        access_log=False,
        # uvicorn would believe X-Forwarded-For of whoever connects from here, and then whom it names as a proxy.
        proxy_headers=False,
        # Streams of events never end by themselves, and a browser asks again.
        timeout_graceful_shutdown=2,
    )


if __name__ == "__main__":
    main()
