"""/os-services, /os-hypervisors and /os-availability-zone: what the cloud is made of."""

import pathlib
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from novalite.db.api_database import aggregates, host_mappings
from novalite.db.cell_database import instances
from novalite.exception import DatabaseUnavailable, MessagingUnavailable, NotSupported
from tests.support.api_cloud import SERVER, Cloud
from tests.support.samples import differences, sample


@pytest.fixture
def cloud(tmp_path: pathlib.Path) -> Iterator[Cloud]:
    fixture = Cloud(tmp_path)
    yield fixture
    fixture.close()


def admin(cloud: Cloud, method: str, path: str, version: str = "2.1", body: Any = None) -> Any:
    return cloud.request(method, path, version=version, token="admin", body=body)


# ---- services ----


@pytest.mark.parametrize(
    ("version", "directory"), [("2.1", ""), ("2.11", "v2.11/"), ("2.53", "v2.53/")]
)
def test_services_have_the_samples_shape(cloud: Cloud, version: str, directory: str) -> None:
    reply = admin(cloud, "GET", "/os-services", version)
    assert reply.status == 200
    expected = sample(f"os-services/{directory}services-list-get-resp")
    assert differences(reply.json, expected) == []
    conductor, compute, _ = reply.json["services"]
    assert (conductor["binary"], conductor["zone"]) == ("nova-conductor", "internal")
    assert (compute["host"], compute["zone"], compute["state"]) == ("host1", "nova", "up")


def test_service_filters(cloud: Cloud) -> None:
    def hosts(query: str) -> list[str]:
        return [s["host"] for s in admin(cloud, "GET", f"/os-services{query}").json["services"]]

    assert hosts("?host=host2") == ["host2"]
    assert hosts("?binary=nova-compute") == ["host1", "host2"]
    assert hosts("?host=host1&binary=nova-conductor") == []
    assert admin(cloud, "GET", "/os-services?colour=red", "2.75").status == 400


def test_silence_means_down(cloud: Cloud) -> None:
    cloud.beat("host2", "nova-compute", age=3600)
    states = {s["host"]: s["state"] for s in admin(cloud, "GET", "/os-services").json["services"]}
    assert states == {"conductor": "up", "host1": "up", "host2": "down"}


def test_services_by_name_before_2_53(cloud: Cloud) -> None:
    named = {"host": "host1", "binary": "nova-compute"}
    reply = admin(cloud, "PUT", "/os-services/disable", body=named)
    assert reply.json == {"service": {**named, "status": "disabled"}}
    reason = {**named, "disabled_reason": "test2"}
    reply = admin(cloud, "PUT", "/os-services/disable-log-reason", body=reason)
    assert reply.json == sample("os-services/service-disable-log-put-resp")
    reply = admin(cloud, "PUT", "/os-services/enable", body=named)
    assert reply.json == sample("os-services/service-enable-put-resp")
    body = {**named, "forced_down": True}
    reply = admin(cloud, "PUT", "/os-services/force-down", "2.11", body)
    assert reply.json == sample("os-services/v2.11/service-force-down-put-resp")
    assert admin(cloud, "GET", "/os-services?host=host1").json["services"][0]["state"] == "down"


@pytest.mark.parametrize(
    ("path", "version", "body", "code"),
    [
        ("force-down", "2.10", {}, 404),
        ("fly", "2.1", {}, 404),
        ("disable-log-reason", "2.1", {}, 400),
        ("force-down", "2.11", {}, 400),
        ("enable", "2.1", {"host": "none"}, 404),
        ("enable", "2.1", {"host": "conductor", "binary": "nova-conductor"}, 400),
        ("enable", "2.53", {}, 400),
    ],
)
def test_services_by_name_errors(
    cloud: Cloud, path: str, version: str, body: dict[str, str], code: int
) -> None:
    full = {"host": "host1", "binary": "nova-compute", **body}
    assert admin(cloud, "PUT", f"/os-services/{path}", version, full).status == code


