"""The declared schemas of the servers API are the reference's, at every microversion."""

import json
import pathlib
from typing import Any

import pytest

from novalite.api.openstack import console_output, instance_actions, server_actions, servers
from novalite.wsgi.operations import Operation, at
from tests.support import flat_schema

REFERENCE = pathlib.Path(__file__).parents[2] / "data" / "reference"
SCHEMAS = json.loads((REFERENCE / "schemas.json").read_text())["schemas"]
SURFACE = json.loads((REFERENCE / "api-surface.json").read_text())["operations"]
MINORS = range(1, 105)

OPERATIONS = [
    *servers.OPERATIONS,
    *server_actions.OPERATIONS,
    *console_output.OPERATIONS,
    *instance_actions.OPERATIONS,
]
# Said more exactly than the facts, which do not spell out what a certificate id is.
REFINED = {"server.trusted_image_certificates": "of<minlen=1 type=string>"}


def reference_of(operation: Operation) -> dict[str, Any]:
    for entry in SURFACE:
        key = entry["method"], entry["path"], entry["action"]
        if key == (operation.method, operation.path, operation.action):
            return entry
    raise AssertionError(f"the reference has no {operation.method} {operation.path}")


def schema_name(entry: dict[str, Any], kind: str, minor: int) -> str | None:
    for low, high, name in entry[f"{kind}_schemas"]:
        first = int(low.split(".")[1])
        last = int(high.split(".")[1]) if high else 104
        if first <= minor <= last:
            return name
    return None


def declared(operation: Operation, kind: str, minor: int) -> Any:
    return at(getattr(operation, kind), (2, minor))


@pytest.mark.parametrize("kind", ["request", "query", "response"])
@pytest.mark.parametrize(
    "operation", OPERATIONS, ids=lambda op: f"{op.method} {op.path} {op.action or ''}".strip()
)
def test_schemas_are_the_references(operation: Operation, kind: str) -> None:
    entry = reference_of(operation)
    checked = set()
    for minor in MINORS:
        schema, name = declared(operation, kind, minor), schema_name(entry, kind, minor)
        assert (schema is None) == (name is None), (kind, minor)
        if name is None or (id(schema), name) in checked:
            continue
        checked.add((id(schema), name))
        mine, theirs = flat_schema.flatten(schema), flat_schema.reference(SCHEMAS, name)
        for path, fact in REFINED.items():
            if kind == "request" and path in mine:
                assert fact in mine[path]
                mine[path] -= {fact}
        assert mine == theirs, f"2.{minor}: {name}"


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda op: f"{op.method} {op.path}")
def test_codes_and_versions_are_the_references(operation: Operation) -> None:
    entry = reference_of(operation)
    assert operation.min_version == entry["min_version"]
    assert operation.max_version == entry["max_version"]
    assert [["2.1", None, operation.success]] == entry["success"]
    errors = entry["errors"]
    if errors and isinstance(errors[0], list):
        errors = sorted({code for _, _, codes in errors for code in codes})
    assert list(operation.errors) == errors


def test_a_wrong_schema_would_be_seen() -> None:
    """The comparison is no tautology: one changed bound makes a difference."""
    schema = json.loads(json.dumps(at(servers.OPERATIONS[2].request, (2, 1))))
    schema["properties"]["server"]["properties"]["name"]["maxLength"] = 254
    assert flat_schema.flatten(schema) != flat_schema.reference(SCHEMAS, "servers.create")
    schema["properties"]["server"]["properties"]["name"]["maxLength"] = 255
    assert flat_schema.flatten(schema) == flat_schema.reference(SCHEMAS, "servers.create")
