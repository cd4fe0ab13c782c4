"""Volumes of servers on one host: messages late, doubled and lost; neighbours that refuse."""

import dataclasses
import uuid

import pytest

from novalite import states
from novalite.exception import InvalidVolume
from novalite.objects import BlockDevice
from novalite.objects.block_device import ATTACHING, DETACHING
from tests.support.compute_doubles import eventually, new_instance


@pytest.fixture
def server(host, context):
    """(manager, uuid) of a server that runs on a host that forgets nothing by itself."""
    manager = host.start(grace=1000.0)
    work = host.conductor.promise(new_instance(host.name))
    manager.build_and_run_instance(context, work)
    eventually(lambda: host.conductor.settled(work.instance.uuid))
    return manager, work.instance.uuid


def at_rest(host, manager, of):
    eventually(lambda: host.conductor.settled(of))
    eventually(lambda: manager._register.count() == 0)


def wanted(host, of, name="/dev/vdc", **more):
    new = host.volumes.reserved(host.conductor.row(of), name, task_state=ATTACHING, **more)
    return new, host.conductor.give(of, new)


def volume_devices(host, of):
    return [d for d in host.conductor.row(of).block_devices if d.is_volume]


def test_several_volumes_at_once_and_messages_twice(host, context, server):
    manager, of = server
    new = [wanted(host, of, f"/dev/vd{letter}")[0] for letter in "cdef"]
    row = host.conductor.row(of)
    for device in [*new, *reversed(new)]:
        manager.attach_volume(context, row, device)
    at_rest(host, manager, of)
    assert set(host.driver.guest(of).volumes) == {device.volume_id for device in new}
    assert host.conductor.events[of, "compute_attach_volume"] == ["Success"] * 4
    manager.attach_volume(context, row, new[0])
    manager.detach_volume(context, row, new[0].volume_id, new[0].attachment_id)
    at_rest(host, manager, of)
    assert len(volume_devices(host, of)) == 4


def test_a_lost_message_is_found_by_the_sweep(host, context):
    manager = host.start()
    work = host.conductor.promise(new_instance(host.name))
    manager.build_and_run_instance(context, work)
    of = work.instance.uuid
    at_rest(host, manager, of)
    new, _ = wanted(host, of)
    at_rest(host, manager, of)
    assert host.volumes.status(new.volume_id) == "in-use"
    host.volumes.begin_detaching(None, new.volume_id)
    (known,) = volume_devices(host, of)
    host.conductor.give(of, dataclasses.replace(known, task_state=DETACHING))
    at_rest(host, manager, of)
    assert volume_devices(host, of) == []
    assert host.volumes.status(new.volume_id) == "available"


def test_a_volume_that_nobody_has_reserved_yet_is_left_to_its_request(host, context, server):
    manager, of = server
    new, _ = wanted(host, of, attachment_id=None)
    row = host.conductor.row(of)
    manager._resume_device(row, next(d for d in row.block_devices if d.uuid == new.uuid))
    assert manager._register.count() == 0


@pytest.mark.parametrize("method", ["show_volume", "update_attachment", "complete_attachment"])
def test_a_volume_service_that_refuses(host, context, server, method):
    manager, of = server
    new, row = wanted(host, of)
    host.volumes.failing[method] = InvalidVolume(reason="not this one")
    manager.attach_volume(context, row, new)
    at_rest(host, manager, of)
    assert volume_devices(host, of) == []
    assert host.volumes.attachments == {}
    assert host.driver.guest(of).volumes == {}
    assert host.conductor.faults[-1].code == 400
    assert "not this one" in host.conductor.faults[-1].message
    assert host.conductor.row(of).vm_state == states.ACTIVE


def test_a_guest_that_keeps_a_disk_that_it_should_not_have_got(host, context, server):
    """The row asks for a detachment from then on, and the next sweep tries it."""
    manager, of = server
    new, row = wanted(host, of)
    host.volumes.failing["complete_attachment"] = InvalidVolume(reason="no")
    let_go = host.driver.detach_volume

    def keep(instance, device):
        raise OSError("kept")

    host.driver.detach_volume = keep
    manager.attach_volume(context, row, new)
    eventually(lambda: [d.task_state for d in volume_devices(host, of)] == [DETACHING])
    eventually(lambda: manager._register.count() == 0)
    host.driver.detach_volume = let_go
    manager.detach_volume(context, row, new.volume_id, new.attachment_id)
    at_rest(host, manager, of)
    assert volume_devices(host, of) == []
    assert host.volumes.attachments == {}


