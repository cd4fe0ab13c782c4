"""Kill the compute service at every call that its tasks make, before and after its effect.

A new service on the same host, over the same hypervisor, must finish what the rows promise:
each server ends ACTIVE, ERROR with a fault, or gone, and no guest, disk or port is left without
its row, or there twice.
"""

import random

import pytest

from novalite import states
from novalite.context import RequestContext
from novalite.objects import RequestedNetwork
from novalite.virt.driver import Transition
from tests.support.compute_doubles import eventually, new_instance
from tests.support.compute_host import Host, Life

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")

MOST_CALLS = 90


def everything_is_in_order(host):
    """What must be true when nothing runs any more, whatever happened before."""
    rows = host.conductor.rows
    wanted = set()
    for row in rows.values():
        assert host.conductor.settled(row.uuid), (row.vm_state, row.task_state)
        if row.deleted:
            continue
        if row.vm_state == states.ERROR:
            assert any(fault.instance_uuid == row.uuid for fault in host.conductor.faults)
            continue
        wanted.add(row.uuid)
        ports = host.network.ports_of(row.uuid)
        assert sorted(ports) == sorted(vif.id for vif in row.network_info)
        assert len(ports) == 1
        guest = host.driver.guest(row.uuid)
        assert guest is not None
        assert guest.ports == ports
        runs = guest.power_state == states.RUNNING
        assert runs == (row.vm_state == states.ACTIVE)
        assert row.power_state == guest.power_state
    assert host.guests() == wanted
    assert host.driver.disks == wanted
    strangers = {p["device_id"] for p in host.network.ports.values() if p["device_id"]} - wanted
    assert strangers == set()


def kill_everywhere(tmp_path, scenario, first_message, after):
    """``scenario(host)`` prepares a host at rest and answers what ``first_message(manager)``
    needs. One run for each call, until a run is not killed any more."""
    for number in range(1, MOST_CALLS):
        host = Host(tmp_path / f"{number}")
        prepared = scenario(host)
        life = Life(kill_at=number, after=after)
        manager = host.start(life, grace=1000.0)
        first_message(host, manager, prepared)
        uuid = next(iter(host.conductor.rows))
        eventually(
            lambda life=life, host=host, uuid=uuid: (
                life.dead.is_set() or host.conductor.settled(uuid)
            )
        )
        eventually(
            lambda life=life, manager=manager: life.dead.is_set() or manager._register.count() == 0
        )
        survived = not life.dead.is_set()
        life.dead.set()
        host.manager = None
        second = host.start()
        eventually(lambda host=host, uuid=uuid: host.conductor.settled(uuid))
        eventually(lambda second=second: second._register.count() == 0)
        host.stop()
        try:
            yield host, number
            everything_is_in_order(host)
        except AssertionError as error:
            raise AssertionError(f"killed at call {number} of {life.calls}") from error
        if survived:
            assert number > 1, "the scenario makes no call at all"
            return
    raise AssertionError(f"more than {MOST_CALLS} calls")


def running_server(host, vm_state=states.ACTIVE):
    """A server at rest, built by a service of its own that is stopped again."""
    work = host.conductor.promise(new_instance(host.name))
    host.start()
    uuid = work.instance.uuid
    eventually(lambda: host.conductor.settled(uuid))
    host.stop()
    if vm_state == states.STOPPED:
        host.driver.act_by_itself(uuid, Transition.STOPPED)
        host.conductor.set(uuid, vm_state=states.STOPPED, power_state=states.SHUTDOWN)
    return uuid


def new_server(host):
    return host.conductor.promise(new_instance(host.name))


def build(host, manager, work):
    manager.build_and_run_instance(_context(), work)


def _context():
    return RequestContext("user", "project")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_build(tmp_path, after):
    for host, _number in kill_everywhere(tmp_path, new_server, build, after):
        (row,) = host.conductor.rows.values()
        assert row.vm_state == states.ACTIVE
        assert host.driver.guest(row.uuid).boots == 1


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_build_with_the_users_own_port(tmp_path, after):
    def prepare(host):
        port = host.network.users_port()
        wish = [RequestedNetwork(mode="port", port_id=port)]
        return host.conductor.promise(new_instance(host.name), wish)

    for host, _number in kill_everywhere(tmp_path, prepare, build, after):
        (row,) = host.conductor.rows.values()
        assert row.vm_state == states.ACTIVE
        assert [vif.created_by_us for vif in row.network_info] == [False]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_build_that_fails(tmp_path, after):
    def prepare(host):
        def spawn(request):
            raise OSError("no space")

        host.driver.spawn = spawn
        return new_server(host)

    for host, _number in kill_everywhere(tmp_path, prepare, build, after):
        (row,) = host.conductor.rows.values()
        assert row.vm_state == states.ERROR
        assert host.network.ports == {}


