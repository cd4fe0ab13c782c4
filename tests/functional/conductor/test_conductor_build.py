"""The first build, on SQLite: what it writes, what it asks, what it costs."""

import pathlib
from collections.abc import Iterator

import pytest

from novalite.context import RequestContext
from novalite.db.cell_database import instance_actions
from novalite.exception import DatabaseUnavailable, MessagingUnavailable
from novalite.objects import CELL0_UUID, Flavor
from tests.support.small_cloud import PROJECT, USER, SmallCloud


@pytest.fixture
def cloud(tmp_path: pathlib.Path) -> Iterator[SmallCloud]:
    cloud = SmallCloud(tmp_path)
    yield cloud
    cloud.close()


def test_a_promise_becomes_an_instance_on_a_host(cloud: SmallCloud) -> None:
    cloud.add_host("host1")
    [uuid] = cloud.promise()

    cloud.conductor().build([uuid], RequestContext(USER, PROJECT), password="secret")

    [(cell, instance)] = cloud.rows(uuid)
    assert (cell, instance.host, instance.node) == ("cell1", "host1", "host1")
    assert (instance.vm_state, instance.task_state) == ("building", "scheduling")
    assert instance.availability_zone == "nova"
    assert instance.metadata == {"key": "value"}
    assert instance.tags == ["one", "two"]
    assert [device.boot_index for device in instance.block_devices or []] == [0]
    assert cloud.promised() == []
    assert cloud.mapping(uuid).cell_uuid == cloud.cell1.uuid
    assert cloud.claims(uuid) == [("cell1", "host1")]
    assert cloud.compute.casts == [("host1", uuid)]
    cloud.check_counters()


def test_the_host_gets_all_it_needs(cloud: SmallCloud) -> None:
    cloud.add_host("host1")
    [uuid] = cloud.promise(security_groups=["web"], injected_files=[["/a", "Yg=="]])

    cloud.conductor().build([uuid], password="secret")

    work = cloud.compute.works[uuid]
    assert work.instance.id is not None
    assert work.admin_password == "secret"
    assert work.request_id == "req-post"
    assert work.security_groups == ["web"]
    assert work.injected_files == [["/a", "Yg=="]]
    assert work.image.disk_format == "qcow2"
    assert [device.uuid for device in work.instance.block_devices or []] != [None]


def test_the_create_action_has_the_id_of_the_post(cloud: SmallCloud) -> None:
    cloud.add_host("host1")
    [uuid] = cloud.promise(request_id="req-of-the-post")

    cloud.conductor().sweep()
    cloud.clock.seconds += 3
    cloud.conductor().sweep()

    with cloud.cell.read() as conn:
        [action] = instance_actions.list_(conn, uuid)
    assert (action.action, action.request_id, action.user_id) == ("create", "req-of-the-post", USER)


def test_alternates_are_kept_with_the_instance(cloud: SmallCloud) -> None:
    for name in ("host1", "host2", "host3", "host4"):
        cloud.add_host(name)
    [uuid] = cloud.promise()

    cloud.conductor().build([uuid])

    [(_, instance)] = cloud.rows(uuid)
    assert instance.scheduling is not None
    assert len(instance.scheduling.alternates or []) == 2
    assert instance.host not in [a.host for a in instance.scheduling.alternates or []]


def test_nothing_fits(cloud: SmallCloud) -> None:
    cloud.add_host("host1", memory_mb=1024)
    cloud.add_host("host2", memory_mb=256)
    huge = Flavor("9", "huge", memory_mb=4096, vcpus=1, root_gb=1)
    made = cloud.promise(2, flavor=huge)

    cloud.conductor().build(made)

    for uuid in made:
        [(cell, instance)] = cloud.rows(uuid)
        assert (cell, instance.vm_state, instance.task_state) == ("cell0", "error", None)
        assert instance.host is None
        assert cloud.mapping(uuid).cell_uuid == CELL0_UUID
        [fault] = cloud.faults(uuid)
        assert fault["message"].startswith("No valid host was found. ComputeFilter: 2 of 2 hosts")
        assert "ResourceFilter: 0 of 2 (memory 2)" in fault["message"]
        assert "host1" not in fault["message"]
        assert "host1 memory: wants 4096 MiB" in fault["details"]
        assert cloud.claims(uuid) == []
    assert cloud.promised() == []
    assert cloud.compute.casts == []


def test_no_hosts_at_all(cloud: SmallCloud) -> None:
    [uuid] = cloud.promise()
    cloud.conductor().build([uuid])
    [fault] = cloud.faults(uuid)
    assert fault["message"] == "No valid host was found. There are no compute hosts."


def test_one_server_too_many_fails_them_all(cloud: SmallCloud) -> None:
    cloud.add_host("host1", vcpus=1, cpu_allocation_ratio=2.0)
    made = cloud.promise(3)

    cloud.conductor().build(made)

    assert {cloud.rows(uuid)[0][0] for uuid in made} == {"cell0"}
    assert [cloud.claims(uuid) for uuid in made] == [[], [], []]
    cloud.check_counters()


def test_quota_is_looked_at_again(cloud: SmallCloud) -> None:
    cloud.add_host("host1")
    cloud.conf.set_override("instances", 1, "quota")
    made = cloud.promise(2)

    cloud.conductor().build(made)

    for uuid in made:
        [(cell, instance)] = cloud.rows(uuid)
        assert (cell, instance.vm_state) == ("cell0", "error")
        [fault] = cloud.faults(uuid)
        assert (fault["code"], "instances" in fault["message"]) == (403, True)
        assert cloud.claims(uuid) == []
    cloud.check_counters()


