"""The API server's word on keys, and the note of their last use; the client itself is in `chiplog.access.reviews`."""

from chiplog.access import Unanswered, keys
from chiplog.access.keys import Key
from chiplog.access.reviews import Reviews

_MERGE = "application/merge-patch+json"


class Kube(Reviews):
    """The `Reviewer` protocol over a real API server; threads may share it."""

    def key(self, handle: str) -> Key | None:
        """What is known of a key. Raises Unanswered."""
        status, account = self.request("GET", f"{keys.ACCOUNTS}/{handle}")
        if status == 404:
            return None
        if status != 200:
            raise Unanswered(f"the API server does not show the key {handle}: {account.get('message')}")
        return keys.key(account)

    def note_use(self, handle: str, moment: float) -> None:
        """Note that a key was used. Raises Unanswered."""
        patch = {"metadata": {"annotations": {keys.LAST_USED: keys.text(moment)}}}
        status, told = self.request("PATCH", f"{keys.ACCOUNTS}/{handle}", patch, _MERGE)
        if status not in (200, 404):
            raise Unanswered(f"the API server does not note the use of {handle}: {told.get('message')}")
