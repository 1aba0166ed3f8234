"""Row 4: the four readers under a coverage-guided fuzzer, for as long as is asked. It is a program and no test, for
atheris is not among our dependencies:

    pip install atheris
    PYTHONPATH=tests/support python tests/faults/fuzzing.py tensorboard -max_total_time=3600

A kind is one of wandb, tensorboard, chiplog, jsonl. Bytes are framed soundly in three of four inputs, so that what is
found lies behind the checksums. An input that fails is left in the working directory; give it instead of the time to
play it again.
"""

import struct
import sys
import zlib

import atheris

with atheris.instrument_imports(include=["chiplog_sidecar", "chiplog"]):
    from sources_of import KINDS, survive
    from wandb_files import written

    from chiplog import runfile
    from chiplog_sidecar.tensorboard import crc32c

MAX_SECONDS = 1


def framed(kind: str, payloads: list[bytes], code: int) -> bytes:
    """A file of these records, with right lengths and checksums."""
    if kind == "wandb":
        return written(payloads)
    if kind == "chiplog":
        return runfile.MAGIC + b"".join(runfile.frame(code % 5, payload) for payload in payloads)
    if kind == "jsonl":
        return b"\n".join(payloads)
    return b"".join(map(_event, payloads))


def _event(payload: bytes) -> bytes:
    length = struct.pack("<Q", len(payload))
    sums = struct.pack("<I", crc32c.masked(length)), struct.pack("<I", crc32c.masked(payload))
    return length + sums[0] + payload + sums[1]


def main() -> None:
    """Fuzz the reader of the kind that is named first."""
    kind = sys.argv.pop(1)
    if kind not in KINDS:
        sys.exit(f"{kind!r} is none of {', '.join(KINDS)}")

    def one(data: bytes) -> None:
        if not data:
            return
        code, rest = data[0], data[1:]
        pieces = rest.split(b"\xff\xfe") if code % 4 else []
        noise = framed(kind, pieces, code >> 2) if pieces else rest
        survive(kind, noise, piece=65_537 + zlib.crc32(data) % 1000)

    atheris.Setup([*sys.argv, f"-timeout={MAX_SECONDS}", "-rss_limit_mb=512"], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
