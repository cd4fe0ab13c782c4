"""Kill the compute service at every call that its work with volumes makes, before and after the
call's effect. What the next process leaves must fit together: rows, guests, attachments."""

import dataclasses
import uuid

import pytest

from novalite import states
from novalite.context import RequestContext
from novalite.objects import BlockDevice
from novalite.objects.block_device import ATTACHING, DETACHING, EXTENDING
from novalite.virt.driver import Transition
from tests.functional.compute.test_compute_kill import kill_everywhere
from tests.support.compute_doubles import eventually, new_instance

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")

WHEN = pytest.mark.parametrize("after", [False, True], ids=["before", "after"])


def context():
    return RequestContext("user", "project")


def volumes_are_in_order(host):
    """Each server has the volumes of its rows, in the guest and at the volume service, and no
    volume is kept by nobody."""
    used = set()
    for row in host.conductor.rows.values():
        devices = [d for d in row.block_devices or () if d.is_volume and not row.deleted]
        if row.vm_state == states.ERROR:
            devices = []
        wanted = {device.volume_id for device in devices}
        assert host.volumes.of(row.uuid) == wanted
        guest = host.driver.guest(row.uuid)
        assert set(guest.volumes if guest else ()) == wanted
        for device in devices:
            assert host.volumes.attachments[device.attachment_id]["status"] == "attached"
            assert device.connection_info["serial"] == device.volume_id
            assert guest.volumes[device.volume_id]["device"] == device.device_name
        used |= wanted
    for volume in host.volumes.volumes.values():
        free = ("available", "creating")
        assert volume["status"] in (("in-use",) if volume["id"] in used else free)


def device(source, **more):
    return BlockDevice(source, "volume", uuid=str(uuid.uuid4()), **more)


def promised(host):
    """A server of four volumes: made from an image, the user's own, blank, from a snapshot."""
    instance = new_instance(host.name)
    snapshot = str(uuid.uuid4())
    host.volumes.snapshots[snapshot] = {"id": snapshot, "size": 3}
    instance.block_devices = [
        device("image", image_id="i", boot_index=0, volume_size=2, delete_on_termination=True),
        host.volumes.reserved(instance, name=None, boot_index=-1),
        device("blank", boot_index=-1, volume_size=1, delete_on_termination=True),
        device("snapshot", boot_index=-1, snapshot_id=snapshot),
    ]
    return host.conductor.promise(instance)


def build(host, manager, work):
    manager.build_and_run_instance(context(), work)


def built(host):
    """A server at rest that was built from volumes."""
    work = promised(host)
    host.start()
    eventually(lambda: host.conductor.settled(work.instance.uuid))
    host.stop()
    return work.instance.uuid


@WHEN
def test_build_from_volumes(tmp_path, after):
    for host, _ in kill_everywhere(tmp_path, promised, build, after):
        (row,) = host.conductor.rows.values()
        assert row.vm_state == states.ACTIVE
        assert [d.device_name for d in row.block_devices] == [f"/dev/vd{c}" for c in "abcd"]
        assert [d.volume_size for d in row.block_devices] == [2, 1, 1, 3]
        assert len(host.volumes.volumes) == 4
        volumes_are_in_order(host)


@WHEN
def test_build_from_volumes_that_fails(tmp_path, after):
    """What was made for it stays with its rows; nothing is attached to what does not run."""

    def prepare(host):
        def spawn(request):
            raise OSError("no space")

        host.driver.spawn = spawn
        return promised(host)

    for host, _ in kill_everywhere(tmp_path, prepare, build, after):
        (row,) = host.conductor.rows.values()
        assert row.vm_state == states.ERROR
        assert host.volumes.attachments == {}
        assert [d.attachment_id for d in row.block_devices] == [None] * 4
        assert [d.connection_info for d in row.block_devices] == [None] * 4
        assert {d.volume_id for d in row.block_devices} == set(host.volumes.volumes)
        volumes_are_in_order(host)


@WHEN
def test_build_from_volumes_whose_server_is_deleted_at_the_death(tmp_path, after):
    def build_then_delete(host, manager, work):
        build(host, manager, work)
        of = work.instance.uuid
        eventually(lambda: host.conductor.settled(of) or manager._driver._life.dead.is_set())
        if not host.conductor.rows[of].deleted:
            host.conductor.set(of, task_state=states.DELETING)
            manager.terminate_instance(context(), host.conductor.row(of))

    for host, _ in kill_everywhere(tmp_path, promised, build_then_delete, after):
        (row,) = host.conductor.rows.values()
        assert row.deleted
        assert host.volumes.attachments == {}
        # The user's own and that of the snapshot, which was not to go with the server.
        left = {v["id"] for v in host.volumes.volumes.values()}
        kept = {d.volume_id for d in row.block_devices if not d.delete_on_termination}
        assert kept - {None} <= left
        doomed = {d.volume_id for d in row.block_devices if d.delete_on_termination}
        assert not doomed & left
        volumes_are_in_order(host)


@WHEN
def test_terminate(tmp_path, after):
    def terminate(host, manager, of):
        row = host.conductor.set(of, task_state=states.DELETING)
        manager.terminate_instance(context(), row)

    for host, _ in kill_everywhere(tmp_path, built, terminate, after):
        (row,) = host.conductor.rows.values()
        assert row.deleted
        assert len(host.volumes.volumes) == 2
        volumes_are_in_order(host)


