"""What compute hosts read and write through the conductor, on SQLite."""

import pathlib
import uuid as uuids
from collections.abc import Iterator

import pytest

from novalite.context import admin_context
from novalite.db.api_database import host_mappings, instance_groups
from novalite.db.cell_database import block_devices, instance_actions, instances, services
from novalite.exception import (
    HostMappingNotFound,
    InstanceNotFound,
    InvalidInput,
    UnexpectedDeletingTaskState,
    UnexpectedTaskState,
)
from novalite.objects import (
    BlockDevice,
    ComputeNode,
    InstanceFault,
    InstanceGroup,
    InstanceStep,
)
from tests.support.small_cloud import PROJECT, USER, SmallCloud

CONTEXT = admin_context("req-post")


class World:
    """One host and one server that is handed over to it."""

    def __init__(self, cloud: SmallCloud) -> None:
        self.cloud = cloud
        cloud.add_host("host1")
        self.runner = cloud.conductor()
        self.gateway = self.runner.manager
        [self.uuid] = cloud.promise()
        self.runner.build([self.uuid])

    def step(self, **members: object) -> object:
        return self.gateway.instance_step(
            CONTEXT,
            "host1",
            self.uuid,
            InstanceStep(**members),  # type: ignore[arg-type]
        )

    def events(self) -> list[tuple[str, str | None, bool]]:
        with self.cloud.cell.read() as conn:
            action = instance_actions.get(conn, self.uuid, "req-post")
        return [
            (event.event, event.result, event.finish_time is not None)
            for event in reversed(action.events or [])
        ]


@pytest.fixture
def world(tmp_path: pathlib.Path) -> Iterator[World]:
    cloud = SmallCloud(tmp_path)
    yield World(cloud)
    cloud.close()


def test_a_step_is_one_compare_and_swap(world: World) -> None:
    answer = world.step(
        changes={"task_state": "networking", "system_metadata": {"a": "1"}},
        expected_task_state=["scheduling", None],
        expected_vm_state=["building"],
    )
    assert answer.task_state == "networking"  # type: ignore[attr-defined]
    with pytest.raises(UnexpectedTaskState):
        world.step(changes={"task_state": "spawning"}, expected_task_state=["scheduling"])
    [(_, instance)] = world.cloud.rows(world.uuid)
    assert instance.task_state == "networking"
    assert instance.system_metadata == {"image_os_type": "linux", "a": "1"}


def test_system_metadata_is_merged_and_none_removes(world: World) -> None:
    world.step(changes={"system_metadata": {"a": "1", "image_os_type": None}})
    [(_, instance)] = world.cloud.rows(world.uuid)
    assert instance.system_metadata == {"a": "1"}


def test_a_step_without_changes_checks_only(world: World) -> None:
    before = world.cloud.rows(world.uuid)[0][1].updated_at
    world.step(expected_task_state=["scheduling"])
    assert world.cloud.rows(world.uuid)[0][1].updated_at == before
    with pytest.raises(UnexpectedTaskState):
        world.step(expected_vm_state=["active"])
    world.cloud.add_host("host2")
    with pytest.raises(InstanceNotFound):
        world.gateway.instance_step(CONTEXT, "host2", world.uuid, InstanceStep())


def test_another_host_may_not_change_it(world: World) -> None:
    world.cloud.add_host("host2")
    with pytest.raises(InstanceNotFound):
        world.gateway.instance_update(CONTEXT, "host2", world.uuid, {"progress": 1})
    with pytest.raises(HostMappingNotFound):
        world.gateway.instance_update(CONTEXT, "stranger", world.uuid, {"progress": 1})


def test_a_deletion_is_told_apart(world: World) -> None:
    world.gateway.instance_update(CONTEXT, "host1", world.uuid, {"task_state": "deleting"})
    for changes in ({"progress": 1}, {}):
        with pytest.raises(UnexpectedDeletingTaskState):
            world.step(changes=changes, expected_task_state=["scheduling"])
    world.step(changes={"progress": 1}, expected_task_state=["deleting"])


