"""How many SQL statements a request may cost. A number that grows has to be raised here, by hand.

Statements are counted, never milliseconds.
"""

import contextlib
from collections.abc import Iterator

import pytest

from tests.support.api import ApiFixture
from tests.support.servers_api import ServersApi

POST = 7
POST_WITH_KEY_PAIR_AND_ZONE = 10
SHOW_IN_CELL = 11
SHOW_PROMISED = 5
LIST = 3
LIST_DETAIL = {"member": 10, "project_admin": 11}


class Counted:
    def __init__(self) -> None:
        self.statements: list[str] = []

    @property
    def count(self) -> int:
        return len(self.statements)


@contextlib.contextmanager
def counted(cloud: ApiFixture) -> Iterator[Counted]:
    result = Counted()
    databases = (cloud.api_db, cloud.databases.cell0, cloud.cell_db)
    with contextlib.ExitStack() as stack:
        counters = [stack.enter_context(database.counting()) for database in databases]
        yield result
    for counter in counters:
        result.statements += counter.statements


@pytest.fixture
def cloud(tmp_path: object) -> Iterator[ServersApi]:
    plenty = dict.fromkeys(("instances", "cores", "ram"), 10**9)
    # Thousands of answers are not checked against their schemas here; other tests do that.
    api = ServersApi(tmp_path, {"quota": plenty, "api": {"response_validation": "ignore"}})
    yield api
    api.close()


def test_create(cloud: ServersApi) -> None:
    cloud.created(version="latest")
    with counted(cloud) as one:
        cloud.created(version="latest")
    with counted(cloud) as many:
        cloud.created(version="latest", max_count=50)
    assert one.count == many.count == POST, one.statements


def test_create_with_everything(cloud: ServersApi) -> None:
    cloud.created()
    with counted(cloud) as seen:
        cloud.created(key_name="key", availability_zone="nova")
    assert seen.count == POST_WITH_KEY_PAIR_AND_ZONE, seen.statements


def test_show(cloud: ServersApi) -> None:
    uuid = cloud.running()
    with counted(cloud) as seen:
        assert cloud.get(f"/servers/{uuid}", version="latest", token="admin").status == 200
    assert seen.count == SHOW_IN_CELL, seen.statements
    uuid = cloud.created()
    with counted(cloud) as seen:
        assert cloud.get(f"/servers/{uuid}", version="latest").status == 200
    assert seen.count == SHOW_PROMISED, seen.statements


def test_lists_cost_the_same_however_long(cloud: ServersApi) -> None:
    cost: dict[tuple[str, str, int], int] = {}
    made = 0
    for size in (10, 1000):
        for batch in range(made, size, 90):
            count = min(90, size - batch)
            cloud.created(version="latest", max_count=count, min_count=count)
            for uuid in cloud.conductor.builds[-1][0]:
                cloud.place(uuid)
        made = size
        for token in ("member", "project_admin"):
            for path in ("/servers", "/servers/detail"):
                with counted(cloud) as seen:
                    reply = cloud.get(path, version="latest", token=token)
                assert len(reply.json["servers"]) == size
                cost[path, token, size] = seen.count
    for token, allowed in LIST_DETAIL.items():
        assert cost["/servers", token, 10] == cost["/servers", token, 1000] == LIST
        assert cost["/servers/detail", token, 10] == cost["/servers/detail", token, 1000] == allowed


def test_neighbours_are_asked_once_per_list(cloud: ServersApi) -> None:
    for _ in range(5):
        cloud.running()
    cloud.networks.calls.clear()
    cloud.get("/servers/detail", version="latest")
    assert len(cloud.networks.calls) <= 2
