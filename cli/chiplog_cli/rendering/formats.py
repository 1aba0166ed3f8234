"""JSON, JSON lines and CSV for programs: strict, and one row at a time."""

import csv
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from chiplog import strictjson

Row = dict[str, Any]


def write(form: str, rows: Iterable[Row], columns: Sequence[str]) -> None:
    """Print rows as `json` (one array), `jsonl` or `csv` (with the given columns) to stdout."""
    if form == "csv":
        _write_csv(rows, columns)
    elif form == "jsonl":
        for row in rows:
            sys.stdout.write(strictjson.dumps(row) + "\n")
    else:
        separator = "[\n"
        for row in rows:
            sys.stdout.write(separator + strictjson.dumps(row))
            separator = ",\n"
        sys.stdout.write("[]\n" if separator == "[\n" else "\n]\n")


def write_one(form: str, document: Row) -> None:
    """Print one document: indented as `json`, on one line as `jsonl`, as head and one row as `csv`."""
    if form == "json":
        sys.stdout.write(strictjson.dumps(document, indent=2) + "\n")
    else:
        write(form, [document], list(document))


def _write_csv(rows: Iterable[Row], columns: Sequence[str]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([cell(row.get(column)) for column in columns])


def cell(value: Any) -> Any:
    """Empty for null; text as it is; everything else as its JSON."""
    if value is None:
        return ""
    plain = strictjson.plain(value)
    return plain if isinstance(plain, str) else strictjson.dumps(plain)
