"""Settings read from environment variables."""

import pytest

from chiplog import variables
from chiplog.errors import SettingsError


@pytest.mark.parametrize("text", ["x", "nan", "-1", "11", "inf"])
def test_what_is_no_number_in_range_is_refused_with_its_name_and_value(text: str) -> None:
    with pytest.raises(SettingsError, match=f"PACE='{text}'"):
        variables.number({"PACE": text}, "PACE", 1.0, 0.0, 10.0)


@pytest.mark.parametrize(("environ", "expected"), [({}, 1.5), ({"PACE": ""}, 1.5), ({"PACE": "10"}, 10.0)])
def test_what_is_not_set_is_the_default(environ: dict[str, str], expected: float) -> None:
    assert variables.number(environ, "PACE", 1.5, 0.0, 10.0) == expected


@pytest.mark.parametrize("environ", [{}, {"BUCKET": ""}])
def test_what_is_required_is_missed_by_its_name(environ: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="BUCKET is not set"):
        variables.required(environ, "BUCKET")
