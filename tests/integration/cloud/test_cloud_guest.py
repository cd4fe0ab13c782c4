"""The demo on real libvirt: a guest that answers ping and SSH and has read its metadata, its
config drive and its user-data, and of which nothing is left when it is deleted."""

import itertools
import pathlib
import shutil
import subprocess
import sys

import pytest

from tests.integration.cloud.conftest import COMBINATIONS, AllInOne
from tests.support.host_claims import Claims
from tests.support.libvirt import folder
from tools.multi.__main__ import write_clouds
from tools.multi.supervisor import Cloud
from tools.servers.processes import free_port
from tools.servers.rabbitmq import RabbitMQ

pytestmark = pytest.mark.integration

ROOT = pathlib.Path(__file__).parents[3]
_numbers = itertools.count(1)


def demo(url: str, clouds_yaml: str, state: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.demo", "--url", url, "--clouds", clouds_yaml,
         "--state-path", state], cwd=ROOT, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All of it was real, and all of it is gone again." in done.stdout


def test_all_in_one(all_in_one: AllInOne) -> None:
    demo(all_in_one.url, all_in_one.clouds_yaml, str(all_in_one.state))


@pytest.mark.parametrize(("database", "backend"), COMBINATIONS)
def test_services(
    database: str,
    backend: str,
    request: pytest.FixtureRequest,
    rabbitmq: RabbitMQ,
    libvirt_host: str,
    guest_image: pathlib.Path,
) -> None:
    state = folder(f"services-{database}-{backend}-")
    claims = Claims()
    inside, outside = (f"{claims.octets(f'10.{net}.{{}}')}.0/24" for net in (78, 79))
    cloud = Cloud(
        str(state),
        database=request.getfixturevalue(database),
        rabbitmq=rabbitmq,
        backend=backend,
        ports=(free_port(), free_port()),
        network=(claims.prefix("s"), inside),
        extra={"embedded": {"guest_image": str(guest_image), "external_cidr": outside}},
        prefix=f"guest{next(_numbers)}_",
    )
    try:
        cloud.up()
        clouds_yaml = write_clouds(str(state), cloud.plan.auth_url, cloud.passwords)
        demo(cloud.plan.api_url, clouds_yaml, str(state))
    finally:
        cloud.down()
        shutil.rmtree(state, ignore_errors=True)
        claims.release()
