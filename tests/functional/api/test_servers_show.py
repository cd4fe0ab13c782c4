"""GET /servers/{id}: every field, who sees it, and from which microversion on."""

import dataclasses
import datetime
from typing import Any

import pytest

from novalite.api.compute import lookup
from novalite.db.api_database import aggregates, build_requests, instance_mappings
from novalite.db.cell_database import instance_faults, services
from novalite.objects import FixedIP, InstanceFault
from tests.support.servers_api import HOST, ServersApi, vif

ALWAYS = {
    *("id", "name", "status", "tenant_id", "user_id", "metadata", "hostId", "image", "flavor"),
    *("created", "updated", "addresses", "accessIPv4", "accessIPv6", "links", "progress"),
    *("OS-DCF:diskConfig", "OS-EXT-AZ:availability_zone", "config_drive", "key_name"),
    *("OS-SRV-USG:launched_at", "OS-SRV-USG:terminated_at", "OS-EXT-STS:task_state"),
    *("OS-EXT-STS:vm_state", "OS-EXT-STS:power_state", "os-extended-volumes:volumes_attached"),
    "security_groups",
}
SINCE = {
    "locked": 9,
    "description": 19,
    "tags": 26,
    "trusted_image_certificates": 63,
    "server_groups": 71,
    "locked_reason": 73,
    "OS-EXT-SRV-ATTR:hostname": 90,
    "pinned_availability_zone": 96,
    "scheduler_hints": 100,
}
ADMINS = {
    "OS-EXT-SRV-ATTR:host": 1,
    "OS-EXT-SRV-ATTR:instance_name": 1,
    "OS-EXT-SRV-ATTR:hypervisor_hostname": 1,
    "OS-EXT-SRV-ATTR:reservation_id": 3,
    "OS-EXT-SRV-ATTR:launch_index": 3,
    "OS-EXT-SRV-ATTR:hostname": 3,
    "OS-EXT-SRV-ATTR:kernel_id": 3,
    "OS-EXT-SRV-ATTR:ramdisk_id": 3,
    "OS-EXT-SRV-ATTR:root_device_name": 3,
    "OS-EXT-SRV-ATTR:user_data": 3,
    "host_status": 16,
}


def show(cloud: ServersApi, uuid: str, version: str = "2.1", token: str = "member") -> Any:
    reply = cloud.get(f"/servers/{uuid}", version=version, token=token)
    assert reply.status == 200, reply.body
    return reply.json["server"]


@pytest.fixture
def uuid(cloud: ServersApi) -> str:
    uuid = cloud.running()
    group = cloud.networks.add_group("a" * 32, "web")
    cloud.networks.add_port("a" * 32, cloud.network_id, device_id=uuid, security_groups=[group])
    return uuid


def test_members_at_every_microversion(cloud: ServersApi, uuid: str) -> None:
    for minor in range(1, 105):
        everybody = ALWAYS | {name for name, since in SINCE.items() if minor >= since}
        admins = everybody | {name for name, since in ADMINS.items() if minor >= since}
        assert set(show(cloud, uuid, f"2.{minor}")) == everybody, minor
        assert set(show(cloud, uuid, f"2.{minor}", "admin")) == admins, minor
        for token, expected in (("member", everybody), ("project_admin", admins)):
            reply = cloud.get("/servers/detail", version=f"2.{minor}", token=token)
            (item,) = reply.json["servers"]
            assert set(item) == expected - {"server_groups"}, minor


def test_a_build_request_has_the_same_members(cloud: ServersApi) -> None:
    uuid = cloud.created()
    for minor in range(1, 105):
        everybody = ALWAYS | {name for name, since in SINCE.items() if minor >= since}
        admins = everybody | {name for name, since in ADMINS.items() if minor >= since}
        assert set(show(cloud, uuid, f"2.{minor}")) == everybody, minor
        seen = show(cloud, uuid, f"2.{minor}", "admin")
        assert set(seen) == admins, minor
        assert seen["OS-EXT-SRV-ATTR:host"] is None
        assert seen.get("host_status", "") == ""


def test_values(cloud: ServersApi, uuid: str) -> None:
    shown = show(cloud, uuid, "2.3", "admin")
    assert shown["status"] == "ACTIVE"
    assert shown["OS-EXT-SRV-ATTR:host"] == HOST
    assert shown["OS-EXT-SRV-ATTR:instance_name"] == "instance-00000001"
    assert shown["OS-EXT-AZ:availability_zone"] == "nova"
    assert shown["security_groups"] == [{"name": "web"}]
    assert shown["created"].endswith("Z")
    assert "." in shown["OS-SRV-USG:launched_at"]
    assert len(shown["hostId"]) == 56
    assert shown["hostId"] == show(cloud, uuid)["hostId"]
    assert shown["flavor"]["links"][0]["href"].endswith("/flavors/42")
    assert "/v2.1" not in shown["image"]["links"][0]["href"]


def test_flavor_from_2_47(cloud: ServersApi, uuid: str) -> None:
    assert show(cloud, uuid, "2.47")["flavor"] == {
        "vcpus": 1,
        "ram": 512,
        "disk": 1,
        "ephemeral": 1,
        "swap": 64,
        "original_name": "m1.test",
        "extra_specs": {"hw:boot_menu": "true"},
    }


