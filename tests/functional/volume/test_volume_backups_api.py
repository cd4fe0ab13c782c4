"""Backups over HTTP: real data out of volumes and into volumes."""

import base64
import json
import os
import random

import pytest

from novalite.volume.embedded.backends import Source
from novalite.volume.embedded.backup_store import CHUNK_BYTES, BackupStore, location_of
from novalite.volume.embedded.errors import BackendFailed
from tests.support.volume_cloud import read, until, write

FAR = 900 * (1 << 20)
ID_TAIL = "-0000-0000-0000-000000000000"


def back_up(cloud, volume, wait="available", **members):
    body = {"backup": {"volume_id": volume, **members}}
    made = cloud.ok("POST", "/backups", body)["backup"]["id"]
    if wait:
        cloud.reaches(f"/backups/{made}", wait)
    return made


def restore(cloud, backup, wait="available", **members):
    body = {"restore": members}
    answer = cloud.ok("POST", f"/backups/{backup}/restore", body)["restore"]
    assert answer["backup_id"] == backup
    if wait:
        cloud.reaches(f"/backups/{backup}", "available")
        cloud.reaches(f"/volumes/{answer['volume_id']}", wait)
    return answer["volume_id"]


def store(cloud):
    return BackupStore(cloud.deployment.conf.embedded.backup_store)


def kept(cloud):
    """The names of all files in the store."""
    return sorted(
        os.path.join(folder, name)
        for folder, _, names in os.walk(store(cloud).folder)
        for name in names
    )


def test_a_backup_becomes_a_new_volume_with_all_that_the_old_one_had(cloud):
    image = cloud.image(b"boot".ljust(1 << 20, b"\0"))
    volume = cloud.volume(imageRef=image, metadata={"key": "value"})
    write(cloud.path_of(volume), b"far away", at=FAR)
    backup = back_up(cloud, volume, name="b", description="d", metadata={"m": "1"})
    shown = cloud.show(f"/backups/{backup}")
    assert (shown["size"], shown["object_count"], shown["metadata"]) == (1, 2, {"m": "1"})
    assert (shown["is_incremental"], shown["has_dependent_backups"]) == (False, False)
    assert cloud.show(f"/volumes/{volume}")["status"] == "available"
    cloud.ok("DELETE", f"/volumes/{volume}")
    cloud.gone(f"/volumes/{volume}")
    new = restore(cloud, backup)
    record = cloud.show(f"/volumes/{new}")
    assert (record["bootable"], record["metadata"]) == ("true", {"key": "value"})
    assert record["name"] == f"restore_backup_{backup}"
    assert record["volume_image_metadata"]["image_id"] == image
    assert read(cloud.path_of(new)) == b"boot" and read(cloud.path_of(new), FAR) == b"far away"


def test_incremental_backups_keep_what_changed_and_read_the_rest_from_their_parents(cloud):
    volume = cloud.volume()
    write(cloud.path_of(volume), b"one")
    write(cloud.path_of(volume), b"stays", at=FAR)
    first = back_up(cloud, volume)
    write(cloud.path_of(volume), b"two")
    second = back_up(cloud, volume, incremental=True)
    write(cloud.path_of(volume), b"")
    third = back_up(cloud, volume, incremental=True)
    shown = [cloud.show(f"/backups/{each}") for each in (first, second, third)]
    assert [each["object_count"] for each in shown] == [2, 1, 0]
    assert [each["is_incremental"] for each in shown] == [False, True, True]
    assert [each["has_dependent_backups"] for each in shown] == [True, True, False]
    for backup, content in ((first, b"one"), (second, b"two"), (third, b"")):
        path = cloud.path_of(restore(cloud, backup))
        assert (read(path), read(path, FAR)) == (content, b"stays")
    assert cloud.refused("DELETE", f"/backups/{first}")[0] == 400
    for backup in (third, second, first):
        cloud.ok("DELETE", f"/backups/{backup}")
        cloud.gone(f"/backups/{backup}")
    assert kept(cloud) == []


