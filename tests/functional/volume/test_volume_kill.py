"""Kill the volume service with SIGKILL before every command and every commit of its work, which is
after the one before it.

A new service over the same database and store must finish what was promised: the data are right,
and there is no file that no row knows.
"""

import itertools
import multiprocessing
import os
import shutil
import signal
import subprocess
import threading
import time

import pytest

from novalite.context import RequestContext
from novalite.db import sync
from novalite.db.engine import Database
from novalite.image.embedded.service import ImageService
from novalite.volume.embedded import qemu_img
from novalite.volume.embedded.housekeeping import known_locations
from novalite.volume.embedded.listing import Query
from novalite.volume.embedded.service import VolumeService
from novalite.volume.embedded.tables.tasks import tasks
from novalite.volume.embedded.tables.volumes import volumes
from tests.support.volume_cloud import read, until, write

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

CONTEXT = RequestContext("user", "project", roles=["member", "reader"], overwrite=False)
FORK = multiprocessing.get_context("fork")
MOST_STEPS = 60


class Life:
    """Kills the process at its ``kill_at``-th step."""

    def __init__(self, kill_at):
        self.kill_at = kill_at
        self.steps = 0
        self.guard = threading.Lock()

    def step(self):
        with self.guard:
            self.steps += 1
            if self.steps == self.kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

    def before(self, function):
        def wrapped(*args, **kwargs):
            self.step()
            return function(*args, **kwargs)

        return wrapped


def a_service(conf, with_images=False):
    database = Database(conf.embedded.connection)
    images = ImageService(conf, database) if with_images else None
    if images is not None:
        images.recover()
    return VolumeService(conf, database, image=images)


def end(service):
    service.stop()
    if service.image is not None:
        service.image.close()
    service.database.dispose()


def idle(database):
    with database.read() as conn:
        return not conn.execute(tasks.select()).first()


def live_and_be_killed(conf, kill_at, with_images):
    """Runs in a process of its own."""
    life = Life(kill_at)
    service = a_service(conf, with_images)
    qemu_img.run = life.before(qemu_img.run)
    os.unlink = life.before(os.unlink)
    service.core.database.run = life.before(service.core.database.run)
    service.start()
    while not idle(service.database):
        time.sleep(0.002)
    os._exit(0)


def killed(conf, kill_at, with_images):
    process = FORK.Process(target=live_and_be_killed, args=(conf, kill_at, with_images))
    process.start()
    process.join(60)
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode != 0


def everywhere(conf, prepare, promise, check, with_images=False):
    """``prepare(service)`` makes what there is before; ``promise(service, it)`` what is to be
    done; ``check(service, it)`` what must be true in the end: with the work killed before each of
    its steps."""
    sync.sync_embedded(conf.embedded.connection)
    service = a_service(conf, with_images)
    service.start()
    it = prepare(service)
    until(lambda: idle(service.database), "ready")
    service.stop()
    promise(service, it)
    end(service)
    before = conf.state_path
    for number in itertools.count(1):
        assert number < MOST_STEPS
        folder = f"{before}-{number}"
        subprocess.run(["cp", "-a", "--sparse=always", before, folder], check=True)
        conf.set_override("state_path", folder)
        conf.set_override("connection", f"sqlite:///{folder}/embedded.db", "embedded")
        again = killed(conf, number, with_images)
        service = a_service(conf, with_images)
        service.start()
        until(lambda at=service: idle(at.database), "taken up again")
        check(service, it)
        tidy(service)
        end(service)
        shutil.rmtree(folder)
        if not again:
            assert number > 2, "it was never killed"
            return


def tidy(service):
    """Every file has its row: the last of them goes when all else is done."""
    folder = service.core.conf.embedded.volume_store

    def files():
        return {name for name in os.listdir(folder) if not name.startswith(".volume-service")}

    until(lambda: files() <= known_locations(service.core), "no stray files")
    with service.database.read() as conn:
        locations = {row.location for row in conn.execute(volumes.select())}
    assert locations <= files()


def create(service, **body):
    return service.create_volume(CONTEXT, {"size": 1, **body})["id"]


