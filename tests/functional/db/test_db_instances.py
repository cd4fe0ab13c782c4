"""Servers: what is stored, how their state changes, and what stays of a deleted one."""

import pytest
import sqlalchemy as sa

from novalite import exception
from novalite.db.cell_database import allocations, block_devices, instance_faults, instances, models
from novalite.db.engine import DuplicateKey
from novalite.objects import (
    VIF,
    BlockDevice,
    FixedIP,
    InstanceFault,
    KeyPair,
    Scheduling,
    Selection,
    Subnet,
)
from tests.support import db

VIFS = [
    VIF(
        "port",
        "fa:16:3e:1:2:3",
        "net",
        "private",
        [Subnet("s", "10.0.0.0/24", ips=[FixedIP("10.0.0.3")])],
    )
]


def _full() -> instances.Instance:
    return db.instance(
        display_name="näme",
        display_description="what for",
        hostname="name",
        image_ref=db.new_uuid(),
        key_name="key",
        key_data="ssh-rsa AAAA",
        user_data="IyEvYmluL3No" * 1000,
        access_ip_v6="2001:db8::1",
        locked=True,
        locked_by="owner",
        launched_at=db.NOW,
        network_info=VIFS,
        keypairs=[KeyPair("key", "user", "ssh-rsa AAAA", "aa:bb")],
        trusted_certs=["cert"],
        scheduling=Scheduling(2, ["h1"], [Selection("h2", "n2", "c", 2, "u2")]),
        metadata={"k": "v", "k2": 'quote" back\\slash \n tab\t 🚀'},
        system_metadata={"image_os": "linux", "long": "x" * 5000},
        tags=["b", "a"],
        block_devices=[
            BlockDevice("image", "local", boot_index=0, image_id=db.new_uuid()),
            BlockDevice("volume", "volume", connection_info={"data": {"lun": 1}}, volume_size=3),
        ],
    )


def test_what_is_created_is_what_is_read(cell):
    asked = _full()
    with cell.write() as conn:
        assert instances.create(conn, asked) is asked
    assert asked.id and asked.created_at == asked.updated_at
    with cell.read() as conn:
        found = instances.get(conn, asked.uuid)
    assert found.tags == ["a", "b"]
    assert [device.boot_index for device in found.block_devices] == [0, None]
    assert all(device.instance_uuid == asked.uuid and device.uuid for device in found.block_devices)
    for mine, theirs in zip(asked.block_devices, found.block_devices, strict=True):
        theirs.id = mine.id
        mine.created_at = theirs.created_at
    asked.tags = ["a", "b"]
    assert found == asked


def test_only_what_is_asked_for_is_loaded(cell):
    asked = _full()
    with cell.write() as conn:
        instances.create(conn, asked)
    with cell.counting() as counter, cell.read() as conn:
        found = instances.get(conn, asked.uuid, load=())
    assert counter.count == 1
    assert (found.metadata, found.system_metadata, found.tags, found.block_devices) == (None,) * 4
    assert found.flavor == asked.flavor and found.network_info == VIFS
    with cell.counting() as counter, cell.read() as conn:
        found = instances.get(conn, asked.uuid)
    assert counter.count == 6
    assert found.fault is None


def test_collections_that_are_empty_are_loaded_as_empty(cell):
    asked = db.instance()
    with cell.write() as conn:
        instances.create(conn, asked)
        found = instances.get(conn, asked.uuid)
    assert (found.metadata, found.system_metadata, found.tags, found.block_devices) == (
        {},
        {},
        [],
        [],
    )


def test_a_uuid_exists_once(cell):
    with cell.write() as conn:
        instances.create(conn, asked := db.instance())
    with pytest.raises(DuplicateKey) as caught, cell.write() as conn:
        instances.create(conn, db.instance(uuid=asked.uuid))
    assert caught.value.concerns("instances", "uuid")


def test_an_unknown_server_is_not_found(cell):
    with cell.read() as conn, pytest.raises(exception.InstanceNotFound):
        instances.get(conn, db.new_uuid())
    with cell.read() as conn:
        assert instances.get_many(conn, []) == []
        assert instances.get_many(conn, [db.new_uuid(), db.new_uuid()]) == []


