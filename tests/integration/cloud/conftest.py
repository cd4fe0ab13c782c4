"""Whole clouds of separate processes, on each combination of database and concurrency backend."""

import itertools
import os
import pathlib
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.support.host_claims import Claims
from tests.support.libvirt import folder
from tests.support.openstack_command import OpenStackCommand
from tools.demo.client import Cloud as Client
from tools.multi.__main__ import write_clouds
from tools.multi.supervisor import Cloud
from tools.servers.databases import MariaDB, PostgreSQL
from tools.servers.processes import free_port
from tools.servers.rabbitmq import RabbitMQ

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
                "rpc_response_timeout": 10},
}  # fmt: skip
_numbers = itertools.count(1)


class AllInOne:
    """``novalite up`` on real libvirt, beside any other cloud of this host."""

    def __init__(self, state: pathlib.Path, guest_image: pathlib.Path) -> None:
        self.state = state
        self.guest_image = guest_image
        self.port = free_port()
        self.clouds_yaml = str(state / "clouds.yaml")
        self.command = OpenStackCommand(self.clouds_yaml)
        self.config = state / "test.conf"
        self._claims = Claims()
        inside, outside = (self._claims.octets(f"10.{net}.{{}}") for net in (78, 79))
        self.config.write_text(
            f"[embedded]\ndevice_prefix = {self._claims.prefix('n')}\npassword_cost = 10\n"
            f"network_cidr = {inside}.0/24\nexternal_cidr = {outside}.0/24\n"
            "[DEFAULT]\nwork_sweep_interval = 3\ncpu_allocation_ratio = 32\n"
            "[quota]\ninstances = -1\ncores = -1\nram = -1\n"
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _novalite(self, *words: str) -> None:
        command = [sys.executable, "-m", "novalite.cmd.main", *words]
        subprocess.run([*command, "--state-path", str(self.state)], check=True)

    def up(self) -> None:
        self._novalite("up", "--port", str(self.port), "--clouds", self.clouds_yaml,
                       "--config-file", str(self.config),
                       "--guest-image", str(self.guest_image))  # fmt: skip

    def kill(self) -> None:
        os.kill(int((self.state / "novalite.pid").read_text()), signal.SIGKILL)

    def purge(self) -> None:
        """Down, and nothing of it left on the host."""
        self.command.close()
        self._novalite("down", "--purge", "--config-file", str(self.config))
        self._claims.release()


@pytest.fixture
def all_in_one(libvirt_host: str, guest_image: pathlib.Path) -> Iterator[AllInOne]:
    cloud = AllInOne(folder("all-in-one-"), guest_image)
    try:
        cloud.up()
        yield cloud
    finally:
        cloud.purge()
        shutil.rmtree(cloud.state, ignore_errors=True)


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
