import pytest

from novalite import states
from novalite.exception import HypervisorUnavailable
from novalite.objects import Scheduling
from novalite.virt.driver import LifecycleEvent, Transition
from tests.support.compute_doubles import eventually, new_instance
from tests.support.compute_host import Host


def build(host):
    """A server at rest on a host whose service has stopped."""
    work = host.conductor.promise(new_instance(host.name))
    host.start()
    eventually(lambda: host.conductor.settled(work.instance.uuid))
    host.stop()
    return work.instance.uuid


def quiet(host):
    eventually(lambda: host.manager._register.count() == 0)


# ---- guests without a row ----


def test_a_server_deleted_while_the_host_was_down_loses_its_guest(host):
    gone, stays = build(host), build(host)
    host.conductor.set(gone, deleted=True, task_state=None)
    host.start()
    eventually(lambda: host.guests() == {stays})
    quiet(host)
    assert host.network.ports_of(gone) == []
    assert len(host.network.ports_of(stays)) == 1


def test_a_guest_whose_row_was_purged_goes_too(host):
    gone = build(host)
    del host.conductor.rows[gone]
    host.start()
    eventually(lambda: host.guests() == set())


def test_a_database_that_never_knew_this_host_does_not_cost_it_its_guests(host, caplog):
    uuid = build(host)
    host.conductor.rows.clear()
    host.conductor.services.clear()
    host.start()
    eventually(lambda: "right database" in caplog.text)
    quiet(host)
    assert host.guests() == {uuid}


def test_a_guest_whose_build_moved_on_goes_but_the_ports_stay(host):
    uuid = build(host)
    host.conductor.set(uuid, host="elsewhere", scheduling=Scheduling(tried=[host.name]))
    host.start()
    eventually(lambda: host.guests() == set())
    quiet(host)
    assert len(host.network.ports_of(uuid)) == 1


def test_a_renamed_host_keeps_its_guests(host, caplog):
    uuid = build(host)
    host.conductor.set(uuid, host="the-old-name")
    host.start()
    eventually(lambda: "is on the-old-name" in caplog.text)
    quiet(host)
    assert host.guests() == {uuid}


# ---- power states ----


@pytest.mark.parametrize("transition", [Transition.STOPPED, Transition.CRASHED])
def test_a_guest_that_stops_by_itself_is_stopped(host, transition):
    uuid = build(host)
    host.start()
    quiet(host)
    host.driver.act_by_itself(uuid, transition)
    eventually(lambda: host.conductor.row(uuid).vm_state == "stopped")
    power = states.SHUTDOWN if transition is Transition.STOPPED else states.CRASHED
    assert host.conductor.row(uuid).power_state == power


def test_the_same_is_found_after_the_service_was_down(host):
    uuid = build(host)
    host.driver.act_by_itself(uuid, Transition.STOPPED)
    host.start()
    eventually(lambda: host.conductor.row(uuid).vm_state == "stopped")


def test_a_guest_that_starts_though_it_is_stopped_is_stopped(host):
    uuid = build(host)
    host.conductor.set(uuid, vm_state=states.STOPPED, power_state=states.SHUTDOWN)
    host.start()
    eventually(lambda: host.driver.guest(uuid).power_state == states.SHUTDOWN)
    quiet(host)
    row = host.conductor.row(uuid)
    assert (row.vm_state, row.power_state) == ("stopped", states.SHUTDOWN)


def test_a_suspended_guest_is_stopped_and_a_paused_one_is_only_noted(host):
    suspended, paused = build(host), build(host)
    host.driver.act_by_itself(suspended, Transition.SUSPENDED)
    host.driver.act_by_itself(paused, Transition.PAUSED)
    host.start()
    eventually(lambda: host.conductor.row(suspended).vm_state == "stopped")
    eventually(lambda: host.conductor.row(paused).power_state == states.POWER_PAUSED)
    assert host.conductor.row(paused).vm_state == "active"


@pytest.mark.parametrize("vm_state", [states.ERROR, states.RESCUED, states.SUSPENDED])
def test_some_states_are_left_alone(host, vm_state):
    uuid = build(host)
    host.conductor.set(uuid, vm_state=vm_state)
    host.driver.act_by_itself(uuid, Transition.STOPPED)
    host.start()
    quiet(host)
    host.manager._reconcile()
    quiet(host)
    assert host.conductor.row(uuid).vm_state == vm_state


def test_a_task_under_way_is_not_disturbed(host):
    uuid = build(host)
    host.start(grace=1000.0)
    quiet(host)
    host.conductor.set(uuid, task_state=states.POWERING_ON)
    host.driver.act_by_itself(uuid, Transition.STOPPED)
    eventually(lambda: "instance_get" in host.conductor.calls)
    quiet(host)
    row = host.conductor.row(uuid)
    assert (row.vm_state, row.task_state) == ("active", states.POWERING_ON)
    assert row.power_state == states.RUNNING