def test_update_swaps_when_the_state_is_the_expected_one(cell):
    with cell.write() as conn:
        uuid = instances.create(conn, db.instance(task_state="spawning", host="h")).uuid
    with cell.counting() as counter, cell.write() as conn:
        instances.update(
            conn,
            uuid,
            {"vm_state": "active", "task_state": None, "launched_at": db.NOW},
            expected_task_state=["networking", "spawning"],
            expected_vm_state=["building"],
            expected_host="h",
            now=db.later(5),
        )
    assert counter.count == 1
    with cell.read() as conn:
        found = instances.get(conn, uuid, load=())
    assert (found.vm_state, found.task_state, found.launched_at) == ("active", None, db.NOW)
    assert found.updated_at == db.later(5)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [([None], "spawning"), (["a", "b"], "spawning"), ("a", None), (["a"], None)],
)
def test_update_refuses_when_the_task_state_is_another(cell, expected, actual):
    with cell.write() as conn:
        uuid = instances.create(conn, db.instance(task_state=actual)).uuid
    with pytest.raises(exception.UnexpectedTaskState) as caught, cell.write() as conn:
        instances.update(conn, uuid, {"task_state": "x"}, expected_task_state=expected)
    assert not isinstance(caught.value, exception.UnexpectedDeletingTaskState)
    assert caught.value.kwargs["actual"] == {"task_state": actual}
    with cell.read() as conn:
        assert instances.get(conn, uuid, load=()).task_state == actual


@pytest.mark.parametrize("expected", [[None], [None, "a"], None])
def test_no_task_is_a_state_too(cell, expected):
    with cell.write() as conn:
        uuid = instances.create(conn, db.instance()).uuid
        instances.update(conn, uuid, {"task_state": "x"}, expected_task_state=expected)
        assert instances.get(conn, uuid, load=()).task_state == "x"


def test_update_says_when_it_lost_against_a_delete(cell):
    with cell.write() as conn:
        uuid = instances.create(conn, db.instance(task_state="deleting")).uuid
    with pytest.raises(exception.UnexpectedDeletingTaskState), cell.write() as conn:
        instances.update(conn, uuid, {"task_state": None}, expected_task_state=["spawning"])


def test_update_refuses_another_vm_state_another_host_and_deleted_servers(cell):
    with cell.write() as conn:
        uuid = instances.create(conn, db.instance(host="mine")).uuid
    with pytest.raises(exception.UnexpectedTaskState), cell.write() as conn:
        instances.update(conn, uuid, {"progress": 1}, expected_vm_state="active")
    with pytest.raises(exception.InstanceNotFound), cell.write() as conn:
        instances.update(conn, uuid, {"progress": 1}, expected_host="other")
    with cell.write() as conn:
        instances.destroy(conn, uuid, db.NOW)
    with pytest.raises(exception.InstanceNotFound), cell.write() as conn:
        instances.update(conn, uuid, {"progress": 1})


def test_update_refuses_what_is_no_column(cell):
    with cell.write() as conn:
        uuid = instances.create(conn, db.instance()).uuid
        for name in ("id", "uuid", "deleted", "colour", "fault"):
            with pytest.raises(exception.InvalidInput):
                instances.update(conn, uuid, {name: 1})


def test_update_of_extras_and_collections(cell):
    asked = _full()
    bigger = db.flavor(id=99)
    with cell.write() as conn:
        instances.create(conn, asked)
        instances.update(
            conn,
            asked.uuid,
            {
                "network_info": [],
                "scheduling": Scheduling(3, ["a"], []),
                "flavor": bigger,
                "metadata": {"k2": "changed", "new": "1"},
                "system_metadata": {},
                "tags": ["c"],
            },
        )
    with cell.read() as conn:
        found = instances.get(conn, asked.uuid)
        again = instances.list_(conn, instances.InstanceQuery(equals={"flavor": 99}))
    assert (found.network_info, found.scheduling) == ([], Scheduling(3, ["a"], []))
    assert found.flavor == bigger and [one.uuid for one in again] == [asked.uuid]
    assert found.metadata == {"k2": "changed", "new": "1"}
    assert (found.system_metadata, found.tags) == ({}, ["c"])
    assert found.keypairs == asked.keypairs