@pytest.mark.parametrize("own_port", [False, True], ids=["our-port", "users-port"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_build_whose_server_is_deleted_at_the_death(tmp_path, after, own_port):
    """The user deletes in the moment of the death, so that only the sweep knows of both."""

    def prepare(host):
        if not own_port:
            return new_server(host)
        wish = [RequestedNetwork(mode="port", port_id=host.network.users_port())]
        return host.conductor.promise(new_instance(host.name), wish)

    def build_then_delete(host, manager, work):
        build(host, manager, work)
        uuid = work.instance.uuid
        eventually(lambda: host.conductor.settled(uuid) or manager._driver._life.dead.is_set())
        if not host.conductor.rows[uuid].deleted:
            host.conductor.set(uuid, task_state=states.DELETING)
            manager.terminate_instance(_context(), host.conductor.row(uuid))

    for host, _number in kill_everywhere(tmp_path, prepare, build_then_delete, after):
        (row,) = host.conductor.rows.values()
        assert row.deleted
        assert [port["device_id"] for port in host.network.ports.values()] == [""] * own_port


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_terminate(tmp_path, after):
    def terminate(host, manager, uuid):
        row = host.conductor.set(uuid, task_state=states.DELETING)
        manager.terminate_instance(_context(), row)

    for host, _number in kill_everywhere(tmp_path, running_server, terminate, after):
        (row,) = host.conductor.rows.values()
        assert row.deleted
        assert host.network.ports == {}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_terminate_gives_the_users_port_back(tmp_path, after):
    def prepare(host):
        port = host.network.users_port()
        wish = [RequestedNetwork(mode="port", port_id=port)]
        work = host.conductor.promise(new_instance(host.name), wish)
        host.start()
        eventually(lambda: host.conductor.settled(work.instance.uuid))
        host.stop()
        return work.instance.uuid

    def terminate(host, manager, uuid):
        row = host.conductor.set(uuid, task_state=states.DELETING)
        manager.terminate_instance(_context(), row)

    for host, _number in kill_everywhere(tmp_path, prepare, terminate, after):
        (port,) = host.network.ports.values()
        assert port["device_id"] == ""


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_stop(tmp_path, after):
    def stop(host, manager, uuid):
        row = host.conductor.set(uuid, task_state=states.POWERING_OFF)
        manager.stop_instance(_context(), row)

    for host, _number in kill_everywhere(tmp_path, running_server, stop, after):
        (row,) = host.conductor.rows.values()
        assert row.vm_state == states.STOPPED


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_start(tmp_path, after):
    def start(host, manager, uuid):
        row = host.conductor.set(uuid, task_state=states.POWERING_ON)
        manager.start_instance(_context(), row)

    def prepare(host):
        return running_server(host, states.STOPPED)

    for host, _number in kill_everywhere(tmp_path, prepare, start, after):
        (row,) = host.conductor.rows.values()
        assert row.vm_state == states.ACTIVE


@pytest.mark.parametrize("kind", ["SOFT", "HARD"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_reboot(tmp_path, after, kind):
    def reboot(host, manager, uuid):
        task = states.REBOOTING if kind == "SOFT" else states.REBOOTING_HARD
        manager.reboot_instance(_context(), host.conductor.set(uuid, task_state=task), kind)

    for host, _number in kill_everywhere(tmp_path, running_server, reboot, after):
        (row,) = host.conductor.rows.values()
        assert row.vm_state == states.ACTIVE
        assert host.driver.guest(row.uuid).boots >= 2


@pytest.mark.parametrize("seed", range(12))
def test_many_servers_and_one_death_after_the_other(tmp_path, seed):
    """Ten servers at once, some deleted meanwhile; up to six lives end at random calls."""
    dice = random.Random(seed)
    host = Host(tmp_path, fake__fail_spawn_percent=10)
    works = [host.conductor.promise(new_instance(host.name)) for _ in range(10)]
    doomed = {work.instance.uuid for work in works[:3]}
    for number in range(6):
        life = Life(kill_at=dice.randrange(1, 40), after=dice.random() < 0.5)
        manager = host.start(life)
        for work in works:
            if dice.random() < 0.5:  # late and doubled messages
                manager.build_and_run_instance(_context(), work)
        if number == dice.randrange(6):
            for uuid in doomed:
                if not host.conductor.rows[uuid].deleted:
                    row = host.conductor.set(uuid, task_state=states.DELETING)
                    if dice.random() < 0.5:
                        manager.terminate_instance(_context(), row)
        eventually(
            lambda life=life, manager=manager: (
                life.dead.is_set()
                or (
                    manager._register.count() == 0
                    and all(host.conductor.settled(work.instance.uuid) for work in works)
                )
            )
        )
        life.dead.set()
        host.manager = None
    manager = host.start()
    eventually(lambda: all(host.conductor.settled(work.instance.uuid) for work in works))
    eventually(lambda: manager._register.count() == 0)
    host.stop()
    everything_is_in_order(host)
