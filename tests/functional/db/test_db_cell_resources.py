"""Services, compute nodes, actions, tags and block devices."""

import pytest

from novalite import exception
from novalite.db.cell_database import (
    block_devices,
    compute_nodes,
    instance_actions,
    instances,
    services,
    tags,
)
from novalite.objects import BlockDevice, ComputeNode, InstanceAction
from tests.support import db

# ---- services ----


def _beat(conn, host="h", binary="nova-compute", now=db.NOW, **kwargs):
    return services.heartbeat(conn, host, binary, "compute", 1, now, **kwargs)


def test_the_first_heartbeat_makes_the_record(cell):
    with cell.write() as conn:
        first = _beat(conn, disabled=True)
        assert (first.report_count, first.last_seen_up, first.disabled) == (0, db.NOW, True)
        with cell.counting() as counter:
            second = _beat(conn, now=db.later(10))
        assert counter.count == 2
    assert (second.report_count, second.last_seen_up, second.disabled) == (1, db.later(10), True)
    assert second.uuid == first.uuid
    assert second.is_up(db.later(60), 60) and not second.is_up(db.later(100), 60)


def test_heartbeats_at_once_make_one_record(cell):
    beats = db.run_threads([lambda: cell.run(_beat)] * 6)
    assert len({beat.uuid for beat in beats}) == 1
    with cell.read() as conn:
        (service,) = services.list_(conn)
    # Those that found no row and then lost the race to insert it are not counted.
    assert 0 <= service.report_count <= 5


def test_services_are_found_changed_and_removed(cell):
    with cell.write() as conn:
        one = _beat(conn)
        _beat(conn, binary="nova-conductor", host="c")
        assert services.get(conn, one.uuid) == services.get(conn, one.id) == one
        assert services.get_by_host(conn, "h") == one
        assert [s.binary for s in services.list_(conn)] == ["nova-compute", "nova-conductor"]
        assert [s.host for s in services.list_(conn, binary="nova-conductor")] == ["c"]
        changed = services.update(conn, one.uuid, disabled=True, disabled_reason="why")
        assert (changed.disabled, changed.disabled_reason) == (True, "why")
        assert services.list_(conn, disabled=True) == [changed]
        services.destroy(conn, one.uuid, db.NOW)
        for call in (
            lambda: services.destroy(conn, one.uuid, db.NOW),
            lambda: services.get(conn, one.uuid),
            lambda: services.update(conn, one.id, forced_down=True),
        ):
            with pytest.raises(exception.ServiceNotFound):
                call()
        with pytest.raises(exception.ComputeHostNotFound):
            services.get_by_host(conn, "h")
        again = _beat(conn)
        assert again.uuid != one.uuid and again.report_count == 0


# ---- compute nodes ----


def test_a_report_leaves_the_counters_alone(cell):
    with cell.write() as conn:
        node = db.add_node(conn, traits=["T"], cpu_info={"model": "x"}, stats={"a": 1})
        table = compute_nodes.table
        conn.execute(table.update().values(vcpus_used=3, running_vms=2))
        node.vcpus_used = 99
        node.vcpus = 16
        again = compute_nodes.report(conn, node, db.later(60))
    assert (again.vcpus, again.vcpus_used, again.running_vms) == (16, 3, 2)
    assert (again.id, again.uuid, again.updated_at) == (node.id, node.uuid, db.later(60))
    assert (again.traits, again.cpu_info, again.stats) == (["T"], {"model": "x"}, {"a": 1})
    assert again.supported_instances == []


def test_a_node_that_lost_its_uuid_keeps_the_stored_one(cell):
    with cell.write() as conn:
        node = db.add_node(conn)
        again = db.add_node(conn, uuid=db.new_uuid())
    assert (again.uuid, again.id) == (node.uuid, node.id)


def test_a_uuid_cannot_move_to_another_host(cell):
    with cell.write() as conn:
        node = db.add_node(conn, "a")
    with pytest.raises(exception.Conflict), cell.write() as conn:
        db.add_node(conn, "b", uuid=node.uuid)


def test_nodes_are_found_paged_and_summed(cell):
    with cell.write() as conn:
        nodes = [db.add_node(conn, f"host_{n}", memory_mb=1000 + n) for n in range(4)]
        assert compute_nodes.get(conn, nodes[1].uuid) == nodes[1]
        assert compute_nodes.get_by_id(conn, nodes[1].id) == nodes[1]
        assert compute_nodes.on_host(conn, "host_2") == [nodes[2]]
        assert compute_nodes.list_(conn) == nodes
        assert compute_nodes.list_(conn, limit=2, marker=nodes[0].uuid) == nodes[1:3]
        assert compute_nodes.list_(conn, name_contains="ost_3") == [nodes[3]]
        assert compute_nodes.list_(conn, name_contains="%") == []
        assert compute_nodes.list_(conn, ids=[nodes[0].id, nodes[3].id]) == [nodes[0], nodes[3]]
        with pytest.raises(exception.MarkerNotFound):
            compute_nodes.list_(conn, marker=db.new_uuid())
        totals = compute_nodes.totals(conn)
        assert (totals["count"], totals["vcpus"], totals["memory_mb"]) == (4, 16, 4006)
        compute_nodes.destroy(conn, nodes[0].uuid, db.NOW)
        for call in (
            lambda: compute_nodes.destroy(conn, nodes[0].uuid, db.NOW),
            lambda: compute_nodes.get(conn, nodes[0].uuid),
        ):
            with pytest.raises(exception.ComputeHostNotFound):
                call()
        assert compute_nodes.totals(conn)["count"] == 3
        reborn = compute_nodes.report(conn, ComputeNode("host_0", "host_0", db.new_uuid()))
        assert reborn.id != nodes[0].id