def test_metadata_can_lose_and_regain_a_key(cell):
    """The removed rows stay in the table and must not be in the way."""
    with cell.write() as conn:
        uuid = instances.create(conn, db.instance(metadata={"k": "1"})).uuid
        for round_ in range(3):
            instances.update(conn, uuid, {"metadata": {}})
            instances.update(conn, uuid, {"metadata": {"k": str(round_)}})
        assert instances.get(conn, uuid).metadata == {"k": "2"}


def test_of_two_swaps_at_once_one_wins(cell):
    with cell.write() as conn:
        uuid = instances.create(conn, db.instance()).uuid

    def swap(name: str) -> str | None:
        try:
            cell.run(
                lambda conn: instances.update(
                    conn, uuid, {"task_state": name}, expected_task_state=[None]
                )
            )
        except exception.UnexpectedTaskState:
            return None
        return name

    won = [name for name in db.run_threads([lambda n=n: swap(f"t{n}") for n in range(6)]) if name]
    assert len(won) == 1
    with cell.read() as conn:
        assert instances.get(conn, uuid, load=()).task_state == won[0]


def test_destroy_keeps_what_the_server_had_for_those_who_ask(cell):
    asked = _full()
    with cell.write() as conn:
        instances.create(conn, asked)
        instances.update(conn, asked.uuid, {"metadata": {"k": "v"}})
        instance_faults.create(conn, InstanceFault(asked.uuid, 500, "boom"))
        assert instances.destroy(conn, asked.uuid, db.NOW)
        assert not instances.destroy(conn, asked.uuid, db.later(9))
    with cell.read() as conn:
        with pytest.raises(exception.InstanceNotFound):
            instances.get(conn, asked.uuid)
        found = instances.get(conn, asked.uuid, deleted=True)
        assert instances.get(conn, asked.uuid, deleted=None) == found
        assert block_devices.list_(conn, asked.uuid) == []
    assert found.deleted and found.deleted_at == found.terminated_at == db.NOW
    assert (found.vm_state, found.task_state) == ("deleted", None)
    assert found.metadata == {"k": "v"}, "k2 was removed before"
    assert found.system_metadata == asked.system_metadata
    assert len(found.block_devices) == 2
    assert found.fault.message == "boom"


def test_destroy_gives_the_claims_back_once(cell):
    with cell.write() as conn:
        node = db.add_node(conn)
        uuid = instances.create(conn, db.instance(host="host1")).uuid
        assert allocations.claim(conn, uuid, node.id, 1, 512, 1)
    db.run_threads([lambda: cell.run(lambda c: instances.destroy(c, uuid, db.NOW))] * 4)
    nodes = models.compute_nodes
    used = sa.select(nodes.c.vcpus_used, nodes.c.memory_mb_used, nodes.c.running_vms)
    with cell.read() as conn:
        assert tuple(conn.execute(used).one()) == (0, 0, 0)
        assert allocations.for_instance(conn, uuid) == []


def test_on_host_finds_what_a_sweep_must_look_at(cell):
    def add(**kwargs):
        return instances.create(conn, db.instance(**kwargs)).uuid

    with cell.write() as conn:
        quiet = add(host="h", vm_state="active")
        busy = add(host="h", vm_state="active", task_state="rebooting")
        building = add(host="h", vm_state="building", block_devices=[BlockDevice("blank", "local")])
        add(host="other", task_state="spawning")
        gone = add(host="h")
        instances.destroy(conn, gone, db.NOW)
    with cell.read() as conn:
        everything = instances.on_host(conn, "h")
        unfinished = instances.on_host(conn, "h", unfinished_only=True)
        assert instances.count(conn, host="h") == 3
    assert [one.uuid for one in everything] == [quiet, busy, building]
    assert [one.uuid for one in unfinished] == [busy, building]
    assert len(everything[2].block_devices) == 1 and everything[0].block_devices == []


def test_the_newest_fault_is_shown_and_long_messages_are_cut(cell):
    with cell.write() as conn:
        uuid = instances.create(conn, db.instance()).uuid
        instance_faults.create(conn, InstanceFault(uuid, 500, "old", created_at=db.NOW))
        instance_faults.create(conn, InstanceFault(uuid, 404, "m" * 300, created_at=db.NOW))
    with cell.read() as conn:
        fault = instances.get(conn, uuid).fault
        assert [f.code for f in instance_faults.list_(conn, uuid)] == [404, 500]
    assert (fault.code, fault.message, fault.details) == (404, "m" * 255, "m" * 300)
    assert fault.created_at == db.NOW