def test_a_volume_that_cannot_be_made_ends_the_build_for_good(host, context):
    manager = host.start(grace=1000.0)
    host.volumes.broken = True
    instance = new_instance(host.name)
    instance.block_devices = [
        BlockDevice(
            "image", "volume", uuid=str(uuid.uuid4()), boot_index=0, image_id="i", volume_size=1
        )
    ]
    work = host.conductor.promise(instance)
    manager.build_and_run_instance(context, work)
    eventually(lambda: host.conductor.reschedules)
    told = host.conductor.reschedules[0]
    assert told["abort"] and "And its status is error" in told["reason"]


def test_a_volume_that_is_made_belongs_to_the_owner_of_the_server(host, context):
    manager = host.start()
    instance = new_instance(host.name)
    instance.block_devices = [
        BlockDevice(
            "image",
            "volume",
            uuid=str(uuid.uuid4()),
            boot_index=0,
            image_id="i",
            volume_size=3,
            volume_type="fast",
        )
    ]
    work = host.conductor.promise(instance)
    manager.build_and_run_instance(context, work)
    at_rest(host, manager, instance.uuid)
    (volume,) = host.volumes.volumes.values()
    assert volume["project_id"] == instance.project_id != context.project_id
    asked = volume["asked_for"]
    assert (asked["size"], asked["volume_type"], asked["imageRef"]) == (3, "fast", "i")


def test_a_snapshot_moves_the_guest_to_another_file(host, context, server):
    manager, of = server
    new, row = wanted(host, of)
    manager.attach_volume(context, row, new)
    at_rest(host, manager, of)
    create = {"snapshot_id": "s1", "type": "qcow2", "new_file": "/volumes/overlay"}
    manager.volume_snapshot_create(context, row, new.volume_id, create)
    eventually(lambda: host.volumes.snapshot_states == [("s1", "creating", "90%")])
    (known,) = volume_devices(host, of)
    assert known.connection_info["data"]["device_path"] == "/volumes/overlay"
    assert host.driver.guest(of).volumes[new.volume_id]["path"] == "/volumes/overlay"
    delete = {"type": "qcow2", "file_to_merge": "/volumes/first", "merge_target_file": None}
    manager.volume_snapshot_delete(context, row, new.volume_id, "s1", delete)
    eventually(lambda: host.volumes.snapshot_states[-1] == ("s1", "deleting", "90%"))


def test_a_snapshot_of_a_volume_that_is_not_there_is_an_error(host, context, server):
    manager, of = server
    create = {"snapshot_id": "s1", "type": "qcow2", "new_file": "/volumes/overlay"}
    row = host.conductor.row(of)
    manager.volume_snapshot_create(context, row, str(uuid.uuid4()), create)
    eventually(lambda: host.volumes.snapshot_states == [("s1", "error", "0%")])


def test_a_change_of_the_network_is_noted(host, context, server):
    manager, of = server
    row = host.conductor.row(of)
    (port,) = host.network.ports_of(of)
    host.network.ports[port]["fixed_ips"][0]["ip_address"] = "10.1.9.9"
    event = {"name": "network-changed", "server_uuid": of, "tag": port}
    stranger = {"name": "network-changed", "server_uuid": str(uuid.uuid4())}
    manager.external_instance_event(context, [row], [event, stranger])

    def address():
        return host.conductor.row(of).network_info[0].fixed_ips()[0].address

    eventually(lambda: address() == "10.1.9.9")


def test_a_server_without_volumes_costs_no_question(host, context, server):
    """Neither its build nor a restart nor its end asks the volume service anything."""
    manager, of = server
    for name in ("list_volumes", "show_volume", "list_attachments", "show_attachment"):
        host.volumes.failing[name] = InvalidVolume(reason="not to be asked")
    calls = len(host.conductor.calls)
    row = host.conductor.set(of, task_state=states.REBOOTING_HARD)
    manager.reboot_instance(context, row, "HARD")
    at_rest(host, manager, of)
    row = host.conductor.set(of, task_state=states.DELETING)
    manager.terminate_instance(context, row)
    eventually(lambda: host.conductor.rows[of].deleted)
    told = [c for c in host.conductor.calls[calls:] if c.startswith("instance_")]
    assert told == ["instance_step", "instance_step", "instance_step", "instance_destroyed"]
