"""A spliced line says what the decoded row says, and whatever is not plain is left to the decoder."""

import json
from typing import Any

import pytest
import wandb_files
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from recorder_world import World

from chiplog import codec
from chiplog_sidecar.wandb import decode, framing, splice, wandb_pb2

PLAIN = st.one_of(
    st.integers(-(10**14), 10**14).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(["1.795478927177569e+09", "5e-324", "1e+30", "0", "0.0", "-0.0", "1E5"]),
)
ODD = st.one_of(
    PLAIN,
    st.sampled_from(
        ["NaN", "-Infinity", "-0", "01", "1.", ".5", "+1", "1e400", "9" * 25, '"text"', "[1]", "{}", "null"]
    ),
    st.sampled_from(["true", " 1", "1 ", "", "1\n", "٣"]),
)
KEYS = st.one_of(
    st.sampled_from(["loss", "acc", "_step", "_timestamp", "train/x", "ä", 'q"\\', "漢字", "\x82", "a" * 130]),
    st.text(max_size=5),
)


def record(items: list[tuple[list[str], str]], kind: str, num: int, step: int | None) -> bytes:
    made = [wandb_pb2.Item(nested_key=path, value_json=text) for path, text in items]
    if kind == "summary":
        return wandb_pb2.Record(num=num, summary=wandb_pb2.Items(update=made)).SerializeToString()
    history = wandb_pb2.History(item=made, step=None if step is None else wandb_pb2.Step(num=step))
    return wandb_pb2.Record(num=num, history=history).SerializeToString()


def loaded(line: bytes) -> Any:
    return json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


ITEMS = st.lists(st.tuples(st.lists(KEYS, min_size=1, max_size=2), ODD), max_size=6)


@settings(max_examples=500, deadline=None)
@given(
    ITEMS, st.sampled_from(["history", "summary"]), st.integers(0, 2**40), st.one_of(st.none(), st.integers(0, 2**40))
)
def test_whatever_is_spliced_equals_what_is_decoded(
    items: list[tuple[list[str], str]], kind: str, num: int, step: int | None
) -> None:
    payload = record(items, kind, num, step)
    spliced = splice.row(7, payload)
    decoded = decode.decode(7, payload)
    if spliced is not None:
        assert repr(loaded(codec.dump(spliced))) == repr(loaded(codec.dump(decoded)))
        for name, value in decoded.items():
            assert spliced[name] == value


SHORT = st.one_of(
    st.integers(-(10**9), 10**9).map(str),
    st.floats(-1e6, 1e6, allow_subnormal=False).map(repr).filter(lambda text: "e-1" not in text and "e-2" not in text),
    st.sampled_from(["1.795478927177569e+09", "1e+30", "-0.0"]),
).filter(lambda text: "e-" not in text or len(text.rpartition("-")[2]) < 3)


@given(st.dictionaries(st.sampled_from(["loss", "acc", "_runtime", "ä"]), SHORT, min_size=1), st.integers(1, 2**31))
def test_plain_numbers_are_spliced(values: dict[str, str], num: int) -> None:
    items = [([key], text) for key, text in values.items()]
    for kind in ("history", "summary"):
        payload = record(items, kind, num, 3)
        assume(payload.count(b"\x82\x01") == len(items))  # A length or number that looks like an item: it is decoded.
        assert splice.row(0, payload) is not None


@settings(max_examples=300, deadline=None)
@given(ITEMS, st.integers(0, 400), st.integers(0, 255))
def test_a_changed_byte_is_spliced_to_what_it_is_decoded_to(
    items: list[tuple[list[str], str]], at: int, byte: int
) -> None:
    payload = bytearray(record(items, "history", 300, 5))
    payload[at % len(payload)] = byte
    spliced = splice.row(0, bytes(payload))
    if spliced is not None:
        assert repr(loaded(codec.dump(spliced))) == repr(loaded(codec.dump(decode.decode(0, bytes(payload)))))


@pytest.mark.parametrize("name", ["short", "blocks", "every_kind"])
def test_the_real_wandbs_records_say_the_same_either_way(name: str) -> None:
    frames = [item for item in framing.scan(wandb_files.log_bytes(name), final=True) if isinstance(item, framing.Frame)]
    spliced = 0
    for frame in frames:
        row = splice.row(frame.at, frame.payload)
        if row is not None:
            spliced += 1
            decoded = decode.decode(frame.at, frame.payload)
            assert loaded(row.line) == loaded(codec.dump(decoded))
    assert spliced > 0


def test_the_head_knows_the_newest_numbers_of_the_summary(make_world: Any) -> None:
    world: World = make_world("summary")
    log, recorder = world.log(), world.recorder()
    for text in ("1", "0.5", '"words"', "0.25"):
        log.append(record([(["loss"], text), (["n", "deep"] if text == "0.5" else ["other"], "2")], "summary", 1, None))
    world.step(recorder)
    (stream,) = world.head()["streams"]
    assert stream["run"]["summary"] == {"loss": 0.25, "other": 2, "n.deep": 2}
    assert stream["kinds"] == {"summary": 4}
