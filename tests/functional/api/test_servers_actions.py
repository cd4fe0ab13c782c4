"""os-start, os-stop, reboot, os-getConsoleOutput, and the records of what was done."""

from typing import Any

import pytest

from novalite import states
from novalite.api.compute import power
from novalite.db.cell_database import instance_actions
from tests.support.api import Reply
from tests.support.servers_api import ServersApi


def act(cloud: ServersApi, uuid: str, body: Any, token: str = "member") -> Reply:
    return cloud.post(f"/servers/{uuid}/action", body, token=token)


ACTIONS: list[tuple[Any, str, str, str, tuple[str, ...]]] = [
    ({"os-start": None}, "stopped", states.POWERING_ON, "start", ("start_instance",)),
    ({"os-stop": None}, "active", states.POWERING_OFF, "stop", ("stop_instance",)),
    (
        {"reboot": {"type": "soft"}},
        "active",
        states.REBOOTING,
        "reboot",
        ("reboot_instance", "SOFT"),
    ),
    (
        {"reboot": {"type": "Hard"}},
        "paused",
        states.REBOOTING_HARD,
        "reboot",
        ("reboot_instance", "HARD"),
    ),
]


@pytest.mark.parametrize(("body", "vm_state", "task", "action", "cast"), ACTIONS)
def test_accepted(
    cloud: ServersApi, body: Any, vm_state: str, task: str, action: str, cast: tuple[str, ...]
) -> None:
    uuid = cloud.running()
    cloud.change(uuid, vm_state=vm_state)
    reply = act(cloud, uuid, body)
    assert (reply.status, reply.body) == (202, b"")
    assert cloud.row(uuid).task_state == task
    assert cloud.compute.casts == [(cast[0], uuid, *cast[1:])]
    with cloud.cell_db.read() as conn:
        (record,) = instance_actions.list_(conn, uuid)
    assert record.action == action
    assert record.request_id == reply.headers["x-compute-request-id"]
    assert record.user_id == "user-member"


@pytest.mark.parametrize(("body", "vm_state", "task", "action", "cast"), ACTIONS)
def test_refused_while_another_task_runs(
    cloud: ServersApi, body: Any, vm_state: str, task: str, action: str, cast: tuple[str, ...]
) -> None:
    uuid = cloud.running()
    cloud.change(uuid, vm_state=vm_state, task_state="image_snapshot")
    reply = act(cloud, uuid, body)
    assert reply.status == 409
    assert reply.fault == (
        "conflictingRequest",
        f"Cannot '{action}' instance {uuid} while it is in task_state image_snapshot",
    )
    assert cloud.compute.casts == []


@pytest.mark.parametrize(("body", "vm_state", "task", "action", "cast"), ACTIONS)
def test_a_lost_cast_is_still_accepted(
    cloud: ServersApi, body: Any, vm_state: str, task: str, action: str, cast: tuple[str, ...]
) -> None:
    uuid = cloud.running()
    cloud.change(uuid, vm_state=vm_state)
    cloud.compute.down = True
    assert act(cloud, uuid, body).status == 202
    assert cloud.row(uuid).task_state == task


@pytest.mark.parametrize(
    ("body", "vm_state", "action"),
    [
        ({"os-start": None}, "active", "start"),
        ({"os-stop": None}, "stopped", "stop"),
        ({"reboot": {"type": "SOFT"}}, "stopped", "reboot"),
        ({"reboot": {"type": "HARD"}}, "rescued", "reboot"),
    ],
)
def test_wrong_state(cloud: ServersApi, body: Any, vm_state: str, action: str) -> None:
    uuid = cloud.running()
    cloud.change(uuid, vm_state=vm_state)
    reply = act(cloud, uuid, body)
    assert reply.status == 409
    expected = f"Cannot '{action}' instance {uuid} while it is in vm_state {vm_state}"
    assert reply.fault[1] == expected


