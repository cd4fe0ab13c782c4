import threading

import pytest

from novalite import states
from novalite.exception import HypervisorUnavailable, InstanceNotReady
from novalite.objects import Instance
from novalite.virt.driver import Transition
from tests.support.compute_doubles import eventually, new_instance
from tests.support.compute_host import Host


@pytest.fixture
def server(host, context):
    """The uuid of an active server on a host whose service runs."""
    manager = host.start()
    work = host.conductor.promise(new_instance(host.name))
    manager.build_and_run_instance(context, work)
    uuid = work.instance.uuid
    eventually(lambda: host.conductor.settled(uuid) and not manager._register.busy(uuid))
    return uuid


def at_rest(host, uuid):
    return eventually(
        lambda: host.conductor.settled(uuid) and not host.manager._register.busy(uuid)
    )


def stop(host, context, uuid, **more):
    row = host.conductor.set(uuid, task_state=states.POWERING_OFF)
    host.manager.stop_instance(context, row, **more)
    at_rest(host, uuid)


def test_stop_and_start(host, context, server):
    stop(host, context, server)
    row = host.conductor.row(server)
    assert (row.vm_state, row.power_state) == ("stopped", states.SHUTDOWN)
    assert host.driver.guest(server).power_state == states.SHUTDOWN
    assert host.conductor.events[server, "compute_stop_instance"] == ["Success"]
    row = host.conductor.set(server, task_state=states.POWERING_ON)
    host.manager.start_instance(context, row)
    at_rest(host, server)
    row = host.conductor.row(server)
    assert (row.vm_state, row.power_state) == ("active", states.RUNNING)
    assert host.driver.guest(server).boots == 2
    assert host.conductor.events[server, "compute_start_instance"] == ["Success"]


@pytest.mark.parametrize(
    ("clean", "image", "seconds"),
    [
        (True, None, 60.0),
        (True, "7", 7.0),
        (True, "nonsense", 60.0),
        (False, "7", 0.0),
    ],
)
def test_a_stop_gives_the_guest_its_time(host, context, server, monkeypatch, clean, image, seconds):
    seen = []
    power_off = host.driver.power_off
    monkeypatch.setattr(
        host.driver,
        "power_off",
        lambda row, *, timeout=0: (seen.append(timeout), power_off(row, timeout=timeout)),
    )
    if image:
        host.conductor.set(server, system_metadata={"image_os_shutdown_timeout": image})
    stop(host, context, server, clean_shutdown=clean)
    assert seen == [seconds]


def test_a_late_stop_does_nothing(host, context, server):
    late = host.conductor.row(server)
    host.manager.stop_instance(context, late)
    eventually(lambda: not host.manager._register.busy(server))
    assert host.conductor.row(server).vm_state == "active"
    assert host.driver.guest(server).power_state == states.RUNNING


def test_a_stop_that_fails_leaves_a_fault_and_the_old_state(host, context, server, monkeypatch):
    def power_off(*args, **kwargs):
        raise HypervisorUnavailable(host="host1")

    monkeypatch.setattr(host.driver, "power_off", power_off)
    stop(host, context, server)
    row = host.conductor.row(server)
    assert (row.vm_state, row.task_state) == ("active", None)
    (fault,) = host.conductor.faults
    assert (fault.code, fault.host) == (503, "host1")
    assert "hypervisor" in fault.message
    assert "Traceback" in fault.details
    assert host.conductor.events[server, "compute_stop_instance"] == ["Error"]


@pytest.mark.parametrize(
    ("kind", "task"), [("SOFT", states.REBOOTING), ("HARD", states.REBOOTING_HARD)]
)
def test_reboot(host, context, server, monkeypatch, kind, task):
    asked = []
    reboot = host.driver.reboot

    def note(*args, hard):
        asked.append(hard)
        reboot(*args, hard=hard)

    monkeypatch.setattr(host.driver, "reboot", note)
    host.manager.reboot_instance(context, host.conductor.set(server, task_state=task), kind)
    at_rest(host, server)
    assert asked == [kind == "HARD"]
    assert host.driver.guest(server).boots == 2
    assert host.conductor.row(server).vm_state == "active"
    assert host.conductor.events[server, "compute_reboot_instance"] == ["Success"]


@pytest.mark.parametrize("reason", ["refuses", "is down"])
def test_a_soft_reboot_falls_back_to_a_hard_one(host, context, server, monkeypatch, reason):
    asked = []
    reboot = host.driver.reboot

    def refuse(*args, hard):
        asked.append(hard)
        if not hard:
            raise OSError("the guest does not listen")
        reboot(*args, hard=True)

    monkeypatch.setattr(host.driver, "reboot", refuse)
    row = host.conductor.set(server, task_state=states.REBOOTING)
    if reason == "is down":
        host.driver.act_by_itself(server, Transition.STOPPED)
    host.manager.reboot_instance(context, row, "SOFT")
    at_rest(host, server)
    assert asked == ([False, True] if reason == "refuses" else [True])
    assert host.conductor.row(server).vm_state == "active"
    assert host.driver.guest(server).power_state == states.RUNNING


