"""The volume API over HTTP: who may do what, what is refused and how, lists, states."""

import pytest

from tests.support.volume_cloud import read, until, write

GONE = "3f0c4b9e-7f0f-4b2e-9a55-0d8d5d6ab000"
HOST = "here@qcow2#qcow2"


def test_versions_need_no_token_and_are_negotiated(cloud):
    answer = cloud.request("GET", "//", user=None)
    assert answer.status_int == 300
    (version,) = answer.json["versions"]
    assert (version["id"], version["min_version"], version["version"]) == ("v3.0", "3.0", "3.71")
    assert cloud.request("GET", "/", user=None).json["versions"] == answer.json["versions"]
    answer = cloud.request("GET", "/volumes", version="3.27")
    assert answer.headers["OpenStack-API-Version"] == "volume 3.27"
    assert cloud.request("GET", "/volumes", version=None).headers["OpenStack-API-Version"] == (
        "volume 3.0"
    )
    assert cloud.request("GET", "/volumes", version="3.99").status_int == 406
    assert cloud.request("GET", "/volumes", user=None).status_int == 401
    assert cloud.request("GET", "/attachments", version="3.26").status_int == 404


def test_paths_may_name_the_project_but_only_the_callers_own(cloud):
    own = cloud.context().project_id
    volume = cloud.volume()
    (shown,) = cloud.ok("GET", f"/{own}/volumes")["volumes"]
    assert shown["id"] == volume
    assert shown["links"][0]["href"].endswith(f"/volume/v3/{own}/volumes/{volume}")
    other = cloud.context("admin").project_id
    code, message = cloud.refused("GET", f"/{other}/volumes")
    assert code == 400 and "doesn't match" in message


def test_projects_do_not_see_each_others_things(cloud):
    volume = cloud.volume(user="admin")
    snapshot = cloud.snapshot(volume, user="admin")
    for path in (f"/volumes/{volume}", f"/snapshots/{snapshot}", f"/volumes/{volume}/metadata"):
        assert cloud.refused("GET", path)[0] == 404
    assert cloud.refused("DELETE", f"/volumes/{volume}")[0] == 404
    assert cloud.refused("POST", "/volumes", {"volume": {"source_volid": volume}})[0] == 404
    assert cloud.ok("GET", "/volumes?all_tenants=1")["volumes"] == []
    mine = cloud.volume()
    found = cloud.ok("GET", "/volumes?all_tenants=1", user="admin")["volumes"]
    assert {each["id"] for each in found} == {volume, mine}


def test_what_only_administrators_see_and_do(cloud):
    volume = cloud.volume()
    assert "os-vol-host-attr:host" not in cloud.show(f"/volumes/{volume}")
    shown = cloud.show(f"/volumes/{volume}", user="admin")
    assert shown["os-vol-host-attr:host"] == HOST
    for name, body in (
        ("os-reset_status", {"status": "error"}),
        ("os-force_delete", {}),
        ("os-force_detach", {}),
        ("os-unmanage", {}),
        ("os-migrate_volume", {"host": HOST}),
    ):
        code, message = cloud.refused("POST", f"/volumes/{volume}/action", {name: body})
        assert code == 403 and "Policy doesn't allow" in message, name


@pytest.mark.parametrize(
    ("body", "code", "word"),
    [
        ({}, 400, "size"),
        ({"size": 0}, 400, "size"),
        ({"size": "many"}, 400, "size"),
        ({"size": 1, "name": "x" * 256}, 400, "name"),
        ({"size": 1, "metadata": {"k": "v" * 256}}, 400, ""),
        ({"size": 1, "availability_zone": "moon"}, 400, "Availability zone 'moon' is invalid."),
        ({"size": 1, "volume_type": "none such"}, 404, "Volume type"),
        ({"size": 1, "snapshot_id": GONE}, 404, f"Snapshot {GONE} could not be found."),
        ({"size": 1, "source_volid": GONE}, 404, f"Volume {GONE} could not be found."),
        ({"size": 1, "imageRef": GONE}, 400, "Invalid image identifier"),
        ({"size": 1, "imageRef": "word"}, 400, "Invalid image identifier"),
        ({"size": 1, "imageRef": GONE, "snapshot_id": GONE}, 400, "only one of"),
        ({"size": 1, "multiattach": True}, 400, "multiattach"),
        ({"size": 5000}, 413, "Requested volume or snapshot exceeds"),
    ],
)
def test_bad_volumes_are_refused_and_leave_nothing(cloud, body, code, word):
    found, message = cloud.refused("POST", "/volumes", {"volume": body})
    assert (found, word in message) == (code, True), message
    assert cloud.ok("GET", "/volumes")["volumes"] == []


