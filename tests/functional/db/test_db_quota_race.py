"""A quota is not exceeded by requests that count and write at the same time."""

import concurrent.futures
import uuid as uuids

from novalite.db.api_database import instance_mappings, quotas
from novalite.db.engine import Database
from novalite.objects import InstanceMapping

PROJECT = "a" * 32
LIMIT = 5


def take_one(database: Database, project_id: str) -> bool:
    def write(conn):
        quotas.lock(conn, project_id)
        if quotas.usage(conn, project_id)["instances"] >= LIMIT:
            return False
        mapping = InstanceMapping(str(uuids.uuid4()), project_id, "u", vcpus=1, memory_mb=1)
        instance_mappings.create(conn, [mapping])
        return True

    return database.run(write)


def test_many_at_once_stay_within_the_limit(api):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: take_one(api, PROJECT), range(24)))
    assert sum(taken) == LIMIT
    with api.read() as conn:
        assert quotas.usage(conn, PROJECT)["instances"] == LIMIT


def test_projects_do_not_wait_for_each_other(api):
    if api.dialect == "sqlite":
        return  # one writer at a time, whatever it writes
    for project_id in (PROJECT, "b" * 32):
        take_one(api, project_id)
    with (
        concurrent.futures.ThreadPoolExecutor(1) as pool,
        api.write() as conn,
    ):
        quotas.lock(conn, PROJECT)
        assert pool.submit(take_one, api, "b" * 32).result(timeout=20) is True
