"""`chiplog.Api()`: runs as Python reads them, from a bucket or a dashboard; it writes only files that one asks for.

Everything is read when it is asked for, and large libraries are imported when they are needed.
"""

import importlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from chiplog.bucket import Bucket
from chiplog.errors import FormatError, SettingsError
from chiplog.local import places
from chiplog.reading.console import Line
from chiplog.reading.files import File
from chiplog.reading.server import Server
from chiplog.reading.source import BucketSource, Source
from chiplog.reading.views import RunView

if TYPE_CHECKING:
    import duckdb
    import numpy as np

Row = dict[str, Any]
Rows = list[Row]


class Api:
    """Reads the runs of a bucket.

    Args:
        bucket: `s3://bucket/prefix`, a directory, or a `Bucket`; else `CHIPLOG_BUCKET`, else the one of local runs.
        server: the address of a dashboard, which is asked in place of a bucket: one sees there what RBAC gives.
        token: an API key for it (docs/credentials.md); else `CHIPLOG_API_KEY`.
        namespace: look at its runs only.
        cluster: the same of a cluster.

    Raises SettingsError where there is no bucket.

    Example:
        api = chiplog.Api("s3://my-runs/chiplog")
        for run in api.runs('tags contains "baseline" order by summary.loss limit 10'):
            print(run.name, run.config["lr"], run.summary["loss"])
        loss = api.run("mnist").history(keys=["loss"]).numpy()["loss"]
    """

    def __init__(
        self,
        bucket: "str | Path | Bucket" = "",
        namespace: str = "",
        cluster: str = "",
        *,
        server: str = "",
        token: str = "",
        environ: Mapping[str, str] = os.environ,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.source: Source
        if server:
            self.source = Server(server, token or environ.get("CHIPLOG_API_KEY", ""))
        else:
            self.bucket = _opened(bucket, environ)
            self.source = BucketSource(self.bucket, clock)
        self.namespace = namespace
        self.cluster = cluster
        self._clock = clock

    def runs(self, filter: str = "") -> "list[Run]":  # noqa: A002 - the word that people look for.
        """The runs that an expression (docs/query.md) means, in its order; all, newest first, without one.

        Raises QueryError, BucketError.
        """
        return [Run(self, view) for view in self.source.select(filter, self.namespace, self.cluster)]

    def run(self, name: str) -> "Run":
        """The run that a name means: a name (its newest run), an id, `project/run` or `namespace/project/run`.

        Raises RunNotFound, AmbiguousRun, BucketError.
        """
        return Run(self, self.source.find(name, self.namespace, self.cluster))

    def now(self) -> float:
        """The time, in Unix seconds."""
        return self._clock()


class Run:
    """A run as it was when it was asked for; `refresh` asks again. Its facts are those of `chiplog show -o json`."""

    def __init__(self, api: Api, view: RunView) -> None:
        self._api = api
        self.view = view
        """Everything that is known without reading rows."""

    def __repr__(self) -> str:
        return f"<chiplog run {self.view.place} {self.view.state}>"

    @property
    def id(self) -> str:
        """Its id, which no other run of its namespace has."""
        return self.view.run

    @property
    def name(self) -> str:
        """Its name."""
        return self.view.name

    @property
    def project(self) -> str:
        """Its project."""
        return self.view.project

    @property
    def namespace(self) -> str:
        """Its namespace."""
        return self.view.namespace

    @property
    def state(self) -> str:
        """`pending`, `running`, `suspended`, `finished`, `failed`, `killed`, `silent` or `untracked`."""
        return self.view.state

    @property
    def reason(self) -> str:
        """Why, in a word."""
        return self.view.reason

    @property
    def step(self) -> int | None:
        """The last step; None before there is one."""
        return self.view.step

    @property
    def started_at(self) -> float | None:
        """When it began, in Unix seconds."""
        return self.view.started_at

    @property
    def finished_at(self) -> float | None:
        """When it ended, in Unix seconds; None while it goes on."""
        return self.view.finished_at

    @property
    def tags(self) -> list[str]:
        """Its tags."""
        return list(self.view.tags)

    @property
    def config(self) -> dict[str, Any]:
        """Its hyperparameters, nested as the script has them."""
        return self._told[0].config

    @property
    def summary(self) -> dict[str, Any]:
        """The newest value of each metric, nested as the script has them."""
        return self._told[0].summary

    @property
    def facts(self) -> dict[str, Any]:
        """All that `chiplog show -o json` says, times as texts."""
        return self._told[1]

    def history(self, keys: Sequence[str] = (), attempt: int | None = None) -> "History":
        """Its metrics, step by step: the rows that have any of `keys`, or all. Nothing is read yet."""
        return History(self._api.source, self.view, (keys,) if isinstance(keys, str) else tuple(keys), attempt)

    def system(self, attempt: int | None = None) -> list[Row]:
        """Its system load; `_timestamp` (Unix seconds) and what was measured. Raises BucketError."""
        return list(self._api.source.rows(self.view, (), attempt, "system"))

    def files(self, attempt: int | None = None, *, every: bool = False) -> "list[RunFile]":
        """Its files, or with `every` all of their versions. Raises BucketError."""
        found = self._api.source.files(self.view, attempt, every=every)
        return [RunFile(self._api.source, self.view, file) for file in found]

    def file(self, path: str) -> "RunFile":
        """Its file at a path, which may be named by its end alone. Raises FormatError where there is none."""
        found = [item for item in self.files() if item.path == path or item.path.endswith(f"/{path}")]
        if not found:
            raise FormatError(f"{self.view.name} has no file {path!r}")
        return found[0]

    def logs(self, attempt: int | None = None, source: str = "") -> Iterator[Line]:
        """Its console, line by line. Raises BucketError."""
        return self._api.source.lines(self.view, attempt, source)

    def refresh(self) -> "Run":
        """The run as it is now. Raises RunNotFound, BucketError."""
        return Run(self._api, self._api.source.again(self.view))

    @cached_property
    def _told(self) -> tuple[RunView, dict[str, Any]]:
        return self._api.source.told(self.view)


class History(Sequence[Row]):
    """The rows of a run's history, read once they are looked at: as a list of dictionaries, or as what you prefer."""

    def __init__(self, source: Source, view: RunView, keys: tuple[str, ...], attempt: int | None) -> None:
        self._source, self._view, self._keys, self._attempt = source, view, keys, attempt

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Rows: ...
    def __getitem__(self, index: int | slice) -> Row | Rows:
        return self._rows[index]

    def __len__(self) -> int:
        return len(self._rows)

    def list(self) -> "Rows":
        """Rows with `_step`, `_timestamp` (Unix seconds), `_attempt` and their metrics, nested names joined by dots."""
        return self._rows.copy()

    def numpy(self) -> "dict[str, np.ndarray[Any, Any]]":
        """Columns: `_step`, `_timestamp`, `_attempt`, `_rank`, and metrics as float64, NaN where a row has none.

        Of a sealed run they come straight from its tables: a metric of a million points takes tens of milliseconds.
        """
        _module("numpy", "numpy")
        return self._source.columns(self._view, self._keys, self._attempt)

    def pandas(self) -> Any:
        """A DataFrame with these columns."""
        return _module("pandas", "pandas").DataFrame(self.numpy())

    def arrow(self) -> Any:
        """A pyarrow Table with these columns."""
        return _module("pyarrow", "pyarrow").table(self.numpy())

    def duckdb(self, connection: "duckdb.DuckDBPyConnection | None" = None) -> "duckdb.DuckDBPyRelation":
        """A DuckDB relation with these columns, on a connection of yours or on DuckDB's default one."""
        module = _module("duckdb", "chiplog[tables]")
        held = self.numpy()  # DuckDB finds it by its name in this frame.
        relation: duckdb.DuckDBPyRelation = (connection or module).sql("SELECT * FROM held")
        del held
        return relation

    @cached_property
    def _rows(self) -> "Rows":
        return [*self._source.rows(self._view, self._keys, self._attempt)]


class RunFile:
    """One version of a file of a run."""

    def __init__(self, source: Source, view: RunView, file: File) -> None:
        self._source, self._view = source, view
        self.info = file
        """Its facts: size, sha256, version, and why it is missing where it is."""

    def __repr__(self) -> str:
        return f"<chiplog file {self.info.path}>"

    @property
    def path(self) -> str:
        """Its path in the run directory."""
        return self.info.path

    def download(self, target: str | Path) -> Path:
        """Write its content, checked, to a file, or into a directory under its own name.

        Raises FormatError where it is missing or damaged, BucketError, OSError.
        """
        place = Path(target)
        place = place / Path(self.path).name if place.is_dir() else place
        new = place.with_name(f".{place.name}.part")
        try:
            with new.open("wb") as output:
                self._source.fetch(self._view, self.info, output)
            new.replace(place)
        finally:
            new.unlink(missing_ok=True)
        return place


def _opened(bucket: "str | Path | Bucket", environ: Mapping[str, str]) -> Bucket:
    if not isinstance(bucket, str | Path):
        return bucket
    from chiplog.bucket import opening

    local = places.bucket(environ)
    address = str(bucket) or environ.get("CHIPLOG_BUCKET") or (str(local) if local.is_dir() else "")
    if not address:
        raise SettingsError("no bucket: Api('s3://bucket/prefix'), or a directory, or set CHIPLOG_BUCKET")
    return opening.open_bucket(address)


def _module(name: str, package: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise SettingsError(f"{name} is needed for this: pip install '{package}'") from error
