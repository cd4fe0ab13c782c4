"""A host that cannot build a server: alternates, a new choice, the end; and deaths in between."""

import pathlib
from collections.abc import Iterator

import pytest

from novalite.context import admin_context
from novalite.db.cell_database import instance_actions, instances, services
from tests.support.small_cloud import Conductor, SmallCloud, killed_at


@pytest.fixture
def cloud(tmp_path: pathlib.Path) -> Iterator[SmallCloud]:
    cloud = SmallCloud(tmp_path, quota__instances=-1, quota__cores=-1)
    yield cloud
    cloud.close()


def build(cloud: SmallCloud, conductor: Conductor, hosts: int) -> str:
    for number in range(hosts):
        cloud.add_host(f"host{number}")
    [uuid] = cloud.promise()
    conductor.build([uuid])
    return uuid


def host_of(cloud: SmallCloud, uuid: str) -> str:
    [(_, instance)] = cloud.rows(uuid)
    assert instance.host is not None
    return instance.host


def fail(
    conductor: Conductor, uuid: str, host: str, reason: str = "no disk", abort: bool = False
) -> None:
    conductor.manager.reschedule_build(
        admin_context("req-post"), uuid, host, reason, admin_password="secret", abort=abort
    )


def test_the_next_alternate_takes_over(cloud: SmallCloud) -> None:
    conductor = cloud.conductor()
    uuid = build(cloud, conductor, 3)
    first = host_of(cloud, uuid)

    fail(conductor, uuid, first)

    second = host_of(cloud, uuid)
    assert second != first
    assert cloud.claims(uuid) == [("cell1", second)]
    assert cloud.compute.casts == [(first, uuid), (second, uuid)]
    assert cloud.compute.works[uuid].admin_password == "secret"
    [(_, instance)] = cloud.rows(uuid)
    assert (instance.vm_state, instance.task_state) == ("building", "scheduling")
    assert instance.scheduling is not None
    assert (instance.scheduling.attempts, instance.scheduling.tried) == (2, [first])
    [fault] = cloud.faults(uuid, cloud.cell)
    assert (fault["message"], fault["host"]) == ("no disk", first)
    cloud.check_counters()


def test_after_max_attempts_it_ends_in_error(cloud: SmallCloud) -> None:
    conductor = cloud.conductor()
    uuid = build(cloud, conductor, 5)
    tried = []
    for attempt in range(3):
        tried.append(host_of(cloud, uuid))
        fail(conductor, uuid, tried[-1], f"reason {attempt}")

    [(cell, instance)] = cloud.rows(uuid)
    assert (cell, instance.vm_state, instance.task_state) == ("cell1", "error", None)
    assert (instance.host, instance.node, instance.compute_id) == (None, None, None)
    assert len(set(tried)) == 3
    assert cloud.claims(uuid) == []
    assert instance.fault is not None
    assert instance.fault.message == "Exceeded maximum number of retries. reason 2"
    with cloud.cell.read() as conn:
        [action] = instance_actions.list_(conn, uuid)
    assert action.message == "Error"
    cloud.check_counters()


def test_abort_ends_it_at_once(cloud: SmallCloud) -> None:
    conductor = cloud.conductor()
    uuid = build(cloud, conductor, 3)
    fail(conductor, uuid, host_of(cloud, uuid), "the image is broken", abort=True)
    [(_, instance)] = cloud.rows(uuid)
    assert instance.vm_state == "error"
    assert instance.fault is not None and instance.fault.message == "the image is broken"
    assert len(cloud.compute.casts) == 1
    assert cloud.claims(uuid) == []


def test_without_alternates_the_scheduler_is_asked_again(cloud: SmallCloud) -> None:
    conductor = cloud.conductor()
    uuid = build(cloud, conductor, 1)
    cloud.add_host("late")
    fail(conductor, uuid, "host0")
    assert host_of(cloud, uuid) == "late"
    assert cloud.claims(uuid) == [("cell1", "late")]
    cloud.check_counters()


