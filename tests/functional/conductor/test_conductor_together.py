"""Orders that wait at the same moment are built together, and none suffers for another."""

import pathlib
from collections.abc import Iterator

import pytest

from novalite.conductor.intake import MOST_TOGETHER, Cast
from novalite.context import RequestContext
from novalite.db.api_database import build_requests
from novalite.db.cell_database import instance_actions
from novalite.exception import DatabaseUnavailable
from tests.support.small_cloud import PROJECT, USER, SmallCloud


@pytest.fixture
def cloud(tmp_path: pathlib.Path) -> Iterator[SmallCloud]:
    cloud = SmallCloud(tmp_path, quota__instances=100, quota__cores=-1, quota__ram=-1)
    yield cloud
    cloud.close()


def cast(cloud: SmallCloud, name: str, count: int = 1, **members: object) -> Cast:
    context = RequestContext(USER, PROJECT, request_id=f"req-{name}")
    made = cloud.promise(count, request_id=f"req-{name}", **members)
    return Cast(context, made, f"password-{name}")


def test_each_keeps_its_own_request_and_password(cloud: SmallCloud) -> None:
    cloud.add_host("host1")
    casts = [cast(cloud, "a"), cast(cloud, "b", 2), cast(cloud, "c")]
    cloud.conductor().build_together(*casts)
    for one in casts:
        for uuid in one.uuids:
            [(cell, instance)] = cloud.rows(uuid)
            assert (cell, instance.host) == ("cell1", "host1")
            assert instance.tags == ["one", "two"]
            assert instance.metadata == {"key": "value"}
            assert [device.boot_index for device in instance.block_devices or []] == [0]
            with cloud.cell.read() as conn:
                action = instance_actions.get(conn, uuid, one.context.request_id)
            assert action.action == "create"
            assert cloud.compute.works[uuid].admin_password == one.admin_password
            assert cloud.compute.works[uuid].request_id == one.context.request_id
            assert cloud.mapping(uuid).cell_uuid == cloud.cell1.uuid
    assert len({cloud.rows(uuid)[0][1].id for one in casts for uuid in one.uuids}) == 4
    assert cloud.promised() == []
    cloud.check_counters()


def test_together_costs_less(cloud: SmallCloud) -> None:
    cloud.add_host("host1")
    conductor = cloud.conductor()
    conductor.build_together(cast(cloud, "first"))

    def cost(count: int) -> int:
        casts = [cast(cloud, f"{count}-{number}") for number in range(count)]
        with cloud.api.counting() as api, cloud.cell.counting() as cell:
            conductor.build_together(*casts)
        assert all(cloud.rows(one.uuids[0])[0][0] == "cell1" for one in casts)
        return api.count + cell.count

    one, all_at_once = cost(1), cost(MOST_TOGETHER)
    # For each of them: the claim's row and the node's counters, its own row, its tags; and the
    # quota of its request.
    assert all_at_once - one <= (MOST_TOGETHER - 1) * 6 + 2


def test_one_that_fits_nowhere_does_not_take_the_others_along(cloud: SmallCloud) -> None:
    cloud.add_host("host1")
    good, bad, last = (
        cast(cloud, "good"),
        cast(cloud, "bad", requested_host="nowhere"),
        cast(cloud, "last"),
    )
    cloud.conductor().build_together(good, bad, last)
    for one in (good, last):
        [(cell, instance)] = cloud.rows(one.uuids[0])
        assert (cell, instance.host) == ("cell1", "host1")
    [(cell, instance)] = cloud.rows(bad.uuids[0])
    assert (cell, instance.vm_state) == ("cell0", "error")
    assert cloud.claims(bad.uuids[0]) == []
    assert cloud.compute.works[last.uuids[0]].admin_password == "password-last"
    assert cloud.promised() == []
    cloud.check_counters()


def test_without_a_database_all_are_given_back(
    cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.add_host("host1")
    casts = [cast(cloud, "a"), cast(cloud, "b")]
    conductor = cloud.conductor()

    def away(*args: object) -> None:
        raise DatabaseUnavailable()

    with monkeypatch.context() as patch:
        patch.setattr(cloud.scheduler, "select_destinations", away)
        conductor.build_together(*casts)
    with cloud.api.read() as conn:
        assert [request.lease_owner for request in build_requests.list_(conn)] == [None, None]
    cloud.clock.seconds += 10
    cloud.beat("host1")
    assert conductor.sweep() == 2
    for one in casts:
        assert cloud.rows(one.uuids[0])[0][0] == "cell1"


def test_a_mistake_in_the_batch_is_met_again_one_by_one(
    cloud: SmallCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.add_host("host1")
    casts = [cast(cloud, "a"), cast(cloud, "b"), cast(cloud, "c")]
    select = cloud.scheduler.select_destinations

    def fails(context, specs, cell_uuid=None):  # type: ignore[no-untyped-def]
        if any(spec.instance_uuid == casts[1].uuids[0] for spec in specs):
            raise ValueError("a mistake")
        return select(context, specs, cell_uuid)

    monkeypatch.setattr(cloud.scheduler, "select_destinations", fails)
    cloud.conductor().build_together(*casts)
    ends = [cloud.rows(one.uuids[0])[0] for one in casts]
    assert [(cell, row.vm_state) for cell, row in ends] == [
        ("cell1", "building"),
        ("cell0", "error"),
        ("cell1", "building"),
    ]
    cloud.check_counters()


def test_more_than_fit_together_are_all_built(cloud: SmallCloud) -> None:
    cloud.add_host("host1")
    casts = [cast(cloud, str(number)) for number in range(2 * MOST_TOGETHER + 3)]
    cloud.conductor().build_together(*casts)
    assert sorted(uuid for _, uuid in cloud.compute.casts) == sorted(c.uuids[0] for c in casts)
    cloud.check_counters()


def test_over_quota_ends_only_its_own_project(cloud: SmallCloud) -> None:
    cloud.add_host("host1")
    cloud.conf.set_override("instances", 1, "quota")
    mine, other = cast(cloud, "mine", 2), cast(cloud, "other", project_id="other")
    cloud.conductor().build_together(mine, other)
    assert [cloud.rows(uuid)[0][0] for uuid in mine.uuids] == ["cell0", "cell0"]
    assert [cloud.claims(uuid) for uuid in mine.uuids] == [[], []]
    assert cloud.rows(other.uuids[0])[0][0] == "cell1"
    cloud.check_counters()
