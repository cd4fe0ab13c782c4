"""Build requests, their leases, and what else a POST /servers writes."""

import pytest

from novalite import exception
from novalite.db.api_database import (
    build_requests,
    cell_mappings,
    instance_mappings,
    quotas,
    request_specs,
)
from novalite.db.engine import DuplicateKey
from novalite.objects import (
    BlockDevice,
    BuildRequest,
    CellMapping,
    ImageMeta,
    InstanceMapping,
    RequestedNetwork,
    RequestSpec,
)
from tests.support import db


def _request(**kwargs):
    one = db.instance(metadata={"k": "v"}, tags=["t"])
    values = {
        "instance_uuid": one.uuid,
        "project_id": "project",
        "instance": one,
        "block_devices": [BlockDevice("image", "local")],
        "tags": ["t"],
        "request_id": "req-1",
        "created_at": db.NOW,
    }
    return BuildRequest(**{**values, **kwargs})


def _add(api, count=1, **kwargs):
    made = [_request(**kwargs) for _ in range(count)]
    with api.write() as conn:
        build_requests.create(conn, made)
    return [one.instance_uuid for one in made]


def _take(api, owner, now=db.NOW, until=db.later(30), **kwargs):
    taken = api.run(lambda conn: build_requests.take(conn, owner, now, until, **kwargs))
    return [one.instance_uuid for one in taken]


def test_what_is_created_is_what_is_read(api):
    asked = _request()
    with api.write() as conn:
        build_requests.create(conn, [asked])
        found = build_requests.get(conn, asked.instance_uuid)
    asked.id = found.id
    assert found == asked
    assert isinstance(found.instance, type(asked.instance))


def test_a_uuid_is_requested_once(api):
    (uuid,) = _add(api)
    with pytest.raises(DuplicateKey):
        _add(api, instance_uuid=uuid)


def test_list_is_newest_first_and_of_a_project(api):
    (old,) = _add(api)
    (new,) = _add(api, created_at=db.later(1))
    (other,) = _add(api, project_id="other", created_at=db.later(2))
    with api.read() as conn:
        assert [r.instance_uuid for r in build_requests.list_(conn, "project")] == [new, old]
        assert [r.instance_uuid for r in build_requests.list_(conn)] == [other, new, old]
        assert [r.instance_uuid for r in build_requests.list_(conn, limit=1)] == [other]


def test_destroy_tells_whether_it_was_there(api):
    (uuid,) = _add(api)
    with api.write() as conn:
        assert build_requests.destroy(conn, uuid)
        assert not build_requests.destroy(conn, uuid)
        with pytest.raises(exception.BuildRequestNotFound):
            build_requests.get(conn, uuid)


def test_save_changes_the_promised_server(api):
    (uuid,) = _add(api)
    with api.write() as conn:
        request = build_requests.get(conn, uuid)
        request.instance.display_name = "renamed"
        assert build_requests.save(conn, request)
        assert build_requests.get(conn, uuid).instance.display_name == "renamed"
        build_requests.destroy(conn, uuid)
        assert not build_requests.save(conn, request)


def test_a_lease_keeps_others_off_until_it_is_over(api):
    uuids = _add(api, 2)
    assert _take(api, "a") == uuids
    assert _take(api, "b") == []
    assert _take(api, "a") == uuids, "one's own may be taken again"
    assert _take(api, "b", now=db.later(30)) == [], "the last moment still counts"
    assert _take(api, "b", now=db.later(31), until=db.later(60)) == uuids
    with api.read() as conn:
        found = build_requests.get(conn, uuids[0])
    assert (found.lease_owner, found.lease_expires_at) == ("b", db.later(60))


def test_renewal_and_release(api):
    uuids = _add(api, 2)
    _take(api, "a")
    with api.write() as conn:
        assert build_requests.renew(conn, "a", db.later(100)) == 2
        assert build_requests.renew(conn, "nobody", db.later(100)) == 0
    assert _take(api, "b", now=db.later(50)) == []
    with api.write() as conn:
        assert build_requests.release(conn, "a", [uuids[0]]) == 1
    assert _take(api, "b", now=db.later(50)) == [uuids[0]]
    with api.write() as conn:
        assert build_requests.renew(conn, "a", db.later(100), uuids) == 1, "one is lost"
        assert build_requests.release(conn, "a") == 1


def test_take_by_uuid_by_age_and_in_portions(api):
    old = _add(api, 3)
    new = _add(api, 2, created_at=db.later(10))
    assert _take(api, "a", uuids=[new[1], old[0], db.new_uuid()]) == [old[0], new[1]]
    assert _take(api, "b", uuids=[]) == []
    assert _take(api, "b", older_than=db.later(5), limit=1) == [old[1]]
    assert _take(api, "c", older_than=db.later(5)) == [old[2]]
    assert _take(api, "c", older_than=db.later(5), uuids=new) == []


def test_no_request_has_two_owners(api):
    uuids = _add(api, 40)
    taken = db.run_threads([lambda owner=f"o{n}": _take(api, owner, limit=7) for n in range(8)])
    everything = [uuid for part in taken for uuid in part]
    assert len(everything) == len(set(everything))
    while part := _take(api, "last", now=db.NOW, limit=100):
        rest = [uuid for uuid in part if uuid not in everything]
        assert rest == part
        everything += part
        break
    assert sorted(everything) == sorted(uuids)


