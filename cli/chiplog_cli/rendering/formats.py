"""JSON, JSON lines and CSV for programs: strict, and one row at a time."""

import csv
import json
import math
import sys
from collections.abc import Iterable, Sequence
from typing import Any

Row = dict[str, Any]


def write(form: str, rows: Iterable[Row], columns: Sequence[str]) -> None:
    """Print rows as `json` (one array), `jsonl` or `csv` (with the given columns) to stdout."""
    if form == "csv":
        _write_csv(rows, columns)
    elif form == "jsonl":
        for row in rows:
            sys.stdout.write(dumps(row) + "\n")
    else:
        separator = "[\n"
        for row in rows:
            sys.stdout.write(separator + dumps(row))
            separator = ",\n"
        sys.stdout.write("[]\n" if separator == "[\n" else "\n]\n")


def write_one(form: str, document: Row) -> None:
    """Print one document: indented as `json`, on one line as `jsonl`, as head and one row as `csv`."""
    if form == "json":
        sys.stdout.write(dumps(document, indent=2) + "\n")
    else:
        write(form, [document], list(document))


def dumps(value: Any, indent: int | None = None) -> str:
    """Strict JSON; a number that JSON lacks as the string "NaN", "Infinity" or "-Infinity"."""
    plain = _plain(value)
    text = json.dumps(plain, ensure_ascii=False, allow_nan=False, indent=indent)
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate has no UTF-8, but an escape
        return json.dumps(plain, ensure_ascii=True, allow_nan=False, indent=indent)
    return text


def _write_csv(rows: Iterable[Row], columns: Sequence[str]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([cell(row.get(column)) for column in columns])


def cell(value: Any) -> Any:
    """Empty for null; text as it is; everything else as its JSON."""
    if value is None:
        return ""
    plain = _plain(value)
    return plain if isinstance(plain, str) else dumps(plain)


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