def test_nowhere_else(cloud: SmallCloud) -> None:
    conductor = cloud.conductor()
    uuid = build(cloud, conductor, 1)
    fail(conductor, uuid, "host0", "no disk")
    [(_, instance)] = cloud.rows(uuid)
    assert (instance.vm_state, instance.host) == ("error", None)
    assert instance.fault is not None and "no disk" in instance.fault.message
    assert cloud.claims(uuid) == []
    cloud.check_counters()


def test_the_other_cell_is_no_way_out(cloud: SmallCloud) -> None:
    conductor = cloud.conductor()
    uuid = build(cloud, conductor, 1)
    cloud.add_host("elsewhere", cloud.add_cell())
    fail(conductor, uuid, "host0")
    [(cell, instance)] = cloud.rows(uuid)
    assert (cell, instance.vm_state) == ("cell1", "error")


def test_alternates_that_are_full_or_down_are_passed_over(cloud: SmallCloud) -> None:
    conductor = cloud.conductor()
    uuid = build(cloud, conductor, 3)
    first = host_of(cloud, uuid)
    [(_, instance)] = cloud.rows(uuid)
    assert instance.scheduling is not None
    full, down = [a.host for a in instance.scheduling.alternates or []]
    with cloud.cell.write() as conn:
        services.update(conn, services.get_by_host(conn, down).uuid, forced_down=True)
        conn.exec_driver_sql(
            f"UPDATE compute_nodes SET reserved_memory_mb = memory_mb WHERE host = '{full}'"
        )
    fail(conductor, uuid, first)
    [(_, instance)] = cloud.rows(uuid)
    assert instance.vm_state == "error"
    assert len(cloud.compute.casts) == 1


def test_a_host_that_does_not_hold_it_is_ignored(cloud: SmallCloud) -> None:
    conductor = cloud.conductor()
    uuid = build(cloud, conductor, 3)
    first = host_of(cloud, uuid)
    fail(conductor, uuid, first)
    second = host_of(cloud, uuid)
    fail(conductor, uuid, first)
    assert host_of(cloud, uuid) == second
    assert len(cloud.compute.casts) == 2


def test_a_server_that_is_being_deleted_stays_where_it_is(cloud: SmallCloud) -> None:
    conductor = cloud.conductor()
    uuid = build(cloud, conductor, 3)
    first = host_of(cloud, uuid)
    cloud.cell.run(lambda conn: instances.update(conn, uuid, {"task_state": "deleting"}))
    fail(conductor, uuid, first)
    assert host_of(cloud, uuid) == first
    assert cloud.claims(uuid) == [("cell1", first)]
    assert len(cloud.compute.casts) == 1


@pytest.mark.parametrize("hosts", [1, 3])
def test_killed_while_rescheduling(
    cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch, hosts: int
) -> None:
    """The host reports again, as its sweep does while the row says that it builds the server.
    With one host and a late one the scheduler is asked; with three there are alternates."""
    conductor = cloud.conductor()
    for number in range(hosts):
        cloud.add_host(f"host{number}")
    for transaction in range(6):
        for after in (False, True):
            [uuid] = cloud.promise()
            conductor.build([uuid])
            if hosts == 1 and transaction == 0 and not after:
                cloud.add_host("late")
            if hosts == 1:
                with cloud.cell.write() as conn:
                    instance = instances.get(conn, uuid)
                    assert instance.scheduling is not None
                    instance.scheduling.alternates = []
                    instances.update(conn, uuid, {"scheduling": instance.scheduling})
            first = host_of(cloud, uuid)
            with killed_at(monkeypatch, transaction, after=after) as seen:
                fail(conductor, uuid, first)
            ended = seen[0] <= transaction
            fail(cloud.conductor("two"), uuid, first)
            cloud.clock.seconds += 90
            for number in range(hosts):
                cloud.beat(f"host{number}")
            if hosts == 1:
                cloud.beat("late")
            cloud.conductor("two").tidy()

            second = host_of(cloud, uuid)
            assert second != first
            assert cloud.claims(uuid) == [("cell1", second)]
            cloud.check_counters()
        if ended:
            return
    raise AssertionError("there are more transactions than this test knows")
