"""Each operation that reads, at each of the 104 microversions: the right code, and an answer of
the declared shape (which test_api_conformance compares with the reference's; the fixture makes a
wrong answer a 500)."""

import json
import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

from novalite.wsgi.microversions import COMPUTE, Microversion
from tests.support.api import PROJECT
from tests.support.api_cloud import Cloud

DATA = pathlib.Path(__file__).parents[2] / "data" / "reference"
VERSIONS = [Microversion(2, minor) for minor in range(1, COMPUTE.maximum.minor + 1)]
PREFIXES = (
    "/extensions",
    "/flavors",
    "/limits",
    "/os-aggregates",
    "/os-availability-zone",
    "/os-hosts",
    "/os-hypervisors",
    "/os-instance_usage_audit_log",
    "/os-keypairs",
    "/os-migrations",
    "/os-quota-class-sets",
    "/os-quota-sets",
    "/os-server-groups",
    "/os-services",
    "/os-simple-tenant-usage",
    "/versions",
)
READING = [
    operation
    for operation in json.loads((DATA / "api-surface.json").read_text())["operations"]
    if operation["method"] == "GET" and operation["path"].startswith(PREFIXES)
]


@pytest.fixture
def cloud(tmp_path: pathlib.Path) -> Iterator[Cloud]:
    fixture = Cloud(tmp_path)
    flavor = {"name": "m1", "ram": 1, "vcpus": 1, "disk": 1, "id": "1"}
    flavor["os-flavor-access:is_public"] = False
    made = fixture.post("/flavors", {"flavor": flavor}, token="admin")
    assert made.status == 200
    specs = {"extra_specs": {"key": "value"}}
    assert fixture.post("/flavors/1/os-extra_specs", specs, token="admin").status == 200
    assert fixture.post("/os-keypairs", {"keypair": {"name": "key"}}, token="admin").status == 200
    group = {"name": "group", "policies": ["affinity"]}
    made = fixture.post("/os-server-groups", {"server_group": group}, token="admin")
    assert made.status == 200
    fixture.add_zone("zone1", "host1")
    fixture.group = made.json["server_group"]["id"]
    yield fixture
    fixture.close()


def _path(cloud: Cloud, operation: dict[str, Any], version: Microversion) -> str:
    node = cloud.nodes["host1"]
    path: str = operation["path"].replace("{flavor_id}", "1")
    if path.endswith(("/search", "/servers")):
        return path.replace("{id}", "host1")
    values = {
        "/flavors/1/os-extra_specs": "key",
        "/flavors": "1",
        "/os-keypairs": "key",
        "/os-quota-class-sets": "default",
        "/os-quota-sets": PROJECT,
        "/os-hypervisors": node.uuid if version >= (2, 53) else str(node.id),
        "/os-aggregates": "1",
        "/os-hosts": "host1",
        "/os-server-groups": cloud.group,
        "/os-instance_usage_audit_log": "2012-07-05 10:00:00",
        "/os-simple-tenant-usage": PROJECT,
        "/extensions": "NMN",
        "/versions": "v2.1",
    }
    for prefix, value in values.items():
        if path.startswith(prefix):
            return path.replace("{id}", value)
    return path


@pytest.mark.parametrize("operation", READING, ids=lambda operation: operation["path"])
def test_read_at_every_version(cloud: Cloud, operation: dict[str, Any]) -> None:
    low = Microversion.parse(operation["min_version"])
    last = operation["max_version"]
    high = Microversion.parse(last) if last else COMPUTE.maximum
    for version in VERSIONS:
        path = _path(cloud, operation, version)
        reply = cloud.get(path, version=str(version), token="admin")
        expected = 200 if low <= version <= high else 404
        assert reply.status == expected, (str(version), path, reply.body)