def test_services_by_uuid(cloud: Cloud) -> None:
    path = f"/os-services/{cloud.services['host1'].uuid}"
    body = {"status": "disabled", "disabled_reason": "maintenance"}
    reply = admin(cloud, "PUT", path, "2.53", body)
    expected = sample("os-services/v2.53/service-disable-log-put-resp")
    assert differences(reply.json, expected) == []
    assert reply.json["service"]["disabled_reason"] == "maintenance"
    reply = admin(cloud, "PUT", path, "2.53", {"status": "enabled", "forced_down": "true"})
    service = reply.json["service"]
    assert (service["disabled_reason"], service["forced_down"]) == (None, True)
    assert (service["status"], service["state"]) == ("enabled", "down")


def test_services_by_uuid_errors(cloud: Cloud) -> None:
    path = f"/os-services/{cloud.services['host1'].uuid}"
    assert admin(cloud, "PUT", path, "2.53", {}).status == 400
    assert admin(cloud, "PUT", path, "2.53", {"disabled_reason": "x"}).status == 400
    reply = admin(cloud, "PUT", f"/os-services/{uuid.uuid4()}", "2.53", {"status": "enabled"})
    assert reply.status == 404
    conductor = f"/os-services/{cloud.services['conductor'].uuid}"
    reply = admin(cloud, "PUT", conductor, "2.53", {"status": "enabled"})
    assert (reply.status, "not supported" in reply.fault[1]) == (400, True)


def test_service_is_deleted_with_all_that_hangs_on_it(cloud: Cloud) -> None:
    cloud.add_zone("az1", "host1", "host2")
    cloud.add_server("host1")
    path = f"/os-services/{cloud.services['host1'].uuid}"
    reply = admin(cloud, "DELETE", path, "2.53")
    assert (reply.status, "hosting instances" in reply.fault[1]) == (409, True)
    with cloud.cell_db.write() as conn:
        instances.destroy(conn, SERVER, cloud.now)
    assert admin(cloud, "DELETE", path, "2.53").status == 204
    assert admin(cloud, "DELETE", path, "2.53").status == 404
    names = [h["hypervisor_hostname"] for h in _hypervisors(cloud, "")]
    assert names == ["host2.example"]
    with cloud.api_db.read() as conn:
        assert list(host_mappings.list_(conn)) == ["host2"]
        assert [a.hosts for a in aggregates.list_(conn)] == [["host2"]]


def test_service_is_deleted_by_number_before_2_53(cloud: Cloud) -> None:
    id_ = cloud.services["host1"].id
    assert admin(cloud, "DELETE", f"/os-services/{id_}", "2.53").status == 400
    assert admin(cloud, "DELETE", "/os-services/abc").status == 400
    assert admin(cloud, "DELETE", "/os-services/%C2%B2").status == 400
    assert admin(cloud, "DELETE", "/os-services/999").status == 404
    assert admin(cloud, "DELETE", f"/os-services/{'9' * 40}").status == 404
    assert admin(cloud, "DELETE", f"/os-services/{id_}").status == 204


