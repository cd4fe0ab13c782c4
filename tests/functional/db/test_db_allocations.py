"""Claims: never oversold, and the counters are always the sum of the claims."""

import random

import pytest
import sqlalchemy as sa

from novalite.db.cell_database import allocations, compute_nodes, instances, models
from tests.support import db


def _claim(conn, node, vcpus=1, memory_mb=512, local_gb=1, uuid=None):
    return allocations.claim(conn, uuid or db.new_uuid(), node.id, vcpus, memory_mb, local_gb)


def _used(conn, node):
    now = compute_nodes.get(conn, node.uuid)
    return now.vcpus_used, now.memory_mb_used, now.local_gb_used, now.running_vms


def test_a_claim_is_recorded_and_counted(cell):
    uuid = db.new_uuid()
    with cell.write() as conn:
        node = db.add_node(conn)
        with cell.counting() as counter:
            assert _claim(conn, node, 2, 1024, 5, uuid)
        assert counter.count == 2
        assert _used(conn, node) == (2, 1024, 5, 1)
        (held,) = allocations.for_instance(conn, uuid)
    assert (held.compute_id, held.host) == (node.id, "host1")
    assert (held.vcpus, held.memory_mb, held.local_gb) == (2, 1024, 5)


def test_a_claim_asked_twice_counts_once(cell):
    uuid = db.new_uuid()
    with cell.write() as conn:
        node = db.add_node(conn, vcpus=1)
        assert _claim(conn, node, uuid=uuid)
        assert _claim(conn, node, uuid=uuid), "held already, though nothing is left"
        assert _used(conn, node)[3] == 1
    assert (
        db.run_threads([lambda: cell.run(lambda c: _claim(c, node, uuid=uuid))] * 3) == [True] * 3
    )
    with cell.read() as conn:
        assert _used(conn, node) == (1, 512, 1, 1)


def test_the_same_new_claim_at_once_counts_once(cell):
    uuid = db.new_uuid()
    with cell.write() as conn:
        node = db.add_node(conn, vcpus=8)
    assert (
        db.run_threads([lambda: cell.run(lambda c: _claim(c, node, uuid=uuid))] * 6) == [True] * 6
    )
    with cell.read() as conn:
        assert _used(conn, node) == (1, 512, 1, 1)


@pytest.mark.parametrize(
    ("node", "fitting", "too_much"),
    [
        ({"vcpus": 2, "cpu_allocation_ratio": 4.0}, (2, 0, 0), (3, 0, 0)),
        ({"vcpus": 4, "reserved_vcpus": 1}, (3, 0, 0), (4, 0, 0)),
        ({"memory_mb": 1024, "reserved_memory_mb": 512}, (0, 512, 0), (0, 513, 0)),
        ({"memory_mb": 1000, "ram_allocation_ratio": 1.5}, (0, 1000, 0), (0, 1001, 0)),
        ({"local_gb": 10, "reserved_gb": 2}, (0, 0, 8), (0, 0, 9)),
        ({"local_gb": 10, "disk_allocation_ratio": 0.5}, (0, 0, 5), (0, 0, 6)),
    ],
)
def test_what_fits_and_what_does_not(cell, node, fitting, too_much):
    """Ratios and reserves count; and no server is larger than the machine, whatever the ratio."""
    with cell.write() as conn:
        made = db.add_node(conn, **node)
        before = _used(conn, made)
        assert not _claim(conn, made, *too_much)
        assert _used(conn, made) == before
        assert allocations.on_host(conn, "host1") == []
        assert _claim(conn, made, *fitting)


def test_ratios_allow_more_servers_than_the_machine_has(cell):
    with cell.write() as conn:
        node = db.add_node(conn, vcpus=2, cpu_allocation_ratio=1.5)
        assert [_claim(conn, node, 1, 0, 0) for _ in range(4)] == [True, True, True, False]


def test_what_is_not_asked_for_is_not_checked(cell):
    """A node whose disk is overfull still takes servers that claim no disk."""
    with cell.write() as conn:
        node = db.add_node(conn, local_gb=10)
        assert _claim(conn, node, local_gb=10)
        db.add_node(conn, uuid=node.uuid, local_gb=5)
        assert not _claim(conn, node, local_gb=1)
        assert _claim(conn, node, local_gb=0)


def test_unknown_and_deleted_nodes_take_nothing(cell):
    with cell.write() as conn:
        node = db.add_node(conn)
        assert not allocations.claim(conn, db.new_uuid(), node.id + 1, 1, 1, 1)
        compute_nodes.destroy(conn, node.uuid, db.NOW)
        assert not _claim(conn, node)


def test_a_failed_transaction_claims_nothing(cell):
    with cell.write() as conn:
        node = db.add_node(conn)
    with pytest.raises(ZeroDivisionError), cell.write() as conn:
        assert _claim(conn, node)
        raise ZeroDivisionError
    with cell.read() as conn:
        assert _used(conn, node) == (0, 0, 0, 0)
        assert allocations.on_host(conn, "host1") == []


