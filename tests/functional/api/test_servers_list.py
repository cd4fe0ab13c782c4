"""GET /servers and /servers/detail: order, paging, filters, and who may use them."""

import datetime
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from novalite.db import sync
from novalite.db.api_database import cell_mappings, instance_mappings
from novalite.db.cell_database import instances
from novalite.objects import CellMapping
from tests.support.api import OTHER_PROJECT, PROJECT
from tests.support.servers_api import ServersApi, vif

CELL2 = "22222222-2222-2222-2222-222222222222"


def names(cloud: ServersApi, query: str = "", **kwargs: Any) -> list[str]:
    reply = cloud.get(f"/servers{query}", **kwargs)
    assert reply.status == 200, reply.body
    return [server["name"] for server in reply.json["servers"]]


def some(cloud: ServersApi) -> dict[str, str]:
    """name -> uuid of: b1, b2 promised; z1 in cell0; c1..c4 in the cell; in this order."""
    made = {}
    for name in ("c1", "z1", "b1", "c2", "c3", "b2", "c4"):
        made[name] = cloud.created(name=name)
        if name[0] == "c":
            cloud.place(made[name])
        if name[0] == "z":
            cloud.place(made[name], cell0=True)
    return made


ORDER = ["b2", "b1", "z1", "c4", "c3", "c2", "c1"]


def test_order(cloud: ServersApi) -> None:
    some(cloud)
    assert names(cloud) == ORDER
    assert names(cloud, "?sort_dir=asc") == ["b1", "b2", "z1", "c1", "c2", "c3", "c4"]
    assert names(cloud, "?sort_key=display_name&sort_dir=desc") == ORDER
    detailed = cloud.get("/servers/detail").json["servers"]
    assert [server["name"] for server in detailed] == ORDER


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize("path", ["/servers", "/servers/detail"])
def test_paging_through_all(cloud: ServersApi, size: int, path: str) -> None:
    some(cloud)
    url, seen = f"{path}?limit={size}&sort_key=created_at&sort_dir=desc", []
    for _ in range(20):
        body = cloud.get(url).json
        seen += [server["name"] for server in body["servers"]]
        assert len(body["servers"]) <= size
        assert ("servers_links" in body) == (len(body["servers"]) == size)
        if "servers_links" not in body:
            break
        (link,) = body["servers_links"]
        assert link["rel"] == "next"
        assert "sort_key=created_at" in link["href"]
        url = link["href"].removeprefix("http://openstack.example.com/v2.1")
    assert seen == ORDER


def test_limits(cloud: ServersApi) -> None:
    some(cloud)
    assert names(cloud, "?limit=0") == []
    assert "servers_links" not in cloud.get("/servers?limit=0").json
    assert cloud.get("/servers?limit=-1").status == 400
    assert cloud.get("/servers?limit=x").status == 400
    assert len(names(cloud, "?limit=" + "9" * 40)) == 7


def test_max_limit(tmp_path: Any) -> None:
    cloud = ServersApi(tmp_path, {"api": {"max_limit": 2}})
    for _ in range(3):
        cloud.running()
    body = cloud.get("/servers").json
    assert len(body["servers"]) == 2
    assert "servers_links" in body
    cloud.close()


def test_markers_that_are_none(cloud: ServersApi) -> None:
    theirs = _of_others(cloud)
    for marker in ("nothing", theirs):
        reply = cloud.get(f"/servers?marker={marker}")
        assert reply.status == 400
        assert reply.fault == ("badRequest", f"marker [{marker}] not found")


def _of_others(cloud: ServersApi) -> str:
    cloud.networks.add_network(OTHER_PROJECT)
    return cloud.created(token="other", name="theirs")


def test_a_deleted_marker_still_marks(cloud: ServersApi) -> None:
    made = some(cloud)
    now = cloud.deployment.clock.now()
    with cloud.cell_db.write() as conn:
        instances.destroy(conn, made["c3"], now)
    assert names(cloud, f"?marker={made['c3']}") == ["c2", "c1"]


def test_a_server_in_both_places_is_listed_once(cloud: ServersApi) -> None:
    """While a conductor moves it, a server has a build request and a row."""
    made = some(cloud)
    instance = cloud.build_request(made["b1"])
    with cloud.cell_db.write() as conn:
        instances.create(conn, instance)
    assert names(cloud) == ORDER
    assert names(cloud, "?limit=4") == ORDER[:4]


# ---- projects -------------------------------------------------------------------


