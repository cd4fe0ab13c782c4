"""GET /servers/{id}/os-instance-actions."""

import datetime
from typing import Any

import pytest

from novalite.db.cell_database import instance_actions, instances
from novalite.objects import InstanceAction
from tests.support.api import PROJECT, Reply
from tests.support.servers_api import HOST, ServersApi

DAY = datetime.datetime(2026, 1, 1)


@pytest.fixture
def uuid(cloud: ServersApi) -> str:
    """A server with actions req-0, req-1 and req-2, the last with a failed event."""
    uuid = cloud.running()
    with cloud.cell_db.write() as conn:
        for number, action in enumerate(("create", "stop", "start")):
            moment = DAY + datetime.timedelta(hours=number)
            record = InstanceAction(action, uuid, f"req-{number}", "u", PROJECT, start_time=moment)
            instance_actions.start(conn, record)
        instance_actions.event_start(conn, uuid, "req-2", "compute_start_instance", HOST, moment)
        instance_actions.event_finish(
            conn,
            uuid,
            "req-2",
            "compute_start_instance",
            HOST,
            moment,
            "Error",
            details="no power",
            traceback="Traceback...",
        )
    return uuid


def actions(cloud: ServersApi, uuid: str, more: str = "", **kwargs: Any) -> Reply:
    return cloud.get(f"/servers/{uuid}/os-instance-actions{more}", **kwargs)


def listed(cloud: ServersApi, uuid: str, query: str = "", version: str = "2.1") -> list[str]:
    reply = actions(cloud, uuid, query, version=version)
    assert reply.status == 200, reply.body
    return [action["request_id"] for action in reply.json["instanceActions"]]


def test_list(cloud: ServersApi, uuid: str) -> None:
    assert listed(cloud, uuid) == ["req-2", "req-1", "req-0"]
    item = actions(cloud, uuid).json["instanceActions"][0]
    assert item == {
        "action": "start",
        "instance_uuid": uuid,
        "message": "Error",
        "project_id": PROJECT,
        "request_id": "req-2",
        "start_time": "2026-01-01T02:00:00.000000",
        "user_id": "u",
    }
    assert "updated_at" in actions(cloud, uuid, version="2.58").json["instanceActions"][0]


def test_paging(cloud: ServersApi, uuid: str) -> None:
    assert listed(cloud, uuid, "?limit=1") == ["req-2", "req-1", "req-0"]
    reply = actions(cloud, uuid, "?limit=2", version="2.58")
    (link,) = reply.json["links"]
    assert link["rel"] == "next"
    path = link["href"].removeprefix("http://openstack.example.com/v2.1")
    assert "marker=req-1" in path
    rest = cloud.get(path, version="2.58").json
    assert [action["request_id"] for action in rest["instanceActions"]] == ["req-0"]
    assert "links" not in rest
    assert listed(cloud, uuid, "?limit=0", "2.58") == []
    assert actions(cloud, uuid, "?marker=req-9", version="2.58").status == 400


def test_times(cloud: ServersApi, uuid: str) -> None:
    assert listed(cloud, uuid, "?changes-since=2026-01-01T01:00:00Z", "2.58") == ["req-2", "req-1"]
    assert listed(cloud, uuid, "?changes-before=2026-01-01T01:00:00Z", "2.66") == ["req-1", "req-0"]
    bad = "?changes-since=2026-01-02T00:00:00Z&changes-before=2026-01-01T00:00:00Z"
    assert actions(cloud, uuid, bad, version="2.66").status == 400
    early = actions(cloud, uuid, "?changes-before=2026-01-01T01:00:00Z", version="2.65")
    assert early.status == 400
    assert actions(cloud, uuid, "?unknown=1", version="2.57").status == 200
    assert actions(cloud, uuid, "?unknown=1", version="2.58").status == 400


def event(cloud: ServersApi, uuid: str, version: str, token: str) -> Any:
    reply = actions(cloud, uuid, "/req-2", version=version, token=token)
    assert reply.status == 200, reply.body
    return reply.json["instanceAction"].get("events", [None])[0]


def test_events(cloud: ServersApi, uuid: str) -> None:
    common = {"event", "start_time", "finish_time", "result"}
    assert event(cloud, uuid, "2.50", "member") is None
    assert set(event(cloud, uuid, "2.50", "admin")) == common | {"traceback"}
    assert set(event(cloud, uuid, "2.51", "member")) == common
    assert set(event(cloud, uuid, "2.62", "member")) == common | {"hostId"}
    assert set(event(cloud, uuid, "2.62", "admin")) == common | {"hostId", "traceback", "host"}
    seen = event(cloud, uuid, "2.84", "admin")
    assert (seen["details"], seen["host"], seen["result"]) == ("no power", HOST, "Error")
    assert "details" not in event(cloud, uuid, "2.84", "member")


def test_of_deleted_servers(cloud: ServersApi, uuid: str) -> None:
    with cloud.cell_db.write() as conn:
        instances.destroy(conn, uuid, cloud.deployment.clock.now())
    assert actions(cloud, uuid, version="2.20").status == 404
    assert len(listed(cloud, uuid, "", "2.21")) == 3
    assert actions(cloud, uuid, "/req-1", version="2.21").status == 200


def test_not_found(cloud: ServersApi, uuid: str) -> None:
    reply = actions(cloud, uuid, "/req-9")
    assert reply.status == 404
    assert reply.fault[1] == "Action req-9 not found"
    assert actions(cloud, "none").status == 404
    assert actions(cloud, uuid, token="other").status == 404
    assert actions(cloud, uuid, token="nobody").status == 403
    promised = cloud.created()
    assert listed(cloud, promised) == []
    assert actions(cloud, promised, "/req-0").status == 404
