"""Services, hosts, pools, capabilities, messages, log levels, zones and the like over HTTP."""

import datetime
import logging

import sqlalchemy as sa

from novalite.volume.embedded.tables.services import messages, services

VOLUME, BACKEND = "cinder-volume", "here@qcow2"


def listed(cloud, query=""):
    return cloud.ok("GET", f"/os-services{query}", user="admin")["services"]


def test_services_live_and_are_found_by_host_and_binary(cloud):
    found = {(each["binary"], each["host"]): each for each in listed(cloud)}
    assert set(found) == {
        ("cinder-scheduler", "here"),
        (VOLUME, BACKEND),
        ("cinder-backup", "here"),
    }
    volume = found[VOLUME, BACKEND]
    assert (volume["state"], volume["status"], volume["zone"]) == ("up", "enabled", "nova")
    assert volume["backend_state"] == "up" and volume["cluster"] is None
    assert len(listed(cloud, "?host=here")) == 3
    assert len(listed(cloud, f"?binary={VOLUME}")) == 1
    assert listed(cloud, "?host=elsewhere") == []
    assert cloud.refused("GET", "/os-services")[0] == 403


def test_a_service_without_signs_of_life_is_down(cloud):
    cloud.service.services.stop()
    before = cloud.service.core.now() - datetime.timedelta(seconds=120)
    with cloud.database.write() as conn:
        conn.execute(sa.update(services).values(seen_at=before))
    assert {each["state"] for each in listed(cloud)} == {"down"}
    hosts = cloud.ok("GET", "/os-hosts", user="admin")["hosts"]
    assert {each["service-status"] for each in hosts} == {"unavailable"}


def test_a_disabled_backend_gets_no_new_volumes_and_a_message_says_so(cloud):
    body = {"host": BACKEND, "binary": VOLUME}
    reason = {**body, "disabled_reason": "full"}
    answer = cloud.ok("PUT", "/os-services/disable-log-reason", reason, user="admin")
    assert (answer["status"], answer["disabled_reason"]) == ("disabled", "full")
    (row,) = listed(cloud, f"?binary={VOLUME}")
    assert (row["status"], row["disabled_reason"]) == ("disabled", "full")
    volume = cloud.volume(wait="error")
    (message,) = cloud.ok("GET", "/messages")["messages"]
    assert message["resource_uuid"] == volume
    assert message["event_id"] == "VOLUME_VOLUME_001_003"
    assert message["user_message"] == (
        "schedule allocate volume:Could not find any available weighted backend."
    )
    cloud.ok("PUT", "/os-services/enable", body, user="admin")
    (row,) = listed(cloud, f"?binary={VOLUME}")
    assert (row["status"], row["disabled_reason"]) == ("enabled", None)
    cloud.volume()


def test_a_frozen_backend_gets_no_new_volumes_either(cloud):
    cloud.ok("PUT", "/os-services/freeze", {"host": BACKEND}, user="admin")
    (row,) = listed(cloud, f"?binary={VOLUME}")
    assert (row["frozen"], row["status"]) == (True, "disabled")
    cloud.volume(wait="error")
    cloud.ok("PUT", "/os-services/thaw", {"host": BACKEND}, user="admin")
    cloud.volume()


def test_what_services_refuse(cloud):
    body = {"host": BACKEND, "binary": VOLUME}
    put = [
        ("enable", {**body, "host": "nobody"}, 404),
        ("disable", {**body, "binary": "nothing"}, 404),
        ("disable-log-reason", body, 400),
        ("disable-log-reason", {**body, "disabled_reason": " "}, 400),
        ("freeze", {"host": "nobody"}, 400),
        ("thaw", {}, 400),
        ("failover_host", {"host": BACKEND}, 400),
        ("set-log", {"level": "loud"}, 400),
        ("nonsense", body, 404),
    ]
    for action, each, code in put:
        assert cloud.refused("PUT", f"/os-services/{action}", each, user="admin")[0] == code, action
    for action in ("enable", "disable", "freeze", "thaw", "get-log"):
        assert cloud.refused("PUT", f"/os-services/{action}", body)[0] in (400, 403), action


def test_enabling_what_is_enabled_is_no_error(cloud):
    body = {"host": BACKEND, "binary": VOLUME}
    for _ in range(2):
        cloud.ok("PUT", "/os-services/enable", body, user="admin")
        cloud.ok("PUT", "/os-services/thaw", {"host": BACKEND}, user="admin")


def test_log_levels_are_read_and_set(cloud):
    logger = logging.getLogger("novalite.volume.a_test")
    before = logger.level
    asked = {"binary": VOLUME, "prefix": "novalite.volume.a_test"}
    try:
        body = {**asked, "level": "error"}
        assert cloud.request("PUT", "/os-services/set-log", body, user="admin").status_int == 202
        assert logger.level == logging.ERROR
        (found,) = cloud.ok("PUT", "/os-services/get-log", asked, user="admin")["log_levels"]
        assert found["levels"] == {"novalite.volume.a_test": "ERROR"}
        assert (found["binary"], found["host"]) == (VOLUME, "here")
    finally:
        logger.setLevel(before)
    root = logging.getLogger("sqlalchemy").level
    cloud.ok(
        "PUT", "/os-services/set-log", {"level": "DEBUG", "prefix": "sqlalchemy"}, user="admin"
    )
    assert logging.getLogger("sqlalchemy").level == root, "others may log what is secret"
    elsewhere = {**asked, "server": "elsewhere"}
    assert cloud.ok("PUT", "/os-services/get-log", elsewhere, user="admin")["log_levels"] == []