def test_an_image_must_fit(cloud):
    image = cloud.image(b"\0" * 512, min_disk=3)
    code, message = cloud.refused("POST", "/volumes", {"volume": {"size": 1, "imageRef": image}})
    assert code == 400 and "minDisk size 3GB" in message


def test_lists_filter_sort_and_turn_pages(cloud):
    names = ["b", "a", "c"]
    made = {name: cloud.volume(name=name, metadata={"who": name, "all": "yes"}) for name in names}

    def listed(query, version="3.71"):
        found = cloud.ok("GET", f"/volumes/detail?{query}", version=version)["volumes"]
        return [each["name"] for each in found]

    assert listed("") == ["c", "a", "b"]
    assert listed("sort=name:asc") == ["a", "b", "c"]
    assert listed("sort_key=display_name&sort_dir=desc") == ["c", "b", "a"]
    assert listed("name=a") == ["a"]
    assert listed("name~=a") == ["a"]
    assert listed("status=available&bootable=false&sort=name") == ["c", "b", "a"]
    assert listed("status=error") == []
    assert listed("metadata={'who':'b','all':'yes'}") == ["b"]
    assert listed("metadata={'who':'b','all':'no'}") == []
    assert listed("created_at=gt:2020-01-01T00:00:00,lt:2020-02-01") == []
    assert listed("created_at=gt:2020-01-01T00:00:00&limit=1&offset=1") == ["a"]
    page = cloud.ok("GET", "/volumes?sort=name:asc&limit=2")
    assert [each["name"] for each in page["volumes"]] == ["a", "b"]
    (link,) = page["volumes_links"]
    rest = cloud.ok("GET", link["href"].split("/v3")[1])["volumes"]
    assert [each["name"] for each in rest] == ["c"]
    assert cloud.ok("GET", f"/volumes?marker={made['a']}&sort=name:asc")["volumes"][0]["name"] == (
        "b"
    )
    assert cloud.ok("GET", "/volumes?limit=1&with_count=true")["count"] == 3
    summary = cloud.ok("GET", "/volumes/summary")["volume-summary"]
    assert (summary["total_count"], summary["total_size"]) == (3, 3)
    assert summary["metadata"]["who"] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("limit=many", 400),
        ("limit=-1", 400),
        ("offset=x", 400),
        ("sort=shoe:asc", 400),
        ("sort=name:up", 400),
        ("sort=name&sort_key=name", 400),
        (f"marker={GONE}", 404),
        ("bootable=perhaps", 400),
        ("host=here", 400),
        ("created_at=yesterday", 400),
        ("all_tenants=perhaps", 400),
    ],
)
def test_bad_lists(cloud, query, code):
    assert cloud.refused("GET", f"/volumes?{query}")[0] == code


def test_lists_cost_the_same_number_of_statements_however_long(cloud):
    def statements(path):
        cloud.ok("GET", path)
        with cloud.database.counting() as counter:
            cloud.ok("GET", path)
        return counter.count

    first = cloud.volume(metadata={"a": "b"})
    cloud.snapshot(first)
    paths = ("/volumes/detail", "/snapshots/detail", "/attachments/detail")
    few = [statements(path) for path in paths]
    for _ in range(3):
        volume = cloud.volume(metadata={"a": "b"})
        cloud.snapshot(volume)
        cloud.ok("POST", "/attachments", {"attachment": {"volume_uuid": volume}})
    assert [statements(path) for path in paths] == few


def test_metadata(cloud):
    volume = cloud.volume(metadata={"a": "1"})
    path = f"/volumes/{volume}/metadata"
    assert cloud.ok("POST", path, {"metadata": {"b": "2"}})["metadata"] == {"a": "1", "b": "2"}
    assert cloud.ok("GET", f"{path}/b")["meta"] == {"b": "2"}
    assert cloud.ok("PUT", f"{path}/b", {"meta": {"b": "3"}})["meta"] == {"b": "3"}
    assert cloud.refused("PUT", f"{path}/b", {"meta": {"c": "3"}})[0] == 400
    assert cloud.ok("PUT", path, {"metadata": {"c": "4"}})["metadata"] == {"c": "4"}
    code, message = cloud.refused("DELETE", f"{path}/b")
    assert (code, message) == (404, f"Volume {volume} has no metadata with key b.")
    assert cloud.request("DELETE", f"{path}/c").status_int == 200
    assert cloud.ok("GET", path)["metadata"] == {}