def test_quota_is_not_looked_at_again_where_that_is_off(cloud: SmallCloud) -> None:
    cloud.add_host("host1")
    cloud.conf.set_override("instances", 1, "quota")
    cloud.conf.set_override("recheck_quota", False, "quota")
    made = cloud.promise(2)
    cloud.conductor().build(made)
    assert {cloud.rows(uuid)[0][0] for uuid in made} == {"cell1"}


def test_a_second_cast_does_nothing(cloud: SmallCloud) -> None:
    cloud.add_host("host1")
    [uuid] = cloud.promise()
    conductor = cloud.conductor()
    conductor.build([uuid])
    conductor.build([uuid])
    assert cloud.compute.casts == [("host1", uuid)]


def test_a_server_that_was_deleted_meanwhile_is_not_built(
    cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.add_host("host1")
    [uuid] = cloud.promise()
    real = cloud.scheduler.select_destinations

    def select(*args: object) -> object:
        answer = real(*args)  # type: ignore[arg-type]
        assert cloud.delete_promise(uuid)
        return answer

    monkeypatch.setattr(cloud.scheduler, "select_destinations", select)
    cloud.conductor().build([uuid])

    assert cloud.rows(uuid) == []
    assert cloud.claims(uuid) == []
    assert cloud.compute.casts == []
    cloud.check_counters()


def test_what_another_conductor_holds_is_left_alone(cloud: SmallCloud) -> None:
    cloud.add_host("host1")
    [uuid] = cloud.promise()
    other = cloud.conductor("other").manager._leases
    with cloud.api.write() as conn:
        other.take(conn, [uuid])

    cloud.clock.seconds += 5
    conductor = cloud.conductor()
    conductor.build([uuid])
    assert conductor.sweep() == 0
    assert cloud.compute.casts == []

    cloud.clock.seconds += 31
    cloud.beat("host1")
    assert conductor.sweep() == 1
    assert cloud.compute.casts == [("host1", uuid)]


def test_a_successor_of_the_same_name_goes_on_at_once(cloud: SmallCloud) -> None:
    cloud.add_host("host1")
    [uuid] = cloud.promise()
    with cloud.api.write() as conn:
        cloud.conductor("one").manager._leases.take(conn, [uuid])
    cloud.clock.seconds += 3
    assert cloud.conductor("one").sweep() == 1
    assert cloud.compute.casts == [("host1", uuid)]


def test_the_youngest_are_left_to_their_cast(cloud: SmallCloud) -> None:
    cloud.add_host("host1")
    cloud.promise()
    conductor = cloud.conductor()
    assert conductor.sweep() == 0
    cloud.clock.seconds += 3
    assert conductor.sweep() == 1


@pytest.mark.parametrize("error", [MessagingUnavailable, DatabaseUnavailable])
def test_without_a_scheduler_the_promise_stays(
    cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    cloud.add_host("host1")
    [uuid] = cloud.promise()

    def away(*args: object) -> object:
        raise error()

    conductor = cloud.conductor()
    with monkeypatch.context() as patch:
        patch.setattr(cloud.scheduler, "select_destinations", away)
        conductor.build([uuid])
    assert cloud.promised() == [uuid]
    assert cloud.rows(uuid) == []

    cloud.clock.seconds += 3
    assert cloud.conductor("other").sweep() == 1
    assert cloud.compute.casts == [("host1", uuid)]


def test_a_mistake_of_ours_ends_in_error_and_tells_nothing(
    cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.add_host("host1")
    [uuid] = cloud.promise()

    def broken(*args: object) -> object:
        raise ZeroDivisionError("internal figures")

    monkeypatch.setattr(cloud.scheduler, "select_destinations", broken)
    cloud.conductor().build([uuid])

    [fault] = cloud.faults(uuid)
    assert (fault["code"], "figures" in fault["message"]) == (500, False)
    assert cloud.mapping(uuid).cell_uuid == CELL0_UUID


def test_a_lost_cast_is_found_by_the_host(cloud: SmallCloud) -> None:
    cloud.add_host("host1")
    [uuid] = cloud.promise()

    def lost(*args: object) -> None:
        raise MessagingUnavailable

    cloud.compute.on_cast = lost
    conductor = cloud.conductor()
    conductor.build([uuid])

    work = conductor.manager.build_work(RequestContext(), "host1", uuid)
    assert work is not None
    assert (work.instance.uuid, work.request_id, work.admin_password) == (uuid, "req-post", None)


def test_hosts_of_two_cells(cloud: SmallCloud) -> None:
    cell2 = cloud.add_cell()
    cloud.add_host("host1", memory_mb=600 + 512, reserved_memory_mb=512)
    cloud.add_host("host2", cell2, memory_mb=600 + 512, reserved_memory_mb=512)
    made = cloud.promise(2)

    cloud.conductor().build(made)

    places = {cloud.rows(uuid)[0][0]: cloud.mapping(uuid).cell_uuid for uuid in made}
    assert places == {"cell1": cloud.cell1.uuid, "cell2": cell2}
    assert sorted(host for host, _ in cloud.compute.casts) == ["host1", "host2"]


def test_statement_budget(cloud: SmallCloud) -> None:
    """One build, and what each further server of a batch adds to it."""
    for number in range(5):
        cloud.add_host(f"host{number}")
    conductor = cloud.conductor()
    conductor.build(cloud.promise())

    def cost(count: int) -> int:
        made = cloud.promise(count)
        with (
            cloud.api.counting() as api,
            cloud.databases.cell0.counting() as cell0,
            cloud.cell.counting() as cell,
        ):
            conductor.build(made)
        assert all(cloud.rows(uuid)[0][0] == "cell1" for uuid in made)
        return api.count + cell0.count + cell.count

    one = cost(1)
    assert one <= 25
    assert cost(5) - one <= 4 * 13
