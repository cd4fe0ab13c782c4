"""Volumes that change hands."""

import pytest


def offer(cloud, root="/volume-transfers", **body):
    return cloud.ok("POST", root, {"transfer": body})["transfer"]


def accept(cloud, transfer, key, root="/volume-transfers", user="admin"):
    body = {"accept": {"auth_key": key}}
    return cloud.request("POST", f"{root}/{transfer}/accept", body, user=user)


@pytest.mark.parametrize("root", ["/os-volume-transfer", "/volume-transfers"])
def test_a_volume_goes_to_another_project_with_its_snapshots(cloud, root):
    volume = cloud.volume()
    snapshot = cloud.snapshot(volume)
    made = offer(cloud, root, volume_id=volume, name="gift")
    path = f"{root}/{made['id']}"
    assert cloud.show(f"/volumes/{volume}")["status"] == "awaiting-transfer"
    assert cloud.show(path)["volume_id"] == volume
    assert "auth_key" not in cloud.show(path)
    (listed,) = cloud.ok("GET", f"{root}/detail")["transfers"]
    assert (listed["id"], listed["name"]) == (made["id"], "gift")
    assert cloud.refused("POST", root, {"transfer": {"volume_id": volume}})[0] == 400
    assert accept(cloud, made["id"], "wrong", root).status_int == 400
    taken = accept(cloud, made["id"], made["auth_key"], root)
    assert taken.status_int == 202 and taken.json["transfer"]["volume_id"] == volume
    mine = cloud.context("admin")
    shown = cloud.show(f"/volumes/{volume}", "admin")
    assert (shown["status"], shown["user_id"]) == ("available", mine.user_id)
    assert shown["os-vol-tenant-attr:tenant_id"] == mine.project_id
    project = cloud.show(f"/snapshots/{snapshot}", "admin")
    assert project["os-extended-snapshot-attributes:project_id"] == mine.project_id
    assert cloud.refused("GET", f"/volumes/{volume}")[0] == 404
    assert cloud.refused("GET", path)[0] == 404
    assert accept(cloud, made["id"], made["auth_key"], root).status_int == 404, "once only"


def test_snapshots_may_stay_behind(cloud):
    volume = cloud.volume()
    snapshot = cloud.snapshot(volume)
    made = offer(cloud, volume_id=volume, no_snapshots=True)
    assert made["no_snapshots"] is True
    assert accept(cloud, made["id"], made["auth_key"]).status_int == 202
    assert cloud.show(f"/snapshots/{snapshot}")["volume_id"] == volume


def test_an_offer_is_withdrawn(cloud):
    volume = cloud.volume()
    made = offer(cloud, volume_id=volume)
    path = f"/volume-transfers/{made['id']}"
    assert cloud.request("DELETE", path).status_int == 202
    assert cloud.show(f"/volumes/{volume}")["status"] == "available"
    assert cloud.refused("DELETE", path)[0] == 404
    assert accept(cloud, made["id"], made["auth_key"]).status_int == 404


def test_the_taker_needs_the_room(cloud):
    project = cloud.context("admin").project_id
    path = f"/os-quota-sets/{project}"
    cloud.ok("PUT", path, {"quota_set": {"volumes": 0}}, user="admin")
    volume = cloud.volume()
    made = offer(cloud, volume_id=volume)
    assert accept(cloud, made["id"], made["auth_key"]).status_int == 413
    assert cloud.show(f"/volumes/{volume}")["status"] == "awaiting-transfer"
    cloud.ok("DELETE", path, user="admin")
    assert accept(cloud, made["id"], made["auth_key"]).status_int == 202


def test_what_is_asked_for_is_checked(cloud):
    volume = cloud.volume(user="admin")
    for body, code in (
        ({"volume_id": volume}, 404),
        ({"volume_id": "x"}, 400),
        ({}, 400),
        ({"volume_id": volume, "name": "n" * 256}, 400),
    ):
        assert cloud.refused("POST", "/volume-transfers", {"transfer": body})[0] == code, body
    assert cloud.refused("GET", "/volume-transfers", version="3.54")[0] == 404
    body = {"transfer": {"volume_id": volume, "no_snapshots": True}}
    assert cloud.refused("POST", "/os-volume-transfer", body)[0] == 400


def test_a_volume_that_is_offered_goes_by_force_and_takes_the_offer_along(cloud):
    volume = cloud.volume()
    made = offer(cloud, volume_id=volume)
    assert cloud.refused("DELETE", f"/volumes/{volume}")[0] == 400
    cloud.act(volume, "os-force_delete", {}, user="admin")
    cloud.gone(f"/volumes/{volume}")
    assert cloud.refused("GET", f"/volume-transfers/{made['id']}")[0] == 404
