import base64
import dataclasses
import threading

import pytest

from novalite import states
from novalite.exception import (
    DependencyUnavailable,
    HypervisorUnavailable,
    ImageNotFound,
    NetworkNotFound,
    PortLimitExceeded,
    RescheduledException,
)
from novalite.objects import RequestedNetwork
from tests.support.compute_doubles import eventually, new_instance
from tests.support.compute_host import Host

EVENT = "compute__do_build_and_run_instance"


def fail_spawn(host, monkeypatch, error):
    def spawn(request):
        raise error

    monkeypatch.setattr(host.driver, "spawn", spawn)


def test_a_build_ends_active_with_guest_port_and_event(host, context):
    manager = host.start()
    work = host.conductor.promise(new_instance(host.name))
    uuid = work.instance.uuid
    manager.build_and_run_instance(context, work)
    eventually(lambda: host.conductor.settled(uuid))
    row = host.conductor.row(uuid)
    assert (row.vm_state, row.task_state, row.power_state) == ("active", None, states.RUNNING)
    assert row.launched_at is not None
    assert row.launched_on == host.name
    assert row.progress == 100
    assert host.guests() == {uuid}
    (vif,) = row.network_info
    assert host.network.ports_of(uuid) == [vif.id]
    assert vif.bridge == "br-1"
    assert host.driver.guest(uuid).ports == [vif.id]
    assert [d.device_name for d in row.block_devices] == ["/dev/vda", "/dev/vdb"]
    assert [d.volume_size for d in row.block_devices] == [1, 1]
    assert row.root_device_name == "/dev/vda"
    assert row.default_ephemeral_device == "/dev/vdb"
    assert host.conductor.events[uuid, EVENT] == ["Success"]
    assert [s[2] for s in host.conductor.states] == ["networking", "spawning", None]


def test_a_build_and_a_delete_keep_their_budget_of_calls(host, context):
    manager = host.start(grace=100.0)
    host.conductor.calls.clear()
    work = host.conductor.promise(new_instance(host.name))
    manager.build_and_run_instance(context, work)
    eventually(lambda: host.conductor.settled(work.instance.uuid))
    periodic = {"service_heartbeat", "node_report", "instances_on_host", "orphan_allocations"}
    used = [call for call in host.conductor.calls if call not in periodic]
    assert used == ["instance_step"] * 3
    host.conductor.calls.clear()
    row = host.conductor.set(work.instance.uuid, task_state=states.DELETING)
    manager.terminate_instance(context, row)
    eventually(lambda: host.conductor.settled(work.instance.uuid))
    used = [call for call in host.conductor.calls if call not in periodic]
    assert used == ["instance_step", "instance_destroyed"]


def test_without_a_network_spawning_is_the_first_step(host, context):
    manager = host.start(grace=100.0)
    host.conductor.calls.clear()
    work = host.conductor.promise(new_instance(host.name), networks=[RequestedNetwork(mode="none")])
    uuid = work.instance.uuid
    manager.build_and_run_instance(context, work)
    eventually(lambda: host.conductor.settled(uuid))
    assert host.conductor.calls.count("instance_step") == 2
    assert [s[2] for s in host.conductor.states] == ["spawning", None]
    row = host.conductor.row(uuid)
    assert (row.vm_state, row.network_info) == ("active", [])
    assert [d.device_name for d in row.block_devices] == ["/dev/vda", "/dev/vdb"]
    assert host.conductor.events[uuid, EVENT] == ["Success"]
    assert host.network.ports_of(uuid) == []


def test_without_a_network_a_volume_is_refused_with_a_reason(host, context):
    host.volumes = None
    manager = host.start(grace=100.0)
    instance = new_instance(host.name)
    instance.block_devices[0].source_type = "volume"
    instance.block_devices[0].destination_type = "volume"
    work = host.conductor.promise(instance, networks=[RequestedNetwork(mode="none")])
    manager.build_and_run_instance(context, work)
    eventually(lambda: host.conductor.reschedules)
    assert "No volume service" in host.conductor.reschedules[0]["reason"]
    assert host.guests() == set()


