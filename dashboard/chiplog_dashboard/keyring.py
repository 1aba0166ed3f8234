"""Which API keys are still good: those that are known and whose time has not come; what one may it asks nobody."""

from collections.abc import Callable

from chiplog.access import Person, keys
from chiplog.access.keys import Key
from chiplog.access.memory import Memory


class Keyring:
    """The keys of a cluster; threads may share it.

    The operator deletes the handle of a key whose overlap is over, and then its token is nobody's. While it is
    down nobody does: whoever takes a key looks at its end.

    Args:
        known: what is known of a key by its handle, None where there is none. It may raise Unanswered.
        time: Unix seconds.
        monotonic: seconds.
    """

    def __init__(
        self, known: Callable[[str], Key | None], time: Callable[[], float], monotonic: Callable[[], float]
    ) -> None:
        self._known = known
        self._time = time
        self._remembered: Memory[Key | None] = Memory(monotonic)

    def is_good(self, person: Person) -> bool:
        """Whether somebody, if it is a key, is one whose time has not come. Raises Unanswered."""
        handle = keys.handle_of_user(person.name)
        if not handle:
            return True
        key = self._remembered.recall(handle, lambda: self._known(handle))
        return key is not None and not key.is_over(self._time())
