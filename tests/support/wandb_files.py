"""`.wandb` files for the tests: the real ones, our own writer, and a second reader that is slow, simple and
independent of ours."""

import struct
import zlib
from pathlib import Path
from typing import NamedTuple

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "wandb" / "0.31.0"
BLOCK = 32768
HEADER = bytes.fromhex("3a572642e1be00")


class Fragment(NamedTuple):
    at: int
    end: int
    kind: int
    body: bytes


def log_path(name: str) -> Path:
    (path,) = (FIXTURES / name).glob("*.wandb")
    return path


def log_bytes(name: str) -> bytes:
    return log_path(name).read_bytes()


def chunk(kind: int, body: bytes) -> bytes:
    return struct.pack("<IHB", zlib.crc32(bytes((kind,)) + body), len(body), kind) + body


def written(payloads: list[bytes]) -> bytes:
    """A file of these records, as wandb would write it."""
    out = bytearray(HEADER)
    for payload in payloads:
        _append(out, payload)
    return bytes(out)


def _append(out: bytearray, payload: bytes) -> None:
    rest, is_first = payload, True
    while True:
        left = BLOCK - len(out) % BLOCK
        if left < 7:
            out += bytes(left)
            left = BLOCK
        body, rest = rest[: left - 7], rest[left - 7 :]
        out += chunk({(True, True): 1, (True, False): 2, (False, False): 3, (False, True): 4}[is_first, not rest], body)
        is_first = False
        if not rest:
            return


def read_by_the_rule(data: bytes) -> list[tuple[int, int, bytes]]:
    """LevelDB's rule on a finished file, straight from its description: position, end and payload of every record."""
    records = []
    open_record: list[Fragment] = []
    for fragment in _fragments(data):
        if fragment is None or fragment.kind not in (1, 2, 3, 4):
            open_record = []
        elif fragment.kind == 1:
            records.append((fragment.at, fragment.end, fragment.body))
            open_record = []
        elif fragment.kind == 2:
            open_record = [fragment]
        elif open_record:
            open_record.append(fragment)
            if fragment.kind == 4:
                records.append((open_record[0].at, fragment.end, b"".join(part.body for part in open_record)))
                open_record = []
    return records


def _fragments(data: bytes) -> list[Fragment | None]:
    """Every chunk that can be read, and None where something could not."""
    found: list[Fragment | None] = []
    for start in range(0, len(data), BLOCK):
        block = data[start : start + BLOCK]
        at = len(HEADER) if start == 0 else 0
        while len(block) - at >= 7:
            crc, length, kind = struct.unpack_from("<IHB", block, at)
            end = at + 7 + length
            if end > len(block) or zlib.crc32(block[at + 6 : end]) != crc:
                found.append(None)
                break
            found.append(Fragment(start + at, start + end, kind, block[at + 7 : end]))
            at = end
    return found
