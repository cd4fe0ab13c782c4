"""The conductor (and the scheduler with it) dies before or after each transaction of a build, and
a second conductor finds the rest. Whatever the moment: one instance, one claim, one place."""

import contextlib
import pathlib
from collections.abc import Iterator

import pytest

from novalite.context import RequestContext
from novalite.db.engine import Database
from novalite.objects import CELL0_UUID, BuildWork, Flavor
from tests.support.small_cloud import Conductor, Killed, SmallCloud, killed_at

MOST_TRANSACTIONS = 12
HUGE = Flavor("9", "huge", memory_mb=10**6, vcpus=1, root_gb=1)


@pytest.fixture
def cloud(tmp_path: pathlib.Path) -> Iterator[SmallCloud]:
    cloud = SmallCloud(tmp_path, quota__instances=-1, quota__cores=-1, quota__ram=-1)
    cloud.add_host("host1")
    cloud.add_host("host2")
    yield cloud
    cloud.close()


def recover(cloud: SmallCloud) -> None:
    """Another conductor, later: leases are over, and what is left may be tidied away."""
    cloud.clock.seconds += 120
    for host in ("host1", "host2"):
        cloud.beat(host)
    other = cloud.conductor("two")
    other.sweep()
    other.tidy()


def assert_built(cloud: SmallCloud, other: Conductor, uuid: str) -> None:
    [(cell, instance)] = cloud.rows(uuid)
    assert (cell, instance.vm_state) == ("cell1", "building")
    assert cloud.mapping(uuid).cell_uuid == cloud.cell1.uuid
    assert uuid not in cloud.promised()
    assert cloud.claims(uuid) == [("cell1", instance.host)]
    assert {host for host, cast in cloud.compute.casts if cast == uuid} <= {instance.host}
    # Whether a cast came or not, the host learns from the database what to do.
    assert instance.host is not None
    work = other.manager.build_work(RequestContext(), instance.host, uuid)
    assert work is not None and work.instance.uuid == uuid


def assert_buried(cloud: SmallCloud, uuid: str) -> None:
    [(cell, instance)] = cloud.rows(uuid)
    assert (cell, instance.vm_state) == ("cell0", "error")
    assert cloud.mapping(uuid).cell_uuid == CELL0_UUID
    assert len(cloud.faults(uuid)) == 1
    assert uuid not in cloud.promised()
    assert cloud.claims(uuid) == []


def assert_gone(cloud: SmallCloud, uuid: str) -> None:
    assert cloud.rows(uuid) == []
    assert cloud.claims(uuid) == []
    assert uuid not in cloud.promised()


def each_moment(
    cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch, made: list[list[str]], **members: object
) -> Iterator[list[str]]:
    """For every transaction of a build, a build that died before it and one that died after it,
    recovered."""
    for number in range(MOST_TRANSACTIONS):
        ended = False
        for after in (False, True):
            uuids = cloud.promise(**members)  # type: ignore[arg-type]
            made.append(uuids)
            with killed_at(monkeypatch, number, after=after) as seen:
                cloud.conductor("one").build(uuids)
            ended = seen[0] <= number
            recover(cloud)
            yield uuids
        if ended:
            assert number >= 3
            return
    raise AssertionError("there are more transactions than this test knows")


