import uuid

import pytest

from novalite import states
from novalite.conf import configuration
from novalite.exception import InstanceNotOnHost, RescheduledException
from novalite.objects import VIF, BlockDevice, ImageMeta, Instance
from novalite.virt import load_driver
from novalite.virt.driver import LifecycleEvent, SpawnRequest, Transition
from novalite.virt.fake import FakeDriver


@pytest.fixture
def conf(tmp_path):
    made = configuration()
    made.set_override("state_path", str(tmp_path))
    made.set_override("compute_driver", "fake.FakeDriver")
    return made


def started(conf, host="h1"):
    driver = load_driver(conf, None, host)
    assert isinstance(driver, FakeDriver)
    driver.init_host(host)
    return driver


def request(number=1):
    instance = Instance(str(uuid.uuid4()), "p", "u", id=number, hostname=f"vm{number}")
    return SpawnRequest(
        instance,
        ImageMeta(),
        [VIF("port1", "fa:16:3e:0:0:1", "n", "net")],
        [BlockDevice("image", "local", device_name="/dev/vda")],
    )


@pytest.mark.parametrize("persist", [True, False])
def test_a_guests_life(conf, persist):
    conf.set_override("persist", persist, group="fake")
    driver = started(conf)
    events = []
    driver.on_lifecycle_event(events.append)
    asked = request(10)
    server = asked.instance
    driver.spawn(asked)
    driver.spawn(asked)  # there is one already
    assert driver.list_instance_uuids() == [server.uuid]
    assert driver.get_info(server).power_state == states.RUNNING
    guest = driver.guest(server.uuid)
    assert (guest.name, guest.ports, guest.disks) == ("instance-0000000a", ["port1"], ["/dev/vda"])
    driver.power_off(server)
    driver.power_off(server)
    assert driver.get_info(server).power_state == states.SHUTDOWN
    driver.power_on(server, [], [])
    driver.reboot(server, [], [], hard=True)
    assert driver.guest(server.uuid).boots == 3
    assert b"vm10 login:" in driver.get_console_output(server)
    driver.destroy(server, [])
    driver.destroy(server, [])
    assert driver.list_instance_uuids() == []
    assert driver.disks == set()
    T = Transition
    assert [event.transition for event in events] == [
        T.STARTED, T.STOPPED, T.STARTED, T.STOPPED, T.STARTED, T.STOPPED,
    ]  # fmt: skip
    for call in (driver.get_info, driver.power_off, driver.get_console_output):
        with pytest.raises(InstanceNotOnHost):
            call(server)


def test_spawn_starts_a_guest_that_is_there_but_down(conf):
    driver, asked = started(conf), request()
    driver.spawn(asked)
    driver.power_off(asked.instance)
    driver.spawn(asked)
    assert driver.get_info(asked.instance).power_state == states.RUNNING


def test_guests_and_node_outlive_the_process(conf):
    driver, asked, stopped = started(conf), request(1), request(2)
    driver.spawn(asked)
    driver.spawn(stopped)
    driver.power_off(stopped.instance)
    again = started(conf)
    assert set(again.list_instance_uuids()) == {asked.instance.uuid, stopped.instance.uuid}
    assert again.get_info(stopped.instance).power_state == states.SHUTDOWN
    assert again.nodes()[0].uuid == driver.nodes()[0].uuid
    more = request(3)
    again.spawn(more)
    assert again.get_info(more.instance).internal_id == 3


def test_hosts_are_apart(conf):
    one, other, asked = started(conf, "a"), started(conf, "b/../a"), request()
    one.spawn(asked)
    assert started(conf, "b/../a").list_instance_uuids() == other.list_instance_uuids() == []
    assert one.nodes()[0].uuid != other.nodes()[0].uuid
    assert other.nodes()[0].hypervisor_hostname == "b/../a"


def test_without_files_the_node_is_still_the_same(conf, tmp_path):
    conf.set_override("persist", False, group="fake")
    assert started(conf).nodes()[0].uuid == started(conf).nodes()[0].uuid
    assert list(tmp_path.iterdir()) == []


def test_options(conf):
    conf.set_override("vcpus", 7, group="fake")
    conf.set_override("fail_spawn_percent", 100.0, group="fake")
    driver = started(conf)
    assert driver.nodes()[0].vcpus == 7
    with pytest.raises(RescheduledException):
        driver.spawn(request())
    assert driver.list_instance_uuids() == []


def test_a_guest_acts_by_itself(conf):
    driver, asked, events = started(conf), request(), []
    driver.spawn(asked)
    driver.on_lifecycle_event(events.append)
    driver.act_by_itself(asked.instance.uuid, Transition.CRASHED)
    assert driver.get_info(asked.instance).power_state == states.CRASHED
    assert events == [LifecycleEvent(asked.instance.uuid, Transition.CRASHED)]


@pytest.mark.parametrize("name", ["nothing.Here", "fake.Nobody", "NoModule", ""])
def test_a_driver_that_there_is_not(conf, name):
    conf.set_override("compute_driver", name)
    with pytest.raises(ValueError, match="no such driver"):
        load_driver(conf, None, "h1")


def test_a_driver_from_elsewhere(conf):
    conf.set_override("compute_driver", "novalite.virt.fake.FakeDriver")
    assert load_driver(conf, None, "h1").host == "h1"
