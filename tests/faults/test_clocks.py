"""Row 12 with a real clock: the node's, as libfaketime shows it to a recorder's process, is wrong and steps by hours in
mid-run. A real S3 judges its signatures by the true time.
"""

import signal
import subprocess
import uuid
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import recorder_process
from recorder_world import Log, World

pytestmark = pytest.mark.integration

ENTRY = """
import select, time
time.sleep = lambda seconds: select.select([], [], [], seconds)
from chiplog_sidecar.start import main
main()
"""
"""The recorder's; but libfaketime refuses the sleep of Python 3.11, which is until a time of the monotonic clock."""

STEPS = ["+0", "+3600", "-3600", "+86400", "-1700000000"]
"""Seconds that the node's clock is ahead, one after the other: the last is the year 1972."""


class Node:
    """A node's clock, which a file tells."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.set("+0")

    def set(self, ahead: str) -> None:
        """Let the clock jump."""
        new = self.file.with_suffix(".new")
        new.write_text(f"{ahead}\n")
        new.rename(self.file)

    def environment(self) -> dict[str, str]:
        """For a process that is to live by it. No jump moves a monotonic clock."""
        (library, *_) = [*Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None]
        if library is None:
            pytest.fail("libfaketime is not installed: `make test` does it, or apt-get install libfaketime")
        return {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }


@pytest.fixture
def prefix() -> str:
    """A place of the test's own."""
    return uuid.uuid4().hex


@pytest.fixture
def world(tmp_path: Path, prefix: str) -> World:
    (tmp_path / "volume").mkdir()
    return World(tmp_path / "volume", recorder_process.bucket(prefix, recorder_process.endpoint()))


def recording(world: World, prefix: str, node: Node) -> AbstractContextManager["subprocess.Popen[str]"]:
    """A recorder that lives by the node's clock."""
    at = recorder_process.endpoint()
    return recorder_process.recording(world.root, prefix, at, ("-c", ENTRY), **node.environment())


def write(world: World, log: Log) -> None:
    """Log three rows and wait for them to be in the bucket, in their order behind the others."""
    first = len(log.at)
    log.history(first, first + 1, first + 2)
    recorder_process.until(lambda: world.steps() == list(range(first + 3)), 30)


def test_a_clock_that_jumps_by_hours_orders_nothing_and_delays_nothing(
    world: World, prefix: str, tmp_path: Path
) -> None:
    node, log, told = Node(tmp_path / "clock"), world.log(), []
    with recording(world, prefix, node) as process:
        for ahead in STEPS:
            node.set(ahead)
            write(world, log)
            told.append(world.head())
        process.send_signal(signal.SIGKILL)
    node.set("-3600")  # And the next life, on a node whose clock is wrong from the start.
    with recording(world, prefix, node) as process:
        write(world, log)
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert world.head()["state"] == "drained"
    assert [head["sequence"] for head in told] == sorted({head["sequence"] for head in told})
    assert told[1]["time"] - told[0]["time"] > 3500, "the recorder did live by that clock"
    assert told[2]["time"] < told[1]["time"]
    assert max(head["lag_seconds"] for head in told) <= 2