def path_of(service, volume_id):
    with service.database.read() as conn:
        row = conn.execute(volumes.select().where(volumes.c.id == volume_id)).one()
    return os.path.join(service.core.conf.embedded.volume_store, row.location)


def status(service, volume_id):
    return service.show_volume(CONTEXT, volume_id)["status"]


def nothing(service):
    return {}


def written(service):
    """A volume with something in it."""
    volume_id = create(service)
    until(lambda: status(service, volume_id) == "available", "available")
    write(path_of(service, volume_id), b"here")
    return {"volume": volume_id}


def with_snapshot(service):
    it = written(service)
    it["snapshot"] = service.create_snapshot(CONTEXT, it["volume"], {})["id"]
    until(lambda: idle(service.database), "snapshot")
    write(path_of(service, it["volume"]), b"later", 65536)
    return it


def test_create(conf):
    def promise(service, it):
        it["new"] = create(service)

    def check(service, it):
        assert status(service, it["new"]) == "available"
        assert read(path_of(service, it["new"])) == b""

    everywhere(conf, nothing, promise, check)


def test_copy(conf):
    def promise(service, it):
        it["new"] = create(service, source_volid=it["volume"])

    def check(service, it):
        assert status(service, it["new"]) == "available"
        assert read(path_of(service, it["new"])) == b"here"

    everywhere(conf, written, promise, check)


def test_delete(conf):
    def promise(service, it):
        service.volumes.delete(CONTEXT, it["volume"], cascade=True)

    def check(service, it):
        assert service.list_volumes(CONTEXT) == []

    everywhere(conf, with_snapshot, promise, check)


def test_extend(conf):
    def promise(service, it):
        service.actions.extend(CONTEXT, it["volume"], 2, (3, 71))

    def check(service, it):
        shown = service.show_volume(CONTEXT, it["volume"])
        assert (shown["status"], shown["size"]) == ("available", 2)
        path = path_of(service, it["volume"])
        assert qemu_img.info(path, "qcow2")["virtual-size"] == 2 << 30
        assert read(path) == b"here"

    everywhere(conf, written, promise, check)


def test_snapshot(conf):
    def promise(service, it):
        it["snapshot"] = service.create_snapshot(CONTEXT, it["volume"], {})["id"]

    def check(service, it):
        shown = service.show_snapshot(CONTEXT, it["snapshot"])
        assert shown["status"] == "available"
        path = path_of(service, it["volume"])
        assert read(path) == b"here"
        write(path, b"changed")
        it["copy"] = create(service, snapshot_id=it["snapshot"])
        until(lambda: status(service, it["copy"]) == "available", "copied")
        assert read(path_of(service, it["copy"])) == b"here"

    everywhere(conf, written, promise, check)


def test_delete_snapshot(conf):
    def promise(service, it):
        service.delete_snapshot(CONTEXT, it["snapshot"])

    def check(service, it):
        path = path_of(service, it["volume"])
        assert read(path) == b"here"
        assert read(path, 65536) == b"later"
        assert "backing-filename" not in qemu_img.info(path, "qcow2")
        assert service.snapshots.list_(CONTEXT, Query())[0] == []

    everywhere(conf, with_snapshot, promise, check)


def test_revert(conf):
    def promise(service, it):
        service.actions.revert(CONTEXT, it["volume"], it["snapshot"])

    def check(service, it):
        assert status(service, it["volume"]) == "available"
        path = path_of(service, it["volume"])
        assert read(path) == b"here"
        assert read(path, 65536) == b""

    everywhere(conf, with_snapshot, promise, check)


def test_upload(conf):
    def promise(service, it):
        body = {"image_name": "made", "disk_format": "qcow2"}
        it["image"] = service.uploads.start(CONTEXT, it["volume"], body)["image_id"]

    def check(service, it):
        assert status(service, it["volume"]) == "available"
        assert service.image.get(CONTEXT, it["image"]).status == "active"
        assert read(service.image.local_path(it["image"])) == b"here"

    everywhere(conf, written, promise, check, with_images=True)