def test_the_driver_gets_password_files_and_image(host, context, monkeypatch):
    seen = []
    spawn = host.driver.spawn
    monkeypatch.setattr(
        host.driver, "spawn", lambda request: (seen.append(request), spawn(request))
    )
    manager = host.start()
    work = host.conductor.promise(
        new_instance(host.name),
        injected_files=[["/etc/motd", base64.b64encode(b"hi").decode()]],
        admin_password="s3cret",
    )
    manager.build_and_run_instance(context, work)
    eventually(lambda: host.conductor.settled(work.instance.uuid))
    (request,) = seen
    assert request.injected_files == [("/etc/motd", b"hi")]
    assert request.admin_password == "s3cret"
    assert request.image.id == work.image.id
    assert [d.device_name for d in request.block_devices] == ["/dev/vda", "/dev/vdb"]


def test_a_doubled_build_builds_once(host, context):
    manager = host.start()
    work = host.conductor.promise(new_instance(host.name))
    for _ in range(5):
        manager.build_and_run_instance(context, work)
    eventually(lambda: host.conductor.settled(work.instance.uuid))
    manager.build_and_run_instance(context, work)
    host.stop()
    assert host.driver.guest(work.instance.uuid).boots == 1
    assert len(host.network.ports_of(work.instance.uuid)) == 1
    assert host.conductor.row(work.instance.uuid).vm_state == "active"


def test_a_lost_build_is_found_by_the_sweep(host):
    work = host.conductor.promise(new_instance(host.name))
    host.start()
    eventually(lambda: host.conductor.settled(work.instance.uuid))
    assert host.conductor.row(work.instance.uuid).vm_state == "active"


def test_young_work_is_left_to_its_message(host):
    work = host.conductor.promise(new_instance(host.name))
    manager = host.start(grace=100.0)
    looks = len(host.conductor.calls)
    eventually(lambda: host.conductor.calls.count("instances_on_host") >= 2)
    assert looks and "build_work" not in host.conductor.calls
    assert host.conductor.row(work.instance.uuid).task_state == states.SCHEDULING
    assert manager.ready


def test_a_build_for_another_host_is_refused(host, context):
    manager = host.start()
    work = host.conductor.promise(new_instance("elsewhere"))
    manager.build_and_run_instance(context, work)
    eventually(lambda: "instance_step" in host.conductor.calls)
    host.stop()
    assert host.guests() == set()
    assert host.conductor.row(work.instance.uuid).task_state == states.SCHEDULING


@pytest.mark.parametrize(
    ("error", "final"),
    [
        (RescheduledException(instance_uuid="x", reason="no room"), False),
        (OSError("disk full"), False),
        (HypervisorUnavailable(host="host1"), False),
        (ImageNotFound(image_id="gone"), True),
    ],
)
def test_a_failed_spawn_cleans_up_and_goes_back(host, context, monkeypatch, error, final):
    fail_spawn(host, monkeypatch, error)
    manager = host.start()
    work = host.conductor.promise(new_instance(host.name), admin_password="pw")
    manager.build_and_run_instance(context, work)
    eventually(lambda: host.conductor.settled(work.instance.uuid))
    (asked,) = host.conductor.reschedules
    assert asked["abort"] is final
    assert asked["password"] == "pw"
    assert str(error) in asked["reason"]
    assert host.guests() == set()
    assert host.network.ports == {}
    assert host.conductor.row(work.instance.uuid).network_info == []
    assert host.conductor.events[work.instance.uuid, EVENT] == ["Error"]


@pytest.mark.parametrize(
    ("error", "final"),
    [(NetworkNotFound(network_id="gone"), True), (PortLimitExceeded(), True)],
)
def test_a_failed_network_is_final(host, context, error, final):
    host.network.failing["create_port"] = error
    manager = host.start()
    work = host.conductor.promise(new_instance(host.name))
    manager.build_and_run_instance(context, work)
    eventually(lambda: host.conductor.settled(work.instance.uuid))
    assert host.conductor.reschedules[0]["abort"] is final
    assert host.guests() == set()


def test_a_guest_that_will_not_go_gets_no_twin(host, context, monkeypatch):
    spawn, destroy = host.driver.spawn, host.driver.destroy

    def half(request):
        spawn(request)
        raise OSError("after the fact")

    def stuck(*args, **kwargs):
        raise OSError("stuck")

    monkeypatch.setattr(host.driver, "spawn", half)
    monkeypatch.setattr(host.driver, "destroy", stuck)
    manager = host.start()
    work = host.conductor.promise(new_instance(host.name))
    uuid = work.instance.uuid
    manager.build_and_run_instance(context, work)
    eventually(lambda: host.conductor.settled(uuid))
    assert host.conductor.reschedules == []
    row = host.conductor.row(uuid)
    assert (row.vm_state, row.host) == ("error", host.name)
    assert host.conductor.faults[0].message == "after the fact"
    monkeypatch.setattr(host.driver, "destroy", destroy)
    manager.terminate_instance(context, host.conductor.set(uuid, task_state=states.DELETING))
    eventually(lambda: host.conductor.row(uuid).deleted)
    assert host.guests() == set()
    assert host.network.ports == {}


