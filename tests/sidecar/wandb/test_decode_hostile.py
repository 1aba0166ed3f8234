"""Records that no wandb of today writes: newer, older, broken, or made to harm."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from wandb_files import log_bytes

from chiplog_sidecar.wandb import decode, framing
from chiplog_sidecar.wandb import wandb_pb2 as pb

RECORDS = [item.payload for item in framing.scan(log_bytes("every_kind")) if isinstance(item, framing.Frame)]

keys = st.text(min_size=1, max_size=8)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(keys, below, max_size=4),
    max_leaves=8,
)


def row_of(**kind: Any) -> decode.Row:
    return decode.decode(7, pb.Record(num=3, **kind).SerializeToString())


def strict(row: decode.Row) -> decode.Row:
    return json.loads(json.dumps(row, allow_nan=False, ensure_ascii=False).encode())


def plain(value: Any) -> Any:
    """A value as a row says it, written without a look at ours."""
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return {"$number": json.dumps(value)}
    if isinstance(value, dict):
        return {key: plain(below) for key, below in value.items()}
    return [plain(below) for below in value] if isinstance(value, list) else value


@given(st.dictionaries(keys, json_values, max_size=6))
def test_logged_values_come_back_as_they_were(logged: dict[str, Any]) -> None:
    items = [pb.Item(nested_key=[key], value_json=json.dumps(value)) for key, value in logged.items()]
    row = strict(row_of(history=pb.History(item=items, step=pb.Step(num=5))))
    assert repr(sorted(row["values"].items())) == repr(sorted(plain(logged).items()))
    assert (row["at"], row["num"], row["kind"], row["step"]) == (7, 3, "history", 5)


@given(st.dictionaries(st.lists(keys, min_size=1, max_size=4).map(tuple), st.integers(), max_size=6), st.randoms())
def test_the_order_of_items_does_not_matter(leaves: dict[tuple[str, ...], int], random: Any) -> None:
    items = [pb.Item(nested_key=path, value_json=str(value)) for path, value in leaves.items()]
    first = row_of(history=pb.History(item=items))["values"]
    random.shuffle(items)
    assert row_of(history=pb.History(item=items))["values"] == first
    assert sorted(leaves.values()) == sorted(_numbers(first))


def _numbers(tree: dict[str, Any]) -> list[int]:
    return [number for value in tree.values() for number in (_numbers(value) if isinstance(value, dict) else [value])]


def test_a_value_at_a_path_that_goes_on_is_kept_beside_what_lies_below() -> None:
    items = [pb.Item(nested_key=["a"], value_json="1"), pb.Item(nested_key=["a", "b"], value_json="2")]
    assert row_of(history=pb.History(item=items))["values"] == {"a": {"": 1, "b": 2}}


def test_the_flat_keys_of_old_wandb_are_read() -> None:
    row = row_of(history=pb.History(item=[pb.Item(key="loss", value_json="1"), pb.Item(key="_step", value_json="4")]))
    assert (row["values"], row["step"], row["time"]) == ({"loss": 1, "_step": 4}, 4, None)


def test_typed_values_are_read_where_there_is_no_json() -> None:
    typed = [
        pb.Item(key="none", none=0),
        pb.Item(key="yes", boolean=True),
        pb.Item(key="int", integer=-(2**62)),
        pb.Item(key="float", number=-0.0),
        pb.Item(key="nan", number=float("nan")),
        pb.Item(key="text", text="1"),
        pb.Item(key="json", json="[1]"),
        pb.Item(key="nothing"),
    ]
    assert str(row_of(history=pb.History(item=typed))["values"]) == str(
        {
            "none": None,
            "yes": True,
            "int": -(2**62),
            "float": -0.0,
            "nan": {"$number": "NaN"},
            "text": "1",
            "json": [1],
            "nothing": {"$text": ""},
        }
    )


def test_a_step_or_time_that_is_no_number_is_null() -> None:
    items = [pb.Item(key="_step", value_json='"x"'), pb.Item(key="_timestamp", value_json="NaN")]
    row = row_of(history=pb.History(item=items))
    assert (row["step"], row["time"]) == (None, None)


def test_console_of_old_wandb_and_of_a_logger_are_console_rows() -> None:
    row = row_of(output=pb.Console(output_type=pb.stdout, line="a", timestamp=pb.Instant(seconds=5, nanos=250_000_000)))
    assert row == {"at": 7, "num": 3, "kind": "console", "source": "stdout", "time": 5.25, "text": "a"}
    row = row_of(output_logger=pb.LoggerLine(line="b"))
    assert row == {"at": 7, "num": 3, "kind": "console", "source": "logger", "time": None, "text": "b"}


def test_a_run_says_everything_that_it_knows() -> None:
    run = pb.Run(
        run_id="r",
        sweep_id="s",
        starting_step=4,
        resume=True,
        git=pb.Git(remote="g", commit="c"),
        summary=pb.Items(update=[pb.Item(nested_key=["a", "b"], value_json="1")]),
        branch_point=pb.BranchPoint(run="old", value=float("nan"), metric="_step"),
    )
    row = row_of(run=run)
    assert (row["run_id"], row["sweep_id"], row["starting_step"], row["resume"]) == ("r", "s", 4, True)
    assert (row["git"], row["summary"]) == ({"remote": "g", "commit": "c"}, [[["a", "b"], 1]])
    assert row["branch_point"] == {"run": "old", "value": {"$number": "NaN"}, "metric": "_step"}
    assert "entity" not in row


def test_a_metric_with_a_goal_is_read() -> None:
    metric = pb.Metric(name="loss", goal=pb.Metric.maximize, control=pb.Metric.Control(overwrite=True))
    assert row_of(metric=metric) == {
        "at": 7, "num": 3, "kind": "metric", "name": "loss", "goal": "maximize", "overwrite": True,
    }  # fmt: skip


def test_an_enum_value_of_a_newer_wandb_is_its_number() -> None:
    (file,) = row_of(files=pb.Files(files=[pb.File(path="a", policy=9, type=9)]))["files"]  # type: ignore[arg-type]
    assert file == {"path": "a", "policy": "9", "type": "9"}


@pytest.mark.parametrize("kind", ["final", "footer", "preempting"])
def test_an_empty_record_is_a_row_of_its_kind(kind: str) -> None:
    assert row_of(**{kind: pb.Nothing()}) == {"at": 7, "num": 3, "kind": kind}


def test_a_kind_of_a_newer_wandb_is_unknown_and_never_fatal() -> None:
    payload = b"\x08\x03" + b"\xc2\x0c\x00" + b"\xea\x06\x02\x0a\x00"
    row = decode.decode(7, payload)
    assert row == {"at": 7, "num": 3, "kind": "unknown", "field": 109, "bytes": len(payload)}
    assert decode.decode(7, b"") == {"at": 7, "num": 0, "kind": "unknown", "field": 0, "bytes": 0}


def test_bytes_that_are_no_record_are_undecodable_with_a_reason() -> None:
    row = decode.decode(7, b"\x12\xff")
    assert (row["at"], row["kind"], row["bytes"]) == (7, "undecodable", 2)
    assert row["reason"]


def test_a_key_that_is_no_text_is_undecodable() -> None:
    assert decode.decode(7, b"\x12\x06\x0a\x04\x0a\x02\xff\xfe")["kind"] == "undecodable"


@pytest.mark.parametrize("kind", ["history", "summary", "config", "stats"])
def test_a_path_too_deep_for_any_reader_is_undecodable(kind: str) -> None:
    item = pb.Item(nested_key=["a"] * 100_000, value_json="1")
    message = {"history": pb.History(item=[item]), "stats": pb.System(item=[item])}
    row = row_of(**{kind: message.get(kind, pb.Items(update=[item]))})
    assert (row["kind"], row["reason"]) == ("undecodable", "a key path has 100000 elements, more than 100")


def test_the_deepest_path_with_the_deepest_value_is_still_json() -> None:
    item = pb.Item(nested_key=["a"] * 100, value_json="[" * 100 + "]" * 100)
    row = row_of(history=pb.History(item=[item]))
    assert strict(row) == row


@settings(max_examples=300)
@given(st.binary(max_size=200))
@example(b"\x0b\x0c")
def test_any_bytes_are_a_row(payload: bytes) -> None:
    row = strict(decode.decode(7, payload))
    assert row["at"] == 7
    assert row["kind"]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(RECORDS), st.integers(0, 10_000), st.binary(max_size=6))
def test_a_damaged_record_is_a_row(record: bytes, at: int, bytes_there: bytes) -> None:
    at %= len(record)
    row = decode.decode(7, record[:at] + bytes_there + record[at + len(bytes_there) :])
    assert strict(row)["at"] == 7
