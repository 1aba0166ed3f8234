"""All questions by which people say something: reports, saved views, words on runs; it answers none itself."""

from collections.abc import Callable

from starlette.routing import Route

from chiplog.bucket import Bucket
from chiplog_dashboard.checkout import Checkout
from chiplog_dashboard.links import Links
from chiplog_dashboard.reports import NO_CHECKOUT, Reports
from chiplog_dashboard.saved import Saved
from chiplog_dashboard.sharing import Sharing
from chiplog_dashboard.sight import Sight
from chiplog_dashboard.signon import Cookies
from chiplog_dashboard.weights import Weights
from chiplog_dashboard.words import Saying


def routes(
    bucket: Bucket,
    sight: Sight,
    clock: Callable[[], float],
    links: Links | None = None,
    cookies: Cookies | None = None,
    checkout: Checkout = NO_CHECKOUT,
) -> list[Route]:
    """Their paths.

    Args:
        bucket: where words and reports are written.
        sight: what the sender of a request sees, and may change.
        clock: Unix seconds.
        links: those by which others see something; None where there are none.
        cookies: how a browser keeps one.
        checkout: reports that are kept in a directory.
    """
    return [
        *Reports(bucket, sight, clock, checkout).routes(),
        *Saved(bucket, sight, clock).routes(),
        *Saying(bucket, sight, clock).routes(),
        *Weights(sight).routes(),
        *Sharing(bucket, sight, links, cookies).routes(),
    ]
