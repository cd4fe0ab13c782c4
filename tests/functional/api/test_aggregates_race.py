"""Two requests at once that would put one host into two zones."""

import pathlib
import threading

from tests.support.api_cloud import Cloud
from tests.support.db import run_threads


def test_a_host_does_not_get_two_zones_at_once(tmp_path: pathlib.Path) -> None:
    cloud = Cloud(tmp_path)
    numbers = []
    for zone in ("a", "b", "c", "d"):
        body = {"aggregate": {"name": zone, "availability_zone": zone}}
        made = cloud.post("/os-aggregates", body, token="admin")
        numbers.append(made.json["aggregate"]["id"])
    together = threading.Barrier(len(numbers))

    def add(number: int) -> int:
        together.wait(10)
        body = {"add_host": {"host": "host1"}}
        return cloud.post(f"/os-aggregates/{number}/action", body, token="admin").status

    codes = run_threads([lambda number=number: add(number) for number in numbers])
    assert sorted(codes) == [200, 409, 409, 409]
    cloud.close()