def test_hosts_say_how_much_they_keep(cloud):
    volume = cloud.volume(size=2)
    cloud.volume(user="admin")
    cloud.snapshot(volume)
    found = cloud.ok("GET", f"/os-hosts/{BACKEND}", user="admin")["host"]
    total, *projects = [each["resource"] for each in found]
    assert (total["project"], total["volume_count"], total["total_volume_gb"]) == (
        "(total)",
        "2",
        "3",
    )
    assert (total["snapshot_count"], total["total_snapshot_gb"]) == ("1", "2")
    mine = cloud.context("demo").project_id
    (own,) = [each for each in projects if each["project"] == mine]
    assert (own["volume_count"], own["snapshot_count"]) == ("1", "1")
    assert cloud.refused("GET", "/os-hosts/here", user="admin")[0] == 404
    assert cloud.refused("GET", "/os-hosts")[0] == 403
    hosts = cloud.ok("GET", f"/os-hosts?service={VOLUME}", user="admin")["hosts"]
    assert [each["host_name"] for each in hosts] == [BACKEND]


def test_pools_and_capabilities(cloud):
    path = "/scheduler-stats/get_pools"
    (pool,) = cloud.ok("GET", path, user="admin")["pools"]
    assert pool == {"name": "here@qcow2#qcow2"}
    (pool,) = cloud.ok("GET", f"{path}?detail=true", user="admin")["pools"]
    told = pool["capabilities"]
    assert (told["vendor_name"], told["storage_protocol"]) == ("novalite", "file")
    assert 0 < told["free_capacity_gb"] <= told["total_capacity_gb"]
    assert cloud.ok("GET", f"{path}?name=other", user="admin")["pools"] == []
    filtered = f"{path}?storage_protocol=iSCSI"
    assert cloud.ok("GET", filtered, user="admin")["pools"] == []
    one = cloud.ok("GET", f"/capabilities/{BACKEND}", user="admin")
    assert one["volume_backend_name"] == "qcow2" and one["namespace"].endswith(BACKEND)
    assert cloud.refused("GET", "/capabilities/here@other", user="admin")[0] == 404
    assert cloud.refused("GET", path)[0] == 403


def test_messages_are_their_projects_own_and_pass_away(cloud):
    body = {"volume_type": {"name": "odd", "extra_specs": {"vendor_name": "nobody"}}}
    cloud.ok("POST", "/types", body, user="admin")
    volume = cloud.volume(wait="error", volume_type="odd")
    cloud.volume(wait="error", volume_type="odd")
    (message,) = cloud.ok("GET", f"/messages?resource_uuid={volume}")["messages"]
    path = f"/messages/{message['id']}"
    assert cloud.show(path)["message_level"] == "ERROR"
    assert len(cloud.ok("GET", "/messages?limit=1")["messages"]) == 1
    assert cloud.refused("GET", "/messages", version="3.2")[0] == 404
    assert cloud.request("DELETE", path).status_int == 204
    assert cloud.refused("GET", path)[0] == 404
    old = cloud.service.core.now() - datetime.timedelta(seconds=1)
    with cloud.database.write() as conn:
        conn.execute(sa.update(messages).values(expires_at=old))
    assert cloud.ok("GET", "/messages")["messages"] == []
    cloud.service.messages.forget_old()
    with cloud.database.read() as conn:
        assert conn.scalar(sa.select(sa.func.count()).select_from(messages)) == 0


def test_zones_extensions_filters_and_clusters(cloud):
    zones = cloud.ok("GET", "/os-availability-zone")["availabilityZoneInfo"]
    assert zones == [{"zoneName": "nova", "zoneState": {"available": True}}]
    found = {each["alias"]: each for each in cloud.ok("GET", "/extensions")["extensions"]}
    assert found["os-hosts"]["name"] == "Hosts"
    assert cloud.ok("GET", "/extensions/os-hosts")["extension"] == found["os-hosts"]
    assert cloud.refused("GET", "/extensions/nonsense")[0] == 404
    filters = cloud.ok("GET", "/resource_filters?resource=volume")["resource_filters"]
    assert [each["resource"] for each in filters] == ["volume"]
    assert "status" in filters[0]["filters"]
    assert len(cloud.ok("GET", "/resource_filters")["resource_filters"]) > 3
    assert cloud.ok("GET", "/clusters", user="admin")["clusters"] == []
    assert cloud.refused("GET", "/clusters/x", user="admin")[0] == 404
    cleaned = cloud.ok("POST", "/workers/cleanup", {}, user="admin")
    assert [each["host"] for each in cleaned["cleaning"]] == [BACKEND]
    assert cloud.refused("POST", "/workers/cleanup", {})[0] == 403