# ---- actions ----


def _action(conn, uuid, request="req-1", name="create", second=0):
    when = db.later(second)
    return instance_actions.start(
        conn, InstanceAction(name, uuid, request, "u", "p", start_time=when)
    )


def test_an_action_is_recorded_once(cell):
    uuid = db.new_uuid()
    with cell.write() as conn:
        assert _action(conn, uuid)
        assert not _action(conn, uuid)
        assert _action(conn, uuid, "req-2", "stop", 5)
        action = instance_actions.get(conn, uuid, "req-1")
        assert (action.action, action.user_id, action.start_time) == ("create", "u", db.NOW)
        assert (action.updated_at, action.events, action.message) == (db.NOW, [], None)
        assert instance_actions.finish(conn, uuid, "req-1", db.later(3), "done" * 100)
        assert not instance_actions.finish(conn, uuid, "req-9", db.later(3))
        action = instance_actions.get(conn, uuid, "req-1")
        assert (action.finish_time, action.message) == (db.later(3), ("done" * 100)[:255])
        with pytest.raises(exception.ActionNotFound):
            instance_actions.get(conn, uuid, "req-9")


def test_events_of_an_action(cell):
    uuid = db.new_uuid()
    event = "compute__do_build_and_run_instance"
    with cell.write() as conn:
        _action(conn, uuid)
        for host in ("h1", "h2"):
            assert instance_actions.event_start(conn, uuid, "req-1", event, host, db.later(1))
        assert instance_actions.event_start(conn, uuid, "req-1", event, "h1", db.later(2)), (
            "resumed"
        )
        assert instance_actions.event_finish(
            conn, uuid, "req-1", event, "h1", db.later(3), "Error", "why", "trace"
        )
        assert instance_actions.event_finish(
            conn, uuid, "req-1", event, "h2", db.later(4), "Success"
        )
        assert not instance_actions.event_finish(
            conn, uuid, "req-1", event, "h2", db.later(5), "Success"
        ), "it ended already"
        assert not instance_actions.event_start(conn, uuid, "req-9", event, "h1", db.NOW)
        assert not instance_actions.event_finish(conn, uuid, "req-9", event, "h1", db.NOW, "Error")
        action = instance_actions.get(conn, uuid, "req-1")
    assert (action.message, action.updated_at) == ("Error", db.later(4))
    good, bad = action.events
    assert (good.host, good.result, good.finish_time) == ("h2", "Success", db.later(4))
    assert (bad.host, bad.result, bad.details, bad.traceback) == ("h1", "Error", "why", "trace")
    assert bad.start_time == db.later(1)


def test_actions_are_listed_newest_first_in_pages(cell):
    uuid = db.new_uuid()
    with cell.write() as conn:
        for number in range(5):
            _action(conn, uuid, f"req-{number}", "stop", number // 2)
        _action(conn, db.new_uuid(), "req-x")

        def listed(**kwargs):
            found = instance_actions.list_(conn, uuid, **kwargs)
            return [action.request_id[-1] for action in found]

        assert listed() == ["4", "3", "2", "1", "0"]
        assert listed(limit=2, marker="req-3") == ["2", "1"]
        assert listed(changes_since=db.later(1)) == ["4", "3", "2"]
        assert listed(changes_before=db.later(1)) == ["3", "2", "1", "0"]
        with pytest.raises(exception.MarkerNotFound):
            listed(marker="req-9")


# ---- tags and block devices ----


def test_tags(cell):
    with cell.write() as conn:
        uuid = instances.create(conn, db.instance()).uuid
        assert tags.add(conn, uuid, "b") and tags.add(conn, uuid, "a")
        assert not tags.add(conn, uuid, "a")
        assert tags.list_(conn, uuid) == ["a", "b"]
        tags.replace(conn, uuid, ["c", "c", "d"])
        assert tags.list_(conn, uuid) == ["c", "d"]
        assert tags.remove(conn, uuid, "c") == 1
        assert tags.remove(conn, uuid, "c") == 0
        assert tags.remove(conn, uuid) == 1


def test_block_devices(cell):
    with cell.write() as conn:
        uuid = instances.create(conn, db.instance()).uuid
        block_devices.create(conn, uuid, [BlockDevice("blank", "local") for _ in range(2)])
        one, two = block_devices.list_(conn, uuid)
        changes = {"device_name": "/dev/vda", "connection_info": {"path": "x"}}
        assert block_devices.update(conn, uuid, one.uuid, changes)
        assert not block_devices.update(conn, db.new_uuid(), one.uuid, changes), "not its server"
        with pytest.raises(exception.InvalidInput):
            block_devices.update(conn, uuid, one.uuid, {"instance_uuid": "x"})
        assert block_devices.destroy(conn, uuid, two.uuid, db.NOW)
        assert not block_devices.destroy(conn, uuid, two.uuid, db.NOW)
        assert not block_devices.update(conn, uuid, two.uuid, changes)
        (left,) = block_devices.list_(conn, uuid)
        assert instances.get(conn, uuid).block_devices == [left]
    assert (left.device_name, left.connection_info) == ("/dev/vda", {"path": "x"})
