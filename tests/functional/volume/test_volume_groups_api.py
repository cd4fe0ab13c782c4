"""Group types, groups and group snapshots over HTTP."""

import os

from tests.support.volume_cloud import read, write


def group_type(cloud, name="gold", **members):
    body = {"group_type": {"name": name, **members}}
    return cloud.ok("POST", "/group_types", body, user="admin")["group_type"]


def group(cloud, kind="gold", **members):
    body = {"group": {"group_type": kind, "volume_types": ["__DEFAULT__"], **members}}
    return cloud.ok("POST", "/groups", body)["group"]["id"]


def remove(cloud, group_id, with_volumes=True):
    body = {"delete": {"delete-volumes": with_volumes}}
    cloud.ok("POST", f"/groups/{group_id}/action", body)
    cloud.gone(f"/groups/{group_id}")


def members(cloud, group_id):
    return cloud.ok("GET", f"/groups/{group_id}?list_volume=true")["group"]["volumes"]


def test_group_types_and_their_specs(cloud):
    made = group_type(cloud, group_specs={"a": "1"}, description="d")
    path = f"/group_types/{made['id']}"
    assert made["group_specs"] == {"a": "1"} and made["is_public"] is True
    assert "group_specs" not in cloud.show(path)
    body = {"group_type": {"name": "gold"}}
    assert cloud.refused("POST", "/group_types", body, user="admin")[0] == 409
    assert cloud.refused("POST", "/group_types", body)[0] == 403
    specs = f"{path}/group_specs"
    cloud.ok("POST", specs, {"group_specs": {"a": "2", "b": "3"}}, user="admin")
    assert cloud.ok("PUT", f"{specs}/b", {"b": "4"}, user="admin") == {"b": "4"}
    assert cloud.ok("GET", specs, user="admin")["group_specs"] == {"a": "2", "b": "4"}
    assert cloud.refused("PUT", f"{specs}/b", {"c": "4"}, user="admin")[0] == 400
    cloud.ok("DELETE", f"{specs}/b", user="admin")
    assert cloud.refused("GET", f"{specs}/b", user="admin")[0] == 404
    assert cloud.refused("GET", specs)[0] == 403
    body = {"group_type": {"name": "silver", "is_public": False}}
    cloud.ok("PUT", path, body, user="admin")
    assert cloud.refused("GET", path)[0] == 404
    assert cloud.ok("GET", "/group_types")["group_types"] == []
    found = cloud.ok("GET", "/group_types?is_public=None", user="admin")["group_types"]
    assert [each["name"] for each in found] == ["silver"]
    cloud.ok("DELETE", path, user="admin")
    assert cloud.refused("GET", "/group_types/default")[0] == 404


def test_a_group_takes_volumes_of_its_types_only(cloud):
    kind = group_type(cloud)
    cloud.ok("POST", "/types", {"volume_type": {"name": "other"}}, user="admin")
    one = group(cloud, name="g")
    volume = cloud.volume(group_id=one)
    assert members(cloud, one) == [volume]
    body = {"volume": {"size": 1, "volume_type": "other", "group_id": one}}
    assert cloud.refused("POST", "/volumes", body)[0] == 400
    stranger = cloud.volume(volume_type="other")
    path = f"/groups/{one}"
    body = {"group": {"add_volumes": stranger}}
    assert "not supported" in cloud.refused("PUT", path, body)[1]
    loose = cloud.volume()
    body = {"group": {"add_volumes": loose, "remove_volumes": volume, "name": "h"}}
    assert cloud.request("PUT", path, body).status_int == 202
    shown = cloud.ok("GET", f"{path}?list_volume=true")["group"]
    assert (shown["name"], shown["volumes"], shown["status"]) == ("h", [loose], "available")
    for bad in (
        {},
        {"add_volumes": "nobody"},
        {"remove_volumes": volume},
        {"add_volumes": f"{loose},x"},
    ):
        assert cloud.refused("PUT", path, {"group": bad})[0] == 400, bad
    assert cloud.refused("DELETE", f"/volumes/{loose}")[0] == 400
    assert cloud.refused("DELETE", f"/group_types/{kind['id']}", user="admin")[0] == 400


def test_a_group_goes_with_its_volumes_or_not_at_all(cloud):
    group_type(cloud)
    one = group(cloud)
    first, second = (cloud.volume(group_id=one) for _ in range(2))
    body = {"delete": {"delete-volumes": False}}
    assert cloud.refused("POST", f"/groups/{one}/action", body)[0] == 400
    remove(cloud, one)
    for volume in (first, second):
        cloud.gone(f"/volumes/{volume}")
    assert cloud.files() == set()
    remove(cloud, group(cloud), with_volumes=False)


