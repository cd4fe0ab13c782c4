import os

import pytest

from tests.support.netlab import Lab


@pytest.fixture
def lab():
    if os.geteuid() != 0:
        pytest.skip("needs root")
    lab = Lab()
    try:
        yield lab
    finally:
        lab.close()
