import pytest

from novalite.context import RequestContext
from tests.support.compute_host import Host


@pytest.fixture
def host(tmp_path):
    made = Host(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def context():
    return RequestContext("user", "project", request_id="req-create")
