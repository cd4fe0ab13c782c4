"""/os-simple-tenant-usage."""

import datetime
import pathlib
import uuid as uuids
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from novalite.db.cell_database import instances
from novalite.objects import Flavor, Instance
from tests.support.api import OTHER_PROJECT, PROJECT, ApiFixture
from tests.support.samples import differences, sample

PATH = "/os-simple-tenant-usage"
MINE = f"{PATH}/{PROJECT}"
HOUR = datetime.timedelta(hours=1)
FLAVOR = Flavor("1", "m1.tiny", 512, 2, 1, ephemeral_gb=2)


class Cloud(ApiFixture):
    def __init__(self, tmp_path: pathlib.Path) -> None:
        super().__init__(tmp_path)
        self.now = self.deployment.clock.now()

    def add(
        self, launched: float | None, ended: float | None = None, project: str = PROJECT
    ) -> str:
        """A server launched and deleted so many hours ago."""
        uuid = str(uuids.uuid4())
        server = Instance(
            uuid=uuid,
            project_id=project,
            user_id="u",
            display_name="name",
            vm_state="active",
            launched_at=None if launched is None else self.now - launched * HOUR,
            flavor=FLAVOR,
        )
        self.cell_db.run(lambda conn: instances.create(conn, server))
        if ended is not None:
            when = self.now - ended * HOUR
            self.cell_db.run(lambda conn: instances.destroy(conn, uuid, when))
        return uuid

    def ask(self, path: str, begin: float = 10, end: float = 0, **more: Any) -> Any:
        """The answer for the time from so many hours ago to so many hours ago."""
        token = more.pop("token", "admin")
        version = more.pop("version", "2.40")
        more["start"] = (self.now - begin * HOUR).isoformat()
        more["end"] = (self.now - end * HOUR).isoformat()
        reply = self.get(f"{path}?{urlencode(more)}", token=token, version=version)
        assert reply.status == 200, reply.body
        return reply.json


@pytest.fixture
def cloud(tmp_path: pathlib.Path) -> Iterator[Cloud]:
    fixture = Cloud(tmp_path)
    yield fixture
    fixture.close()


def test_samples(cloud: Cloud) -> None:
    cloud.add(3)
    for version, directory in (("2.1", ""), ("2.39", ""), ("2.40", "v2.40/"), ("2.104", "v2.40/")):
        more: dict[str, Any] = (
            {"version": version, "limit": 1} if directory else {"version": version}
        )
        if version == "2.39":
            more["limit"] = 1
        for path, name in ((PATH, "get"), (PATH, "get-detail"), (MINE, "get-specific")):
            detailed = {"detailed": 1} if name == "get-detail" else {}
            answer = cloud.ask(path, **more, **detailed)
            expected = sample(f"os-simple-tenant-usage/{directory}simple-tenant-usage-{name}")
            assert differences(answer, expected) == [], (version, name)


def test_what_counts(cloud: Cloud) -> None:
    """Deleted servers too; of each only the part within the period."""
    whole, begun, ended, within = (
        cloud.add(20),
        cloud.add(4),
        cloud.add(20, 7),
        cloud.add(6, 5.5),
    )
    cloud.add(None)  # never ran
    cloud.add(30, 11)  # gone before
    cloud.add(1)  # came after
    usage = cloud.ask(MINE, 10, 2)["tenant_usage"]
    servers = {server["instance_id"]: server for server in usage["server_usages"]}
    assert {uuid: round(server["hours"], 6) for uuid, server in servers.items()} == {
        whole: 8,
        begun: 2,
        ended: 3,
        within: 0.5,
    }
    assert round(usage["total_hours"], 6) == 13.5
    assert round(usage["total_vcpus_usage"], 6) == 27
    assert round(usage["total_memory_mb_usage"], 6) == 13.5 * 512
    assert round(usage["total_local_gb_usage"], 6) == 13.5 * 3
    assert (servers[whole]["state"], servers[whole]["ended_at"]) == ("active", None)
    assert servers[ended]["state"] == "terminated"
    assert servers[ended]["ended_at"] == (cloud.now - 7 * HOUR).isoformat(timespec="microseconds")
    assert servers[ended]["uptime"] == 13 * 3600
    assert servers[whole]["uptime"] >= 20 * 3600
    assert (servers[whole]["flavor"], servers[whole]["local_gb"]) == ("m1.tiny", 3)


