"""docs/bucket.md names every format, and every field of every object that we write."""

import re
from pathlib import Path
from typing import is_typeddict

import pytest

from chiplog import audits, documents, index_records, layout, records

PAGE = (Path(__file__).parents[2] / "docs" / "bucket.md").read_text()
FORMATS = sorted(value for name, value in vars(records).items() if name.endswith("_FORMAT"))
TYPES = {
    name: value
    for module in (records, index_records, documents, audits)
    for name, value in vars(module).items()
    if is_typeddict(value)
}
FIELDS = [(name, field) for name, value in sorted(TYPES.items()) for field in value.__annotations__]


CODE = "\n".join(span for line in PAGE.splitlines() for span in line.split("`")[1::2])


def is_named(word: str) -> bool:
    """Whether the page has the word as code, alone or in a path such as `streams[].rows`."""
    return re.search(rf"(?<![a-z_]){re.escape(word)}(?![a-z_])", CODE) is not None


def test_there_are_formats_and_fields_to_look_for() -> None:
    assert len(FORMATS) > 10
    assert len(FIELDS) > 100
    assert not is_named("a field that nobody writes")


@pytest.mark.parametrize("form", FORMATS)
def test_a_format_is_named(form: str) -> None:
    assert is_named(form)


@pytest.mark.parametrize(("kind", "field"), FIELDS)
def test_a_field_is_named(kind: str, field: str) -> None:
    assert is_named(field), f"{field} of {kind}"


@pytest.mark.parametrize("table", layout.TABLES)
def test_a_table_is_named(table: str) -> None:
    assert is_named(table)
