"""The scheduler on SQLite: snapshots, claims, races, groups."""

import pathlib
import threading
import uuid as uuids
from collections.abc import Iterator

import pytest

from novalite.context import admin_context
from novalite.db.api_database import aggregates, instance_groups
from novalite.db.cell_database import compute_nodes, services
from novalite.exception import DatabaseUnavailable, NoValidHost
from novalite.objects import Flavor, InstanceGroup, RequestSpec
from novalite.scheduler import claims
from novalite.scheduler.manager import SchedulerManager
from tests.support.small_cloud import PROJECT, USER, SmallCloud

CONTEXT = admin_context("req")


@pytest.fixture
def cloud(tmp_path: pathlib.Path) -> Iterator[SmallCloud]:
    cloud = SmallCloud(tmp_path)
    yield cloud
    cloud.close()


def select(cloud: SmallCloud, *specs: RequestSpec) -> list[str]:
    return [
        selections[0].host
        for selections in cloud.scheduler.select_destinations(CONTEXT, list(specs))
    ]


def make_group(cloud: SmallCloud, policy: str, count: int, **rules: int) -> list[RequestSpec]:
    group = InstanceGroup(str(uuids.uuid4()), PROJECT, USER, "group", policy, rules)
    specs = [cloud.spec(instance_group=group.uuid) for _ in range(count)]
    cloud.api.run(lambda conn: instance_groups.create(conn, group))
    cloud.api.run(
        lambda conn: instance_groups.add_members(
            conn, group.uuid, [spec.instance_uuid for spec in specs]
        )
    )
    return specs


def test_an_answer_is_a_claim_and_alternates(cloud: SmallCloud) -> None:
    for number in range(5):
        cloud.add_host(f"host{number}")
    [selections] = cloud.scheduler.select_destinations(CONTEXT, [spec := cloud.spec()])
    assert [selection.claimed for selection in selections] == [True, False, False]
    assert len({selection.host for selection in selections}) == 3
    assert cloud.claims(spec.instance_uuid) == [("cell1", selections[0].host)]
    assert {selection.cell_uuid for selection in selections} == {cloud.cell1.uuid}
    cloud.check_counters()


def test_asking_twice_claims_once(cloud: SmallCloud) -> None:
    cloud.add_host("host1")
    spec = cloud.spec()
    assert select(cloud, spec) == ["host1"]
    cloud.add_host("better", memory_mb=10**6)
    assert select(cloud, spec) == ["host1"]
    assert cloud.claims(spec.instance_uuid) == [("cell1", "host1")]
    cloud.check_counters()


def test_a_host_to_be_avoided_is_left_with_its_claim(cloud: SmallCloud) -> None:
    cloud.add_host("host1")
    spec = cloud.spec()
    select(cloud, spec)
    cloud.add_host("host2")
    spec.ignore_hosts = ["host1"]
    assert select(cloud, spec) == ["host2"]
    assert select(cloud, spec) == ["host2"]
    assert cloud.claims(spec.instance_uuid) == [("cell1", "host1"), ("cell1", "host2")]


def test_nothing_stays_claimed_when_one_does_not_fit(cloud: SmallCloud) -> None:
    cloud.add_host("host1")
    fits = cloud.spec()
    huge = cloud.spec(flavor=Flavor("9", "huge", 10**7, 1, 1))
    select(cloud, fits)
    with pytest.raises(NoValidHost) as caught:
        cloud.scheduler.select_destinations(CONTEXT, [fits, huge])
    assert "ResourceFilter: 0 of 1 (memory 1)" in str(caught.value)
    assert "host1" in caught.value.kwargs["details"]
    assert cloud.claims(fits.instance_uuid) == []
    cloud.check_counters()


def test_forced_and_requested(cloud: SmallCloud) -> None:
    cloud.add_host("host1")
    cloud.add_host("host2")
    with cloud.cell.write() as conn:
        services.update(conn, services.get_by_host(conn, "host2").uuid, disabled=True)
    assert select(cloud, cloud.spec(force_hosts=["host2"])) == ["host2"]
    assert select(cloud, cloud.spec(requested_host="host1")) == ["host1"]
    with pytest.raises(NoValidHost):
        select(cloud, cloud.spec(requested_host="host2"))


def test_a_silent_host_is_not_chosen_until_it_speaks(cloud: SmallCloud) -> None:
    cloud.add_host("host1")
    cloud.clock.seconds += 61
    with pytest.raises(NoValidHost, match="ComputeFilter: 0 of 1"):
        select(cloud, cloud.spec())
    cloud.beat("host1")
    assert select(cloud, cloud.spec()) == ["host1"]


def test_zones_follow_the_aggregates_at_once(cloud: SmallCloud) -> None:
    cloud.add_host("host1")
    with pytest.raises(NoValidHost, match="AvailabilityZoneFilter: 0 of 1"):
        select(cloud, cloud.spec(availability_zone="az1"))
    with cloud.api.write() as conn:
        made = aggregates.create(conn, "a", {"availability_zone": "az1"})
        aggregates.add_host(conn, made.id, "host1")
    [[selection]] = cloud.scheduler.select_destinations(
        CONTEXT, [cloud.spec(availability_zone="az1")]
    )
    assert (selection.host, selection.availability_zone) == ("host1", "az1")


def test_a_changed_node_is_read_again(cloud: SmallCloud) -> None:
    node = cloud.add_host("host1")
    wanting = {"flavor": Flavor("1", "f", 512, 1, 1, extra_specs={"trait:HW_X": "required"})}
    with pytest.raises(NoValidHost, match="TraitsFilter: 0 of 1"):
        select(cloud, cloud.spec(**wanting))
    cloud.clock.seconds += 1
    node.traits = ["HW_X"]
    with cloud.cell.write() as conn:
        compute_nodes.report(conn, node, cloud.clock.now())
    assert select(cloud, cloud.spec(**wanting)) == ["host1"]


