"""Builds, claims and deaths on MariaDB and PostgreSQL, where transactions really overlap."""

import pathlib
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from novalite.conductor.manager import ConductorManager
from novalite.context import admin_context
from novalite.exception import NoValidHost
from novalite.objects import CELL0_UUID, Flavor
from novalite.scheduler.manager import SchedulerManager
from tests.support.small_cloud import SmallCloud, killed_at
from tools.servers.processes import wait_until

pytestmark = pytest.mark.integration
CONTEXT = admin_context("req-post")


@pytest.fixture(params=["mariadb", "postgresql"])
def cloud(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[SmallCloud]:
    server: Any = request.getfixturevalue(request.param)
    urls = {name: server.create() for name in ("api", "cell0", "cell1")}
    options = {"quota__instances": -1, "quota__cores": -1, "quota__ram": -1}
    cloud = SmallCloud(tmp_path, urls, **options)
    for number in range(3):
        cloud.add_host(f"host{number}", vcpus=4, cpu_allocation_ratio=5.0)
    yield cloud
    cloud.close()


def test_built_and_buried(cloud: SmallCloud) -> None:
    conductor = cloud.conductor()
    made = cloud.promise(3)
    conductor.build(made)
    huge = cloud.promise(flavor=Flavor("9", "huge", 10**7, 1, 1))
    conductor.build(huge)
    for uuid in made:
        [(cell, instance)] = cloud.rows(uuid)
        assert (cell, cloud.claims(uuid)) == ("cell1", [("cell1", instance.host)])
    assert cloud.mapping(huge[0]).cell_uuid == CELL0_UUID
    assert "ResourceFilter: 0 of 3 (memory 3)" in cloud.faults(huge[0])[0]["message"]
    first = cloud.rows(made[0])[0][1].host
    assert first is not None
    conductor.manager.reschedule_build(CONTEXT, made[0], first, "no disk")
    second = cloud.rows(made[0])[0][1].host
    assert second != first
    assert cloud.claims(made[0]) == [("cell1", second)]
    conductor.manager.instance_destroyed(CONTEXT, str(second), made[0], finish_event="delete")
    assert cloud.rows(made[0]) == []
    cloud.check_counters()


def test_many_schedulers_never_oversell(cloud: SmallCloud) -> None:
    """Room for 60; 80 ask at once, through eight schedulers."""
    won: list[str] = []
    lost: list[str] = []

    def ask(scheduler: SchedulerManager) -> None:
        for _ in range(10):
            spec = cloud.spec()
            try:
                scheduler.select_destinations(CONTEXT, [spec])
            except NoValidHost:
                lost.append(spec.instance_uuid)
            else:
                won.append(spec.instance_uuid)

    schedulers = [SchedulerManager(cloud.deployment) for _ in range(8)]
    threads = [threading.Thread(target=ask, args=(each,)) for each in schedulers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (60, 20)
    assert all(len(cloud.claims(uuid)) == 1 for uuid in won)
    cloud.check_counters()


def test_two_conductors_and_their_sweeps(cloud: SmallCloud) -> None:
    """Every request is cast to one conductor and found by the sweeps of both."""
    managers = [ConductorManager(cloud.deployment, name) for name in ("one", "two")]
    made = [cloud.promise()[0] for _ in range(40)]
    cloud.clock.seconds += 5
    for manager in managers:
        manager.start()
    for number, uuid in enumerate(made):
        managers[number % 2].schedule_and_build_instances(CONTEXT, [uuid])
    wait_until(lambda: len(cloud.compute.casts) >= 40, 60, "40 builds")
    for manager in managers:
        manager.stop()
    assert sorted(uuid for _, uuid in cloud.compute.casts) == sorted(made)
    for uuid in made:
        [(_, instance)] = cloud.rows(uuid)
        assert cloud.claims(uuid) == [("cell1", instance.host)]
    cloud.check_counters()


def test_killed_while_building(cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(8):
        for after in (False, True):
            [uuid] = cloud.promise()
            with killed_at(monkeypatch, number, after=after) as seen:
                cloud.conductor("one").build([uuid])
            cloud.clock.seconds += 120
            for host in ("host0", "host1", "host2"):
                cloud.beat(host)
            other = cloud.conductor("two")
            other.sweep()
            other.tidy()
            [(cell, instance)] = cloud.rows(uuid)
            assert (cell, cloud.claims(uuid)) == ("cell1", [("cell1", instance.host)])
            assert uuid not in cloud.promised()
        if seen[0] <= number:
            cloud.check_counters()
            return
    raise AssertionError("there are more transactions than this test knows")