@WHEN
@pytest.mark.parametrize("vm_state", [states.ACTIVE, states.STOPPED])
def test_attach(tmp_path, after, vm_state):
    def prepare(host):
        of = built(host)
        if vm_state == states.STOPPED:
            host.driver.act_by_itself(of, Transition.STOPPED)
            host.conductor.set(of, vm_state=vm_state, power_state=states.SHUTDOWN)
        return of

    def attach(host, manager, of):
        new = host.volumes.reserved(host.conductor.row(of), "/dev/vde", task_state=ATTACHING)
        manager.attach_volume(context(), host.conductor.give(of, new), new)

    for host, _ in kill_everywhere(tmp_path, prepare, attach, after):
        (row,) = host.conductor.rows.values()
        assert len(row.block_devices) == 5
        assert host.conductor.events[row.uuid, "compute_attach_volume"] == ["Success"]
        volumes_are_in_order(host)


@WHEN
def test_attach_that_fails(tmp_path, after):
    def prepare(host):
        of = built(host)

        def attach_volume(instance, device):
            type(host.driver).attach_volume(host.driver, instance, device)
            raise OSError("half done")

        host.driver.attach_volume = attach_volume
        return of

    def attach(host, manager, of):
        new = host.volumes.reserved(host.conductor.row(of), "/dev/vde", task_state=ATTACHING)
        manager.attach_volume(context(), host.conductor.give(of, new), new)

    for host, _ in kill_everywhere(tmp_path, prepare, attach, after):
        (row,) = host.conductor.rows.values()
        assert len(row.block_devices) == 4
        assert "half done" in host.conductor.faults[-1].message
        assert host.conductor.events[row.uuid, "compute_attach_volume"] == ["Error"]
        volumes_are_in_order(host)


def detaching(host, of):
    """What the API does before it asks for the second volume to be taken away."""
    gone = dataclasses.replace(host.conductor.row(of).block_devices[1], task_state=DETACHING)
    host.volumes.begin_detaching(None, gone.volume_id)
    host.conductor.give(of, gone)
    return gone


@WHEN
def test_detach(tmp_path, after):
    def detach(host, manager, of):
        gone = detaching(host, of)
        row = host.conductor.row(of)
        manager.detach_volume(context(), row, gone.volume_id, gone.attachment_id)

    for host, _ in kill_everywhere(tmp_path, built, detach, after):
        (row,) = host.conductor.rows.values()
        assert len(row.block_devices) == 3
        assert host.conductor.events[row.uuid, "compute_detach_volume"] == ["Success"]
        assert len(host.volumes.volumes) == 4
        volumes_are_in_order(host)


@WHEN
def test_detach_that_the_guest_refuses(tmp_path, after):
    def prepare(host):
        of = built(host)

        def detach_volume(instance, device):
            raise OSError("the guest keeps it")

        host.driver.detach_volume = detach_volume
        return of

    def detach(host, manager, of):
        gone = detaching(host, of)
        row = host.conductor.row(of)
        manager.detach_volume(context(), row, gone.volume_id, gone.attachment_id)

    for host, _ in kill_everywhere(tmp_path, prepare, detach, after):
        (row,) = host.conductor.rows.values()
        assert len(row.block_devices) == 4
        assert "keeps it" in host.conductor.faults[-1].message
        volumes_are_in_order(host)


@WHEN
def test_extend(tmp_path, after):
    def extend(host, manager, of):
        row = host.conductor.row(of)
        volume_id = row.block_devices[1].volume_id
        host.volumes.volumes[volume_id]["size"] = 7
        mark = dataclasses.replace(row.block_devices[1], task_state=EXTENDING)
        row = host.conductor.give(of, mark)
        event = {"name": "volume-extended", "server_uuid": of, "tag": volume_id}
        manager.external_instance_event(context(), [row], [event])

    for host, _ in kill_everywhere(tmp_path, built, extend, after):
        (row,) = host.conductor.rows.values()
        assert sorted(d.volume_size for d in row.block_devices) == [1, 2, 3, 7]
        (extended,) = (d for d in row.block_devices if d.volume_size == 7)
        guest = host.driver.guest(row.uuid)
        assert guest.volumes[extended.volume_id]["size"] == 7 << 30
        volumes_are_in_order(host)


@WHEN
def test_hard_reboot_asks_where_the_volumes_are(tmp_path, after):
    def reboot(host, manager, of):
        for volume in host.volumes.volumes.values():
            volume["path"] = "/volumes/second"
        row = host.conductor.set(of, task_state=states.REBOOTING_HARD)
        manager.reboot_instance(context(), row, "HARD")

    for host, _ in kill_everywhere(tmp_path, built, reboot, after):
        (row,) = host.conductor.rows.values()
        assert row.vm_state == states.ACTIVE
        guest = host.driver.guest(row.uuid)
        assert {v["path"] for v in guest.volumes.values()} == {"/volumes/second"}
        paths = {d.connection_info["data"]["device_path"] for d in row.block_devices}
        assert paths == {"/volumes/second"}
        volumes_are_in_order(host)