def test_request_specs(api):
    asked = RequestSpec(
        db.new_uuid(),
        "p",
        "u",
        db.flavor(extra_specs={"hw:cpu_policy": "shared"}),
        ImageMeta("image", properties={"hw_disk_bus": "virtio"}),
        availability_zone="nova",
        scheduler_hints={"group": ["g"]},
        requested_networks=[RequestedNetwork("auto")],
        injected_files=[["/etc/motd", "aGk="]],
    )
    with api.write() as conn:
        request_specs.create(conn, [asked])
        assert request_specs.get(conn, asked.instance_uuid) == asked
        asked.ignore_hosts = ["h1"]
        request_specs.save(conn, asked)
        assert request_specs.get_many(conn, [asked.instance_uuid, "x"]) == {
            asked.instance_uuid: asked
        }
        assert request_specs.destroy(conn, asked.instance_uuid)
        assert not request_specs.destroy(conn, asked.instance_uuid)
        with pytest.raises(exception.RequestSpecNotFound):
            request_specs.get(conn, asked.instance_uuid)
        with pytest.raises(exception.RequestSpecNotFound):
            request_specs.save(conn, asked)


def _map(conn, project="p", user="u", **kwargs):
    values = {"vcpus": 2, "memory_mb": 1024}
    mapping = InstanceMapping(db.new_uuid(), project, user, **{**values, **kwargs})
    instance_mappings.create(conn, [mapping])
    return mapping


def test_mappings_and_their_cell(api):
    with api.write() as conn:
        cell = cell_mappings.create(conn, CellMapping(db.new_uuid(), "c", "sqlite:///x"))
        mapping = _map(conn)
        assert instance_mappings.get(conn, mapping.instance_uuid) == mapping
        instance_mappings.set_cell(conn, mapping.instance_uuid, cell.uuid)
        mapping.cell_uuid = cell.uuid
        assert instance_mappings.get(conn, mapping.instance_uuid) == mapping
        born_there = _map(conn, cell_uuid=cell.uuid)
        assert instance_mappings.get(conn, born_there.instance_uuid).cell_uuid == cell.uuid
        uuids = [mapping.instance_uuid, born_there.instance_uuid, "unknown"]
        assert set(instance_mappings.get_many(conn, uuids)) == set(uuids[:2])
        with pytest.raises(exception.CellMappingNotFound):
            instance_mappings.set_cell(conn, mapping.instance_uuid, db.new_uuid())
        for call in (
            lambda: instance_mappings.set_cell(conn, db.new_uuid(), cell.uuid),
            lambda: instance_mappings.get(conn, db.new_uuid()),
        ):
            with pytest.raises(exception.InstanceMappingNotFound):
                call()
        assert instance_mappings.destroy(conn, born_there.instance_uuid)
        assert not instance_mappings.destroy(conn, born_there.instance_uuid)


def test_mappings_stand_in_for_a_cell_that_is_down(api):
    with api.write() as conn:
        cell = cell_mappings.create(conn, CellMapping(db.new_uuid(), "c", "sqlite:///x"))
        first = _map(conn, cell_uuid=cell.uuid)
        second = _map(conn, cell_uuid=cell.uuid)
        waiting = _map(conn)
        gone = _map(conn, cell_uuid=cell.uuid)
        _map(conn, project="other", cell_uuid=cell.uuid)
        assert instance_mappings.queue_for_delete(conn, gone.instance_uuid)
        of_cell = instance_mappings.list_(conn, project_id="p", cell_uuid=cell.uuid)
        assert of_cell == [second, first]
        assert instance_mappings.list_(conn, project_id="p", unscheduled=True) == [waiting]
        assert len(instance_mappings.list_(conn, queued_for_delete=None)) == 5


def test_usage_counts_until_a_delete_is_asked_for(api):
    with api.write() as conn:
        assert quotas.usage(conn, "p") == {"instances": 0, "cores": 0, "ram": 0}
        one = _map(conn)
        _map(conn, user="v")
        _map(conn, project="other")
        with api.counting() as counter:
            assert quotas.usage(conn, "p") == {"instances": 2, "cores": 4, "ram": 2048}
        assert counter.count == 1
        assert quotas.usage(conn, "p", "v") == {"instances": 1, "cores": 2, "ram": 1024}
        assert instance_mappings.queue_for_delete(conn, one.instance_uuid)
        assert not instance_mappings.queue_for_delete(conn, one.instance_uuid)
        assert quotas.usage(conn, "p") == {"instances": 1, "cores": 2, "ram": 1024}


def test_limits_of_class_project_and_user(api):
    with api.write() as conn:
        quotas.set_class_limits(conn, {"cores": 10, "ram": 10})
        quotas.set_class_limits(conn, {"cores": 1}, "other-class")
        quotas.set_limits(conn, "p", {"ram": 20, "instances": 5})
        with api.counting() as counter:
            quotas.set_limits(conn, "p", {"instances": -1, "ram": 20})
        assert counter.count == 2
        quotas.set_limit(conn, "p", "ram", 30, user_id="u")
        quotas.set_limits(conn, "p", {"ram": 12, "cores": -1}, user_id="v")
        assert quotas.given_to_users(conn, "p") == {"ram": 42}
        with api.counting() as counter:
            assert quotas.overrides(conn, "p") == {"cores": 10, "ram": 20, "instances": -1}
        assert counter.count == 1
        assert quotas.overrides(conn, "p", "u") == {"cores": 10, "ram": 30, "instances": -1}
        assert quotas.overrides(conn, "x") == quotas.class_limits(conn) == {"cores": 10, "ram": 10}
        quotas.destroy(conn, "p", "u")
        assert quotas.overrides(conn, "p", "u")["ram"] == 20
        quotas.destroy(conn, "p")
        assert quotas.overrides(conn, "p", "u") == {"cores": 10, "ram": 10}