def test_an_incremental_backup_needs_one_before(cloud):
    volume = cloud.volume()
    body = {"backup": {"volume_id": volume, "incremental": True}}
    code, message = cloud.refused("POST", "/backups", body)
    assert code == 400 and "No backups available" in message
    assert cloud.show(f"/volumes/{volume}")["status"] == "available"


def test_of_a_snapshot(cloud):
    volume = cloud.volume()
    write(cloud.path_of(volume), b"then")
    snapshot = cloud.snapshot(volume)
    write(cloud.path_of(volume), b"now")
    backup = back_up(cloud, volume, snapshot_id=snapshot)
    record = cloud.show(f"/backups/{backup}")
    frozen = cloud.show(f"/snapshots/{snapshot}")
    assert record["snapshot_id"] == snapshot and frozen["status"] == "available"
    assert record["data_timestamp"] == frozen["created_at"]
    assert read(cloud.path_of(restore(cloud, backup))) == b"then"
    other = cloud.volume()
    body = {"backup": {"volume_id": other, "snapshot_id": snapshot}}
    assert cloud.refused("POST", "/backups", body)[0] == 400


def test_into_a_volume_that_is_there(cloud):
    volume, small = cloud.volume(size=2), cloud.volume()
    write(cloud.path_of(volume), b"old")
    backup = back_up(cloud, volume)
    write(cloud.path_of(volume), b"new")
    before = cloud.path_of(volume)
    assert restore(cloud, backup, volume_id=volume) == volume
    assert read(cloud.path_of(volume)) == b"old"
    assert not os.path.exists(before)
    body = {"restore": {"volume_id": small}}
    assert "too small" in cloud.refused("POST", f"/backups/{backup}/restore", body)[1]


def test_a_volume_can_be_created_from_a_backup(cloud):
    volume = cloud.volume()
    write(cloud.path_of(volume), b"content")
    backup = back_up(cloud, volume)
    new = cloud.volume(size=2, backup_id=backup)
    assert read(cloud.path_of(new)) == b"content"
    body = {"volume": {"size": 1, "backup_id": location_of(backup)[3:]}}
    body["volume"]["backup_id"] = volume
    assert cloud.refused("POST", "/volumes", body)[0] == 404


def test_a_volume_in_use_is_backed_up_from_a_snapshot_and_keeps_its_state(cloud):
    volume = cloud.volume()
    write(cloud.path_of(volume), b"content")
    cloud.act(volume, "os-reset_status", {"status": "in-use"}, user="admin")
    assert cloud.refused("POST", "/backups", {"backup": {"volume_id": volume}})[0] == 400
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cloud.service, "server_events", None)  # no server has it
        backup = back_up(cloud, volume, force=True)
        until(lambda: not cloud.ok("GET", "/snapshots")["snapshots"], "the snapshot goes")
    assert cloud.show(f"/volumes/{volume}")["status"] == "in-use"
    assert read(cloud.path_of(restore(cloud, backup))) == b"content"


def test_what_is_refused(cloud):
    volume = cloud.volume()
    for bad in ({}, {"volume_id": "x"}, {"volume_id": volume, "container": "../up"}):
        assert cloud.refused("POST", "/backups", {"backup": bad})[0] == 400, bad
    project = cloud.context("demo").project_id
    cloud.ok("PUT", f"/os-quota-sets/{project}", {"quota_set": {"backups": 0}}, user="admin")
    code, message = cloud.refused("POST", "/backups", {"backup": {"volume_id": volume}})
    assert (code, message) == (413, "Maximum number of backups allowed (0) exceeded")
    cloud.ok("DELETE", f"/os-quota-sets/{project}", user="admin")
    backup = back_up(cloud, volume)
    path = f"/backups/{backup}"
    status = {"os-reset_status": {"status": "error"}}
    assert cloud.refused("POST", f"{path}/action", status)[0] == 403
    cloud.ok("POST", f"{path}/action", status, user="admin")
    assert cloud.refused("POST", f"{path}/restore", {"restore": {}})[0] == 400
    bad = {"os-reset_status": {"status": "creating"}}
    assert cloud.refused("POST", f"{path}/action", bad, user="admin")[0] == 400
    assert cloud.refused("PUT", path, {"backup": {}})[0] == 400
    changed = cloud.ok("PUT", path, {"backup": {"name": "n", "metadata": {"a": "b"}}})["backup"]
    assert (changed["name"], changed["metadata"]) == ("n", {"a": "b"})
    assert cloud.refused("POST", f"{path}/action", {"os-force_delete": {}})[0] == 403
    cloud.ok("POST", f"{path}/action", {"os-force_delete": {}}, user="admin")
    cloud.gone(path)


