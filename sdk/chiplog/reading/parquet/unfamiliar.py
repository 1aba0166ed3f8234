"""What the reader of pages says of a file that it does not know how to read; it says nothing of damage."""


class Unfamiliar(Exception):
    """The file is written in a way that only a whole Parquet reader knows."""
