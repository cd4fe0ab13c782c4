"""Requests that are nearly right, by the hundred: each gets an answer, never a fault of ours."""

import json
import random
from typing import Any
from urllib.parse import quote

import pytest

from novalite.network.embedded import app

REQUESTS = 250
NONSENSE: list[Any] = [
    "", " ", "\x00", "a\x00b", "\ud800", "x" * 300, -1, 0, 10**12, 1e300, None, True, [], {},
    "10.0.0.300", "::", "0.0.0.0/0", "::/0", "10.0.0.1/33", "fe80::1%eth0", "010.0.0.1", [None],
    [""], [{}], {"a": 1}, "../..", "01:00:5e:00:00:01", "network:dhcp",
]  # fmt: skip
QUERIES = [
    "limit", "marker", "sort_key", "sort_dir", "fields", "id", "name", "tags", "fixed_ips",
    "status", "shared", "ip_version", "revision_number", "mtu", "alive", "created_at",
    "changed_since", "port_range_min", "page_reverse", "security_groups",
]  # fmt: skip
VALUES = ["", "x", "1", "-1", "9" * 20, "\x00", "true", "ip_address=", "subnet_id=\x00", "asc",
          "id", "created_at", "2026-01-01T00:00:00Z", "é", "a,b"]  # fmt: skip
OPERATIONS = [each for each in app.OPERATIONS if "/novalite/" not in each.path]


class Maker:
    """Makes bodies that fit a schema but for some nonsense. ``texts``: what strings may be."""

    def __init__(self, chance: random.Random, texts: list[str]) -> None:
        self.chance = chance
        self.texts = texts

    def body(self, schema: dict[str, Any]) -> Any:
        if self.chance.random() < 0.12:
            return self.chance.choice(NONSENSE)
        if "enum" in schema:
            return self.chance.choice(schema["enum"])
        if "anyOf" in schema:
            return self.body(self.chance.choice(schema["anyOf"]))
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = self.chance.choice(kind)
        return self._of_kind(kind, schema)

    def _of_kind(self, kind: str | None, schema: dict[str, Any]) -> Any:
        if kind == "object":
            return self._object(schema)
        if kind == "array":
            count = self.chance.randrange(3)
            return [self.body(schema.get("items", {})) for _ in range(count)]
        if kind == "string":
            return self.chance.choice(self.texts)
        if kind == "integer":
            return self.chance.choice([0, 1, 4, 6, 24, 64, 128, -1, 65536, 2**40])
        return self.chance.random() < 0.5 if kind == "boolean" else None

    def _object(self, schema: dict[str, Any]) -> dict[str, Any]:
        properties = schema.get("properties", {})
        if schema.get("maxProperties") == 1:
            name = self.chance.choice(list(properties))
            return {name: self.body(properties[name])}
        needed = schema.get("required", ())
        return {
            name: self.body(inner)
            for name, inner in properties.items()
            if name in needed or self.chance.random() < 0.4
        }

    def path(self, pattern: str) -> str:
        for name in ("id", "network_id", "tag", "project_id", "alias"):
            text = quote(self.chance.choice([each for each in self.texts if each]), safe="")
            pattern = pattern.replace(f"{{{name}}}", text)
        return pattern

    def query(self) -> str:
        names = self.chance.choices(QUERIES, k=self.chance.randrange(3))
        return "&".join(f"{name}={quote(self.chance.choice(VALUES))}" for name in names)


def things(cloud) -> list[str]:
    """One of each, and other words that requests may hold."""
    network = cloud.make("network")["id"]
    [public] = cloud.request("GET", "/networks?router:external=True").json["networks"]
    made = [
        cloud.make("subnet", network_id=network, cidr="10.1.0.0/24"),
        cloud.make("subnet", network_id=network, cidr="2001:db8::/64", ipv6_ra_mode="slaac"),
        cloud.make("port", network_id=network),
        cloud.make("router"),
        cloud.make("floatingip", floating_network_id=public["id"]),
        cloud.make("security_group"),
        cloud.make("subnetpool", prefixes=["10.0.0.0/8"]),
        cloud.make("address_scope", ip_version=4),
        cloud.make("address_group"),
    ]
    words = ["10.1.0.5", "10.1.0.0/24", "2001:db8::5", "172.24.4.9", "tcp", "icmp", "slaac", "a",
             "vxlan", "compute:nova", "fa:16:3e:00:00:01", "access_as_shared", "network", "*",
             cloud.project(), "nova", "example.org.", ""]  # fmt: skip
    return [network, public["id"], *(each["id"] for each in made), *words]


@pytest.mark.parametrize("seed", [1])
def test_nonsense_is_refused(cloud, seed):
    chance = random.Random(seed)
    maker = Maker(chance, things(cloud))
    seen = set()
    for _ in range(REQUESTS):
        operation = chance.choice(OPERATIONS)
        body = maker.body(operation.request) if operation.request else None
        answer = cloud.http.request(
            f"/network{maker.path(operation.path)}?{maker.query()}",
            method=operation.method,
            headers={
                "X-Auth-Token": cloud.token(chance.choice(["demo", "admin"])),
                "Content-Type": "application/json",
            },
            body=b"" if body is None else json.dumps(body).encode(),
            expect_errors=True,
        )
        assert answer.status_int < 500, (operation.method, operation.path, body, answer.text)
        seen.add(answer.status_int)
    assert {200, 400, 404} <= seen


def test_numbers_that_no_database_has(cloud):
    path = f"/quotas/{cloud.project()}"
    for limit in (2**31, -2, "x"):
        body = {"quota": {"port": limit}}
        assert cloud.request("PUT", path, body, "admin").status_int == 400
    body = {"quota": {"port": 5}}
    assert cloud.request("PUT", f"/quotas/{'x' * 65}", body, "admin").status_int == 400
    assert cloud.request("GET", f"/networks?mtu={'9' * 20}").status_int == 400
    assert cloud.request("GET", "/networks?created_at=yesterday").status_int == 400
    assert cloud.request("GET", f"/networks?limit={'9' * 20}").status_int == 200


def test_what_has_changed_since(cloud):
    network = cloud.make("network")
    found = cloud.request("GET", f"/networks?changed_since={network['updated_at']}")
    assert network["id"] in {item["id"] for item in found.json["networks"]}
    later = cloud.request("GET", "/networks?changed_since=2999-01-01T00:00:00Z")
    assert later.json["networks"] == []