def test_a_failed_build_waits_for_a_network_service_that_is_away(host, context, monkeypatch):
    def spawn(request):
        host.network.failing["list_ports"] = DependencyUnavailable(reason="away")
        raise OSError("no")

    monkeypatch.setattr(host.driver, "spawn", spawn)
    manager = host.start()
    work = host.conductor.promise(new_instance(host.name))
    manager.build_and_run_instance(context, work)
    eventually(lambda: "list_ports" in host.network.failing)
    assert host.conductor.reschedules == []
    host.network.failing.clear()
    eventually(lambda: host.conductor.settled(work.instance.uuid))
    assert host.network.ports == {}
    assert len(host.conductor.reschedules) == 1


def test_the_users_own_port_outlives_a_failed_build(host, context, monkeypatch):
    fail_spawn(host, monkeypatch, OSError("no"))
    port = host.network.users_port()
    manager = host.start()
    work = host.conductor.promise(
        new_instance(host.name), [RequestedNetwork(mode="port", port_id=port)]
    )
    manager.build_and_run_instance(context, work)
    eventually(lambda: host.conductor.settled(work.instance.uuid))
    assert list(host.network.ports) == [port]
    assert host.network.ports[port]["device_id"] == ""


def test_a_users_port_that_cannot_be_given_back_stays_known_as_his(host, context, monkeypatch):
    port = host.network.users_port()

    def spawn(request):
        host.network.failing["update_port"] = OSError("network is down")
        raise OSError("no")

    monkeypatch.setattr(host.driver, "spawn", spawn)
    manager = host.start()
    work = host.conductor.promise(
        new_instance(host.name), [RequestedNetwork(mode="port", port_id=port)]
    )
    uuid = work.instance.uuid
    manager.build_and_run_instance(context, work)
    eventually(lambda: host.conductor.settled(uuid))
    host.network.failing.clear()
    manager.terminate_instance(context, host.conductor.set(uuid, task_state=states.DELETING))
    eventually(lambda: host.conductor.row(uuid).deleted)
    assert list(host.network.ports) == [port]
    assert host.network.ports[port]["device_id"] == ""


def test_a_delete_during_a_build_wins(host, context, monkeypatch):
    inside, go_on = threading.Event(), threading.Event()
    spawn = host.driver.spawn

    def slow(request):
        inside.set()
        assert go_on.wait(10)
        spawn(request)

    monkeypatch.setattr(host.driver, "spawn", slow)
    manager = host.start()
    work = host.conductor.promise(new_instance(host.name))
    uuid = work.instance.uuid
    manager.build_and_run_instance(context, work)
    assert inside.wait(10)
    manager.terminate_instance(context, host.conductor.set(uuid, task_state=states.DELETING))
    go_on.set()
    eventually(lambda: host.conductor.row(uuid).deleted)
    host.stop()
    assert host.guests() == set()
    assert host.network.ports == {}
    assert host.conductor.faults == []
    assert host.conductor.reschedules == []


def test_a_delete_does_not_wait_for_a_place_among_the_builds(tmp_path, context, monkeypatch):
    host = Host(tmp_path, max_concurrent_builds=1)
    inside, go_on = threading.Event(), threading.Event()
    spawn = host.driver.spawn

    def slow(request):
        inside.set()
        assert go_on.wait(10)
        spawn(request)

    monkeypatch.setattr(host.driver, "spawn", slow)
    manager = host.start()
    first = host.conductor.promise(new_instance(host.name))
    second = host.conductor.promise(new_instance(host.name))
    manager.build_and_run_instance(context, first)
    assert inside.wait(10)
    manager.build_and_run_instance(context, second)
    uuid = second.instance.uuid
    assert host.conductor.row(uuid).task_state == states.SCHEDULING
    manager.terminate_instance(context, host.conductor.set(uuid, task_state=states.DELETING))
    eventually(lambda: host.conductor.row(uuid).deleted)
    assert not host.conductor.settled(first.instance.uuid)
    go_on.set()
    eventually(lambda: host.conductor.settled(first.instance.uuid))
    host.stop()
    assert host.guests() == {first.instance.uuid}


