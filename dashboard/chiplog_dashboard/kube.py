"""The API server's word on who may look at runs; the client itself is in `chiplog.access.reviews`."""

from chiplog.access import Person, Right
from chiplog.access.reviews import Reviews


class Kube(Reviews):
    """The `Reviewer` protocol over a real API server; threads may share it."""

    def may_list_runs(self, person: Person, namespace: str) -> bool:
        """Whether they may list TrainingRuns there, by a SubjectAccessReview. Raises Unanswered."""
        return self.may(person, Right("list", "trainingruns", namespace))
