"""Records that a hostile or broken trainer writes: nothing crashes, no value is wrong, nothing outside is read."""

import json
import tracemalloc
from typing import Any

import pytest
from recorder_world import Log, World

from chiplog import codec
from chiplog_sidecar.wandb import wandb_pb2


def history(log: Log, *items: tuple[list[str], str]) -> None:
    record = wandb_pb2.Record(num=1)
    record.history.step.num = 1
    for path, text in items:
        record.history.item.add(nested_key=path, value_json=text)
    log.append_whole(record.SerializeToString())


def rows(world: World) -> list[dict[str, Any]]:
    (found,) = (rows for stream, rows in world.rows().items() if stream != "files")
    once = {row["at"]: row for row in found}
    return [once[at] for at in sorted(once)]


def test_fifty_thousand_keys_are_one_row(world: World) -> None:
    log = world.log()
    history(log, *(([f"k{number:06d}"], "1.5") for number in range(50_000)))
    history(log, (["after"], "1"))
    world.recorder().drain()
    large, after = rows(world)
    assert (len(large["values"]), after["values"]) == (50_000, {"after": 1})


def test_a_record_of_more_than_8_mib_is_a_gap_and_reading_goes_on(world: World) -> None:
    log = world.log()
    history(log, (["huge"], json.dumps("x" * (17 << 20))))
    history(log, (["after"], "1"))
    tracemalloc.start()
    world.recorder().drain()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    found = rows(world)
    assert found[0]["kind"] == "gap"
    assert {row["reason"] for row in found[:-1]} == {"long"}
    assert found[-1]["values"] == {"after": 1}
    assert peak < 96 << 20


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_a_number_that_json_lacks_is_one_to_readers_and_strict_json(world: World, text: str) -> None:
    log = world.log()
    history(log, (["loss"], text))
    world.recorder().drain()
    (row,) = rows(world)
    json.loads(codec.dump(row), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert repr(codec.number(row["values"]["loss"])) == repr(float(text))


def test_a_clock_in_1970_and_one_far_ahead_are_kept_as_they_were_said(world: World) -> None:
    log = world.log()
    for number, time in enumerate(("0.5", "-1", "99999999999.5")):
        history(log, (["_timestamp"], time), (["_step"], str(number)))
    world.recorder().drain()
    assert [row["time"] for row in rows(world)] == [0.5, -1, 99999999999.5]


@pytest.mark.parametrize("path", ["../../secret", "/etc/passwd", "media/../../../secret", "a\0b", "", "."])
def test_a_media_path_that_leads_out_is_not_read(world: World, path: str) -> None:
    (world.root / "secret").write_text("secret")
    (world.root / "main" / "secret").parent.mkdir(parents=True, exist_ok=True)
    (world.root / "main" / "secret").write_text("secret")
    log = world.log()
    history(log, (["image"], json.dumps({"_type": "image-file", "path": path, "sha256": "0" * 64, "size": 6})))
    world.recorder().drain()
    assert [item.key for item in world.bucket.list("v1/blobs/")] == []
    assert rows(world)[0]["values"]["image"]["path"] == path


def test_a_link_out_of_the_run_directory_is_not_followed(world: World) -> None:
    (world.root / "secret").write_text("secret")
    log = world.log()
    media = log.path.parent / "files" / "media"
    media.mkdir(parents=True)
    (media / "x.png").symlink_to(world.root / "secret")
    history(log, (["image"], json.dumps({"_type": "image-file", "path": "media/x.png", "sha256": "0" * 64, "size": 6})))
    world.recorder().drain()
    assert [item.key for item in world.bucket.list("v1/blobs/")] == []
    assert "link" in world.rows()["files"][0]["missing"] or "out" in world.rows()["files"][0]["missing"]