def test_lists(cloud):
    volume = cloud.volume()
    made = [back_up(cloud, volume, name=name) for name in ("a", "b")]
    found = cloud.ok("GET", "/backups/detail?sort=name:asc&with_count=true")
    assert [each["name"] for each in found["backups"]] == ["a", "b"] and found["count"] == 2
    assert [each["id"] for each in cloud.ok("GET", "/backups?name=b")["backups"]] == [made[1]]
    page = cloud.ok("GET", "/backups?limit=1&sort=name:asc")
    rest = page["backups_links"][0]["href"].split("/v3", 1)[1]
    assert [each["name"] for each in cloud.ok("GET", rest)["backups"]] == ["b"]
    assert cloud.ok("GET", "/backups", user="admin")["backups"] == []
    assert len(cloud.ok("GET", "/backups?all_tenants=1", user="admin")["backups"]) == 2


def test_a_record_is_exported_and_imported_after_the_databases_loss(cloud):
    volume = cloud.volume(metadata={"k": "v"})
    write(cloud.path_of(volume), b"content")
    backup = back_up(cloud, volume)
    path = f"/backups/{backup}/export_record"
    assert cloud.refused("GET", path)[0] == 403
    record = cloud.ok("GET", path, user="admin")["backup-record"]
    again = cloud.refused("POST", "/backups/import_record", {"backup-record": record}, user="admin")
    assert again == (400, "Invalid backup: Backup already exists in database.")
    with cloud.database.write() as conn:
        conn.exec_driver_sql("DELETE FROM volume_backups")
    answer = cloud.request(
        "POST", "/backups/import_record", {"backup-record": record}, user="admin"
    )
    assert answer.status_int == 201 and answer.json["backup"]["id"] == backup
    body = {"restore": {}}
    new = cloud.ok("POST", f"/backups/{backup}/restore", body, user="admin")["restore"]["volume_id"]
    shown = cloud.reaches(f"/volumes/{new}", "available", "admin")
    assert shown["metadata"] == {"k": "v"} and read(cloud.path_of(new)) == b"content"


def test_records_that_are_not_ours_are_refused(cloud):
    volume = cloud.volume()
    record = cloud.ok("GET", f"/backups/{back_up(cloud, volume)}/export_record", user="admin")
    service = record["backup-record"]["backup_service"]
    told = json.loads(base64.b64decode(record["backup-record"]["backup_url"]))

    def refused(url, service=service):
        body = {"backup-record": {"backup_service": service, "backup_url": url}}
        return cloud.refused("POST", "/backups/import_record", body, user="admin")[0]

    def encoded(**changes):
        changed = json.dumps({**told, "id": "0" * 32, **changes})
        return base64.b64encode(changed.encode()).decode()

    assert refused(encoded(), service="cinder.backup.drivers.swift.SwiftBackupDriver") == 400
    for url in (
        "%%%",
        base64.b64encode(b"[]").decode(),
        base64.b64encode(b"[" * 50000).decode(),
        encoded(location="../../etc"),
        encoded(location="00/00000000-0000-0000-0000-000000000000"),
        encoded(size=-1),
        encoded(size="x"),
        encoded(facts=None),
        encoded(name=1),
        encoded(created_at="yesterday"),
    ):
        assert refused(url) == 400, url[:40]


