"""The API server's word on keys, and the note of their last use; the client itself is in `chiplog.access.reviews`."""

from chiplog.access import Unanswered, keys
from chiplog.access.reviews import Reviews

_MERGE = "application/merge-patch+json"


class Kube(Reviews):
    """The `Reviewer` protocol over a real API server; threads may share it."""

    def note_use(self, handle: str, moment: float) -> None:
        """Note that a key was used. Raises Unanswered."""
        patch = {"metadata": {"annotations": {keys.LAST_USED: keys.text(moment)}}}
        status, told = self.request("PATCH", f"{keys.ACCOUNTS}/{handle}", patch, _MERGE)
        if status not in (200, 404):
            raise Unanswered(f"the API server does not note the use of {handle}: {told.get('message')}")