def test_what_is_refused_of_groups(cloud):
    group_type(cloud)
    for bad, code in (
        ({"group_type": "nobody", "volume_types": ["__DEFAULT__"]}, 404),
        ({"group_type": "gold", "volume_types": ["nobody"]}, 404),
        ({"group_type": "gold", "volume_types": []}, 400),
        ({"group_type": "gold"}, 400),
        ({"group_type": "gold", "volume_types": ["__DEFAULT__"], "availability_zone": "x"}, 400),
    ):
        assert cloud.refused("POST", "/groups", {"group": bad})[0] == code, bad
    one = group(cloud)
    assert cloud.refused("GET", f"/groups/{one}", version="3.12")[0] == 404
    status = {"reset_status": {"status": "error"}}
    assert cloud.refused("POST", f"/groups/{one}/action", status)[0] == 403
    cloud.ok("POST", f"/groups/{one}/action", status, user="admin")
    assert cloud.show(f"/groups/{one}")["status"] == "error"
    bad = {"reset_status": {"status": "nonsense"}}
    assert cloud.refused("POST", f"/groups/{one}/action", bad, user="admin")[0] == 400
    project = cloud.context("demo").project_id
    quota = {"quota_set": {"groups": 1}}
    cloud.ok("PUT", f"/os-quota-sets/{project}", quota, user="admin")
    body = {"group": {"group_type": "gold", "volume_types": ["__DEFAULT__"]}}
    code, message = cloud.refused("POST", "/groups", body)
    assert (code, message) == (413, "Maximum number of groups allowed (1) exceeded")
    found = cloud.ok("GET", "/groups/detail?name=x")["groups"]
    assert found == []
    assert [each["id"] for each in cloud.ok("GET", "/groups?limit=1")["groups"]] == [one]


def test_a_group_is_frozen_copied_and_released_as_one(cloud):
    group_type(cloud)
    one = group(cloud, name="g")
    volumes = [cloud.volume(group_id=one, name=name) for name in ("a", "b")]
    for number, volume in enumerate(volumes):
        write(cloud.path_of(volume), f"before {number}".encode())
    body = {"group_snapshot": {"group_id": one, "name": "s"}}
    frozen = cloud.ok("POST", "/group_snapshots", body)["group_snapshot"]["id"]
    shown = cloud.reaches(f"/group_snapshots/{frozen}", "available")
    assert (shown["group_id"], shown["name"]) == (one, "s")
    snapshots = cloud.ok("GET", "/snapshots/detail")["snapshots"]
    assert {each["volume_id"] for each in snapshots} == set(volumes)
    assert {each["status"] for each in snapshots} == {"available"}
    assert cloud.refused("DELETE", f"/snapshots/{snapshots[0]['id']}")[0] == 400
    for volume in volumes:
        write(cloud.path_of(volume), b"after")
    body = {"create-from-src": {"group_snapshot_id": frozen, "name": "copy"}}
    copy = cloud.ok("POST", "/groups/action", body)["group"]["id"]
    assert cloud.reaches(f"/groups/{copy}", "available")["group_snapshot_id"] == frozen
    copies = members(cloud, copy)
    assert {read(cloud.path_of(each)) for each in copies} == {b"before 0", b"before 1"}
    delete = {"delete": {"delete-volumes": True}}
    assert cloud.refused("POST", f"/groups/{one}/action", delete)[0] == 400
    cloud.ok("DELETE", f"/group_snapshots/{frozen}")
    cloud.gone(f"/group_snapshots/{frozen}")
    assert cloud.ok("GET", "/snapshots")["snapshots"] == []
    remove(cloud, one)
    remove(cloud, copy)
    assert cloud.files() == set()


def test_a_group_made_from_another(cloud):
    group_type(cloud)
    one = group(cloud)
    body = {"create-from-src": {"source_group_id": one}}
    assert cloud.refused("POST", "/groups/action", body)[0] == 400, "nothing to copy"
    volume = cloud.volume(group_id=one)
    write(cloud.path_of(volume), b"content")
    copy = cloud.ok("POST", "/groups/action", body)["group"]["id"]
    assert cloud.reaches(f"/groups/{copy}", "available")["source_group_id"] == one
    (made,) = members(cloud, copy)
    assert made != volume and read(cloud.path_of(made)) == b"content"
    both = {"create-from-src": {"source_group_id": one, "group_snapshot_id": one}}
    assert cloud.refused("POST", "/groups/action", both)[0] == 400


def test_a_copy_that_fails_is_an_error_and_not_half_of_a_group(cloud):
    group_type(cloud)
    one = group(cloud)
    volume = cloud.volume(group_id=one)
    os.unlink(cloud.path_of(volume))
    body = {"create-from-src": {"source_group_id": one}}
    copy = cloud.ok("POST", "/groups/action", body)["group"]["id"]
    cloud.reaches(f"/groups/{copy}", "error")
    (made,) = members(cloud, copy)
    assert cloud.show(f"/volumes/{made}")["status"] == "error"
    remove(cloud, copy)
    assert cloud.refused("GET", f"/volumes/{made}")[0] == 404


def test_snapshotting_an_empty_group_is_refused(cloud):
    group_type(cloud)
    one = group(cloud)
    body = {"group_snapshot": {"group_id": one}}
    assert cloud.refused("POST", "/group_snapshots", body)[0] == 400
    assert cloud.ok("GET", "/group_snapshots")["group_snapshots"] == []
