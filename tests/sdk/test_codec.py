"""zstd JSON lines: what goes in comes out, and what is broken or hostile is refused."""

import hashlib
import json
import math
import re

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from chiplog import codec
from chiplog.errors import FormatError

PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")

# JSON has one spelling for a surrogate pair and for the character it stands for, so a pair comes back as the character.
text = st.text(st.characters(codec=None)).filter(lambda value: not PAIR.search(value))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | text,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(text, inner, max_size=5),
    max_leaves=30,
).filter(lambda value: not codec.is_number(value))


def same(one: object, other: object) -> bool:
    """Equality for which NaN is itself and 1 is neither 1.0 nor True."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and repr(one) == repr(other)


@given(values)
def test_any_json_value_comes_back(value: object) -> None:
    assert same(codec.number(codec.load(codec.dump(value))), value)


@given(values)
def test_a_line_is_strict_json_on_one_line(value: object) -> None:
    def refuse(token: str) -> None:
        raise AssertionError(token)

    line = codec.dump(value)
    assert b"\n" not in line
    json.loads(line.decode("utf-8"), parse_constant=refuse)


@given(st.lists(values, max_size=8))
def test_lines_come_back_from_a_frame(items: list[object]) -> None:
    packed = codec.compress(codec.dump(item) for item in items)
    found = [codec.number(item) for item in codec.lines(codec.decompress(packed, "it"))]
    assert same(found, items)


@given(st.lists(st.binary(max_size=2000), max_size=5))
def test_frames_come_back_one_by_one(parts: list[bytes]) -> None:
    data = b"".join(map(codec.compress_bytes, parts))
    assert codec.frames(data, "it") == parts
    assert codec.decompress(data, "it") == b"".join(parts)
    if parts:
        assert codec.first_frame(data, "it") == parts[0]


def test_a_frame_of_many_slices_comes_back() -> None:
    data = bytes(number * number % 251 for number in range(3_000_000))
    packed = codec.compress_bytes(data) + codec.compress_bytes(b"next")
    assert codec.frames(packed, "it") == [data, b"next"]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_json_lacks_travels_in_an_object(value: float) -> None:
    assert codec.load(codec.dump({"loss": value})) == {"loss": {"$number": str(json.dumps(value))}}


@pytest.mark.parametrize("value", [{"$number": "seven"}, {"$number": 7}, {"$number": None}, {"$number": "NaN", "b": 1}])
def test_a_users_own_key_of_that_name_is_left_alone(value: object) -> None:
    assert codec.number(codec.load(codec.dump(value))) == value


@given(st.binary(min_size=1, max_size=3000), st.data())
def test_a_frame_that_is_cut_short_is_refused_or_lost_its_digest_alone(content: bytes, data: st.DataObject) -> None:
    packed = codec.compress_bytes(content)
    cut = data.draw(st.integers(1, len(packed) - 1))
    if cut == len(packed) - 40:
        assert codec.decompress(packed[:cut], "live/x") == content
        return
    with pytest.raises(FormatError, match=r"live/x is"):
        codec.decompress(packed[:cut], "live/x")


@given(st.binary(min_size=1, max_size=3000), st.data())
def test_a_flipped_bit_never_gives_other_content(content: bytes, data: st.DataObject) -> None:
    packed = bytearray(codec.compress_bytes(content))
    packed[data.draw(st.integers(0, len(packed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        found = codec.decompress(bytes(packed), "it")
    except FormatError:
        return
    assert found == content


@given(st.binary(max_size=200), st.data())
def test_no_flipped_or_missing_byte_is_overlooked_by_a_strict_reader(content: bytes, data: st.DataObject) -> None:
    frame = codec.compress_bytes(content)
    at, bit = data.draw(st.integers(0, len(frame) - 1)), data.draw(st.integers(0, 7))
    for damaged in (frame[:at], frame[:at] + bytes([frame[at] ^ 1 << bit]) + frame[at + 1 :]):
        if damaged:
            with pytest.raises(FormatError, match="it"):
                codec.decompress(damaged, "it", strict=True)
    assert codec.decompress(frame, "it", strict=True) == content


def test_a_frame_of_before_there_were_digests_is_read_unless_strictly() -> None:
    frame = zstandard.ZstdCompressor(level=3, write_checksum=True).compress(b"old")
    assert codec.decompress(frame + frame, "it") == b"oldold"
    with pytest.raises(FormatError, match="without its digest"):
        codec.decompress(frame, "it", strict=True)


def test_other_readers_of_zstd_pass_over_the_digest() -> None:
    data = codec.compress([b"a"]) + codec.compress([b"b"])
    reader = zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True)
    assert reader.read() == b"a\nb\n"


@given(st.binary(min_size=1))
def test_what_is_no_zstd_is_refused(data: bytes) -> None:
    if not data.startswith(b"\x28\xb5\x2f\xfd"):
        with pytest.raises(FormatError):
            codec.decompress(data, "it")


@pytest.mark.parametrize("declared", [True, False])
def test_a_bomb_is_refused_before_it_fills_the_memory(declared: bool) -> None:
    bomb = zstandard.ZstdCompressor(level=19, write_content_size=declared).compress(bytes(codec.MAX_DECODED_BYTES + 1))
    assert len(bomb) < 100_000
    with pytest.raises(FormatError, match="unpacks to more than"):
        codec.decompress(bomb, "it")


def test_many_small_frames_are_a_bomb_too() -> None:
    part = codec.compress_bytes(bytes(codec.MAX_DECODED_BYTES // 4 + 1))
    with pytest.raises(FormatError, match="unpacks to more than"):
        codec.decompress(part * 4, "it")


@pytest.mark.parametrize("line", [b"", b"{", b"\xff", b'{"a":}', b"[" * 100_000, b"9" * 5000])
def test_a_line_that_is_no_json_is_refused(line: bytes) -> None:
    with pytest.raises(FormatError, match="not JSON"):
        codec.load(line)


def test_a_value_that_nests_too_deeply_is_refused() -> None:
    value: object = 1
    for _ in range(100_000):
        value = [value]
    with pytest.raises(FormatError, match="nests too deeply"):
        codec.dump(value)


@given(st.binary(max_size=5000))
def test_an_object_of_one_frame_comes_back_whole(content: bytes) -> None:
    assert codec.whole(codec.compress_bytes(content), "it") == content


@given(st.binary(max_size=300), st.data())
def test_no_flipped_or_missing_byte_of_one_frame_is_overlooked(content: bytes, data: st.DataObject) -> None:
    packed = codec.compress_bytes(content)
    at = data.draw(st.integers(0, len(packed) - 1))
    flipped = packed[:at] + bytes([packed[at] ^ 1 << data.draw(st.integers(0, 7))]) + packed[at + 1 :]
    for broken in (flipped, packed[:at], packed + packed):
        with pytest.raises(FormatError):
            codec.whole(broken, "it")


@pytest.mark.parametrize("declared", [True, False])
def test_one_frame_that_is_a_bomb_is_refused(declared: bool) -> None:
    size = codec.MAX_DECODED_BYTES + 1 if declared else -1
    packer = zstandard.ZstdCompressor(write_content_size=declared).compressobj(size=size)
    frame = b"".join([*(packer.compress(bytes(1 << 20)) for _ in range(256)), packer.compress(b"\0"), packer.flush()])
    digest = codec.compress_bytes(b"")[-40:-32] + hashlib.sha256(frame).digest()
    with pytest.raises(FormatError):
        codec.whole(frame + digest, "it")
