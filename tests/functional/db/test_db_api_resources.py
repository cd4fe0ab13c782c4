"""Flavors, key pairs, aggregates, server groups, cells, hosts and idempotency keys."""

import threading

import pytest

from novalite import exception
from novalite.db.api_database import (
    aggregates,
    cell_mappings,
    flavors,
    host_mappings,
    idempotency_keys,
    instance_groups,
    instance_mappings,
    keypairs,
)
from novalite.objects import CellMapping, InstanceGroup, InstanceMapping, KeyPair
from tests.support import db

# ---- flavors ----


def _flavor(conn, flavorid, **kwargs):
    return flavors.create(conn, db.flavor(flavorid=flavorid, name=f"n{flavorid}", **kwargs))


def _ids(conn, **kwargs):
    return "".join(flavor.flavorid for flavor in flavors.list_(conn, **kwargs))


def test_a_flavor_is_found_by_id_name_and_number(api):
    with api.write() as conn:
        made = _flavor(conn, "1", extra_specs={"a": "1", "b": "2"}, description="d", swap=5)
        assert flavors.get(conn, "1") == flavors.get_by_name(conn, "n1") == made
        assert flavors.get_by_id(conn, made.id) == made
        assert made.extra_specs == {"a": "1", "b": "2"} and made.projects == []
        with api.counting() as counter:
            flavors.get(conn, "1")
        assert counter.count == 1
        for call in (flavors.get, flavors.get_by_name):
            with pytest.raises(exception.FlavorNotFound):
                call(conn, "2")


def test_flavor_ids_and_names_are_unique(api):
    with api.write() as conn:
        _flavor(conn, "1")
    with pytest.raises(exception.FlavorIdExists), api.write() as conn:
        flavors.create(conn, db.flavor(flavorid="1"))
    with pytest.raises(exception.FlavorExists), api.write() as conn:
        flavors.create(conn, db.flavor(name="n1"))


def test_private_flavors_are_for_those_with_access(api):
    with api.write() as conn:
        _flavor(conn, "1")
        _flavor(conn, "2", is_public=False, projects=["mine"])
        _flavor(conn, "3", is_public=False)
        assert flavors.get(conn, "2").projects == ["mine"]
        assert flavors.get(conn, "2", project_id="mine").flavorid == "2"
        with pytest.raises(exception.FlavorNotFound):
            flavors.get(conn, "2", project_id="other")
        assert flavors.get(conn, "1", project_id="other").flavorid == "1"
        assert _ids(conn) == "1"
        assert _ids(conn, project_id="mine") == "12"
        assert _ids(conn, is_public=False) == "23"
        assert _ids(conn, is_public=None) == "123"
        flavors.add_access(conn, "3", "mine")
        assert _ids(conn, project_id="mine") == "123"
        flavors.remove_access(conn, "2", "mine")
        assert _ids(conn, project_id="mine") == "13"
        with pytest.raises(exception.FlavorAccessNotFound):
            flavors.remove_access(conn, "2", "mine")
        with pytest.raises(exception.FlavorNotFound):
            flavors.add_access(conn, "9", "mine")
    with pytest.raises(exception.FlavorAccessExists), api.write() as conn:
        flavors.add_access(conn, "3", "mine")


def test_flavors_are_filtered_sorted_and_paged(api):
    with api.write() as conn:
        _flavor(conn, "1", memory_mb=512, root_gb=10)
        _flavor(conn, "2", memory_mb=256, root_gb=20, disabled=True, vcpu_weight=3)
        _flavor(conn, "3", memory_mb=512, root_gb=0, extra_specs={"k": "v"})
        assert _ids(conn, min_ram=512) == "13"
        assert _ids(conn, min_disk=10) == "12"
        assert _ids(conn, disabled=False) == "13"
        assert _ids(conn, sort_key="memory_mb") == "213"
        assert _ids(conn, sort_key="memory_mb", sort_dir="desc") == "312"
        assert _ids(conn, sort_key="memory_mb", limit=2) == "21"
        assert _ids(conn, sort_key="memory_mb", marker="1") == "3"
        assert _ids(conn, sort_key="disabled", marker="1") == "32"
        assert _ids(conn, sort_key="vcpu_weight") == "132"
        assert _ids(conn, sort_key="vcpu_weight", marker="3") == "2"
        assert _ids(conn, sort_key="vcpu_weight", sort_dir="desc", marker="2") == "31"
        assert _ids(conn, sort_key="id", sort_dir="desc") == "321"
        with pytest.raises(exception.MarkerNotFound):
            _ids(conn, marker="9")
        with api.counting() as counter:
            found = flavors.list_(conn)
        assert counter.count == 3
        assert [flavor.extra_specs for flavor in found] == [{}, {}, {"k": "v"}]