def test_all_of_a_step_or_nothing(world: World) -> None:
    [device] = world.cloud.rows(world.uuid)[0][1].block_devices or []
    with pytest.raises(InvalidInput):
        world.step(
            changes={"progress": 50},
            start_event="compute_build",
            block_devices=[{"uuid": device.uuid, "no_such_column": 1}],
        )
    assert world.cloud.rows(world.uuid)[0][1].progress == 0
    assert world.events() == []

    world.step(
        changes={"progress": 50},
        start_event="compute_build",
        block_devices=[{"uuid": device.uuid, "device_name": "/dev/vda"}],
        fault=InstanceFault("", 500, "a fault"),
    )
    [(_, instance)] = world.cloud.rows(world.uuid)
    assert (instance.progress, instance.block_devices[0].device_name) == (50, "/dev/vda")  # type: ignore[index]
    assert instance.fault is not None
    assert (instance.fault.message, instance.fault.host) == ("a fault", "host1")
    assert world.events() == [("compute_build", None, False)]


def test_steps_of_an_action(world: World) -> None:
    world.step(start_event="one")
    world.step(start_event="one")
    world.step(finish_event="one", start_event="two")
    world.step(finish_event="three", result="Error", message="why", traceback="where")
    assert world.events() == [
        ("one", "Success", True),
        ("two", None, False),
        ("three", "Error", True),
    ]
    with world.cloud.cell.read() as conn:
        assert instance_actions.get(conn, world.uuid, "req-post").message == "Error"


def test_resumed_work_belongs_to_the_newest_action(world: World) -> None:
    world.gateway.action_event_start(admin_context("req-other"), "host1", world.uuid, "one")
    world.gateway.action_event_finish(
        admin_context("req-other"), "host1", world.uuid, "one", "Success"
    )
    assert world.events() == [("one", "Success", True)]


def test_destroyed(world: World) -> None:
    cloud = world.cloud
    group = InstanceGroup(str(uuids.uuid4()), PROJECT, USER, "group", "affinity")
    cloud.api.run(lambda conn: instance_groups.create(conn, group))
    cloud.api.run(lambda conn: instance_groups.add_members(conn, group.uuid, [world.uuid]))

    for _ in range(2):
        world.gateway.instance_destroyed(CONTEXT, "host1", world.uuid, finish_event="delete")

    assert cloud.rows(world.uuid) == []
    assert cloud.claims(world.uuid) == []
    assert cloud.mapping(world.uuid).queued_for_delete
    with cloud.api.read() as conn:
        assert instance_groups.get(conn, group.uuid).members == []
    assert world.events() == [("delete", "Success", True)]
    instance = world.gateway.instance_get(CONTEXT, "host1", world.uuid)
    assert instance is not None and instance.deleted
    cloud.check_counters()


def test_another_host_may_not_destroy_it(world: World) -> None:
    world.cloud.add_host("host2")
    world.gateway.instance_destroyed(CONTEXT, "host2", world.uuid)
    assert len(world.cloud.rows(world.uuid)) == 1
    assert not world.cloud.mapping(world.uuid).queued_for_delete


def test_what_a_host_has(world: World) -> None:
    [found] = world.gateway.instances_on_host(CONTEXT, "host1")
    assert found.uuid == world.uuid
    assert found.block_devices is not None
    assert len(world.gateway.instances_on_host(CONTEXT, "host1", unfinished_only=True)) == 1
    world.step(changes={"vm_state": "active", "task_state": None})
    assert world.gateway.instances_on_host(CONTEXT, "host1", unfinished_only=True) == []
    full = world.gateway.instance_get(CONTEXT, "host1", world.uuid)
    assert full is not None and full.metadata == {"key": "value"}
    assert world.gateway.instance_get(CONTEXT, "host1", str(uuids.uuid4())) is None


def test_no_work_where_there_is_none(world: World) -> None:
    gateway = world.gateway
    assert gateway.build_work(CONTEXT, "host1", str(uuids.uuid4())) is None
    world.cloud.add_host("host2")
    assert gateway.build_work(CONTEXT, "host2", world.uuid) is None
    assert gateway.build_work(CONTEXT, "host1", world.uuid) is not None
    world.step(changes={"task_state": "deleting"})
    assert gateway.build_work(CONTEXT, "host1", world.uuid) is None