def test_services_of_a_cell_that_is_lost(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    admin(cloud, "GET", "/os-services")

    def lost() -> None:
        raise DatabaseUnavailable()

    monkeypatch.setattr(cloud.cell_db, "read", lost)
    assert admin(cloud, "GET", "/os-services", "2.68").json == {"services": []}
    reply = admin(cloud, "GET", "/os-services", "2.69")
    assert reply.json == sample("os-services/v2.69/services-list-get-resp")
    only = admin(cloud, "GET", "/os-services?host=host2", "2.69").json["services"]
    assert [service["host"] for service in only] == ["host2"]
    assert admin(cloud, "GET", "/os-services?binary=nova-conductor", "2.69").json == {
        "services": []
    }
    assert admin(cloud, "GET", "/os-hypervisors", "2.69").json == {"hypervisors": []}


# ---- hypervisors ----


def _hypervisors(cloud: Cloud, query: str, version: str = "2.53") -> list[dict[str, Any]]:
    reply = admin(cloud, "GET", f"/os-hypervisors{query}", version)
    assert reply.status == 200, reply.body
    found: list[dict[str, Any]] = reply.json["hypervisors"]
    return found


@pytest.mark.parametrize(
    ("version", "directory"),
    [("2.1", ""), ("2.28", "v2.28/"), ("2.53", "v2.53/"), ("2.88", "v2.88/")],
)
def test_hypervisors_have_the_samples_shape(cloud: Cloud, version: str, directory: str) -> None:
    base = f"os-hypervisors/{directory}hypervisors"
    node = cloud.nodes["host1"]
    id_ = node.uuid if version >= "2.53" else node.id
    for path, name in [("", "list"), ("/detail", "detail"), (f"/{id_}", "show")]:
        reply = admin(cloud, "GET", f"/os-hypervisors{path}", version)
        expected = sample(f"{base}-{name}-resp")
        assert [
            line
            for line in differences(reply.json, expected)
            if ".cpu_info." not in line and "_links" not in line and ".servers" not in line
        ] == []


def test_hypervisor_figures(cloud: Cloud) -> None:
    view = _hypervisors(cloud, "/detail", "2.1")[0]
    assert view["cpu_info"] == '{"arch": "x86_64", "model": "Nehalem"}'
    assert (view["memory_mb_used"], view["free_ram_mb"]) == (512, 3584)
    assert (view["local_gb_used"], view["free_disk_gb"]) == (0, 100)
    assert view["service"] == {
        "host": "host1",
        "id": cloud.services["host1"].id,
        "disabled_reason": None,
    }
    assert _hypervisors(cloud, "/detail", "2.28")[0]["cpu_info"] == {
        "arch": "x86_64",
        "model": "Nehalem",
    }
    statistics = admin(cloud, "GET", "/os-hypervisors/statistics").json
    assert differences(statistics, sample("os-hypervisors/hypervisors-statistics-resp")) == []
    sums = statistics["hypervisor_statistics"]
    assert (sums["count"], sums["vcpus"], sums["memory_mb_used"]) == (2, 8, 1024)


def test_hypervisor_paging(cloud: Cloud) -> None:
    first, second = cloud.nodes["host1"], cloud.nodes["host2"]
    assert len(_hypervisors(cloud, "?limit=1", "2.32")) == 2
    page = admin(cloud, "GET", "/os-hypervisors?limit=1", "2.33")
    assert page.json["hypervisors"][0]["id"] == first.id
    href = page.json["hypervisors_links"][0]["href"]
    assert href.endswith(f"/os-hypervisors?limit=1&marker={first.id}")
    assert _hypervisors(cloud, f"?marker={first.id}", "2.33")[0]["id"] == second.id
    page = admin(cloud, "GET", "/os-hypervisors/detail?limit=1", "2.53")
    assert page.json["hypervisors_links"][0]["href"].endswith(f"marker={first.uuid}")
    assert [h["id"] for h in _hypervisors(cloud, f"?marker={first.uuid}")] == [second.uuid]
    assert _hypervisors(cloud, f"?marker={second.uuid}") == []
    for marker, version in [
        ("9", "2.33"),
        ("9" * 40, "2.33"),
        ("%C2%B2", "2.33"),
        ("x", "2.33"),
        ("x", "2.53"),
        (SERVER, "2.53"),
    ]:
        path = f"/os-hypervisors?marker={marker}"
        assert admin(cloud, "GET", path, version).status == 400


def test_hypervisor_pattern(cloud: Cloud) -> None:
    pattern = "hypervisor_hostname_pattern"
    assert len(_hypervisors(cloud, f"?{pattern}=host1")) == 1
    assert len(_hypervisors(cloud, f"/detail?{pattern}=example")) == 2
    path = f"/os-hypervisors?{pattern}="
    assert admin(cloud, "GET", f"{path}none", "2.53").status == 404
    assert admin(cloud, "GET", f"{path}host&limit=1", "2.53").status == 400
    assert len(_hypervisors(cloud, "/host1/search", "2.52")) == 1
    assert admin(cloud, "GET", "/os-hypervisors/none/search", "2.52").status == 404
    assert admin(cloud, "GET", "/os-hypervisors/host1/search", "2.53").status == 404


def test_hypervisors_with_servers(cloud: Cloud) -> None:
    cloud.add_server("host1")
    server = {"name": "test_server1", "uuid": SERVER}
    first, second = _hypervisors(cloud, "/host/servers", "2.52")
    assert first["servers"] == [server] and "servers" not in second
    first, second = _hypervisors(cloud, "?with_servers=true", "2.53")
    assert first["servers"] == [server] and "servers" not in second
    first, second = _hypervisors(cloud, "/detail?with_servers=true", "2.75")
    assert first["servers"] == [server] and second["servers"] == []
    assert "servers" not in _hypervisors(cloud, "", "2.75")[0]
    path = f"/os-hypervisors/{cloud.nodes['host1'].uuid}?with_servers=1"
    assert admin(cloud, "GET", path, "2.53").json["hypervisor"]["servers"] == [server]
    assert admin(cloud, "GET", "/os-hypervisors?with_servers=perhaps", "2.53").status == 400


def test_hypervisor_uptime(cloud: Cloud) -> None:
    node = cloud.nodes["host1"]
    reply = admin(cloud, "GET", f"/os-hypervisors/{node.id}/uptime")
    assert differences(reply.json, sample("os-hypervisors/hypervisors-uptime-resp")) == []
    assert reply.json["hypervisor"]["uptime"] == "host1: up 1 day"
    path = f"/os-hypervisors/{node.uuid}"
    assert admin(cloud, "GET", path, "2.88").json["hypervisor"]["uptime"] == "host1: up 1 day"
    cloud.computes.error = NotSupported()
    assert admin(cloud, "GET", f"{path}/uptime", "2.53").status == 501
    assert admin(cloud, "GET", path, "2.88").json["hypervisor"]["uptime"] is None
    cloud.computes.error = MessagingUnavailable()
    assert admin(cloud, "GET", path, "2.88").json["hypervisor"]["uptime"] is None
    cloud.beat("host1", "nova-compute", age=3600)
    assert admin(cloud, "GET", f"{path}/uptime", "2.53").status == 400


def test_hypervisor_that_is_none(cloud: Cloud) -> None:
    for path, version, code in [
        ("999", "2.1", 404),
        ("abc", "2.1", 404),
        ("%C2%B2", "2.1", 404),
        ("9" * 40, "2.1", 404),
        ("abc", "2.53", 400),
        (SERVER, "2.53", 404),
    ]:
        reply = admin(cloud, "GET", f"/os-hypervisors/{path}", version)
        assert reply.status == code


def test_only_admins(cloud: Cloud) -> None:
    for path in ("/os-services", "/os-hypervisors", "/os-availability-zone/detail"):
        assert cloud.get(path, token="member").status == 403


# ---- availability zones ----


def test_zones(cloud: Cloud) -> None:
    cloud.add_zone("az1", "host1")
    reply = cloud.get("/os-availability-zone")
    expected = sample("os-availability-zone/availability-zone-list-resp")
    assert differences(reply.json, expected) == []
    zones = {z["zoneName"]: z["zoneState"]["available"] for z in reply.json["availabilityZoneInfo"]}
    assert zones == {"az1": True, "nova": True}
    body = {"host": "host1", "binary": "nova-compute"}
    admin(cloud, "PUT", "/os-services/disable", body=body)
    reply = cloud.get("/os-availability-zone")
    zones = {z["zoneName"]: z["zoneState"]["available"] for z in reply.json["availabilityZoneInfo"]}
    assert zones == {"az1": False, "nova": True}


def test_zones_with_their_hosts(cloud: Cloud) -> None:
    cloud.add_zone("az1", "host1")
    cloud.beat("host2", "nova-compute", age=3600)
    reply = admin(cloud, "GET", "/os-availability-zone/detail")
    zones = {zone["zoneName"]: zone["hosts"] for zone in reply.json["availabilityZoneInfo"]}
    assert list(zones) == ["az1", "internal", "nova"]
    assert set(zones["internal"]["conductor"]) == {"nova-conductor"}
    assert zones["az1"]["host1"]["nova-compute"]["available"] is True
    silent = zones["nova"]["host2"]["nova-compute"]
    assert (silent["active"], silent["available"]) == (True, False)


# ---- budgets ----


def test_lists_take_the_same_statements_whatever_their_length(cloud: Cloud) -> None:
    paths = [
        ("/os-services", "2.53"),
        ("/os-hypervisors/detail?with_servers=true", "2.53"),
        ("/os-availability-zone", "2.1"),
        ("/os-hypervisors/statistics", "2.1"),
    ]

    def statements() -> list[tuple[int, int]]:
        found = []
        for path, version in paths:
            with cloud.api_db.counting() as api, cloud.cell_db.counting() as cell:
                assert admin(cloud, "GET", path, version).status == 200
            found.append((api.count, cell.count))
        return found

    few = statements()
    for number in range(20):
        cloud.add_host(f"more{number}")
    assert statements() == few
    assert few == [(1, 1), (0, 3), (1, 1), (0, 2)]