def test_flavors_change_and_go(api):
    with api.write() as conn:
        _flavor(conn, "1", extra_specs={"a": "1"}, is_public=False, projects=["p"])
        assert flavors.update_description(conn, "1", "new").description == "new"
        flavors.set_extra_specs(conn, "1", {"a": "2", "b": "3"})
        assert flavors.get(conn, "1").extra_specs == {"a": "2", "b": "3"}
        flavors.delete_extra_spec(conn, "1", "a")
        assert flavors.get(conn, "1").extra_specs == {"b": "3"}
        with pytest.raises(exception.FlavorExtraSpecsNotFound):
            flavors.delete_extra_spec(conn, "1", "a")
        with pytest.raises(exception.FlavorNotFound):
            flavors.set_extra_specs(conn, "2", {"a": "2"})
        with pytest.raises(exception.FlavorNotFound):
            flavors.update_description(conn, "2", "x")
        flavors.destroy(conn, "1")
        with pytest.raises(exception.FlavorNotFound):
            flavors.destroy(conn, "1")
        again = _flavor(conn, "1")
        assert (again.extra_specs, again.projects) == ({}, [])


# ---- key pairs ----


def test_keypairs_belong_to_a_user(api):
    with api.write() as conn:
        for user, name in (("u", "b"), ("u", "a"), ("v", "a"), ("u", "c")):
            keypairs.create(conn, KeyPair(name, user, "ssh-rsa", "aa:bb"))
        assert keypairs.get(conn, "u", "a").public_key == "ssh-rsa"
        assert keypairs.count(conn, "u") == 3
        assert [key.name for key in keypairs.list_(conn, "u")] == ["a", "b", "c"]
        assert [key.name for key in keypairs.list_(conn, "u", 1, "a")] == ["b"]
        with pytest.raises(exception.MarkerNotFound):
            keypairs.list_(conn, "v", marker="b")
        keypairs.destroy(conn, "u", "a")
        for call in (keypairs.destroy, keypairs.get):
            with pytest.raises(exception.KeypairNotFound):
                call(conn, "u", "a")
        assert keypairs.get(conn, "v", "a").user_id == "v"
    with pytest.raises(exception.KeyPairExists), api.write() as conn:
        keypairs.create(conn, KeyPair("b", "u", "x", "y"))


# ---- aggregates ----


def test_aggregates(api):
    with api.write() as conn:
        one = aggregates.create(conn, "one", {"availability_zone": "z1", "ssd": "true"})
        two = aggregates.create(conn, "two")
        aggregates.add_host(conn, one.id, "h1")
        aggregates.add_host(conn, two.id, "h1")
        aggregates.add_host(conn, two.id, "h2")
        aggregates.update_metadata(conn, one.id, {"ssd": None, "new": "1"})
        aggregates.rename(conn, two.id, "zwei")
        with api.counting() as counter:
            found = aggregates.list_(conn)
        assert counter.count == 3
        assert [a.name for a in aggregates.lock_all(conn)] == ["one", "zwei"]
        assert aggregates.get(conn, one.id, lock=True).updated_at is None
        aggregates.touch(conn, one.id)
        assert aggregates.get(conn, one.id).updated_at is not None
        assert [(a.name, a.hosts, a.metadata) for a in found] == [
            ("one", ["h1"], {"availability_zone": "z1", "new": "1"}),
            ("zwei", ["h1", "h2"], {}),
        ]
        assert aggregates.zones(conn) == {"h1": "z1"}
        aggregates.remove_host(conn, one.id, "h1")
        with pytest.raises(exception.AggregateHostNotFound):
            aggregates.remove_host(conn, one.id, "h1")
        aggregates.destroy(conn, one.id)
        for call in (aggregates.get, aggregates.destroy):
            with pytest.raises(exception.AggregateNotFound):
                call(conn, one.id)
    with pytest.raises(exception.AggregateHostExists), api.write() as conn:
        aggregates.add_host(conn, two.id, "h2")
    with pytest.raises(exception.AggregateNameExists), api.write() as conn:
        aggregates.create(conn, "zwei")


# ---- server groups ----


