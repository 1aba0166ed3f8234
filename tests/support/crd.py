"""The CRD's schema as the tests hold objects against it."""

from pathlib import Path
from typing import Any

import yaml

CRD = yaml.safe_load((Path(__file__).parents[2] / "crds" / "trainingrun.yaml").read_text())
SCHEMA = CRD["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]


def strict(schema: Any) -> Any:
    """The schema with unknown fields refused, as the API server would silently drop them."""
    if not isinstance(schema, dict):
        return schema
    found = {key: strict(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict):
        found["properties"] = {key: strict(value) for key, value in schema["properties"].items()}
        found.setdefault("additionalProperties", False)
    return found
