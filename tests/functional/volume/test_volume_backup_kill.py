"""Kill the volume service before every step of backups, restores and group snapshots; see
test_volume_kill."""

import os

from novalite.context import RequestContext
from novalite.volume.embedded.backup_store import DATA, PARTIAL
from novalite.volume.embedded.listing import Query
from tests.functional.volume.test_volume_kill import (
    CONTEXT,
    create,
    everywhere,
    idle,
    path_of,
    status,
    written,
)
from tests.support.volume_cloud import read, until, write

ADMIN = RequestContext("admin", "project", roles=["admin"], is_admin=True, overwrite=False)


def with_backup(service):
    it = written(service)
    it["backup"] = service.backups.create(CONTEXT, {"volume_id": it["volume"]})["id"]
    until(lambda: idle(service.database), "backup")
    write(path_of(service, it["volume"]), b"later")
    return it


def stored(service):
    """The names of all files and directories of backups."""
    folder = service.core.conf.embedded.backup_store
    return [name for _, folders, files in os.walk(folder) for name in (*folders, *files)]


def test_back_up_what_changed(conf):
    def promise(service, it):
        body = {"volume_id": it["volume"], "incremental": True}
        it["more"] = service.backups.create(CONTEXT, body)["id"]

    def check(service, it):
        shown = service.backups.show(CONTEXT, it["more"])
        assert (shown["status"], shown["object_count"]) == ("available", 1)
        assert status(service, it["volume"]) == "available"
        names = stored(service)
        assert names.count(DATA) == 2 and not any(PARTIAL in name for name in names)
        volume = service.backups.restore(CONTEXT, it["more"], None, None)["id"]
        until(lambda: idle(service.database), "restored")
        assert read(path_of(service, volume)) == b"later"

    everywhere(conf, with_backup, promise, check)


def test_restore_into_a_new_volume_and_an_old_one(conf):
    def promise(service, it):
        it["new"] = service.backups.restore(CONTEXT, it["backup"], None, None)["id"]
        with service.database.write() as conn:  # two restores of one backup at a time
            conn.exec_driver_sql("UPDATE volume_backups SET status = 'available'")
        service.backups.restore(CONTEXT, it["backup"], it["volume"], None)

    def check(service, it):
        assert service.backups.show(CONTEXT, it["backup"])["status"] == "available"
        for volume in (it["new"], it["volume"]):
            assert status(service, volume) == "available"
            assert read(path_of(service, volume)) == b"here"

    everywhere(conf, with_backup, promise, check)


def test_delete_a_backup(conf):
    def promise(service, it):
        service.backups.delete(CONTEXT, it["backup"])

    def check(service, it):
        assert service.backups.list_(CONTEXT)[0] == []
        assert DATA not in stored(service)

    everywhere(conf, with_backup, promise, check)


def with_group(service):
    kind = service.group_types.create(ADMIN, {"name": "gold"})["id"]
    body = {"group_type": kind, "volume_types": ["__DEFAULT__"]}
    it = {"group": service.groups.create(CONTEXT, body)["id"]}
    it["volumes"] = [create(service, group_id=it["group"]) for _ in range(2)]
    until(lambda: idle(service.database), "volumes")
    return it


def test_snapshot_a_group(conf):
    def promise(service, it):
        body = {"group_id": it["group"]}
        it["frozen"] = service.group_snapshots.create(CONTEXT, body)["id"]

    def check(service, it):
        shown = service.group_snapshots.show(CONTEXT, it["frozen"])
        assert shown["status"] == "available"
        snapshots, _ = service.snapshots.list_(CONTEXT, Query())
        assert {each["volume_id"] for each in snapshots} == set(it["volumes"])
        assert {each["status"] for each in snapshots} == {"available"}

    everywhere(conf, with_group, promise, check)


def test_delete_a_group(conf):
    def promise(service, it):
        service.groups.delete(CONTEXT, it["group"], with_volumes=True)

    def check(service, it):
        assert service.groups.list_(CONTEXT) == []
        assert service.list_volumes(CONTEXT) == []

    everywhere(conf, with_group, promise, check)
