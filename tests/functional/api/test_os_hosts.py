"""/os-hosts, until 2.42."""

import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

from novalite.db.cell_database import services
from novalite.exception import NotSupported
from tests.support.api import OTHER_PROJECT, PROJECT, Reply
from tests.support.api_cloud import Cloud
from tests.support.samples import differences, sample


@pytest.fixture
def cloud(tmp_path: pathlib.Path) -> Iterator[Cloud]:
    fixture = Cloud(tmp_path)
    yield fixture
    fixture.close()


def get(cloud: Cloud, path: str, version: str = "2.1") -> Reply:
    return cloud.get(path, version=version, token="admin")


def put(cloud: Cloud, host: str, **body: Any) -> Reply:
    return cloud.put(f"/os-hosts/{host}", body, token="admin")


def test_listed(cloud: Cloud) -> None:
    cloud.add_zone("london", "host2")
    reply = get(cloud, "/os-hosts")
    assert differences(reply.json, sample("os-hosts/hosts-list-resp")) == []
    rows = [(h["host_name"], h["service"], h["zone"]) for h in reply.json["hosts"]]
    assert rows == [
        ("conductor", "conductor", "internal"),
        ("host1", "compute", "nova"),
        ("host2", "compute", "london"),
    ]

    def names(query: str) -> list[str]:
        return [host["host_name"] for host in get(cloud, f"/os-hosts{query}").json["hosts"]]

    assert names("?zone=london") == ["host2"]
    assert names("?zone=nowhere") == []
    assert names("?zone=") == names("?colour=red") == ["conductor", "host1", "host2"]
    uuid = cloud.services["host1"].uuid
    cloud.cell_db.run(lambda conn: services.update(conn, uuid, disabled=True))
    assert names("") == ["conductor", "host2"]


def test_shown(cloud: Cloud) -> None:
    cloud.add_server("host1")
    cloud.add_server("host1", "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaab", OTHER_PROJECT)
    cloud.add_server("host2", "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaac")
    reply = get(cloud, "/os-hosts/host1")
    assert differences(reply.json, sample("os-hosts/host-get-resp")) == []
    rows = [item["resource"] for item in reply.json["host"]]
    assert {row.pop("host") for row in rows} == {"host1"}
    one = {"cpu": 1, "memory_mb": 512, "disk_gb": 3}
    assert rows == [
        {"project": "(total)", "cpu": 4, "memory_mb": 4096, "disk_gb": 100},
        {"project": "(used_now)", "cpu": 0, "memory_mb": 512, "disk_gb": 0},
        {"project": "(used_max)", "cpu": 2, "memory_mb": 1024, "disk_gb": 6},
        {"project": PROJECT, **one},
        {"project": OTHER_PROJECT, **one},
    ]
    for name in ("nowhere", "conductor"):
        missing = get(cloud, f"/os-hosts/{name}")
        assert missing.fault == ("itemNotFound", f"Compute host {name} could not be found.")


def test_switched(cloud: Cloud) -> None:
    body = sample("os-hosts/host-put-maintenance-req")
    reply = put(cloud, "host1", **body)
    assert reply.json == {**sample("os-hosts/host-put-maintenance-resp"), "host": "host1"}
    assert put(cloud, "host1", status="DISABLE").json == {"host": "host1", "status": "disabled"}
    reply = put(cloud, "host2", maintenance_mode="Enable")
    assert reply.json == {"host": "host2", "maintenance_mode": "on_maintenance"}
    assert cloud.computes.done == [
        ("host1", "enable"),
        ("host1", "off_maintenance"),
        ("host1", "disable"),
        ("host2", "on_maintenance"),
    ]
    for bad in ({}, {"status": "off"}, {"maintenance_mode": 1}, {"status": "enable", "a": "b"}):
        assert put(cloud, "host1", **bad).status == 400
    assert put(cloud, "nowhere", status="enable").status == 404


@pytest.mark.parametrize("action", ["reboot", "shutdown", "startup"])
def test_power(cloud: Cloud, action: str) -> None:
    reply = get(cloud, f"/os-hosts/host1/{action}")
    assert reply.json == {**sample(f"os-hosts/host-get-{action}"), "host": "host1"}
    assert cloud.computes.done == [("host1", action)]
    assert get(cloud, f"/os-hosts/nowhere/{action}").status == 404
    cloud.beat("host2", "nova-compute", age=3600)
    assert get(cloud, f"/os-hosts/host2/{action}").status == 400
    cloud.computes.error = NotSupported("The requested functionality is not supported.")
    refused = get(cloud, f"/os-hosts/host1/{action}")
    assert refused.status == 501
    assert refused.fault[1] == "The requested functionality is not supported."


def test_gone_at_2_43(cloud: Cloud) -> None:
    for path in ("/os-hosts", "/os-hosts/host1", "/os-hosts/host1/reboot"):
        assert get(cloud, path, "2.42").status == 200
        assert get(cloud, path, "2.43").status == 404
        assert cloud.get(path).status == 403
    assert cloud.put("/os-hosts/host1", {"status": "enable"}).status == 403