def test_server_groups(api):
    uuids = [db.new_uuid() for _ in range(3)]
    group = InstanceGroup(db.new_uuid(), "p", "u", "g", "anti-affinity", {"max_server_per_host": 2})
    with api.write() as conn:
        made = instance_groups.create(conn, group)
        assert (made.policy, made.rules, made.members) == (group.policy, group.rules, [])
        instance_groups.add_members(conn, group.uuid, uuids[:2])
        instance_groups.add_members(conn, group.uuid, uuids[1:])
        assert instance_groups.get(conn, group.uuid).members == uuids
        assert instance_groups.of_instances(conn, [uuids[0], "x"]) == {uuids[0]: group.uuid}
        instance_mappings.create(conn, [InstanceMapping(uuid, "p", "u") for uuid in uuids])
        instance_mappings.queue_for_delete(conn, uuids[2])
        assert instance_groups.count_members(conn, group.uuid) == 2
        assert instance_groups.count_members(conn, group.uuid, "v") == 0
        assert instance_groups.get(conn, group.uuid, living=True).members == uuids[:2]
        with api.counting() as counter:
            (listed,) = instance_groups.list_(conn, limit=1, living=True)
        assert (listed.members, counter.count) == (uuids[:2], 2)
        assert instance_groups.list_(conn, "p", limit=1, offset=1) == []
        assert instance_groups.count(conn, "p", "u") == 1
        assert instance_groups.count(conn, "p", "v") == 0
        assert instance_groups.remove_member(conn, uuids[0])
        assert not instance_groups.remove_member(conn, uuids[0])
        assert instance_groups.count(conn, "p") == 1
        assert [g.members for g in instance_groups.list_(conn, "p")] == [uuids[1:]]
        assert instance_groups.list_(conn, "q") == []
        instance_groups.destroy(conn, group.uuid)
        for call in (instance_groups.get, instance_groups.destroy):
            with pytest.raises(exception.InstanceGroupNotFound):
                call(conn, group.uuid)
        assert instance_groups.of_instances(conn, uuids) == {}


# ---- cells and hosts ----


def test_hosts_stay_in_the_cell_they_were_mapped_to(api):
    with api.write() as conn:
        cells = [
            cell_mappings.create(conn, CellMapping(db.new_uuid(), name, "sqlite:///x"))
            for name in "ab"
        ]
        assert host_mappings.map_host(conn, "h", cells[0].uuid)
        assert not host_mappings.map_host(conn, "h", cells[1].uuid)
        assert host_mappings.get(conn, "h") == cells[0].uuid
        assert host_mappings.list_(conn) == {"h": cells[0].uuid}
        assert host_mappings.list_(conn, cells[1].uuid) == {}
        with pytest.raises(exception.CellMappingNotFound):
            host_mappings.map_host(conn, "i", db.new_uuid())
        assert cell_mappings.update(conn, cells[1].uuid, disabled=True).disabled
        assert cell_mappings.destroy(conn, cells[1].uuid)
        assert not cell_mappings.destroy(conn, cells[1].uuid)
        with pytest.raises(exception.CellMappingNotFound):
            cell_mappings.update(conn, cells[1].uuid, disabled=True)
        assert host_mappings.destroy(conn, "h")
        with pytest.raises(exception.HostMappingNotFound):
            host_mappings.get(conn, "h")


# ---- idempotency keys ----


def test_a_key_is_reserved_once_and_answers_afterwards(api):
    with api.write() as conn:
        assert idempotency_keys.reserve(conn, "p", "k", "hash", db.NOW) is None
        assert idempotency_keys.reserve(conn, "q", "k", "hash") is None
        assert idempotency_keys.reserve(conn, "p", "k", "hash").response is None
        idempotency_keys.finish(conn, "p", "k", {"server": {"id": "1"}})
        known = idempotency_keys.reserve(conn, "p", "k", "hash")
        assert known.response == {"server": {"id": "1"}}
        with pytest.raises(exception.IdempotencyKeyReused):
            idempotency_keys.reserve(conn, "p", "k", "another")
        assert idempotency_keys.expire(conn, db.later(1)) == 1
        assert idempotency_keys.get(conn, "p", "k") is None
        assert idempotency_keys.release(conn, "q", "k")
        assert not idempotency_keys.release(conn, "q", "k")


def test_a_doubled_request_waits_for_the_first_one(api):
    """Both reserve in the transaction that does the work: one does it, the other sees it done."""
    started = threading.Event()

    def first():
        with api.write() as conn:
            assert idempotency_keys.reserve(conn, "p", "k", "h") is None
            started.set()
            idempotency_keys.finish(conn, "p", "k", "answer")
        return "did"

    def second():
        assert started.wait(20)
        with api.write() as conn:
            known = idempotency_keys.reserve(conn, "p", "k", "h")
        return known.response

    assert db.run_threads([first, second]) == ["did", "answer"]