def test_a_snapshot_costs_the_same_for_any_number_of_hosts(cloud: SmallCloud) -> None:
    def cost() -> int:
        with cloud.cell.counting() as cell, cloud.api.counting() as api:
            cloud.scheduler.explain(CONTEXT, cloud.spec())
        return cell.count + api.count

    cloud.add_host("host0")
    cost()
    few = cost()
    for number in range(1, 30):
        cloud.add_host(f"host{number}")
    cost()
    assert cost() == few <= 4


def test_explain_claims_nothing(cloud: SmallCloud) -> None:
    cloud.add_host("host1")
    cloud.add_host("host2", memory_mb=100)
    spec = cloud.spec()
    answer = cloud.scheduler.explain(CONTEXT, spec)
    hosts = answer["hosts"]
    assert isinstance(hosts, dict)
    assert hosts["host2"]["filter"] == "ResourceFilter"
    assert "weight" in hosts["host1"]
    assert cloud.claims(spec.instance_uuid) == []


def test_a_lost_race_takes_the_next_host(
    cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the snapshot and the claim another scheduler fills the best host."""
    cloud.add_host("best", memory_mb=1024 + 512, reserved_memory_mb=512)
    cloud.add_host("second", memory_mb=600 + 512, reserved_memory_mb=512)
    real = claims.claim
    rival = cloud.spec(flavor=Flavor("1", "f", 1024, 1, 1))
    calls: list[int] = []

    def claim(databases: object, picks: list[claims.Pick]) -> list[claims.Pick]:
        calls.append(1)
        if len(calls) == 1:
            assert picks[0].host.host == "best"
            other = SchedulerManager(cloud.deployment)
            [[selection]] = other.select_destinations(CONTEXT, [rival])
            assert selection.host == "best"
        return real(databases, picks)  # type: ignore[arg-type]

    monkeypatch.setattr(claims, "claim", claim)
    assert select(cloud, cloud.spec()) == ["second"]
    cloud.check_counters()


def test_many_schedulers_never_oversell(cloud: SmallCloud) -> None:
    """Room for 12; 24 ask at once, through four schedulers."""
    for number in range(3):
        cloud.add_host(f"host{number}", vcpus=2, cpu_allocation_ratio=2.0)
    schedulers = [SchedulerManager(cloud.deployment) for _ in range(4)]
    won: list[str] = []
    lost: list[str] = []

    def ask(scheduler: SchedulerManager) -> None:
        for _ in range(6):
            spec = cloud.spec()
            try:
                scheduler.select_destinations(CONTEXT, [spec])
            except NoValidHost:
                lost.append(spec.instance_uuid)
            else:
                won.append(spec.instance_uuid)

    threads = [threading.Thread(target=ask, args=(scheduler,)) for scheduler in schedulers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (12, 12)
    assert all(len(cloud.claims(uuid)) == 1 for uuid in won)
    cloud.check_counters()


@pytest.mark.parametrize("policy", ["anti-affinity", "affinity"])
def test_groups_are_kept_between_requests(cloud: SmallCloud, policy: str) -> None:
    for number in range(2):
        cloud.add_host(f"host{number}")
    specs = make_group(cloud, policy, 3)
    found = [select(cloud, spec)[0] for spec in specs[:2]]
    assert len(set(found)) == (2 if policy == "anti-affinity" else 1)
    if policy == "anti-affinity":
        with pytest.raises(NoValidHost, match="ServerGroupAntiAffinityFilter: 0 of 2"):
            select(cloud, specs[2])


def test_two_schedulers_place_members_of_a_group_at_once(
    cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both decided before either claimed. Who sees the other one's claim gives way."""
    cloud.add_host("best", memory_mb=100_000)
    cloud.add_host("second")
    mine, theirs = make_group(cloud, "anti-affinity", 2)
    real = claims.claim
    calls: list[int] = []

    def claim(databases: object, picks: list[claims.Pick]) -> list[claims.Pick]:
        calls.append(1)
        if len(calls) == 1:
            assert SchedulerManager(cloud.deployment).select_destinations(CONTEXT, [theirs])
        return real(databases, picks)  # type: ignore[arg-type]

    monkeypatch.setattr(claims, "claim", claim)
    assert select(cloud, mine) == ["second"]
    assert cloud.claims(theirs.instance_uuid) == [("cell1", "best")]
    assert cloud.claims(mine.instance_uuid) == [("cell1", "second")]
    cloud.check_counters()


def test_hints_find_servers(cloud: SmallCloud) -> None:
    cloud.add_host("host1")
    cloud.add_host("host2")
    first = cloud.spec()
    [place] = select(cloud, first)
    hint = [first.instance_uuid]
    assert select(cloud, cloud.spec(scheduler_hints={"same_host": hint})) == [place]
    [other] = select(cloud, cloud.spec(scheduler_hints={"different_host": hint}))
    assert other != place


def test_a_cell_that_is_away(cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cell2 = cloud.add_cell()
    cloud.add_host("host1")
    cloud.add_host("host2", cell2, memory_mb=10**6)

    def away(*args: object) -> None:
        raise DatabaseUnavailable

    monkeypatch.setattr(cloud.databases.cell(cell2), "read", away)
    assert select(cloud, cloud.spec()) == ["host1"]
    # What may fit there is not told to fit nowhere.
    with pytest.raises(DatabaseUnavailable):
        select(cloud, cloud.spec(flavor=Flavor("1", "f", 10**5, 1, 1)))
