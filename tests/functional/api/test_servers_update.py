"""PUT /servers/{id}."""

from typing import Any

import pytest

from tests.support.api import Reply
from tests.support.servers_api import ServersApi


def put(cloud: ServersApi, uuid: str, version: str = "2.1", **members: Any) -> Reply:
    token = members.pop("token", "member")
    body = {"server": members}
    return cloud.put(f"/servers/{uuid}", body, version=version, token=token)


@pytest.mark.parametrize("placed", [True, False])
def test_what_can_change(cloud: ServersApi, placed: bool) -> None:
    uuid = cloud.running() if placed else cloud.created()
    changes = {
        "name": "new",
        "description": "text",
        "accessIPv4": "1.2.3.4",
        "accessIPv6": "fe80::1",
        "hostname": "new-host",
        "OS-DCF:diskConfig": "AUTO",
    }
    reply = put(cloud, uuid, "2.90", **changes)
    assert reply.status == 200, reply.body
    shown = cloud.get(f"/servers/{uuid}", version="2.90").json["server"]
    changes["OS-EXT-SRV-ATTR:hostname"] = changes.pop("hostname")
    assert {name: shown[name] for name in changes} == changes
    answer = reply.json["server"]
    assert {name: answer[name] for name in changes} == changes


def test_nothing_to_change(cloud: ServersApi) -> None:
    assert put(cloud, cloud.running()).status == 200


def test_a_description_may_be_removed(cloud: ServersApi) -> None:
    uuid = cloud.running(version="2.19", description="x")
    assert put(cloud, uuid, "2.19", description=None).json["server"]["description"] is None


def test_every_microversion(cloud: ServersApi) -> None:
    uuid = cloud.running()
    for minor in range(1, 105):
        reply = put(cloud, uuid, f"2.{minor}", name=f"n{minor}", token="project_admin")
        assert reply.status == 200, (minor, reply.body)
        answer = reply.json["server"]
        shown = cloud.get(f"/servers/{uuid}", version=f"2.{minor}", token="project_admin")
        if minor >= 75:
            assert answer == shown.json["server"]
        else:
            assert "key_name" not in answer
            assert "OS-EXT-STS:vm_state" not in answer
            (addresses,) = answer["addresses"].values()
            assert set(addresses[0]) == {"addr", "version"}


@pytest.mark.parametrize(
    ("version", "members"),
    [
        ("2.1", {"name": ""}),
        ("2.1", {"name": "x" * 256}),
        ("2.18", {"description": "x"}),
        ("2.1", {"accessIPv4": "x"}),
        ("2.89", {"hostname": "ab"}),
        ("2.93", {"hostname": "a.b"}),
        ("2.103", {"pinned_availability_zone": None}),
        ("2.1", {"unknown": 1}),
    ],
)
def test_400(cloud: ServersApi, version: str, members: dict[str, Any]) -> None:
    assert put(cloud, cloud.running(), version, **members).status == 400


def test_who_may(cloud: ServersApi) -> None:
    uuid = cloud.running()
    assert put(cloud, uuid, name="x", token="reader").status == 403
    assert put(cloud, uuid, name="x", token="other").status == 404
    assert put(cloud, "none", name="x").status == 404


def test_pins(cloud: ServersApi) -> None:
    uuid = cloud.running(version="2.96", availability_zone="nova")

    def pin(zone: str | None) -> Reply:
        return put(cloud, uuid, "2.104", pinned_availability_zone=zone)

    assert pin("nova").json["server"]["pinned_availability_zone"] == "nova"
    assert pin("mars").status == 409
    assert pin(None).json["server"]["pinned_availability_zone"] is None
    assert pin("mars").status == 409
    assert pin("nova").json["server"]["pinned_availability_zone"] == "nova"
