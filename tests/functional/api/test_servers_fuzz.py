"""Bad input of every kind: POST /servers answers 202 or 4xx, never 500."""

import json
import random
from typing import Any

import pytest

from novalite.api.openstack.schemas.servers_create import create
from tests.support.servers_api import ServersApi

ROUNDS = 120
VERSIONS = [(2, 1), (2, 19), (2, 32), (2, 37), (2, 57), (2, 74), (2, 94), (2, 104)]
UUID = "0e44cc9c-e052-415d-afbf-469b0d384170"
STRANGE = [
    *("", " ", "a\x00b", "\ud800", "\U0001f600" * 80, "x" * 300, "9" * 5000, "-1", "1e9", "\u0661"),
    *(None, True, False, -1, 0, 1, 2**31, 2**63, 2**200, 1.5, float("nan"), float("inf")),
    *([], {}, [[]], [None], {"": ""}, {"a": {"b": []}}),
    *("None", "nova", "nova:host1", "a:b:c:d", "none", "auto", "AAAA", UUID, "http://x/42", "\n"),
]


class Generator:
    """Bodies near the schema: mostly what it wants, now and then something else."""

    def __init__(self, seed: str, cloud: ServersApi) -> None:
        self.random = random.Random(seed)
        self.known = [UUID, cloud.image_id, cloud.network_id, "key", "42", "default", "host1"]

    def value(self, schema: dict[str, Any], depth: int = 0) -> Any:
        pick = self.random
        if pick.random() < 0.04 or depth > 8:
            return pick.choice(STRANGE)
        if "oneOf" in schema and "type" not in schema:
            return self.value(pick.choice(schema["oneOf"]), depth + 1)
        if "enum" in schema:
            return pick.choice(schema["enum"])
        kind = schema.get("type", "string")
        if isinstance(kind, list):
            kind = pick.choice(kind)
        return getattr(self, f"_{kind}")(schema, depth)

    def _object(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        pick = self.random
        made = {}
        for name, child in schema.get("properties", {}).items():
            if name in schema.get("required", ()) or pick.random() < 0.25:
                made[name] = self.value(child, depth + 1)
        for child in schema.get("patternProperties", {}).values():
            for number in range(pick.randrange(3)):
                made[f"key{number}"] = self.value(child, depth + 1)
        if schema.get("additionalProperties") is not False and pick.random() < 0.3:
            made[pick.choice(["extra", "", "\x00", "\ud800"])] = pick.choice(STRANGE)
        return made

    def _array(self, schema: dict[str, Any], depth: int) -> list[Any]:
        item = schema.get("items", {})
        return [self.value(item, depth + 1) for _ in range(self.random.randrange(4))]

    def _string(self, schema: dict[str, Any], depth: int) -> Any:
        pick = self.random
        usual: dict[str, list[Any]] = {
            "uuid": self.known[:3],
            "ipv4": ["10.0.0.7", "1.2.3.4"],
            "ipv6": ["fe80::1"],
            "base64": ["AAAA", "QUJD"],
        }
        if schema.get("format") in usual:
            return pick.choice(usual[schema["format"]])
        if "pattern" in schema:
            return pick.choice(["1", "2", "vda", "h1", "-1", "0"])
        return pick.choice([*self.known, "name", "swap", "ephemeral0"])

    def _integer(self, schema: dict[str, Any], depth: int) -> int:
        return self.random.choice([-1, 0, 1, 2, 3])

    def _boolean(self, schema: dict[str, Any], depth: int) -> bool:
        return self.random.random() < 0.5

    def _null(self, schema: dict[str, Any], depth: int) -> None:
        return None


@pytest.mark.parametrize("version", VERSIONS, ids=lambda v: f"{v[0]}.{v[1]}")
@pytest.mark.parametrize("token", ["member", "project_admin"])
def test_never_500(cloud: ServersApi, version: tuple[int, int], token: str) -> None:
    generator = Generator(f"{version}-{token}", cloud)
    schema = create(version)
    seen: dict[int, int] = {}
    for _ in range(ROUNDS):
        body = generator.value(schema)
        data = json.dumps(body).encode()
        text = f"{version[0]}.{version[1]}"
        reply = cloud.post("/servers", data=data, version=text, token=token)
        seen[reply.status] = seen.get(reply.status, 0) + 1
        assert reply.status in (202, 400, 403, 409), (reply.body, data)
    assert seen.get(400, 0) > 0


@pytest.mark.parametrize("strange", STRANGE, ids=lambda v: repr(v)[:20])
def test_each_strange_value_in_each_member(cloud: ServersApi, strange: Any) -> None:
    version = "2.94"
    for member in create((2, 94))["properties"]["server"]["properties"]:
        body = cloud.body(networks="none")
        body["server"][member] = strange
        reply = cloud.post("/servers", data=json.dumps(body).encode(), version=version)
        assert reply.status in (202, 400, 403, 409), (member, strange, reply.body)
        if reply.status == 202:
            (uuid,) = cloud.conductor.builds[-1][0]
            assert cloud.get(f"/servers/{uuid}", version=version).status == 200
            assert cloud.delete(f"/servers/{uuid}").status == 204


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"null", b'"x"', b"{}", b'{"server": []}', b'{"server": null}', b"\xff\xfe"],
)
def test_what_is_no_body(cloud: ServersApi, data: bytes) -> None:
    assert cloud.post("/servers", data=data).status == 400


def test_a_deep_body(cloud: ServersApi) -> None:
    for depth in (200, 900, 50000):
        hint = "[" * depth + "]" * depth
        data = json.dumps({**cloud.body(), "os:scheduler_hints": {"x": "HINT"}})
        reply = cloud.post("/servers", data=data.replace('"HINT"', hint).encode())
        assert reply.status == 400


@pytest.mark.parametrize(
    "query", ["limit=%FF", "name=%00", "host=%00", "sort_key=", "marker=%ED%A0%80", "status="]
)
def test_strange_queries(cloud: ServersApi, query: str) -> None:
    cloud.running()
    for path in ("/servers", "/servers/detail"):
        assert cloud.get(f"{path}?{query}", token="project_admin").status in (200, 400)
