import pathlib
from collections.abc import Iterator

import pytest

from tests.support.servers_api import ServersApi


@pytest.fixture
def cloud(tmp_path: pathlib.Path) -> Iterator[ServersApi]:
    """The servers API over real databases, with neighbours in memory."""
    api = ServersApi(tmp_path)
    yield api
    api.close()
