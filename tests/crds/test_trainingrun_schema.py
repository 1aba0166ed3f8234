"""The CRD as a document: what a reader of `kubectl explain` and a CEL cost estimate need of every field."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CRD = yaml.safe_load((ROOT / "crds" / "trainingrun.yaml").read_text())
VERSION = CRD["spec"]["versions"][0]
SCHEMA = VERSION["schema"]["openAPIV3Schema"]

CONDITIONS = ("Started", "Suspended", "Complete", "Failed", "Recording", "Durable")
STATES = ["pending", "running", "suspended", "finished", "failed", "killed", "silent", "untracked"]


def walk(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema of the tree by its path, items of a list as `[]`, values of a map as `{}`."""
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        yield from walk(child, f"{path}.{name}")
    if "items" in schema:
        yield from walk(schema["items"], f"{path}[]")
    if "additionalProperties" in schema:
        yield from walk(schema["additionalProperties"], f"{path}{{}}")


FIELDS = dict(walk(SCHEMA))
OURS = {path: field for path, field in FIELDS.items() if path and not path.startswith(".metadata")}


def rules() -> list[tuple[str, dict[str, Any]]]:
    return [(path, rule) for path, field in FIELDS.items() for rule in field.get("x-kubernetes-validations", [])]


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


@pytest.mark.parametrize(("path", "rule"), rules())
def test_every_rule_has_a_message(path: str, rule: dict[str, Any]) -> None:
    text = rule.get("message") or rule["messageExpression"]
    assert "\n" not in text
    assert ("message" in rule) != ("messageExpression" in rule)


@pytest.mark.parametrize(("path", "rule"), [(path, rule) for path, rule in rules() if path in ("", ".spec")])
def test_every_rule_over_several_fields_points_at_one(path: str, rule: dict[str, Any]) -> None:
    assert f"{path}{rule['fieldPath']}" in FIELDS


def test_only_the_pod_template_the_config_and_the_failure_policy_take_unknown_fields() -> None:
    loose = [path for path, field in FIELDS.items() if field.get("x-kubernetes-preserve-unknown-fields")]
    inside = (".spec.template.", ".spec.config", ".spec.podFailurePolicy")
    assert [path for path in loose if not path.startswith(inside)] == []


def test_every_spec_field_is_either_changeable_on_purpose_or_guarded() -> None:
    changeable = {
        "project",
        "displayName",
        "notes",
        "tags",
        "suspend",
        "ttlSecondsAfterFinished",
        "metrics",
        "gates",
        "promote",
        "notify",
    }
    spec = FIELDS[".spec"]
    of_spec = {rule["fieldPath"].split(".")[1] for rule in guards(spec)}
    of_field = {name for name, field in spec["properties"].items() if guards(field)}
    assert of_spec | of_field == set(spec["properties"]) - changeable
    assert not of_spec & of_field


def guards(field: dict[str, Any]) -> list[dict[str, Any]]:
    return [rule for rule in field.get("x-kubernetes-validations", []) if "oldSelf" in rule["rule"]]


def test_a_guard_on_a_field_itself_cannot_be_escaped_by_leaving_the_field_out() -> None:
    """The API server judges `self == oldSelf` only where both are there: a field with a default, or one whose coming
    and going a rule above it forbids.
    """
    spec = FIELDS[".spec"]
    guarded = {name for name, field in spec["properties"].items() if guards(field)}
    steady = {
        name
        for name in guarded
        if any(f"has(self.{name}) == has(oldSelf.{name})" in rule["rule"] for rule in guards(spec))
    }
    assert guarded <= steady | {name for name, field in spec["properties"].items() if "default" in field}


def test_the_status_knows_the_states_of_a_run() -> None:
    assert FIELDS[".status.state"]["enum"] == STATES


def test_conditions_have_the_fields_of_metav1_condition() -> None:
    items = FIELDS[".status.conditions[]"]
    assert set(items["properties"]) == {
        "type",
        "status",
        "observedGeneration",
        "lastTransitionTime",
        "reason",
        "message",
    }
    assert set(items["required"]) == set(items["properties"]) - {"observedGeneration"}
    assert FIELDS[".status.conditions"]["x-kubernetes-list-map-keys"] == ["type"]


@pytest.mark.parametrize("condition", CONDITIONS)
def test_the_description_names_every_condition(condition: str) -> None:
    assert condition in FIELDS[".status.conditions"]["description"]


def test_a_name_leaves_room_for_the_names_of_its_children() -> None:
    longest = 48
    assert f"size() <= {longest}" in rules()[0][1]["rule"]
    job = longest + len("-0123abcd")
    host = job + len(f"-{FIELDS['.spec.parallelism']['maximum'] - 1}")
    assert host <= 63


@pytest.mark.parametrize("column", VERSION["additionalPrinterColumns"], ids=lambda column: column["name"])
def test_every_column_prints_a_field_of_its_own_type(column: dict[str, Any]) -> None:
    if column["type"] == "date":
        assert column["jsonPath"] == ".metadata.creationTimestamp"
    else:
        assert FIELDS[column["jsonPath"]]["type"] == column["type"]


def test_columns_are_training_facts_first() -> None:
    shown = [column["name"] for column in VERSION["additionalPrinterColumns"] if not column.get("priority")]
    wide = [column["name"] for column in VERSION["additionalPrinterColumns"] if column.get("priority")]
    assert shown == ["State", "Step", "Metric", "Attempts", "Lag", "Age"]
    assert wide == ["Node", "Reason", "Project", "Run"]