def test_data_shared_with_an_import_outlive_the_first_of_the_two(cloud):
    volume = cloud.volume()
    write(cloud.path_of(volume), b"content")
    backup = back_up(cloud, volume)
    record = cloud.ok("GET", f"/backups/{backup}/export_record", user="admin")["backup-record"]
    told = json.loads(base64.b64decode(record["backup_url"]))
    told["id"] = "11111111-1111-1111-1111-111111111111"
    url = base64.b64encode(json.dumps(told).encode()).decode()
    body = {"backup-record": {**record, "backup_url": url}}
    cloud.ok("POST", "/backups/import_record", body, user="admin")
    cloud.ok("DELETE", f"/backups/{backup}")
    cloud.gone(f"/backups/{backup}")
    assert kept(cloud) != []
    cloud.ok("DELETE", f"/backups/{told['id']}", user="admin")
    cloud.gone(f"/backups/{told['id']}", "admin")
    assert kept(cloud) == []


def test_damaged_data_are_noticed_and_no_volume_is_made_of_them(cloud):
    volume = cloud.volume()
    write(cloud.path_of(volume), b"content")
    backup = back_up(cloud, volume)
    (data,) = [path for path in kept(cloud) if path.endswith("data")]
    with open(data, "r+b") as file:
        file.seek(20)
        file.write(b"\xff\xff\xff")
    new = restore(cloud, backup, wait=None)
    cloud.reaches(f"/volumes/{new}", "error")
    cloud.reaches(f"/backups/{backup}", "available")
    restore(cloud, backup, wait="error_restoring", volume_id=volume)
    assert read(cloud.path_of(volume)) == b"content", "what was there stays"
    found = cloud.ok("GET", f"/messages?resource_uuid={backup}")["messages"]
    assert found and found[0]["user_message"].startswith("restore backup:")


# ---- the store alone ----


def disk(path, size, chunks):
    with open(path, "wb") as file:
        file.truncate(size)
        for number, data in chunks.items():
            file.seek(number * CHUNK_BYTES)
            file.write(data)
    return Source(str(path), "raw")


def test_what_is_read_is_what_was_written(tmp_path):
    noise = random.Random(1)
    backups = BackupStore(str(tmp_path / "backups"))
    first, second = (location_of(letter * 8 + ID_TAIL) for letter in "ab")
    size = 5 * CHUNK_BYTES + 512  # the last chunk is short
    chunks = {0: noise.randbytes(CHUNK_BYTES), 2: b"goes", 3: b"three", 5: noise.randbytes(512)}
    manifest = backups.write(first, disk(tmp_path / "one", size, chunks))
    assert manifest.kept == 4
    chunks[3] = b"changed"
    del chunks[2]
    later = disk(tmp_path / "two", size + CHUNK_BYTES, {**chunks, 1: b"more"})
    assert backups.write(second, later, first).kept == 3, "the changed, the new, and the longer"
    for locations, path in (([first], "one"), ([second, first], "two")):
        out = tmp_path / f"{path}.restored"
        backups.read(locations, str(out))
        assert out.read_bytes() == (tmp_path / path).read_bytes()
        os.unlink(out)
    with pytest.raises(BackendFailed):
        backups.read([second], str(tmp_path / "alone"))


def test_nothing_but_whole_backups_is_left_by_one_that_was_killed(tmp_path):
    backups = BackupStore(str(tmp_path / "backups"))
    location = location_of("a" * 8 + ID_TAIL)
    left = tmp_path / "backups" / "aa" / f"{location[3:]}.partial-12345678"
    left.mkdir(parents=True)
    (left / "data").write_bytes(b"half")
    with pytest.raises(BackendFailed):
        backups.manifest(location)
    source = disk(tmp_path / "disk", CHUNK_BYTES, {0: b"x"})
    for _ in range(2):  # again is harmless
        backups.write(location, source)
    assert os.listdir(tmp_path / "backups" / "aa") == [location[3:]]
    backups.remove(location)
    backups.remove(location)
    assert os.listdir(tmp_path / "backups" / "aa") == []