def test_the_future_is_not_counted(cloud: Cloud) -> None:
    cloud.add(1)
    usage = cloud.ask(MINE, 10, -48)["tenant_usage"]
    assert 1 <= usage["total_hours"] < 2
    assert usage["stop"] < (cloud.now + HOUR).isoformat()


def test_projects(cloud: Cloud) -> None:
    cloud.add(3)
    cloud.add(3)
    cloud.add(3, project=OTHER_PROJECT)
    usages = cloud.ask(PATH)["tenant_usages"]
    assert [(u["tenant_id"], round(u["total_hours"], 6)) for u in usages] == [
        (PROJECT, 6),
        (OTHER_PROJECT, 3),
    ]
    assert all("server_usages" not in usage for usage in usages)
    detailed = cloud.ask(PATH, detailed=1)["tenant_usages"]
    assert [len(usage["server_usages"]) for usage in detailed] == [2, 1]
    assert "server_usages" not in cloud.ask(PATH, detailed=2)["tenant_usages"][0]
    assert cloud.ask(f"{PATH}/{'e' * 32}")["tenant_usage"] == {}


def test_pages(cloud: Cloud) -> None:
    expected = sorted(cloud.add(3) for _ in range(3))
    expected += sorted(cloud.add(3, 2, OTHER_PROJECT) for _ in range(2))
    answer = cloud.ask(PATH, limit=2, detailed=1)
    seen: list[str] = []
    for _ in range(len(expected)):
        usages = answer["tenant_usages"]
        seen += [s["instance_id"] for usage in usages for s in usage["server_usages"]]
        if "tenant_usages_links" not in answer:
            break
        (link,) = answer["tenant_usages_links"]
        split = urlsplit(link["href"])
        assert split.path == f"/v2.1{PATH}"
        answer = cloud.get(f"{PATH}?{split.query}", token="admin", version="2.40").json
    assert seen == expected
    one = cloud.ask(MINE, limit=1, marker=expected[0])
    assert [s["instance_id"] for s in one["tenant_usage"]["server_usages"]] == [expected[1]]
    assert f"{MINE}?" in one["tenant_usage_links"][0]["href"]
    assert cloud.ask(PATH, limit=0) == {"tenant_usages": []}
    assert len(cloud.ask(MINE, limit=1, version="2.39")["tenant_usage"]["server_usages"]) == 3


@pytest.mark.parametrize(
    "query",
    [
        {"start": "2026-01-02T00:00:00", "end": "2026-01-01T00:00:00"},
        {"start": "2026-01-01T00:00:00", "end": "2026-01-01T00:00:00"},
        {"start": "2999-01-01T00:00:00"},
        {"start": "yesterday"},
        {"end": "2026-13-01T00:00:00"},
        {"marker": "00000000-0000-0000-0000-000000000000"},
        {"limit": "-1"},
        {"limit": "many"},
    ],
)
def test_nonsense(cloud: Cloud, query: dict[str, str]) -> None:
    for path in (PATH, MINE):
        reply = cloud.get(f"{path}?{urlencode(query)}", version="2.40", token="admin")
        assert reply.status == 400, reply.body


def test_without_a_period(cloud: Cloud) -> None:
    cloud.add(3)
    assert cloud.get(MINE).status == 200
    start = urlencode({"start": "2020-01-01 10:00:00.5"})
    assert cloud.get(f"{MINE}?{start}").json["tenant_usage"]["total_hours"] >= 3
    assert cloud.get(f"{PATH}?colour=red", token="admin", version="2.74").status == 200
    assert cloud.get(f"{PATH}?colour=red", token="admin", version="2.75").status == 400
    assert cloud.get(f"{PATH}/", token="admin").status == 404


def test_who_may(cloud: Cloud) -> None:
    assert cloud.get(PATH, token="member").status == 403
    assert cloud.get(MINE, token="reader").status == 200
    assert cloud.get(MINE, token="other").status == 403
    assert cloud.get(MINE, token="nobody").status == 403


def test_a_fixed_number_of_statements(cloud: Cloud) -> None:
    for _ in range(5):
        marker = cloud.add(3)
    with cloud.cell_db.counting() as counter:
        cloud.ask(MINE)
    assert counter.count == 1
    with cloud.cell_db.counting() as counter:
        cloud.ask(PATH, limit=2, marker=marker)
    assert counter.count == 2