def test_a_conductor_that_is_away_at_the_end_of_a_build_is_waited_for(host, context, monkeypatch):
    spawn = host.driver.spawn

    def then_down(request):
        spawn(request)
        host.conductor.down = True

    monkeypatch.setattr(host.driver, "spawn", then_down)
    manager = host.start()
    work = host.conductor.promise(new_instance(host.name))
    manager.build_and_run_instance(context, work)
    uuid = work.instance.uuid
    eventually(lambda: host.conductor.down and host.conductor.calls.count("instance_step") >= 5)
    assert host.guests() == {uuid}
    host.conductor.down = False
    eventually(lambda: host.conductor.settled(uuid))
    assert host.conductor.row(uuid).vm_state == "active"
    assert host.driver.guest(uuid).boots == 1


def test_a_conductor_away_for_longer_leaves_the_guest_to_the_sweep(host, context, monkeypatch):
    spawn = host.driver.spawn

    def then_down(request):
        spawn(request)
        host.conductor.down = True

    monkeypatch.setattr(host.driver, "spawn", then_down)
    manager = host.start(patience=0.1)
    work = host.conductor.promise(new_instance(host.name))
    uuid = work.instance.uuid
    manager.build_and_run_instance(context, work)
    eventually(lambda: host.guests() and not manager._register.busy(uuid))
    monkeypatch.setattr(host.driver, "spawn", spawn)
    host.conductor.down = False
    eventually(lambda: host.conductor.settled(uuid))
    assert host.conductor.row(uuid).vm_state == "active"
    assert host.driver.guest(uuid).boots == 1


def test_a_state_reset_by_an_operator_ends_the_build(host, context, monkeypatch):
    spawn = host.driver.spawn

    def reset(request):
        spawn(request)
        host.conductor.set(request.instance.uuid, vm_state=states.ERROR, task_state=None)

    monkeypatch.setattr(host.driver, "spawn", reset)
    manager = host.start()
    work = host.conductor.promise(new_instance(host.name))
    manager.build_and_run_instance(context, work)
    uuid = work.instance.uuid
    eventually(lambda: host.conductor.settled(uuid) and not manager._register.busy(uuid))
    assert host.guests() == set()
    assert host.network.ports == {}
    assert host.conductor.row(uuid).vm_state == "error"


def test_a_build_that_takes_too_long_ends_in_error(tmp_path, context, monkeypatch):
    host = Host(tmp_path, instance_build_timeout=1)
    go_on = threading.Event()
    spawn = host.driver.spawn
    monkeypatch.setattr(host.driver, "spawn", lambda request: (go_on.wait(20), spawn(request)))
    manager = host.start()
    work = host.conductor.promise(new_instance(host.name))
    uuid = work.instance.uuid
    manager.build_and_run_instance(context, work)
    eventually(lambda: host.conductor.settled(uuid))
    row = host.conductor.row(uuid)
    assert row.vm_state == "error"
    assert "1 seconds" in host.conductor.faults[0].message
    go_on.set()
    eventually(lambda: not manager._register.busy(uuid))
    host.stop()
    assert host.guests() == set()
    assert host.network.ports == {}


def test_failed_builds_are_counted_for_the_scheduler(host, context, monkeypatch):
    spawn = host.driver.spawn
    fail_spawn(host, monkeypatch, OSError("no"))
    manager = host.start()
    for _ in range(2):
        work = host.conductor.promise(new_instance(host.name))
        manager.build_and_run_instance(context, work)
        eventually(lambda uuid=work.instance.uuid: host.conductor.settled(uuid))
    manager._resources.report()
    (node,) = host.conductor.nodes.values()
    assert node.stats["failed_builds"] == 2
    monkeypatch.setattr(host.driver, "spawn", spawn)
    work = host.conductor.promise(new_instance(host.name))
    manager.build_and_run_instance(context, work)
    eventually(lambda: host.conductor.settled(work.instance.uuid))
    manager._resources.report()
    assert (
        dataclasses.replace(next(iter(host.conductor.nodes.values()))).stats["failed_builds"] == 0
    )
