"""The conductor with its threads: bursts, restarts, outages."""

import pathlib
import threading
from collections.abc import Iterator

import pytest

from novalite.conductor.manager import ConductorManager
from novalite.context import admin_context
from novalite.db.engine import Database
from novalite.exception import DatabaseUnavailable
from novalite.periodic import Periodic
from tests.support.small_cloud import SmallCloud
from tools.servers.processes import wait_until

CONTEXT = admin_context("req-post")


@pytest.fixture
def cloud(tmp_path: pathlib.Path) -> Iterator[SmallCloud]:
    cloud = SmallCloud(
        tmp_path,
        quota__instances=-1,
        quota__cores=-1,
        quota__ram=-1,
        DEFAULT__work_sweep_interval=1,
    )
    for number in range(4):
        cloud.add_host(f"host{number}")
    yield cloud
    cloud.close()


def assert_each_once(cloud: SmallCloud, made: list[str]) -> None:
    assert sorted(uuid for _, uuid in cloud.compute.casts) == sorted(made)
    for uuid in made:
        [(cell, instance)] = cloud.rows(uuid)
        assert (cell, cloud.claims(uuid)) == ("cell1", [("cell1", instance.host)])
    assert cloud.promised() == []
    cloud.check_counters()


def test_a_burst_over_two_conductors(cloud: SmallCloud) -> None:
    managers = [ConductorManager(cloud.deployment, name) for name in ("one", "two")]
    for manager in managers:
        manager.start()
    made = [cloud.promise()[0] for _ in range(60)]
    for number, uuid in enumerate(made):
        managers[number % 2].schedule_and_build_instances(CONTEXT, [uuid], "pw")
    wait_until(lambda: len(cloud.compute.casts) >= len(made), 60, "60 builds")
    for manager in managers:
        manager.stop()
    assert_each_once(cloud, made)
    assert {work.admin_password for work in cloud.compute.works.values()} == {"pw"}


def test_what_a_dead_conductor_left_is_built_at_once(cloud: SmallCloud) -> None:
    made = [cloud.promise()[0] for _ in range(5)]
    with cloud.api.write() as conn:
        ConductorManager(cloud.deployment, "one")._leases.take(conn, made)
    cloud.clock.seconds += 3
    manager = ConductorManager(cloud.deployment, "one")
    manager.start()
    wait_until(lambda: len(cloud.compute.casts) >= 5, 30, "5 builds")
    manager.stop()
    assert_each_once(cloud, made)


def test_a_stopped_conductor_leaves_its_work_to_others(cloud: SmallCloud) -> None:
    [uuid] = cloud.promise()
    manager = ConductorManager(cloud.deployment, "one")
    with cloud.api.write() as conn:
        manager._leases.take(conn, [uuid])
    manager.stop()
    cloud.clock.seconds += 3
    assert cloud.conductor("two").sweep() == 1


def test_the_database_goes_and_comes_back(
    cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    manager = ConductorManager(cloud.deployment, "one")
    manager.start()
    refused = threading.Semaphore(0)

    def away(*args: object) -> None:
        refused.release()
        raise DatabaseUnavailable

    with monkeypatch.context() as patch:
        [uuid] = cloud.promise()
        patch.setattr(Database, "write", away)
        manager.schedule_and_build_instances(CONTEXT, [uuid])
        for _ in range(4):
            assert refused.acquire(timeout=10)
    cloud.clock.seconds += 3
    wait_until(lambda: bool(cloud.compute.casts), 30, "the build")
    manager.stop()
    assert_each_once(cloud, [uuid])
    waiting = [r for r in caplog.records if "build-sweep waits" in r.getMessage()]
    assert len(waiting) <= 1


def test_a_build_that_takes_longer_than_its_lease_keeps_it(
    cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.conf.set_override("build_lease", 2, "conductor")
    [uuid] = cloud.promise()
    entered, go_on = threading.Event(), threading.Event()
    real = cloud.scheduler.select_destinations

    def slow(*args: object) -> object:
        entered.set()
        assert go_on.wait(30)
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(cloud.scheduler, "select_destinations", slow)
    manager = ConductorManager(cloud.deployment, "one")
    manager.start()
    manager.schedule_and_build_instances(CONTEXT, [uuid])
    assert entered.wait(30)
    other = cloud.conductor("two")
    for _ in range(4):
        before = expiry(cloud, uuid)
        cloud.clock.seconds += 1.5
        wait_until(lambda before=before: expiry(cloud, uuid) > before, 10, "renewing")
        assert other.sweep() == 0
    go_on.set()
    wait_until(lambda: bool(cloud.compute.casts), 30, "the build")
    manager.stop()
    assert_each_once(cloud, [uuid])


def expiry(cloud: SmallCloud, uuid: str) -> object:
    from novalite.db.api_database import build_requests

    with cloud.api.read() as conn:
        return build_requests.get(conn, uuid).lease_expires_at


def test_periodic_work_outlives_its_failures(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    calls: list[int] = []
    enough = threading.Event()

    def work() -> None:
        calls.append(1)
        if len(calls) < 4:
            raise DatabaseUnavailable
        enough.set()

    periodic = Periodic("thing", work, 0.01)
    periodic.start()
    assert enough.wait(10)
    wait_until(lambda: "thing works again" in caplog.text, 10, "the message")
    periodic.stop()
    assert caplog.text.count("thing waits") == 1