def test_an_event_of_an_unknown_guest_is_nothing(host):
    host.start()
    host.driver.emit(LifecycleEvent("unknown", Transition.STOPPED))
    eventually(lambda: "instance_get" in host.conductor.calls)
    quiet(host)


@pytest.mark.parametrize("wanted", [True, False])
def test_guests_that_ran_before_the_host_went_down(tmp_path, wanted):
    host = Host(tmp_path, resume_guests_state_on_host_boot=wanted)
    uuid = build(host)
    host.driver.act_by_itself(uuid, Transition.STOPPED)
    host.start()
    if wanted:
        eventually(lambda: host.driver.guest(uuid).boots == 2)
        quiet(host)
        assert host.conductor.row(uuid).vm_state == "active"
    else:
        eventually(lambda: host.conductor.row(uuid).vm_state == "stopped")
        assert host.driver.guest(uuid).boots == 1
    host.stop()


def test_a_guest_that_cannot_be_resumed_is_in_error(tmp_path, monkeypatch):
    host = Host(tmp_path, resume_guests_state_on_host_boot=True)
    uuid = build(host)
    host.driver.act_by_itself(uuid, Transition.STOPPED)

    def power_on(*args):
        raise OSError("disk is gone")

    monkeypatch.setattr(host.driver, "power_on", power_on)
    host.start()
    eventually(lambda: host.conductor.row(uuid).vm_state == "error")
    assert "disk is gone" in host.conductor.faults[0].message
    host.stop()


# ---- the host itself ----


def test_a_service_registers_and_reports_what_it_offers(tmp_path):
    host = Host(tmp_path, cpu_allocation_ratio=7.0, reserved_host_disk_mb=1500, fake__vcpus=12)
    host.start()
    service = host.conductor.services[host.name]
    assert (service.binary, service.topic) == ("nova-compute", "compute")
    (node,) = host.conductor.nodes.values()
    assert (node.host, node.hypervisor_hostname, node.vcpus) == ("host1", "host1", 12)
    assert node.cpu_allocation_ratio == 7.0
    assert node.ram_allocation_ratio == 1.0
    assert (node.reserved_memory_mb, node.reserved_gb) == (512, 2)
    eventually(lambda: host.conductor.services[host.name].report_count >= 1)
    host.stop()


def test_a_service_starts_before_its_conductor(host):
    host.conductor.down = True
    work = host.conductor.promise(new_instance(host.name))
    manager = host.start(wait=False)
    eventually(lambda: host.conductor.calls.count("service_heartbeat") >= 2)
    assert not manager.ready
    host.conductor.down = False
    assert manager.wait_until_ready(10)
    eventually(lambda: host.conductor.settled(work.instance.uuid))


def test_a_service_starts_before_its_hypervisor(host, context, monkeypatch):
    init_host = host.driver.init_host

    def away(name):
        raise HypervisorUnavailable(host=name)

    monkeypatch.setattr(host.driver, "init_host", away)
    manager = host.start(wait=False)
    work = host.conductor.promise(new_instance(host.name))
    manager.build_and_run_instance(context, work)
    assert not manager.wait_until_ready(0.3)
    assert host.conductor.services == {}
    monkeypatch.setattr(host.driver, "init_host", init_host)
    eventually(lambda: host.conductor.settled(work.instance.uuid))
    assert host.conductor.row(work.instance.uuid).vm_state == "active"


def test_a_lost_conductor_and_a_lost_hypervisor_are_survived(host, monkeypatch):
    manager = host.start()
    host.conductor.down = True
    beats = host.conductor.calls.count("service_heartbeat")
    eventually(lambda: host.conductor.calls.count("service_heartbeat") > beats)
    host.conductor.down = False
    seen = host.conductor.services[host.name].report_count
    eventually(lambda: host.conductor.services[host.name].report_count > seen)

    nodes = host.driver.nodes

    def away():
        raise HypervisorUnavailable(host=host.name)

    monkeypatch.setattr(host.driver, "nodes", away)
    with pytest.raises(HypervisorUnavailable):
        manager._resources.report()
    assert not manager._resources.healthy
    monkeypatch.setattr(host.driver, "nodes", nodes)
    manager._resources.report()
    assert manager._resources.healthy


def test_the_guests_of_the_fake_hypervisor_outlive_its_process(tmp_path):
    first = Host(tmp_path)
    uuid = build(first)
    second = Host(tmp_path)
    second.conductor, second.network = first.conductor, first.network
    second.start()
    quiet(second)
    assert second.guests() == {uuid}
    assert second.driver.guest(uuid).boots == 1
    assert len(first.conductor.nodes) == 1
    second.stop()