def test_projects(cloud: ServersApi) -> None:
    some(cloud)
    _of_others(cloud)
    assert names(cloud, token="other") == ["theirs"]
    assert names(cloud, token="admin") == []
    everybody = {"theirs", *ORDER}
    for query in ("?all_tenants", "?all_tenants=1", "?all_tenants=True"):
        assert set(names(cloud, query, token="admin")) == everybody
    assert names(cloud, "?all_tenants=0", token="admin") == []
    for name in ("tenant_id", "project_id"):
        query = f"?all_tenants=1&{name}={OTHER_PROJECT}"
        assert names(cloud, query, token="admin") == ["theirs"]
        assert names(cloud, f"?{name}={OTHER_PROJECT}", token="admin") == []
        assert len(names(cloud, f"?{name}={OTHER_PROJECT}")) == 7


def test_all_tenants_is_for_admins(cloud: ServersApi) -> None:
    for path, what in (("/servers", "index"), ("/servers/detail", "detail")):
        reply = cloud.get(f"{path}?all_tenants=1")
        assert reply.status == 403
        assert f"os_compute_api:servers:{what}:get_all_tenants" in reply.fault[1]
    assert cloud.get("/servers?all_tenants=perhaps", token="admin").status == 400


# ---- filters --------------------------------------------------------------------


def varied(cloud: ServersApi) -> dict[str, str]:
    image = cloud.images.add()
    cloud.add_flavor("big")
    made = {
        "web1": cloud.created(name="web1", metadata={"role": "web"}),
        "web2": cloud.created(version="2.52", name="web2", tags=["x", "y"]),
        "db1": cloud.created(name="db1", imageRef=image, key_name="key"),
        "db2": cloud.created(version="2.52", name="db2", flavorRef="big", tags=["y"]),
    }
    cloud.place(made["web2"], network_info=[vif("10.0.0.52")])
    cloud.place(made["db1"], vm_state="stopped", locked=True, power_state=4)
    cloud.place(made["db2"], vm_state="error", task_state="rebuilding")
    cloud.networks.add_port(
        PROJECT, cloud.network_id, device_id=made["web2"], fixed_ips=[{"ip_address": "10.0.0.52"}]
    )
    made["image"] = image
    return made


@pytest.mark.parametrize(
    ("query", "expected", "version"),
    [
        ("name=web", {"web1", "web2"}, "2.1"),
        ("name=nothing", set(), "2.1"),
        ("status=ACTIVE", {"web2"}, "2.1"),
        ("status=active&status=BUILD", {"web1", "web2"}, "2.1"),
        ("status=SHUTOFF", {"db1"}, "2.1"),
        ("status=REBUILD", {"db2"}, "2.1"),
        ("status=nonsense", set(), "2.37"),
        ("flavor=big", {"db2"}, "2.1"),
        ("flavor=42", {"web1", "web2", "db1"}, "2.1"),
        ("flavor=nine", set(), "2.1"),
        ("ip=10.0.0.5", {"web2"}, "2.1"),
        ("ip=172", set(), "2.1"),
        ("tags=y", {"web2", "db2"}, "2.26"),
        ("tags=x,y", {"web2"}, "2.26"),
        ("tags-any=x,z", {"web2"}, "2.26"),
        ("not-tags=x,y", {"web1", "db1", "db2"}, "2.26"),
        ("not-tags-any=x,y", {"web1", "db1"}, "2.26"),
        ("tags=y", {"web1", "web2", "db1", "db2"}, "2.25"),
        ("locked=True", {"db1"}, "2.73"),
        ("locked=0", {"web1", "web2", "db2"}, "2.73"),
        ("locked=True", {"web1", "web2", "db1", "db2"}, "2.72"),
        ("key_name=key", {"db1"}, "2.83"),
        ("key_name=key", {"web1", "web2", "db1", "db2"}, "2.82"),
        ("vm_state=stopped", {"db1"}, "2.83"),
        ("task_state=scheduling", {"web1"}, "2.83"),
        ("power_state=4", {"db1"}, "2.83"),
        ("power_state=x", set(), "2.83"),
        ("user_id=user-member", {"web1", "web2", "db1", "db2"}, "2.83"),
        ("user_id=nobody", set(), "2.83"),
        ("hostname=db", {"db1", "db2"}, "2.90"),
        ("hostname=db", {"web1", "web2", "db1", "db2"}, "2.89"),
        ("host=other", {"web1", "web2", "db1", "db2"}, "2.1"),
        ("not_a_filter=1", {"web1", "web2", "db1", "db2"}, "2.74"),
        ("_underscore=1", {"web1", "web2", "db1", "db2"}, "2.75"),
    ],
)
def test_filters(cloud: ServersApi, query: str, expected: set[str], version: str) -> None:
    varied(cloud)
    assert set(names(cloud, f"?{query}", version=version)) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("host=host1", {"web2", "db1", "db2"}),
        ("node=host", {"web2", "db1", "db2"}),
        ("key_name=key", {"db1"}),
        ("display_name=db", {"db1", "db2"}),
        ("description=web1", {"web1"}),
        ("auto_disk_config=0", {"web1", "web2", "db1", "db2"}),
        ("launch_index=0", {"web1", "web2", "db1", "db2"}),
        ("uuid=" + CELL2, set()),
        (urlencode({"metadata": json.dumps({"role": "web"})}), {"web1"}),
        (urlencode({"metadata": json.dumps({"role": "db"})}), set()),
        ("terminated_at=2020", set()),
        ("block_device_mapping=x", {"web1", "web2", "db1", "db2"}),
    ],
)
def test_filters_of_admins(cloud: ServersApi, query: str, expected: set[str]) -> None:
    varied(cloud)
    assert set(names(cloud, f"?{query}", token="project_admin")) == expected


