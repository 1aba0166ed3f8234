"""The CRD of Sweeps as a document, held to what the one of TrainingRuns is held to."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from chiplog_operator.sweeps import parameters, samplers

ROOT = Path(__file__).parents[2]
VERSION = yaml.safe_load((ROOT / "crds" / "sweep.yaml").read_text())["spec"]["versions"][0]
SCHEMA = VERSION["schema"]["openAPIV3Schema"]


def walk(schema: dict[str, Any], path: str = "") -> list[tuple[str, dict[str, Any]]]:
    """Every schema of the tree by its path."""
    found = [(path, schema)]
    for name, child in schema.get("properties", {}).items():
        found += walk(child, f"{path}.{name}")
    if "items" in schema:
        found += walk(schema["items"], f"{path}[]")
    if "additionalProperties" in schema:
        found += walk(schema["additionalProperties"], f"{path}{{}}")
    return found


FIELDS = dict(walk(SCHEMA))
OURS = {path: field for path, field in FIELDS.items() if path and not path.startswith(".metadata")}
RULES = [(path, rule) for path, field in FIELDS.items() for rule in field.get("x-kubernetes-validations", [])]


@pytest.mark.parametrize("path", [path for path, field in FIELDS.items() if field.get("type") == "string"])
def test_every_string_has_a_greatest_length(path: str) -> None:
    assert FIELDS[path]["maxLength"] > 0


@pytest.mark.parametrize("path", [path for path, field in FIELDS.items() if field.get("type") == "array"])
def test_every_list_has_a_greatest_length_and_says_how_it_merges(path: str) -> None:
    assert FIELDS[path]["maxItems"] > 0
    assert FIELDS[path]["x-kubernetes-list-type"] in ("map", "set", "atomic")


@pytest.mark.parametrize("path", [path for path, field in FIELDS.items() if "additionalProperties" in field])
def test_every_map_has_a_greatest_size(path: str) -> None:
    assert FIELDS[path]["maxProperties"] > 0


@pytest.mark.parametrize("path", [path for path in OURS if not path.endswith(("[]", "{}"))])
def test_every_field_is_described_in_whole_sentences(path: str) -> None:
    description = FIELDS[path]["description"]
    assert description[0].isupper() or description[0] == "`"
    assert description.endswith(".")


@pytest.mark.parametrize("path", [path for path in OURS if OURS[path].get("type") == "integer"])
def test_every_integer_says_its_width(path: str) -> None:
    assert FIELDS[path]["format"] in ("int32", "int64")


@pytest.mark.parametrize(("path", "rule"), RULES)
def test_every_rule_has_one_message(path: str, rule: dict[str, Any]) -> None:
    assert "\n" not in (rule.get("message") or rule["messageExpression"])
    assert ("message" in rule) != ("messageExpression" in rule)


@pytest.mark.parametrize(("path", "rule"), [(path, rule) for path, rule in RULES if path in ("", ".spec")])
def test_every_rule_over_several_fields_points_at_one(path: str, rule: dict[str, Any]) -> None:
    assert f"{path}{rule['fieldPath']}" in FIELDS


def test_columns_are_the_facts_of_a_search_first() -> None:
    shown = [column["name"] for column in VERSION["additionalPrinterColumns"] if not column.get("priority")]
    assert shown == ["Method", "Running", "Succeeded", "Failed", "Pruned", "Best", "Age"]


@pytest.mark.parametrize("column", VERSION["additionalPrinterColumns"], ids=lambda column: column["name"])
def test_every_column_prints_a_field_of_its_own_type(column: dict[str, Any]) -> None:
    if column["type"] != "date":
        assert FIELDS[column["jsonPath"]]["type"] == column["type"]


def test_the_laws_are_those_that_the_operator_knows() -> None:
    item = FIELDS[".spec.sweepConfig.parameters{}.distribution"]
    assert set(item["enum"]) == set(parameters.LAWS)


def test_the_samplers_are_those_that_the_operator_knows() -> None:
    assert FIELDS[".spec.sampler.name"]["enum"] == list(samplers.KINDS)


def test_a_name_leaves_room_for_the_trials_of_the_greatest_cap() -> None:
    cap = FIELDS[".spec.sweepConfig.run_cap"]["maximum"]
    assert 42 + len(f"-{cap}") <= 48
