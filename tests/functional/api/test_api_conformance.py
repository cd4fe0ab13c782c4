"""Each operation against the reference's facts: where it exists, its codes, its schemas."""

import json
import pathlib
import re
from typing import Any

import pytest

from novalite.api.openstack import app, versions
from novalite.wsgi.microversions import COMPUTE, Microversion
from novalite.wsgi.operations import Operation, at
from tests.support import flat_schema

DATA = pathlib.Path(__file__).parents[2] / "data" / "reference"
SURFACE = json.loads((DATA / "api-surface.json").read_text())["operations"]
SCHEMAS = json.loads((DATA / "schemas.json").read_text())["schemas"]

PREFIXES = (
    "/extensions",
    "/flavors",
    "/limits",
    "/os-aggregates",
    "/os-assisted-volume-snapshots",
    "/os-availability-zone",
    "/os-hosts",
    "/os-hypervisors",
    "/os-instance_usage_audit_log",
    "/os-keypairs",
    "/os-migrations",
    "/os-quota-class-sets",
    "/os-quota-sets",
    "/os-server-external-events",
    "/os-server-groups",
    "/os-services",
    "/os-simple-tenant-usage",
    "/os-snapshots",
    "/os-volumes",
    "/servers/{server_id}/ips",
    "/servers/{server_id}/metadata",
    "/servers/{server_id}/migrations",
    "/servers/{server_id}/os-server-password",
    "/servers/{server_id}/os-volume_attachments",
    "/servers/{server_id}/tags",
    "/servers/{server_id}/topology",
    "/versions",
)
ACTIONS = {"lock", "os-resetState", "unlock"}
# PUT /os-services/{id} stands for these before 2.53: they are values of {id}.
PSEUDO = re.compile(r"^/os-services/(enable|disable|disable-log-reason|force-down)$")
# What there is to do with a live migration comes with live migration itself.
NOT_YET = {("DELETE", "/servers/{server_id}/migrations/{id}"), ("POST", "force_complete")}
# Another name of /servers, whose tests those of servers are.
ALIAS = "/os-volumes_boot"
# Names with @ and . are admitted at 2.92, and the reference's own answers then fail its schema.
WIDER = {
    # Hosts that are no uuids fail the reference's own schema as well.
    "instance_usage_audit_log.index_response",
    "instance_usage_audit_log.show_response",
    "keypairs.create_response",
    "keypairs.create_response_v22",
    "keypairs.index_response",
    "keypairs.index_response_v22",
    "keypairs.index_response_v235",
    "keypairs.show_response",
    "keypairs.show_response_v22",
}


def _shape(path: str) -> str:
    return re.sub(r"\{[^}]+\}", "{}", path)


REFERENCE = [
    operation
    for operation in SURFACE
    if (operation["path"].startswith(PREFIXES) or operation["action"] in ACTIONS)
    and not PSEUDO.match(operation["path"])
    and not operation["path"].startswith(ALIAS)
    and (operation["method"], operation["action"] or operation["path"]) not in NOT_YET
]
OURS: dict[tuple[str, str, str | None], Operation] = {
    (operation.method, _shape(operation.path), operation.action): operation
    for operation in app.operations()
}


def _name(operation: dict[str, Any]) -> str:
    return f"{operation['method']} {operation['path']} {operation['action'] or ''}".strip()


def _ours(operation: dict[str, Any]) -> Operation:
    return OURS[operation["method"], _shape(operation["path"]), operation["action"]]


def _version(text: str | None, default: Microversion) -> Microversion:
    return Microversion.parse(text) if text else default


def _at(ranges: list[list[Any]], version: Microversion) -> Any:
    for low, high, value in ranges:
        if _version(low, COMPUTE.minimum) <= version <= _version(high, COMPUTE.maximum):
            return value
    return None


def _every_version(operation: dict[str, Any]) -> list[Microversion]:
    low = _version(operation["min_version"], COMPUTE.minimum)
    high = _version(operation["max_version"], COMPUTE.maximum)
    return [Microversion(2, minor) for minor in range(low.minor, high.minor + 1)]


@pytest.mark.parametrize("reference", REFERENCE, ids=_name)
def test_operation_exists_in_the_same_versions(reference: dict[str, Any]) -> None:
    ours = _ours(reference)
    assert ours.min_version == reference["min_version"]
    assert ours.max_version == reference["max_version"]


@pytest.mark.parametrize("reference", REFERENCE, ids=_name)
def test_success_code_at_each_version(reference: dict[str, Any]) -> None:
    ours = _ours(reference)
    for version in _every_version(reference):
        assert at(ours.success, version) == _at(reference["success"], version)


@pytest.mark.parametrize("reference", REFERENCE, ids=_name)
@pytest.mark.parametrize("kind", ["request", "query", "response"])
def test_schema_at_each_version(reference: dict[str, Any], kind: str) -> None:
    ours = _ours(reference)
    seen = set()
    for version in _every_version(reference):
        name = _at(reference[f"{kind}_schemas"], version)
        schema = at(getattr(ours, kind), version)
        if (name, id(schema)) in seen or name in WIDER:
            continue
        seen.add((name, id(schema)))
        expected = flat_schema.reference(SCHEMAS, name) if name else None
        if expected is None or set(expected.values()) <= {
            frozenset({"type=null"}),
            frozenset({"any"}),
        }:
            assert schema is None, f"{version}: the reference has none"
        else:
            assert schema is not None, f"{version}: {name} is missing"
            assert _told(flat_schema.flatten(schema)) == _told(expected), f"{version}: {name}"


def _told(flat: dict[str, Any]) -> dict[str, Any]:
    """Without what the flat form cannot say: alternatives of a whole list."""
    return {path: facts for path, facts in flat.items() if not path.endswith(".attachments")}


def test_nothing_beside_the_reference() -> None:
    known = {(o["method"], _shape(o["path"]), o["action"]) for o in SURFACE}
    assert {key for key in OURS if key not in known} == set()


def test_policies_are_those_of_the_reference() -> None:
    for reference in REFERENCE:
        policy = _ours(reference).policy
        assert policy is None or policy in reference["policies"], _name(reference)


def test_version_documents_have_the_declared_shape() -> None:
    (document,) = versions.DOCUMENT
    assert flat_schema.flatten(document.response) == flat_schema.reference(
        SCHEMAS, "versions.show_response"
    )