def test_flags(cloud):
    volume = cloud.volume()
    cloud.act(volume, "os-set_bootable", {"bootable": True})
    cloud.act(volume, "os-update_readonly_flag", {"readonly": True})
    shown = cloud.show(f"/volumes/{volume}")
    assert (shown["bootable"], shown["metadata"]) == ("true", {"readonly": "True"})
    made = cloud.ok(
        "POST", "/attachments", {"attachment": {"volume_uuid": volume, "connector": {"host": "h"}}}
    )["attachment"]
    assert made["attach_mode"] == "ro"
    assert made["connection_info"]["access_mode"] == "ro"


# ---- attachments ----


def attach(cloud, volume, server, connector=None, **kwargs):
    body = {"volume_uuid": volume, "instance_uuid": server}
    if connector:
        body["connector"] = connector
    return cloud.ok("POST", "/attachments", {"attachment": body}, **kwargs)["attachment"]


def test_an_attachment_from_reservation_to_release(cloud):
    volume = cloud.volume()
    made = attach(cloud, volume, GONE)
    assert (made["status"], made["connection_info"]) == ("reserved", {})
    assert cloud.show(f"/volumes/{volume}")["status"] == "reserved"
    code, message = cloud.refused(
        "POST", "/attachments", {"attachment": {"volume_uuid": volume, "instance_uuid": volume}}
    )
    assert code == 400 and "to reserve, but the current status is reserved" in message
    path = f"/attachments/{made['id']}"
    body = {"attachment": {"connector": {"host": "compute-1", "mountpoint": "/dev/vdb"}}}
    told = cloud.ok("PUT", path, body)["attachment"]["connection_info"]
    assert told["driver_volume_type"] == "file"
    assert told["device_path"] == cloud.path_of(volume)
    assert (told["format"], told["access_mode"]) == ("qcow2", "rw")
    assert cloud.show(f"/volumes/{volume}")["status"] == "attaching"
    assert cloud.request("POST", f"{path}/action", {"os-complete": {}}).status_int == 204
    shown = cloud.show(f"/volumes/{volume}", user="admin")
    assert shown["status"] == "in-use"
    (attached,) = shown["attachments"]
    assert attached["attachment_id"] == made["id"]
    assert (attached["server_id"], attached["device"]) == (GONE, "/dev/vdb")
    assert attached["host_name"] == "compute-1"
    assert cloud.refused("DELETE", f"/volumes/{volume}")[0] == 400
    code, message = cloud.refused("DELETE", path)
    assert (code, message) == (
        409,
        f"Detach volume from instance {GONE} using the Compute API",
    )
    assert cloud.request("DELETE", path, user="nova").status_int == 200
    assert cloud.show(f"/volumes/{volume}")["status"] == "available"
    assert cloud.refused("GET", path)[0] == 404


def test_a_multiattach_volume_is_in_use_until_the_last_server_lets_go(cloud):
    body = {"volume_type": {"name": "many", "extra_specs": {"multiattach": "<is> True"}}}
    cloud.ok("POST", "/types", body, user="admin")
    volume = cloud.volume(volume_type="many")
    made = [attach(cloud, volume, server, {"host": "h"}) for server in (GONE, volume)]
    for each in made:
        cloud.ok("POST", f"/attachments/{each['id']}/action", {"os-complete": {}})
    assert len(cloud.show(f"/volumes/{volume}")["attachments"]) == 2
    cloud.ok("DELETE", f"/attachments/{made[0]['id']}", user="nova")
    assert cloud.show(f"/volumes/{volume}")["status"] == "in-use"
    cloud.ok("DELETE", f"/attachments/{made[1]['id']}", user="nova")
    assert cloud.show(f"/volumes/{volume}")["status"] == "available"


