"""The compute service against the real conductor, scheduler and databases (SQLite)."""

import pytest

from novalite import states
from novalite.clock import SystemClock
from novalite.compute.manager import ComputeManager
from novalite.context import RequestContext
from novalite.db.cell_database import instance_actions, instances
from novalite.deployment import Deployment
from novalite.objects import RequestedNetwork
from novalite.virt.fake import FakeDriver
from tests.support.compute_doubles import MemoryNetwork, eventually, travel
from tests.support.compute_host import Life, Proxy
from tests.support.small_cloud import PROJECT, SmallCloud

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")

AUTO = [RequestedNetwork(mode="auto")]


class LocalCompute:
    """The wire to the hosts: by name, copying what goes over it. ``lose``: messages are lost."""

    def __init__(self):
        self.managers = {}
        self.lose = False

    def build_and_run_instance(self, context, host, work):
        if not self.lose and host in self.managers:
            self.managers[host].build_and_run_instance(context, travel(work))


class Cloud(SmallCloud):
    def __init__(self, tmp_path, *hosts, **options):
        super().__init__(
            tmp_path,
            DEFAULT__state_path=str(tmp_path),
            DEFAULT__work_sweep_interval=1,
            DEFAULT__report_interval=1,
            quota__instances=-1,
            quota__cores=-1,
            **options,
        )
        self.compute = self.deployment.compute = LocalCompute()
        self.network = MemoryNetwork(PROJECT)
        self.drivers = {host: FakeDriver(self.conf, None, host) for host in hosts}
        self.conductor_ = self.conductor()
        for host in hosts:
            self.start(host)

    def start(self, host, life=None, grace=0.0):
        life = life or Life()
        manager = ComputeManager(
            Deployment(
                self.conf,
                host,
                clock=SystemClock(),
                driver=Proxy(life, self.drivers[host]),
                conductor=Proxy(life, self.conductor_.manager),
                network=Proxy(life, self.network),
            ),
            grace=grace,
        )
        manager.start()
        eventually(lambda: manager.ready or life.dead.is_set())
        self.compute.managers[host] = manager
        return manager

    def stop(self):
        for manager in self.compute.managers.values():
            manager.stop(5)
        self.close()

    def boot(self, count=1, **members):
        uuids = self.promise(count, requested_networks=AUTO, **members)
        self.conductor_.build(uuids)
        return uuids

    def row(self, uuid):
        ((_cell, row),) = self.rows(uuid)
        return row

    def change(self, uuid, **changes):
        """What the API's side does to a row."""
        self.cell.run(lambda conn: instances.update(conn, uuid, changes))
        with self.cell.read() as conn:
            return instances.get(conn, uuid)

    def settled(self, uuid):
        rows = self.rows(uuid)
        return not rows or (
            rows[0][1].task_state is None and rows[0][1].vm_state != states.BUILDING
        )

    def guests(self):
        return sorted(
            (host, uuid)
            for host, driver in self.drivers.items()
            for uuid in driver.list_instance_uuids()
        )

    def events(self, uuid):
        with self.cell.read() as conn:
            return {
                event.event: event.result
                for action in instance_actions.list_(conn, uuid)
                for event in instance_actions.get(conn, uuid, action.request_id).events
            }


@pytest.fixture
def context():
    return RequestContext("user", "project", request_id="req-post")


@pytest.fixture
def cloud(tmp_path):
    made = Cloud(tmp_path, "host1", "host2")
    yield made
    made.stop()


def test_servers_live_their_life(cloud, context):
    uuids = cloud.boot(6)
    eventually(lambda: all(cloud.settled(uuid) for uuid in uuids))
    assert sorted(uuid for _host, uuid in cloud.guests()) == sorted(uuids)
    for uuid in uuids:
        row = cloud.row(uuid)
        assert (row.vm_state, row.power_state) == (states.ACTIVE, states.RUNNING)
        assert (row.host, uuid) in cloud.guests()
        assert [vif.id for vif in row.network_info] == cloud.network.ports_of(uuid)
        assert row.launched_at is not None
        assert row.launched_on == row.host
        assert row.root_device_name == "/dev/vda"
        assert cloud.events(uuid)["compute__do_build_and_run_instance"] == "Success"
    cloud.check_counters()
    one = uuids[0]
    manager = cloud.compute.managers[cloud.row(one).host]
    manager.stop_instance(context, cloud.change(one, task_state=states.POWERING_OFF))
    eventually(lambda: cloud.row(one).vm_state == states.STOPPED)
    eventually(lambda: cloud.settled(one))
    manager.start_instance(context, cloud.change(one, task_state=states.POWERING_ON))
    eventually(lambda: cloud.row(one).vm_state == states.ACTIVE)
    manager.reboot_instance(context, cloud.change(one, task_state=states.REBOOTING), "SOFT")
    eventually(lambda: cloud.settled(one))
    assert cloud.drivers[manager._place.host].guest(one).boots == 3
    for uuid in uuids:
        row = cloud.change(uuid, task_state=states.DELETING)
        cloud.compute.managers[row.host].terminate_instance(context, row)
    eventually(lambda: all(cloud.rows(uuid) == [] for uuid in uuids))
    assert cloud.guests() == []
    assert cloud.network.ports == {}
    assert [cloud.claims(uuid) for uuid in uuids] == [[]] * 6
    cloud.check_counters()


