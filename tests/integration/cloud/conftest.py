"""Whole clouds of separate processes, on each combination of database and concurrency backend."""

import itertools
import pathlib
from collections.abc import Iterator

import pytest

from tests.support.databases import MariaDB, PostgreSQL
from tests.support.processes import free_port
from tests.support.rabbitmq import RabbitMQ
from tools.demo.client import Cloud as Client
from tools.multi.__main__ import write_clouds
from tools.multi.supervisor import Cloud

COMBINATIONS = [
    ("mariadb", "eventlet"),
    ("mariadb", "threading"),
    ("postgresql", "threading"),
]
# Builds take a moment, so that a crash finds some in each stage.
OPTIONS = {
    "quota": {"instances": -1, "cores": -1, "ram": -1},
    "fake": {"spawn_delay": 0.2},
    "conductor": {"build_lease": 6},
    "DEFAULT": {"work_sweep_interval": 3, "report_interval": 2, "service_down_time": 20,
                "rpc_response_timeout": 20},
}  # fmt: skip
_numbers = itertools.count(1)


class Running:
    """A cloud and its clients."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.clouds_yaml = write_clouds(cloud.state, cloud.plan.auth_url, cloud.passwords)
        self.demo = Client(self.clouds_yaml, "novalite")
        self.admin = Client(self.clouds_yaml, "novalite-admin")


@pytest.fixture(scope="module", params=COMBINATIONS, ids="-".join)
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, rabbitmq: RabbitMQ
) -> Iterator[Running]:
    name, backend = request.param
    database: MariaDB | PostgreSQL = request.getfixturevalue(name)
    state = pathlib.Path(tmp_path_factory.mktemp(f"cloud-{name}-{backend}"))
    cloud = Cloud(
        str(state),
        database=database,
        rabbitmq=rabbitmq,
        conductors=1,
        schedulers=1,
        fake_hosts=2,
        backend=backend,
        ports=(free_port(), free_port()),
        extra=OPTIONS,
        prefix=f"cloud{next(_numbers)}_",
    )
    try:
        cloud.up()
        yield Running(cloud)
    finally:
        cloud.down()