def test_attaching_as_it_was_before(cloud):
    volume = cloud.volume()
    cloud.act(volume, "os-reserve", {})
    assert cloud.show(f"/volumes/{volume}")["status"] == "attaching"
    assert cloud.refused("POST", f"/volumes/{volume}/action", {"os-reserve": {}})[0] == 400
    cloud.act(volume, "os-attach", {"instance_uuid": GONE, "mountpoint": "/dev/vdc"})
    assert cloud.show(f"/volumes/{volume}")["status"] == "in-use"
    cloud.act(volume, "os-begin_detaching", {})
    cloud.act(volume, "os-roll_detaching", {})
    assert cloud.show(f"/volumes/{volume}")["status"] == "in-use"
    info = cloud.act(volume, "os-initialize_connection", {"connector": {"host": "h"}})
    assert info["connection_info"]["driver_volume_type"] == "file"
    cloud.act(volume, "os-terminate_connection", {"connector": {"host": "h"}})
    cloud.act(volume, "os-detach", {})
    assert cloud.show(f"/volumes/{volume}")["status"] == "available"


def test_a_bad_body_is_a_400_in_the_services_own_words(cloud):
    volume = cloud.volume()
    for body in (
        {"os-extend": {"new_size": "big"}},
        {"os-extend": {"new_size": None}},
        {"os-extend": {}},
        {"os-attach": {"mountpoint": "/dev/vdb"}},
        {"os-set_bootable": {"bootable": "perhaps"}},
        {"no-such-action": {}},
        {"os-volume_upload_image": {"image_name": "x", "disk_format": "floppy"}},
        {"os-retype": {"new_type": "", "migration_policy": "never"}},
        {"revert": {"snapshot_id": "x"}},
        {},
    ):
        code, _ = cloud.refused("POST", f"/volumes/{volume}/action", body)
        assert code == 400, body
    code, message = cloud.refused(
        "POST", f"/volumes/{volume}/action", {"os-extend": {"new_size": 1}}
    )
    assert code == 400 and "(current: 1, extended: 1)" in message


def test_reset_force_delete_and_retype(cloud):
    volume = cloud.volume()
    cloud.act(volume, "os-reset_status", {"status": "creating"}, user="admin")
    assert cloud.refused("DELETE", f"/volumes/{volume}")[0] == 400
    body = {"volume_type": {"name": "other"}}
    cloud.ok("POST", "/types", body, user="admin")
    code, _ = cloud.refused(
        "POST", f"/volumes/{volume}/action", {"os-retype": {"new_type": "other"}}
    )
    assert code == 400
    cloud.act(volume, "os-force_delete", {}, user="admin")
    cloud.gone(f"/volumes/{volume}")
    until(lambda: not cloud.files(), "no files")


def test_a_type_that_no_backend_serves_ends_as_an_error(cloud):
    specs = {"volume_backend_name": "elsewhere"}
    cloud.ok("POST", "/types", {"volume_type": {"name": "far", "extra_specs": specs}}, user="admin")
    volume = cloud.volume(volume_type="far", wait="error")
    assert cloud.show(f"/volumes/{volume}", user="admin")["os-vol-host-attr:host"] is None
    cloud.ok("DELETE", f"/volumes/{volume}")
    cloud.gone(f"/volumes/{volume}")


# ---- snapshots ----


def test_a_volume_in_use_is_only_snapshotted_by_force_or_since_3_66(cloud):
    volume = cloud.volume()
    cloud.act(volume, "os-attach", {"host_name": "somewhere", "mountpoint": "/dev/vdc"})
    body = {"snapshot": {"volume_id": volume}}
    code, message = cloud.refused("POST", "/snapshots", body, version="3.65")
    assert code == 400 and "must be available, but current status is: in-use" in message
    forced = {"snapshot": {"volume_id": volume, "force": True}}
    old = cloud.ok("POST", "/snapshots", forced, version="3.0")["snapshot"]["id"]
    cloud.reaches(f"/snapshots/{old}", "available")
    new = cloud.snapshot(volume)
    body["snapshot"]["force"] = False
    assert cloud.refused("POST", "/snapshots", body)[0] == 400
    for each in (old, new):
        cloud.ok("DELETE", f"/snapshots/{each}")
        cloud.gone(f"/snapshots/{each}")


