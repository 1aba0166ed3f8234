"""Row 7: what a pod's grace is enough for. The test plays the kubelet (preStop, then SIGTERM) with a recorder of its
own and a real S3, which comes back just when the pod has to go.

What takes the time is the recorder's own work, so its CPU seconds are held against the grace: other tests that run on
the same cores do not change them.
"""

import os
import random
import resource
import signal
import subprocess
import uuid
from pathlib import Path

import pytest
import recorder_process
import wandb_files
from recorder_world import PLACE, Log, World, history_record
from toxic import NOTHING, Proxy, Toxic

from chiplog import layout, rundir
from chiplog_sidecar import resuming

pytestmark = pytest.mark.integration

AWAY = Toxic(refuse=(503, "SlowDown"))
METRICS = 10
MIB = 1 << 20
OLD = {"CHIPLOG_YOUNG_SECONDS": "0"}
"""Flushes are 14 s apart then."""


@pytest.fixture(scope="module")
def payloads() -> list[bytes]:
    """As many rows of ten metrics as one segment holds, so that no row repeats another of its segment."""
    chance = random.Random(7)
    rows = ({f"train/metric_{name}": repr(chance.random()) for name in range(METRICS)} for _ in range(5000))
    return [history_record(step + 1, step, row) for step, row in enumerate(rows)]


def fill(log: Log, payloads: list[bytes], size: int) -> int:
    """Log until the file is of this size or a little more; gives the number of rows."""
    times = -(-size // sum(map(len, payloads)))
    log.path.write_bytes(wandb_files.written(payloads * times))
    return len(payloads) * times


def end(process: "subprocess.Popen[str]", root: Path) -> float:
    """End a pod whose main containers are gone at once: preStop, SIGTERM. The CPU seconds that the recorder took."""
    before, ended = _used(process.pid), _of_the_ended()
    (root / rundir.FLUSH_REQUEST).touch()
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 0, said
    return _of_the_ended() - ended - before


def _used(pid: int) -> float:
    """CPU seconds of a process that lives."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _of_the_ended() -> float:
    """CPU seconds of all that we started and that has ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.fixture
def prefix() -> str:
    """A place of the test's own."""
    return uuid.uuid4().hex


@pytest.fixture
def world(tmp_path: Path, store: Proxy, prefix: str) -> World:
    return World(tmp_path, recorder_process.bucket(prefix, store.address))


def covered(world: World) -> int:
    """How much of the one source the segments in the bucket cover without a hole."""
    keys = [layout.parse_segment_key(item.key) for item in world.bucket.list(layout.raw_prefix(PLACE))]
    return resuming.contiguous_end([(key.start, key.end) for key in keys if key is not None and not key.is_source])


def test_a_backlog_of_64_mib_is_shipped_within_a_grace_of_30_s(
    world: World, store: Proxy, prefix: str, payloads: list[bytes]
) -> None:
    """The store was away for as long as the trainer wrote them."""
    log = world.log()
    store.choose = lambda method, path: AWAY
    with recorder_process.recording(world.root, prefix, store.address) as process:
        rows = fill(log, payloads, 64 * MIB)
        recorder_process.until(lambda: len(store.seen) > 0)
        store.choose = lambda method, path: NOTHING
        assert end(process, world.root) <= 30.0
    (stream,) = world.head()["streams"]
    assert (world.head()["state"], stream["kinds"]) == ("drained", {"history": rows})
    assert covered(world) == log.path.stat().st_size >= 64 * MIB


def test_a_tail_of_8_mib_is_shipped_in_the_2_s_that_a_trainer_left_of_the_grace(
    world: World, store: Proxy, prefix: str, payloads: list[bytes]
) -> None:
    log = world.log()
    with recorder_process.recording(world.root, prefix, store.address, **OLD) as process:
        recorder_process.until(lambda: any("/live/" in seen for seen in store.seen if seen.startswith("PUT")))
        rows = fill(log, payloads, 8 * MIB)
        assert end(process, world.root) <= 2.0
    assert world.head()["streams"][0]["kinds"] == {"history": rows}
    assert world.steps() == [*range(len(payloads))] * (rows // len(payloads))
