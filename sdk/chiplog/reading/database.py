"""This process's DuckDBs and where they spill; it knows no table, and asks nothing.

DuckDB is imported when the first table is read: who reads no sealed run needs none (`chiplog[tables]` brings it).
"""

import atexit
import functools
import math
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chiplog.errors import SettingsError, TooCostly

if TYPE_CHECKING:
    import duckdb

MEMORY = "256MB"
"""That DuckDB may take to read; what is larger is spilled to disk, as far as it can be."""


def connect() -> "duckdb.DuckDBPyConnection":
    """A connection of its own to this process's DuckDB, which is in memory, on few threads; it makes no tables there.

    Raises SettingsError where DuckDB is not installed.
    """
    return _whole().cursor()


def reader(folder: Path) -> "duckdb.DuckDBPyConnection":
    """A connection that reads Parquet below this folder alone. Raises SettingsError where DuckDB is not installed."""
    return _locked(str(folder)).cursor()


@contextmanager
def within(connection: "duckdb.DuckDBPyConnection") -> Iterator[None]:
    """One call of DuckDB, which ends when its time is over. Raises TooCostly."""
    import duckdb

    timer = threading.Timer(_cap.seconds, connection.interrupt) if math.isfinite(_cap.seconds) else None
    if timer is not None:
        timer.daemon = True
        timer.start()
    try:
        yield
    except duckdb.InterruptException as error:
        raise TooCostly(f"reading the tables took longer than {_cap.seconds:g} s") from error
    except duckdb.OutOfMemoryException as error:
        raise TooCostly(f"reading the tables took more than {MEMORY} of memory") from error
    finally:
        if timer is not None:
            timer.cancel()


def cap(seconds: float) -> None:
    """From now on no reader of this process waits longer for one answer of DuckDB: for servers, whom anybody asks."""
    _cap.seconds = seconds


def scratch() -> Path:
    """Where this process puts the parts that it fetches; it goes with it."""
    return _own("chiplog-")


@dataclass
class _Cap:
    seconds: float = math.inf


_cap = _Cap()
_making = threading.Lock()


def _own(prefix: str) -> Path:
    """A folder of this process."""
    # Two threads that ask first would each make one: the cache keeps one, and the other goes while it is in use.
    with _making:
        return Path(_made(prefix).name)


@functools.cache
def _made(prefix: str) -> "tempfile.TemporaryDirectory[str]":
    made = tempfile.TemporaryDirectory(prefix=prefix)
    atexit.register(made.cleanup)  # Left to its own finalizer it would complain that nobody did.
    return made


@functools.cache
def _whole() -> "duckdb.DuckDBPyConnection":
    """Made once: to start one takes 50 ms, more than to read a small table."""
    return _started({"memory_limit": "512MB"})


@functools.lru_cache(maxsize=16)
def _locked(folder: str) -> "duckdb.DuckDBPyConnection":
    """A DuckDB that reads files below one folder, and can do nothing else: no other file, no network, no settings."""
    database = _started({"memory_limit": MEMORY, "autoload_known_extensions": False})
    database.execute(f"SET allowed_directories = ['{folder.replace(chr(39), chr(39) * 2)}']")
    database.execute("SET enable_external_access = false")
    database.execute("SET lock_configuration = true")
    return database


def _started(config: dict[str, Any]) -> "duckdb.DuckDBPyConnection":
    try:
        import duckdb
    except ImportError as error:
        raise SettingsError("sealed runs are read with DuckDB: pip install 'chiplog[tables]'") from error
    return duckdb.connect(
        config={
            "threads": 2,
            "autoinstall_known_extensions": False,  # It would look for them on the network.
            # Of its own: the names of the files in it are the same for each DuckDB, of any process.
            "temp_directory": tempfile.mkdtemp(dir=_own("chiplog-duckdb-")),
            **config,
        }
    )