def test_a_server_that_has_the_volume_freezes_and_merges_it(cloud):
    """The server does it by itself and says so; where it could not, nothing is lost."""
    server = Server(cloud)
    cloud.events.server = server
    volume = cloud.volume()
    write(cloud.path_of(volume), b"one")
    made = attach(cloud, volume, GONE, {"host": "h"})
    cloud.ok("POST", f"/attachments/{made['id']}/action", {"os-complete": {}})
    before = cloud.path_of(volume)
    snapshots = [cloud.snapshot(volume)]
    assert server.created == [cloud.path_of(volume)] != [before]
    told = cloud.show(f"/attachments/{made['id']}")["connection_info"]
    assert told["device_path"] == cloud.path_of(volume)
    write(cloud.path_of(volume), b"two", 65536)
    snapshots.append(cloud.snapshot(volume))
    write(cloud.path_of(volume), b"three", 131072)
    cloud.ok("DELETE", f"/snapshots/{snapshots[0]}")
    cloud.gone(f"/snapshots/{snapshots[0]}")
    copy = cloud.volume(snapshot_id=snapshots[1])
    assert [read(cloud.path_of(copy), n * 65536) for n in range(3)] == [b"one", b"two", b""]
    cloud.ok("DELETE", f"/snapshots/{snapshots[1]}")
    cloud.gone(f"/snapshots/{snapshots[1]}")
    found = [read(cloud.path_of(volume), n * 65536) for n in range(3)]
    assert found == [b"one", b"two", b"three"]
    copy = cloud.volume(source_volid=volume)
    assert [read(cloud.path_of(copy), n * 65536) for n in range(3)] == found
    until(lambda: cloud.ok("GET", "/snapshots")["snapshots"] == [], "its snapshot is gone")
    assert [read(cloud.path_of(volume), n * 65536) for n in range(3)] == found
    server.fails = True
    failed = cloud.snapshot(volume, wait="error")
    assert [read(cloud.path_of(volume), n * 65536) for n in range(3)] == found
    cloud.ok("DELETE", f"/snapshots/{failed}")
    cloud.gone(f"/snapshots/{failed}")


class Server:
    """Says that it did what it was asked; ``fails``: that it could not."""

    def __init__(self, cloud):
        self.cloud = cloud
        self.created = []
        self.fails = False

    def create(self, volume_id, info):
        self.created.append(info["new_file"])
        self.say(info["snapshot_id"], "error" if self.fails else "creating")

    def delete(self, volume_id, snapshot_id, info):
        self.say(snapshot_id, "error_deleting" if self.fails else "deleting")

    def say(self, snapshot_id, status):
        context = self.cloud.context("admin")
        self.cloud.service.update_snapshot_status(context, snapshot_id, status, "90%")


def test_servers_are_told_that_their_volume_has_grown(cloud):
    volume = cloud.volume()
    made = attach(cloud, volume, GONE, {"host": "h"})
    cloud.ok("POST", f"/attachments/{made['id']}/action", {"os-complete": {}})
    body = {"os-extend": {"new_size": 2}}
    assert cloud.refused("POST", f"/volumes/{volume}/action", body, version="3.41")[0] == 400
    cloud.ok("POST", f"/volumes/{volume}/action", body, version="3.42")
    until(lambda: cloud.events.sent, "an event")
    assert cloud.events.sent == [{"name": "volume-extended", "server_uuid": GONE, "tag": volume}]
    shown = cloud.show(f"/volumes/{volume}")
    assert (shown["status"], shown["size"]) == ("in-use", 2)


# ---- manage ----


def test_a_volume_is_given_up_and_taken_over_again_with_its_data(cloud):
    volume = cloud.volume()
    write(cloud.path_of(volume), b"kept")
    cloud.act(volume, "os-unmanage", {}, user="admin")
    cloud.gone(f"/volumes/{volume}")
    (name,) = cloud.files()
    assert name == f"volume-{volume}"
    listed = cloud.ok("GET", f"/manageable_volumes?host={HOST.replace('#', '%23')}", user="admin")
    (found,) = listed["manageable-volumes"]
    assert (found["reference"], found["size"]) == ({"source-name": name}, 1)
    body = {"volume": {"host": HOST, "ref": {"source-name": name}, "name": "back"}}
    made = cloud.ok("POST", "/os-volume-manage", body, user="admin")["volume"]["id"]
    cloud.reaches(f"/volumes/{made}", "available", "admin")
    assert read(cloud.path_of(made)) == b"kept"
    assert cloud.refused("POST", "/os-volume-manage", body, user="admin")[0] == 400
    for reference in ("../embedded.db", "/etc/passwd", "volume-x"):
        body["volume"]["ref"] = {"source-name": reference}
        assert cloud.refused("POST", "/os-volume-manage", body, user="admin")[0] == 400
    assert cloud.refused("POST", "/os-volume-manage", body)[0] == 403