def test_a_build_request_has_no_power(cloud: ServersApi) -> None:
    uuid = cloud.created()
    reply = act(cloud, uuid, {"os-stop": None})
    assert reply.status == 409
    assert "while it is in vm_state building" in reply.fault[1]


def test_locked(cloud: ServersApi) -> None:
    uuid = cloud.running()
    cloud.change(uuid, locked=True)
    assert act(cloud, uuid, {"os-stop": None}).fault[1] == f"Instance {uuid} is locked"
    assert act(cloud, uuid, {"os-stop": None}, "project_admin").status == 202


def test_somebody_was_faster(cloud: ServersApi, monkeypatch: Any) -> None:
    """Two stops at once: the second one finds the state changed, looks again, and is refused as
    if it had come later."""
    uuid = cloud.running()
    real = power.states.check
    seen = []

    def check(action: str, instance: Any, **kwargs: Any) -> Any:
        rule = real(action, instance, **kwargs)
        if not seen:
            seen.append(instance)
            cloud.change(uuid, task_state=states.POWERING_OFF)
        return rule

    monkeypatch.setattr(power.states, "check", check)
    reply = act(cloud, uuid, {"os-stop": None})
    assert reply.status == 409
    assert "while it is in task_state powering-off" in reply.fault[1]


def test_who_may(cloud: ServersApi) -> None:
    uuid = cloud.running()
    for body, rule in (({"os-stop": None}, "stop"), ({"reboot": {"type": "SOFT"}}, "reboot")):
        reply = act(cloud, uuid, body, "reader")
        assert reply.status == 403
        assert f"os_compute_api:servers:{rule}" in reply.fault[1]
        assert act(cloud, uuid, body, "other").status == 404


@pytest.mark.parametrize(
    "body",
    [{"reboot": {}}, {"reboot": {"type": "GENTLE"}}, {"reboot": {"type": "SOFT", "x": 1}}, {}],
)
def test_bad_bodies(cloud: ServersApi, body: Any) -> None:
    assert act(cloud, cloud.running(), body).status == 400


def test_no_such_action(cloud: ServersApi) -> None:
    reply = act(cloud, cloud.running(), {"dance": None})
    assert reply.status == 400
    assert reply.fault == ("badRequest", "There is no such action: dance")


# ---- console ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "output"),
    [
        ({}, "line 1\nline 2\nline 3\n"),
        ({"length": None}, "line 1\nline 2\nline 3\n"),
        ({"length": -1}, "line 1\nline 2\nline 3\n"),
        ({"length": "2"}, "line 3\n"),
        ({"length": 0}, ""),
        ({"length": 500}, "line 1\nline 2\nline 3\n"),
    ],
)
def test_console(cloud: ServersApi, arguments: Any, output: str) -> None:
    reply = act(cloud, cloud.running(), {"os-getConsoleOutput": arguments})
    assert reply.status == 200
    assert reply.json == {"output": output}


def test_console_without_control_characters(cloud: ServersApi) -> None:
    cloud.compute.console = "a\x1b[1mb\r\n\tc\x00"
    reply = act(cloud, cloud.running(), {"os-getConsoleOutput": {}})
    assert reply.json == {"output": "a[1mb\n\tc"}


def test_no_console_before_the_host(cloud: ServersApi) -> None:
    uuid = cloud.created()
    reply = act(cloud, uuid, {"os-getConsoleOutput": {}})
    assert reply.status == 409
    assert reply.fault[1] == f"Instance {uuid} is not ready"


def test_console_of_a_silent_host(cloud: ServersApi) -> None:
    uuid = cloud.running()
    cloud.compute.down = True
    assert act(cloud, uuid, {"os-getConsoleOutput": {}}).status == 503


@pytest.mark.parametrize("length", ["x", "-", 1.5, -2, [], "9" * 5000])
def test_bad_console_length(cloud: ServersApi, length: Any) -> None:
    assert act(cloud, cloud.running(), {"os-getConsoleOutput": {"length": length}}).status == 400
