"""The place where parts of tables are put: one for a process, however many threads ask first."""

import gc
import subprocess
import sys

import pytest

from chiplog.bucket.memory import MemoryBucket
from chiplog.reading import database, tables

FIRST = """
import sys, threading, time
from chiplog.bucket.memory import MemoryBucket
from chiplog.reading import tables

# A directory takes its time to be made, so that all who ask first do so before there is one.
sys.addaudithook(lambda event, _: time.sleep(0.05) if event == "tempfile.mkdtemp" else None)
ready, wrong = threading.Barrier(8), []
threading.excepthook = lambda told: wrong.append(told.exc_value)

def ask():
    ready.wait()
    for _ in range(2):
        tables.Parts(MemoryBucket()).close()

threads = [threading.Thread(target=ask) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
sys.exit(str(wrong[0]) if wrong else 0)
"""


def test_threads_that_ask_first_at_once_have_one_place_between_them() -> None:
    done = subprocess.run([sys.executable, "-c", FIRST], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_nobody_closed_goes_in_silence(recwarn: pytest.WarningsRecorder) -> None:
    """A reader that stopped half-way ends whenever Python looks for garbage."""
    before = set(database.scratch().iterdir())
    parts = tables.Parts(MemoryBucket())
    assert set(database.scratch().iterdir()) != before
    del parts
    gc.collect()
    assert set(database.scratch().iterdir()) == before
    assert not recwarn.list