def test_no_work_before_it_is_handed_over(world: World) -> None:
    """The row is there, the build request too: the conductor has not finished."""
    cloud = world.cloud
    [uuid] = cloud.promise()
    instance = cloud.instance(cloud.spec(uuid))
    instance.host = "host1"
    cloud.cell.run(lambda conn: instances.create(conn, instance))
    assert world.gateway.build_work(CONTEXT, "host1", uuid) is None
    assert len(cloud.rows(uuid)) == 1
    cloud.delete_promise(uuid)
    assert world.gateway.build_work(CONTEXT, "host1", uuid) is None
    assert cloud.rows(uuid) == []


def test_a_new_compute_host_joins_the_cell(world: World) -> None:
    cloud = world.cloud
    service = world.gateway.service_heartbeat(CONTEXT, "new", "nova-compute", "compute", 1)
    assert (service.host, service.disabled) == ("new", False)
    with cloud.api.read() as conn:
        assert host_mappings.get(conn, "new") == cloud.cell1.uuid
    node = ComputeNode(host="new", hypervisor_hostname="new", uuid=str(uuids.uuid4()), vcpus=4)
    stored = world.gateway.node_report(CONTEXT, "new", node)
    assert (stored.id is not None, stored.service_id) == (True, service.id)
    with cloud.cell.counting() as cell, cloud.api.counting() as api:
        world.gateway.service_heartbeat(CONTEXT, "new", "nova-compute", "compute", 1)
    assert (cell.count, api.count) == (2, 0)


def test_a_new_host_waits_where_that_is_wanted(tmp_path: pathlib.Path) -> None:
    cloud = SmallCloud(tmp_path, DEFAULT__enable_new_services=False)
    gateway = cloud.conductor().manager
    assert gateway.service_heartbeat(CONTEXT, "new", "nova-compute", "compute", 1).disabled
    assert not gateway.service_heartbeat(CONTEXT, "new", "nova-other", "other", 1).disabled
    cloud.close()


def test_services_without_a_host_are_recorded_too(world: World) -> None:
    world.runner.manager._sweeps.heartbeat()
    world.cloud.scheduler._beat()
    with world.cloud.cell.read() as conn:
        found = {(s.binary, s.host, s.topic) for s in services.list_(conn)}
    assert ("nova-conductor", "one", "conductor") in found
    assert ("nova-scheduler", "controller", "scheduler") in found


def test_orphaned_claims_of_a_host(world: World) -> None:
    cloud = world.cloud
    spec = cloud.spec()
    cloud.scheduler.select_destinations(CONTEXT, [spec])
    assert world.gateway.orphan_allocations(CONTEXT, "host1") == 0
    cloud.clock.seconds += 61
    assert world.gateway.orphan_allocations(CONTEXT, "host1") == 1
    assert cloud.claims(spec.instance_uuid) == []
    assert cloud.claims(world.uuid) != []
    cloud.check_counters()


def test_claims_of_what_is_promised_are_no_orphans(world: World) -> None:
    cloud = world.cloud
    [uuid] = cloud.promise()
    cloud.scheduler.select_destinations(CONTEXT, [cloud.spec(uuid)])
    cloud.clock.seconds += 61
    world.runner.tidy()
    assert world.gateway.orphan_allocations(CONTEXT, "host1") == 0
    assert cloud.claims(uuid) == [("cell1", "host1")]


def test_a_step_with_devices_that_go_and_collections_that_are_wanted(world: World) -> None:
    with world.cloud.cell.write() as conn:
        volume = BlockDevice("volume", "volume", volume_id="v", task_state="attaching")
        block_devices.create(conn, world.uuid, [volume])
    world.step(changes={"vm_state": "active", "task_state": None})
    [unfinished] = world.gateway.instances_on_host(CONTEXT, "host1", unfinished_only=True)
    assert [d.task_state for d in unfinished.block_devices or () if d.is_volume] == ["attaching"]

    plain = world.step()
    assert plain.block_devices is None  # type: ignore[attr-defined]
    full = world.step(load=["block_devices"])
    assert "v" in [d.volume_id for d in full.block_devices]  # type: ignore[attr-defined]
    world.step(removed_devices=[volume.uuid], finish_event="compute_attach_volume", result="Error")
    full = world.step(load=["block_devices"])
    assert "v" not in [d.volume_id for d in full.block_devices]  # type: ignore[attr-defined]
    assert world.gateway.instances_on_host(CONTEXT, "host1", unfinished_only=True) == []
