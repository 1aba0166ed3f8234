"""Refuses what somebody may not change, in the words of `kubectl auth can-i`; who may what is `Sight`'s to say."""

from starlette.requests import HTTPConnection

from chiplog.errors import ChiplogError
from chiplog_dashboard.access import Person
from chiplog_dashboard.sight import Sight


class Forbidden(ChiplogError):
    """The cluster does not let somebody do this."""


def editor(sight: Sight, request: HTTPConnection, namespace: str, project: str = "") -> Person:
    """Who asks, if they may write what people write there. Raises Forbidden, NotSignedOn, Unanswered."""
    return _checked(sight, request, sight.edits(request, namespace, project), "update", namespace)


def deleter(sight: Sight, request: HTTPConnection, namespace: str, project: str = "") -> Person:
    """Who asks, if they may give up runs there. Raises Forbidden, NotSignedOn, Unanswered."""
    return _checked(sight, request, sight.deletes(request, namespace, project), "delete", namespace)


def _checked(sight: Sight, request: HTTPConnection, may: bool, verb: str, namespace: str) -> Person:
    person = sight.person(request)
    if not may:
        raise Forbidden(
            f"{person.name} may not {verb} trainingruns.chiplog.dev in namespace {namespace}, which this needs"
        )
    return person
