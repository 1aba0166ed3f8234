"""Tables: columns and rows, as a JSON file."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from chiplog.media import medium

MAX_ROWS = 200_000


class Table(medium.Medium):
    """A table.

    Args:
        columns: their names.
        data: rows, an array of two dimensions, or a data frame of pandas.
        rows: rows, as older scripts say it.
        dataframe: a data frame of pandas or polars, with its columns.
        dtype, optional, allow_mixed_types, log_mode: wandb's; every cell may hold anything here.

    Raises ValueError for a row that has not as many cells as there are columns.
    """

    kind = "table-file"
    folder = "table"

    def __init__(
        self,
        columns: Sequence[Any] | None = None,
        data: Any = None,
        rows: Sequence[Sequence[Any]] | None = None,
        dataframe: Any = None,
        dtype: Any = None,
        optional: Any = True,
        allow_mixed_types: bool = False,
        log_mode: str | None = "IMMUTABLE",
    ) -> None:
        super().__init__()
        del dtype, optional, allow_mixed_types
        self.log_mode = log_mode
        frame = dataframe if dataframe is not None else data if hasattr(data, "columns") else None
        self.columns: list[Any] = list(columns or ["Input", "Output", "Expected"])
        self.data: list[list[Any]] = []
        if frame is not None:
            self.columns = [str(name) for name in frame.columns]
            data = _frame_rows(frame, self.columns)
        for row in data if data is not None else rows or []:
            self.add_data(*row)

    def add_data(self, *cells: Any) -> None:
        """Add a row. Raises ValueError for another number of cells than columns."""
        if len(cells) != len(self.columns):
            raise ValueError(
                f"chiplog.Table: a row of {len(cells)} cells, there are {len(self.columns)} columns: {self.columns}"
            )
        self.data.append(list(cells))

    def add_row(self, *row: Any) -> None:
        """`add_data`, as older scripts call it."""
        self.add_data(*row)

    def add_column(self, name: str, data: Sequence[Any]) -> None:
        """Add a column of as many cells as there are rows. Raises ValueError for another number."""
        if self.data and len(data) != len(self.data):
            raise ValueError(f"chiplog.Table: column {name!r} has {len(data)} cells, there are {len(self.data)} rows")
        if not self.data:
            self.columns, self.data = [], [[] for _ in data]
        self.columns.append(name)
        for row, cell in zip(self.data, data, strict=True):
            row.append(cell)

    def get_column(self, name: str, convert_to: str | None = None) -> Any:
        """The cells of a column, as a list or (`numpy`) an array."""
        cells = [row[self.columns.index(name)] for row in self.data]
        if convert_to != "numpy":
            return cells
        from numpy import asarray

        return asarray(cells)

    def iterrows(self) -> Iterator[tuple[int, list[Any]]]:
        """Number and cells of each row."""
        yield from enumerate(self.data)

    def _chiplog_json(self, files: Path, key: str, step: int | str) -> medium.Json:
        cells = [[_cell(cell, files, key, step) for cell in row] for row in self.data[:MAX_ROWS]]
        content = json.dumps({"columns": [str(name) for name in self.columns], "data": cells}, default=str)
        self._hold(content.encode(), "table.json")
        return super()._chiplog_json(files, key, step)

    def _facts(self, files: Path, key: str, step: int | str) -> medium.Json:  # noqa: ARG002
        return {"ncols": len(self.columns), "nrows": len(self.data), "log_mode": self.log_mode}


def _cell(cell: Any, files: Path, key: str, step: int | str) -> Any:
    from chiplog.media import binding
    from chiplog.tracking import values

    kept = values.one(cell, lambda value, _: binding.bound(value, files, key, step), "Table", key)
    return None if kept is values.LEFT_OUT else kept


def _frame_rows(frame: Any, columns: list[str]) -> list[list[Any]]:
    series = [frame[name] for name in frame.columns]
    cells = [column.to_list() if hasattr(column, "to_list") else column.tolist() for column in series]
    return [list(row) for row in zip(*cells, strict=True)] if columns else []