def test_by_image(cloud: ServersApi) -> None:
    made = varied(cloud)
    assert names(cloud, f"?image={made['image']}") == ["db1"]


def test_by_address_without_help_of_the_network_service(cloud: ServersApi) -> None:
    varied(cloud)
    cloud.networks.offered = frozenset()
    assert names(cloud, "?ip=10.0.0.52") == ["web2"]
    assert set(names(cloud, "?ip=10")) == {"web2", "db1", "db2"}
    assert names(cloud, "?ip=0.0.52") == []
    assert names(cloud, "?ip=10&limit=1") == ["db2"]
    assert names(cloud, "?ip6=fd00") != []
    assert names(cloud, "?ip6=fd00", version="2.5") == []


@pytest.mark.parametrize(
    ("query", "version", "token"),
    [
        ("status=nonsense", "2.38", "member"),
        ("sort_key=nonsense", "2.1", "member"),
        ("sort_key=metadata", "2.1", "member"),
        ("sort_key=memory_mb", "2.75", "member"),
        ("sort_dir=sideways", "2.1", "member"),
        ("sort_key=uuid&sort_dir=asc&sort_dir=asc", "2.1", "member"),
        ("changes-since=yesterday", "2.1", "member"),
        ("changes-since=2030-01-01&changes-before=2020-01-01", "2.66", "member"),
        ("locked=perhaps", "2.73", "member"),
        ("unknown=1", "2.75", "member"),
        ("name=[", "2.1", "member"),
        ("metadata=nonsense", "2.1", "project_admin"),
    ],
)
def test_400(cloud: ServersApi, query: str, version: str, token: str) -> None:
    for path in ("/servers", "/servers/detail"):
        reply = cloud.get(f"{path}?{query}", version=version, token=token)
        assert reply.status == 400, reply.body


@pytest.mark.parametrize(
    "query", ["status=deleted", "sort_key=host", "sort_key=node", "all_tenants=1"]
)
def test_403(cloud: ServersApi, query: str) -> None:
    assert cloud.get(f"/servers?{query}").status == 403


@pytest.mark.parametrize(
    "key", ["created_at", "display_name", "instance_type_id", "uuid", "vm_state"]
)
def test_every_sort_key_sorts(cloud: ServersApi, key: str) -> None:
    some(cloud)
    up = names(cloud, f"?sort_key={key}&sort_dir=asc")
    down = names(cloud, f"?sort_key={key}&sort_dir=desc")
    assert sorted(up) == sorted(ORDER)
    assert [n for n in up if n[0] == "c"] == [n for n in reversed(down) if n[0] == "c"]


def test_old_sort_keys_are_taken(cloud: ServersApi) -> None:
    some(cloud)
    for key in ("memory_mb", "cell_name", "key_data", "locked", "deleted", "id"):
        assert len(names(cloud, f"?sort_key={key}")) == 7


# ---- times and deleted servers --------------------------------------------------


def test_changes(cloud: ServersApi) -> None:
    made = some(cloud)
    past = (cloud.deployment.clock.now() - datetime.timedelta(hours=1)).isoformat()
    future = (cloud.deployment.clock.now() + datetime.timedelta(hours=1)).isoformat()
    with cloud.cell_db.write() as conn:
        instances.destroy(conn, made["c1"], cloud.deployment.clock.now())
    assert set(names(cloud, f"?changes-since={past}Z")) == set(ORDER)
    assert names(cloud, f"?changes-since={future}Z") == []
    assert names(cloud, f"?changes-before={past}Z", version="2.66") == []
    assert set(names(cloud, f"?changes-before={future}Z", version="2.66")) == set(ORDER)
    before_its_time = names(cloud, f"?changes-before={past}Z", version="2.65")
    assert set(before_its_time) == set(ORDER) - {"c1"}
    (gone,) = [
        server
        for server in cloud.get(f"/servers/detail?changes-since={past}Z").json["servers"]
        if server["name"] == "c1"
    ]
    assert gone["status"] == "DELETED"


