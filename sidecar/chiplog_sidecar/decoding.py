"""`python -m chiplog_sidecar.decoding KIND FILE`: the rows of a source file as JSON lines, as a recorder made them;
it knows no bucket and ships nothing.

So whoever needs rows again that are lost, and has the source, runs the recorder's own reading as a process.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from chiplog import codec
from chiplog.codec import Row
from chiplog.folding import Fold
from chiplog_sidecar import formats

_READ_BYTES = 1 << 20


def decode(kind: str, source: BinaryIO) -> Iterator[Row]:
    """The rows of a whole file of the given kind, in the order of their position; none of a file of another kind.

    A torn end becomes a gap, for nobody will complete it.
    """
    fold = Fold()
    reader = formats.BY_KIND[kind].reader(0, fold)
    size = source.seek(0, 2)
    at_end = False
    while not at_end and not reader.foreign:
        source.seek(reader.offset)
        data = source.read(_READ_BYTES)
        at_end = reader.offset + len(data) >= size
        for row in reader.feed(data, final=at_end):
            fold.apply(row)
            yield row


def main() -> None:
    """Decode one file to stdout."""
    parser = argparse.ArgumentParser(prog="chiplog_sidecar.decoding", description=__doc__)
    parser.add_argument("kind", choices=sorted(formats.BY_KIND), help="as in a stream's head")
    parser.add_argument("file", type=Path)
    given = parser.parse_args()
    with given.file.open("rb") as source:
        for row in decode(given.kind, source):
            sys.stdout.buffer.write(codec.dump(row) + b"\n")


if __name__ == "__main__":
    main()