def test_a_host_that_fails_hands_on_to_the_next(cloud):
    def spawn(request):
        raise OSError("no space left on device")

    for host in ("host1", "host2"):
        good = cloud.drivers[host].spawn
        cloud.drivers[host].spawn = spawn
        uuids = cloud.boot(3)
        eventually(lambda uuids=uuids: all(cloud.settled(uuid) for uuid in uuids))
        for uuid in uuids:
            row = cloud.row(uuid)
            assert (row.vm_state, row.host == host) == (states.ACTIVE, False)
            assert len(cloud.network.ports_of(uuid)) == 1
            assert cloud.claims(uuid) == [("cell1", row.host)]
        assert all(guest_host != host for guest_host, uuid in cloud.guests() if uuid in uuids)
        cloud.drivers[host].spawn = good
    cloud.check_counters()


def test_a_server_that_no_host_can_build_ends_in_error(cloud):
    def spawn(request):
        raise OSError("no space left on device")

    for driver in cloud.drivers.values():
        driver.spawn = spawn
    [uuid] = cloud.boot()
    eventually(lambda: cloud.settled(uuid))
    assert cloud.row(uuid).vm_state == states.ERROR
    assert any("no space" in fault["message"] for fault in cloud.faults(uuid, cloud.cell))
    assert cloud.claims(uuid) == []
    assert cloud.network.ports == {}
    assert cloud.guests() == []


def test_lost_messages_are_made_up_for(cloud):
    cloud.compute.lose = True
    uuids = cloud.boot(4)
    eventually(lambda: all(cloud.settled(uuid) for uuid in uuids), 15)
    assert {cloud.row(uuid).vm_state for uuid in uuids} == {states.ACTIVE}
    assert len(cloud.guests()) == 4
    for uuid in uuids:
        cloud.change(uuid, task_state=states.DELETING)
    eventually(lambda: all(cloud.rows(uuid) == [] for uuid in uuids), 15)
    assert cloud.guests() == []
    assert cloud.network.ports == {}
    cloud.check_counters()


@pytest.mark.parametrize("what", ["build", "terminate"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_kill_the_service_at_every_call(tmp_path, context, what, after):
    cloud = Cloud(tmp_path, "host1")
    for number in range(1, 40):
        life = Life(kill_at=number, after=after)
        if what == "build":
            cloud.compute.managers.pop("host1").stop(5)
            manager = cloud.start("host1", life, grace=1000.0)
            [uuid] = cloud.boot()
        else:
            [uuid] = cloud.boot()
            eventually(lambda uuid=uuid: cloud.settled(uuid))
            cloud.compute.managers.pop("host1").stop(5)
            manager = cloud.start("host1", life, grace=1000.0)
            manager.terminate_instance(context, cloud.change(uuid, task_state=states.DELETING))
        eventually(lambda life=life, uuid=uuid: life.dead.is_set() or cloud.settled(uuid))
        eventually(
            lambda life=life, manager=manager: life.dead.is_set() or manager._register.count() == 0
        )
        survived = not life.dead.is_set()
        life.dead.set()
        second = cloud.start("host1")
        eventually(lambda uuid=uuid: cloud.settled(uuid))
        eventually(lambda second=second: second._register.count() == 0)
        if what == "build":
            assert cloud.row(uuid).vm_state == states.ACTIVE
            assert cloud.claims(uuid) == [("cell1", "host1")]
            assert cloud.guests().count(("host1", uuid)) == 1
            assert [v.id for v in cloud.row(uuid).network_info] == cloud.network.ports_of(uuid)
            assert len(cloud.network.ports_of(uuid)) == 1
            assert cloud.events(uuid)["compute__do_build_and_run_instance"] == "Success"
            second.terminate_instance(context, cloud.change(uuid, task_state=states.DELETING))
            eventually(lambda uuid=uuid: cloud.settled(uuid) and not cloud.guests())
        else:
            assert cloud.rows(uuid) == []
            assert cloud.claims(uuid) == []
            assert cloud.guests() == []
            assert cloud.network.ports == {}
        cloud.check_counters()
        if survived:
            break
    else:
        raise AssertionError("the path has no end")
    assert number > 5
    cloud.stop()