def test_deleted_servers(cloud: ServersApi) -> None:
    made = some(cloud)
    with cloud.cell_db.write() as conn:
        instances.destroy(conn, made["c1"], cloud.deployment.clock.now())
    assert "c1" not in names(cloud)
    assert "c1" not in names(cloud, "?deleted=True")
    assert names(cloud, "?deleted=True", token="project_admin") == ["c1"]
    assert names(cloud, "?status=DELETED", token="project_admin") == ["c1"]
    assert "c1" not in names(cloud, "?deleted=0", token="project_admin")


# ---- several cells --------------------------------------------------------------


@pytest.fixture
def two_cells(cloud: ServersApi, tmp_path: Any) -> ServersApi:
    url = f"sqlite:///{tmp_path}/cell2.sqlite"
    sync.sync_cell(url)
    with cloud.api_db.write() as conn:
        cell_mappings.create(conn, CellMapping(CELL2, "cell2", url))
    cloud.databases.refresh()
    return cloud


def place_in_cell2(cloud: ServersApi, uuid: str) -> None:
    cloud.place(uuid)
    instance = cloud.row(uuid)
    with cloud.databases.cell(CELL2).write() as conn:
        instances.create(conn, instance)
    with cloud.cell_db.write() as conn:
        conn.execute(instances.table.update().values(uuid=instances.table.c.uuid))
        instances.destroy(conn, uuid, cloud.deployment.clock.now())
    with cloud.api_db.write() as conn:
        instance_mappings.set_cell(conn, uuid, CELL2)


def test_cells_are_merged(two_cells: ServersApi) -> None:
    cloud = two_cells
    for number in range(6):
        uuid = cloud.created(name=f"s{number}")
        if number % 2:
            place_in_cell2(cloud, uuid)
        else:
            cloud.place(uuid)
    expected = [f"s{number}" for number in range(5, -1, -1)]
    assert names(cloud) == expected
    assert names(cloud, "?sort_key=display_name&sort_dir=asc") == expected[::-1]
    seen: list[str] = []
    url = "/servers?limit=2"
    while url:
        body = cloud.get(url).json
        seen += [server["name"] for server in body["servers"]]
        links = body.get("servers_links")
        url = links[0]["href"].removeprefix("http://openstack.example.com/v2.1") if links else ""
    assert seen == expected
    detail = cloud.get("/servers/detail", version="2.16", token="project_admin").json["servers"]
    assert {server["host_status"] for server in detail} == {"UP"}


@pytest.fixture
def half_down(two_cells: ServersApi) -> ServersApi:
    """One server in each cell; the second cell does not answer."""
    cloud = two_cells
    cloud.running(name="here")
    place_in_cell2(cloud, cloud.created(name="there", version="2.96", networks="none"))
    with cloud.api_db.write() as conn:
        nowhere = "mysql://u:p@127.0.0.1:1/none?connect_timeout=1"
        cell_mappings.update(conn, CELL2, database_connection=nowhere)
    cloud.databases.refresh()
    return cloud


def test_partial_results(half_down: ServersApi) -> None:
    cloud = half_down
    (here, there) = cloud.get("/servers", version="2.69").json["servers"]
    assert here["name"] == "here"
    assert set(there) == {"id", "status", "links"}
    assert there["status"] == "UNKNOWN"
    (_, there) = cloud.get("/servers/detail", version="2.69").json["servers"]
    assert set(there) == {"id", "status", "links", "tenant_id", "created"}
    shown = cloud.get(f"/servers/{there['id']}", version="2.71")
    assert shown.status == 200, shown.body
    assert set(shown.json["server"]) == {
        *("id", "status", "links", "tenant_id", "created", "user_id", "image", "flavor"),
        *("OS-EXT-AZ:availability_zone", "OS-EXT-STS:power_state", "server_groups"),
    }
    assert cloud.get(f"/servers/{there['id']}", version="2.69", token="other").status == 404


def test_no_partial_results_before_or_with_filters(half_down: ServersApi) -> None:
    assert names(half_down, version="2.68") == ["here"]
    assert names(half_down, "?name=e", version="2.69") == ["here"]
    assert names(half_down, "?limit=10", version="2.69") == ["here"]


def test_down_cells_may_be_an_error(half_down: ServersApi) -> None:
    half_down.conf.set_override("list_records_by_skipping_down_cells", False, "api")
    assert half_down.get("/servers", version="2.68").status == 500
    assert half_down.get("/servers", version="2.69").status == 200
    half_down.conf.clear_override("list_records_by_skipping_down_cells", "api")


def test_who_may_list(cloud: ServersApi) -> None:
    assert cloud.get("/servers", token="nobody").status == 403
    assert cloud.get("/servers/detail", token="nobody").status == 403
    assert cloud.get("/servers", token="reader").status == 200


def test_a_silent_network_service_hides_no_servers(cloud: ServersApi) -> None:
    cloud.running()
    cloud.networks.down = True
    (server,) = cloud.get("/servers/detail").json["servers"]
    assert "security_groups" not in server
