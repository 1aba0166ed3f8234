"""What the reader of pages says of a file that it does not know how to read; it says nothing of damage."""

import struct


class Unfamiliar(Exception):
    """The file is written in a way that only a whole Parquet reader knows."""


MALFORMED = (LookupError, TypeError, AttributeError, ValueError, OverflowError, struct.error)
"""What bytes of another shape than the format's come to where they are taken apart. None of them is a value."""