@pytest.mark.parametrize("runs", [True, False])
def test_a_reboot_that_fails(host, context, server, monkeypatch, runs):
    def reboot(row, *args, hard):
        if not runs:
            host.driver.act_by_itself(row.uuid, Transition.STOPPED)
        raise OSError("no")

    monkeypatch.setattr(host.driver, "reboot", reboot)
    row = host.conductor.set(server, task_state=states.REBOOTING_HARD)
    host.manager.reboot_instance(context, row, "HARD")
    at_rest(host, server)
    assert host.conductor.row(server).vm_state == ("active" if runs else "error")
    assert len(host.conductor.faults) == 1


def test_tasks_of_one_server_run_one_after_the_other(host, context, server, monkeypatch):
    inside, go_on = threading.Event(), threading.Event()
    power_off = host.driver.power_off

    def slow(row, *, timeout=0):
        inside.set()
        assert go_on.wait(10)
        power_off(row, timeout=timeout)

    monkeypatch.setattr(host.driver, "power_off", slow)
    row = host.conductor.set(server, task_state=states.POWERING_OFF)
    host.manager.stop_instance(context, row)
    assert inside.wait(10)
    host.manager.terminate_instance(context, host.conductor.set(server, task_state=states.DELETING))
    assert host.guests() == {server}
    go_on.set()
    eventually(lambda: host.conductor.row(server).deleted)
    assert host.guests() == set()
    # The stop ran out into a server that is being deleted: no fault, no state of its own.
    assert host.conductor.faults == []


def test_a_delete_that_fails_can_be_repeated(host, context, server, monkeypatch):
    destroy = host.driver.destroy

    def stuck(*args, **kwargs):
        raise OSError("device or resource busy")

    monkeypatch.setattr(host.driver, "destroy", stuck)
    row = host.conductor.set(server, task_state=states.DELETING)
    host.manager.terminate_instance(context, row)
    at_rest(host, server)
    row = host.conductor.row(server)
    assert (row.vm_state, row.task_state, row.deleted) == ("error", None, False)
    assert "busy" in host.conductor.faults[0].message
    assert host.conductor.events[server, "compute_terminate_instance"] == ["Error"]
    monkeypatch.setattr(host.driver, "destroy", destroy)
    row = host.conductor.set(server, task_state=states.DELETING)
    host.manager.terminate_instance(context, row)
    eventually(lambda: host.conductor.row(server).deleted)
    assert host.guests() == set()
    assert host.network.ports == {}


def test_a_delete_waits_for_a_neighbour_that_is_away(host, context, server):
    host.network.failing["delete_port"] = HypervisorUnavailable(host="anything with 503")
    row = host.conductor.set(server, task_state=states.DELETING)
    host.manager.terminate_instance(context, row)
    eventually(lambda: host.guests() == set())
    eventually(lambda: not host.manager._register.busy(server))
    assert host.conductor.row(server).task_state == states.DELETING
    assert host.conductor.faults == []
    host.network.failing.clear()
    eventually(lambda: host.conductor.row(server).deleted)
    assert host.network.ports == {}


def test_a_delete_of_a_server_that_another_host_has_touches_nothing(host, context, server):
    row = host.conductor.set(server, host="elsewhere", task_state=states.DELETING)
    host.manager.terminate_instance(context, row)
    eventually(lambda: not host.manager._register.busy(server))
    assert not host.conductor.row(server).deleted
    assert host.guests() == {server}


def test_console_output(host, context, server):
    row = host.conductor.row(server)
    assert host.manager.get_console_output(context, row).endswith("login:\n")
    stranger = Instance(uuid="none", project_id="", user_id="")
    with pytest.raises(InstanceNotReady):
        host.manager.get_console_output(context, stranger)


def test_console_output_replaces_what_is_no_text(host, context, server, monkeypatch):
    monkeypatch.setattr(host.driver, "get_console_output", lambda instance: b"a\xffb")
    assert host.manager.get_console_output(context, host.conductor.row(server)) == "a\ufffdb"


def test_uptime(host, context):
    assert "load average" in host.start().get_host_uptime(context)


def test_ten_hosts_live_in_one_process(tmp_path, context):
    first = Host(tmp_path, "host0")
    hosts = [first, *(Host(tmp_path, f"host{n}") for n in range(1, 10))]
    for other in hosts[1:]:
        other.conductor, other.network = first.conductor, first.network
    works = []
    for host in hosts:
        manager = host.start()
        for _ in range(3):
            work = first.conductor.promise(new_instance(host.name))
            works.append(work)
            manager.build_and_run_instance(context, work)
    eventually(lambda: all(first.conductor.settled(w.instance.uuid) for w in works))
    for host in hosts:
        mine = {w.instance.uuid for w in works if w.instance.host == host.name}
        assert host.guests() == mine
        host.stop()
    assert len({node.uuid for node in first.conductor.nodes.values()}) == 10