@pytest.mark.parametrize("count", [1, 3])
def test_killed_while_building(
    cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    made: list[list[str]] = []
    other = cloud.conductor("three")
    for uuids in each_moment(cloud, monkeypatch, made, count=count):
        for uuid in uuids:
            assert_built(cloud, other, uuid)
        cloud.check_counters()
    assert cloud.promised() == []


def test_killed_while_burying(cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[list[str]] = []
    for uuids in each_moment(cloud, monkeypatch, made, flavor=HUGE, count=2):
        for uuid in uuids:
            assert_buried(cloud, uuid)
    cloud.check_counters()


def test_killed_while_burying_for_the_quota(
    cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.conf.set_override("instances", 0, "quota")
    made: list[list[str]] = []
    for uuids in each_moment(cloud, monkeypatch, made, count=2):
        for uuid in uuids:
            assert_buried(cloud, uuid)
        cloud.check_counters()


def test_buried_for_good_although_there_is_room_by_now(
    cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row in cell0 was written when the conductor died; afterwards the server would fit."""
    big = Flavor("8", "big", memory_mb=100_000, vcpus=1, root_gb=1)
    made = cloud.promise(flavor=big)
    # Transactions: lease, cell0, end.
    with killed_at(monkeypatch, 1, after=True):
        cloud.conductor("one").build(made)
    assert cloud.promised() == made
    cloud.add_host("host3", memory_mb=200_000)
    recover(cloud)
    assert_buried(cloud, made[0])


def test_killed_at_the_cast(cloud: SmallCloud) -> None:
    [uuid] = cloud.promise()

    def die(host: str, work: BuildWork) -> None:
        raise Killed

    cloud.compute.on_cast = die
    with contextlib.suppress(Killed):
        cloud.conductor("one").build([uuid])
    recover(cloud)
    assert cloud.compute.casts == []
    assert_built(cloud, cloud.conductor("three"), uuid)


@contextlib.contextmanager
def deleted_after(
    monkeypatch: pytest.MonkeyPatch, cloud: SmallCloud, uuid: str, number: int, *, dies: bool
) -> Iterator[list[bool]]:
    """The user deletes the server after the ``number``-th transaction; what is yielded then holds
    whether there was still a promise to delete. Empty: there are fewer transactions."""
    real = Database.write
    position = 0
    gone: list[bool] = []

    @contextlib.contextmanager
    def write(self: Database) -> Iterator[object]:
        nonlocal position
        mine, position = position, position + 1
        with real(self) as conn:
            yield conn
        if mine == number:
            gone.append(cloud.delete_promise(uuid))
            if dies:
                raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Database, "write", write)
        with contextlib.suppress(Killed):
            yield gone


@pytest.mark.parametrize("dies", [False, True])
def test_deleted_at_each_moment(
    cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch, dies: bool
) -> None:
    """The conductor then goes on, or dies."""
    deleted = 0
    for number in range(MOST_TRANSACTIONS):
        [uuid] = cloud.promise()
        with deleted_after(monkeypatch, cloud, uuid, number, dies=dies) as gone:
            cloud.conductor("one").build([uuid])
        recover(cloud)
        if gone == [True]:
            deleted += 1
            assert_gone(cloud, uuid)
        else:
            # Too late: it was handed over, and the deletion goes by way of its cell.
            assert_built(cloud, cloud.conductor("three"), uuid)
        cloud.check_counters()
        if not gone:
            break
    assert deleted >= 2


def test_two_conductors_at_once(cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """One stands still for longer than its lease, right after it scheduled; another builds the
    server meanwhile; then the first one goes on."""
    [uuid] = cloud.promise()
    real = cloud.scheduler.select_destinations
    calls: list[int] = []

    def select(*args: object) -> object:
        answer = real(*args)  # type: ignore[arg-type]
        calls.append(1)
        if len(calls) == 1:
            cloud.clock.seconds += 31
            cloud.conductor("two").sweep()
        return answer

    monkeypatch.setattr(cloud.scheduler, "select_destinations", select)
    cloud.conductor("one").build([uuid])

    assert len(calls) == 2
    assert len(cloud.compute.casts) == 1
    assert_built(cloud, cloud.conductor("three"), uuid)
    cloud.check_counters()


def test_two_conductors_that_chose_different_hosts(
    cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both had decided before either had claimed: the second claim goes again."""
    [uuid] = cloud.promise()
    real = cloud.scheduler._claim
    calls: list[int] = []

    def claim(verdicts: list[object]) -> bool:
        calls.append(1)
        if len(calls) == 1:
            cloud.clock.seconds += 31
            for verdict in verdicts:
                verdict.ranked.reverse()  # type: ignore[attr-defined]
            cloud.conductor("two").sweep()
        return real(verdicts)  # type: ignore[arg-type]

    monkeypatch.setattr(cloud.scheduler, "_claim", claim)
    cloud.conductor("one").build([uuid])

    assert len(calls) == 2
    assert len(cloud.claims(uuid)) == 1
    assert_built(cloud, cloud.conductor("three"), uuid)
    cloud.check_counters()