def test_release_of_one_node_or_of_all_and_only_once(cell):
    uuid = db.new_uuid()
    with cell.write() as conn:
        one, two = db.add_node(conn, "h1"), db.add_node(conn, "h2")
        assert _claim(conn, one, uuid=uuid) and _claim(conn, two, uuid=uuid)
        assert [a.host for a in allocations.for_instances(conn, [uuid, "x"])[uuid]] == ["h1", "h2"]
        assert allocations.release(conn, uuid, one.id) == 1
        assert (_used(conn, one)[3], _used(conn, two)[3]) == (0, 1)
        assert allocations.release(conn, uuid) == 1
        assert allocations.release(conn, uuid) == 0
        assert _used(conn, one) == _used(conn, two) == (0, 0, 0, 0)


def test_releases_at_once_give_back_once(cell):
    uuid = db.new_uuid()
    with cell.write() as conn:
        node = db.add_node(conn)
        _claim(conn, node, uuid=uuid)
    done = db.run_threads([lambda: cell.run(lambda c: allocations.release(c, uuid))] * 6)
    assert sorted(done) == [0, 0, 0, 0, 0, 1]
    with cell.read() as conn:
        assert _used(conn, node) == (0, 0, 0, 0)


def test_eight_threads_never_oversell_a_node(cell):
    """80 servers want 1 or 2 of 16 * 1.5 cpus."""
    with cell.write() as conn:
        node = db.add_node(conn, vcpus=16, cpu_allocation_ratio=1.5, memory_mb=1 << 20)

    def schedule(seed):
        chance = random.Random(seed)
        got = 0
        for _ in range(10):
            vcpus = chance.choice([1, 2])
            if cell.run(lambda c, vcpus=vcpus: _claim(c, node, vcpus, 1, 0)):
                got += vcpus
        return got

    claimed = db.run_threads([lambda seed=seed: schedule(seed) for seed in range(8)])
    assert sum(claimed) == 24
    with cell.read() as conn:
        assert _used(conn, node)[0] == 24
        assert sum(a.vcpus for a in allocations.on_host(conn, "host1")) == 24


def test_counters_stay_the_sum_of_the_claims_whatever_happens(cell):
    """Eight threads claim, release, destroy and fail at random on three nodes."""
    with cell.write() as conn:
        nodes = [db.add_node(conn, f"h{n}", vcpus=6, memory_mb=4096) for n in range(3)]
        servers = [instances.create(conn, db.instance()).uuid for _ in range(20)]

    class Changed(Exception):
        pass

    def act(conn, chance):
        uuid = chance.choice(servers)
        what = chance.random()
        if what < 0.6:
            _claim(conn, chance.choice(nodes), chance.randint(1, 3), 256, 1, uuid)
        elif what < 0.8:
            allocations.release(conn, uuid)
        elif what < 0.9:
            instances.destroy(conn, uuid, db.NOW)
        if chance.random() < 0.1:
            raise Changed

    def worker(seed):
        chance = random.Random(seed)
        for _ in range(30):
            try:
                cell.run(lambda conn: act(conn, chance))
            except Changed:
                pass

    db.run_threads([lambda seed=seed: worker(seed) for seed in range(8)])
    table = models.allocations
    total = sa.func.coalesce
    with cell.read() as conn:
        for node in nodes:
            query = sa.select(
                total(sa.func.sum(table.c.vcpus), 0),
                total(sa.func.sum(table.c.memory_mb), 0),
                total(sa.func.sum(table.c.local_gb), 0),
                sa.func.count(),
            ).where(table.c.compute_id == node.id)
            sums = tuple(int(value) for value in conn.execute(query).one())
            assert _used(conn, node) == sums
            assert sums[0] <= 6 and sums[1] <= 4096
        # Somebody got something, and something was refused or given back.
        assert conn.execute(sa.select(sa.func.count()).select_from(table)).scalar() > 0


def test_orphans_are_old_claims_without_a_server(cell):
    with cell.write() as conn:
        node = db.add_node(conn)
        other = db.add_node(conn, "host2")
        alive = instances.create(conn, db.instance()).uuid
        gone = instances.create(conn, db.instance()).uuid
        never = db.new_uuid()
        instances.destroy(conn, gone, db.NOW)
        for uuid in (alive, gone, never):
            _claim(conn, node, uuid=uuid)
        _claim(conn, other, uuid=never)
        conn.execute(models.allocations.update().values(created_at=db.NOW))
        found = allocations.orphans(conn, "host1", db.later(1))
        assert {a.instance_uuid for a in found} == {gone, never}
        assert len(allocations.orphans(conn, None, db.later(1))) == 3
        assert allocations.orphans(conn, "host1", db.NOW) == []
