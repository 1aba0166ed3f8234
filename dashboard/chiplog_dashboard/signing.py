"""Values that a browser keeps for us, signed so that every replica knows its own word again; it hides none of them."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

MIN_KEY = 32
"""Characters of a key: 16 random bytes in hexadecimal."""


class Signer:
    """Signs values and reads them again until they are over; threads may share it.

    Args:
        keys: secrets, the newest first: it signs, and what any of the others signed is still read.
        time: Unix seconds.
    """

    def __init__(self, keys: Sequence[str], time: Callable[[], float]) -> None:
        self._keys = list(reversed(keys))
        self._time = time

    def sign(self, purpose: str, value: Any, seconds: float) -> str:
        """A text that stands for a JSON value for so long; for another purpose it is worth nothing."""
        return str(self._serializer(purpose).dumps({"until": self._time() + seconds, "value": value}))

    def read(self, purpose: str, text: str) -> Any:
        """The value; None where the text is not ours, was changed, or is over."""
        try:
            found = self._serializer(purpose).loads(text)
        except BadData:
            return None
        return found["value"] if self._time() < found["until"] else None

    def _serializer(self, purpose: str) -> URLSafeSerializer:
        how = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
        return URLSafeSerializer(self._keys, salt=f"chiplog.dev/{purpose}", signer_kwargs=how)
