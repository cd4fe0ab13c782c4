"""One cloud for all tests of clients: each test names its own things and takes them away again."""

import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.fake_cloud import FakeCloud
from tests.support.openstack_command import User
from tests.support.web import Web

pytest.importorskip("openstackclient")


@pytest.fixture(scope="session")
def web() -> Iterator[Web]:
    """From where the cloud may fetch images."""
    web = Web()
    yield web
    web.close()


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory, web: Web) -> Iterator[FakeCloud]:
    state = pathlib.Path(tmp_path_factory.mktemp("clients"))
    made = FakeCloud(state, f"image_web_hosts = 127.0.0.1:{web.port}")
    made.up()
    yield made
    made.purge()


@pytest.fixture(scope="session")
def sdk(cloud: FakeCloud) -> Any:
    """openstacksdk, as the user demo."""
    return cloud.connect()


@pytest.fixture(scope="session")
def demo(cloud: FakeCloud) -> User:
    return User(cloud.command)


@pytest.fixture(scope="session")
def admin(cloud: FakeCloud) -> User:
    return User(cloud.command, "novalite-admin")