def test_addresses(cloud: ServersApi) -> None:
    uuid = cloud.created()
    first, second = vif("10.0.0.5"), vif("10.0.0.6")
    first.subnets[0].ips[0].floating_ips.append("203.0.113.7")
    second.subnets[0].ips.append(FixedIP("fd00::6", 6))
    cloud.place(uuid, network_info=[first, second])
    (label, items) = next(iter(show(cloud, uuid)["addresses"].items()))
    assert label == "private"
    mac = "fa:16:3e:11:22:33"
    assert [(item["addr"], item["version"], item["OS-EXT-IPS:type"]) for item in items] == [
        ("10.0.0.5", 4, "fixed"),
        ("10.0.0.6", 4, "fixed"),
        ("fd00::6", 6, "fixed"),
        ("203.0.113.7", 4, "floating"),
    ]
    assert {item["OS-EXT-IPS-MAC:mac_addr"] for item in items} == {mac}


def test_no_addresses_while_building(cloud: ServersApi) -> None:
    uuid = cloud.created()
    cloud.place(uuid, vm_state="building", task_state="spawning")
    assert show(cloud, uuid)["addresses"] == {}
    assert show(cloud, uuid)["status"] == "BUILD"


def test_fault(cloud: ServersApi) -> None:
    uuid = cloud.created()
    cloud.place(uuid, cell0=True)
    now = datetime.datetime(2026, 1, 1)
    fault = InstanceFault(uuid, 500, "No valid host was found. ", "traceback", None, now)
    with cloud.databases.cell0.write() as conn:
        instance_faults.create(conn, fault)
    shown = show(cloud, uuid)
    assert shown["status"] == "ERROR"
    assert shown["fault"] == {
        "code": 500,
        "message": "No valid host was found. ",
        "created": "2026-01-01T00:00:00Z",
    }
    assert "progress" not in shown
    assert "security_groups" not in shown
    assert show(cloud, uuid, token="admin")["fault"]["details"] == "traceback"


def test_no_fault_of_a_server_that_works(cloud: ServersApi, uuid: str) -> None:
    with cloud.cell_db.write() as conn:
        instance_faults.create(conn, InstanceFault(uuid, 500, "old trouble"))
    assert "fault" not in show(cloud, uuid)


def test_zone_of_the_host(cloud: ServersApi, uuid: str) -> None:
    with cloud.api_db.write() as conn:
        aggregate = aggregates.create(conn, "a", {"availability_zone": "west"})
        aggregates.add_host(conn, aggregate.id, HOST)
    assert show(cloud, uuid)["OS-EXT-AZ:availability_zone"] == "west"


def test_host_status(cloud: ServersApi, uuid: str) -> None:
    def status() -> str:
        return show(cloud, uuid, "2.16", "admin")["host_status"]

    assert status() == "UP"
    with cloud.cell_db.write() as conn:
        (service,) = services.list_(conn)
        services.update(conn, service.uuid, disabled=True)
    assert status() == "MAINTENANCE"
    with cloud.cell_db.write() as conn:
        services.update(conn, service.uuid, forced_down=True)
    assert status() == "DOWN"
    with cloud.cell_db.write() as conn:
        services.update(conn, service.uuid, forced_down=False, disabled=False)
    cloud.forget_host()
    assert status() == "UNKNOWN"


def test_unknown_only(tmp_path: Any) -> None:
    (tmp_path / "policy.yaml").write_text(
        '"os_compute_api:servers:show:host_status:unknown-only": "role:member"\n'
    )
    cloud = ServersApi(tmp_path, {"oslo_policy": {"policy_file": tmp_path / "policy.yaml"}})
    uuid = cloud.running()
    assert "host_status" not in show(cloud, uuid, "2.16")
    cloud.forget_host()
    assert show(cloud, uuid, "2.16")["host_status"] == "UNKNOWN"
    cloud.close()


def test_who_may_see(cloud: ServersApi, uuid: str) -> None:
    assert cloud.get(f"/servers/{uuid}", token="reader").status == 200
    assert cloud.get(f"/servers/{uuid}", token="other").status == 404
    assert cloud.get(f"/servers/{uuid}", token="nobody").status == 403
    assert cloud.get(f"/servers/{uuid}", token="admin").status == 200
    missing = cloud.get("/servers/no-such-server")
    assert missing.status == 404
    assert missing.fault == ("itemNotFound", "Instance no-such-server could not be found.")


def test_unknown_parameters(cloud: ServersApi, uuid: str) -> None:
    assert cloud.get(f"/servers/{uuid}?x=1", version="2.101").status == 200
    assert cloud.get(f"/servers/{uuid}?x=1", version="2.102").status == 400


def test_between_build_request_and_cell(cloud: ServersApi, monkeypatch: Any) -> None:
    """The build request goes, and the mapping points to a cell, just after the mapping was
    read: the server is found at the second look."""
    uuid = cloud.created()
    real = instance_mappings.get
    calls = []

    def slow(conn: Any, wanted: str) -> Any:
        mapping = real(conn, wanted)
        calls.append(wanted)
        if len(calls) == 1:
            stale = dataclasses.replace(mapping)
            cloud.place(uuid)
            return stale
        return mapping

    monkeypatch.setattr(lookup.instance_mappings, "get", slow)

    def gone(conn: Any, wanted: str) -> Any:
        raise lookup.BuildRequestNotFound(uuid=wanted)

    monkeypatch.setattr(lookup.build_requests, "get", gone)
    # ``place`` reads the build request itself, before it is made to be gone.
    monkeypatch.setattr(cloud, "build_request", _reader(cloud))
    assert show(cloud, uuid)["status"] == "ACTIVE"
    assert len(calls) == 2


def _reader(cloud: ServersApi) -> Any:
    def read(uuid: str) -> Any:
        with cloud.api_db.read() as conn:
            (request,) = [r for r in build_requests.list_(conn) if r.instance_uuid == uuid]
        return lookup.from_request(request)

    return read
