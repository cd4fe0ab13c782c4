"""/os-server-groups."""

import pathlib
from typing import Any

import pytest

from novalite.db.api_database import quotas
from tests.functional.api.test_servers_budget import counted
from tests.support.api import PROJECT, Reply
from tests.support.samples import differences, sample
from tests.support.servers_api import ServersApi

URL = "/os-server-groups"


def make(cloud: ServersApi, version: str = "2.1", token: str = "member", **more: Any) -> Reply:
    group: dict[str, Any] = {"name": "test"}
    if version == "latest" or int(version[2:]) >= 64:
        group |= {"policy": "anti-affinity"}
    else:
        group |= {"policies": ["anti-affinity"]}
    body = {"server_group": {**group, **more}}
    return cloud.post(URL, body, version=version, token=token)


def made(cloud: ServersApi, **kwargs: Any) -> Any:
    reply = make(cloud, **kwargs)
    assert reply.status == 200, reply.body
    return reply.json["server_group"]


@pytest.mark.parametrize(
    ("version", "directory"), [("2.1", ""), ("2.13", "v2.13/"), ("2.64", "v2.64/")]
)
def test_samples(cloud: ServersApi, version: str, directory: str) -> None:
    body = sample(f"os-server-groups/{directory}server-groups-post-req")
    reply = cloud.post(URL, body, version=version)
    assert reply.status == 200
    group = reply.json["server_group"]
    assert (
        differences(reply.json, sample(f"os-server-groups/{directory}server-groups-post-resp"))
        == []
    )
    shown = cloud.get(f"{URL}/{group['id']}", version=version)
    assert shown.json == reply.json
    listed = cloud.get(URL, version=version)
    assert (
        differences(listed.json, sample(f"os-server-groups/{directory}server-groups-list-resp"))
        == []
    )
    assert listed.json == {"server_groups": [group]}
    assert group.items() >= body["server_group"].items()


@pytest.mark.parametrize(
    ("version", "members", "code"),
    [
        ("2.14", {"policies": ["soft-affinity"]}, 400),
        ("2.15", {"policies": ["soft-affinity"]}, 200),
        ("2.1", {"policies": ["affinity", "anti-affinity"]}, 400),
        ("2.1", {"policies": []}, 400),
        ("2.1", {"name": ""}, 400),
        ("2.1", {"name": " a"}, 400),
        ("2.63", {"policy": "affinity"}, 400),
        ("2.64", {"policies": ["affinity"]}, 400),
        ("2.64", {"policy": "storage-affinity"}, 400),
        ("2.64", {"rules": {"max_server_per_host": "3"}}, 200),
        ("2.64", {"rules": {"max_server_per_host": 0}}, 400),
        ("2.64", {"rules": {"max_server_per_host": "x"}}, 400),
        ("2.64", {"rules": {"min_server_per_host": 1}}, 400),
        ("2.64", {"policy": "soft-anti-affinity", "rules": {}}, 200),
    ],
)
def test_what_may_be_asked_for(
    cloud: ServersApi, version: str, members: dict[str, Any], code: int
) -> None:
    assert make(cloud, version, **members).status == code


def test_rules(cloud: ServersApi) -> None:
    group = made(cloud, version="2.64", rules={"max_server_per_host": "3"})
    assert group["rules"] == {"max_server_per_host": 3}
    refused = make(cloud, "2.64", policy="affinity", rules={"max_server_per_host": 3})
    assert refused.fault == ("badRequest", "Only anti-affinity policy supports rules.")
    assert made(cloud, version="2.64")["rules"] == {}


def test_legacy_names_are_trimmed(cloud: ServersApi) -> None:
    body = {"server_group": {"name": " a ", "policies": ["affinity"], "colour": "red"}}
    reply = cloud.post(URL, body, base="/v2")
    assert (reply.status, reply.json["server_group"]["name"]) == (200, "a")


def test_members_are_those_that_are_not_deleted(cloud: ServersApi) -> None:
    group = made(cloud)["id"]
    hints = {"os:scheduler_hints": {"group": group}}
    uuids = []
    for _ in range(3):
        reply = cloud.post("/servers", {**cloud.body(), **hints})
        assert reply.status == 202, reply.body
        uuids.append(reply.json["server"]["id"])
    cloud.place(uuids[0])
    cloud.place(uuids[1])
    assert cloud.get(f"{URL}/{group}").json["server_group"]["members"] == uuids
    assert cloud.delete(f"/servers/{uuids[1]}").status == 204
    left = [uuids[0], uuids[2]]
    assert cloud.get(f"{URL}/{group}").json["server_group"]["members"] == left
    assert cloud.get(URL).json["server_groups"][0]["members"] == left
    shown = cloud.get(f"/servers/{uuids[0]}", version="2.71").json["server"]
    assert shown["server_groups"] == [group]
    assert cloud.delete(f"{URL}/{group}").status == 204
    shown = cloud.get(f"/servers/{uuids[0]}", version="2.71").json["server"]
    assert shown["server_groups"] == []


def test_deleted(cloud: ServersApi) -> None:
    group = made(cloud)["id"]
    reply = cloud.delete(f"{URL}/{group}")
    assert (reply.status, reply.body) == (204, b"")
    for method in ("GET", "DELETE"):
        gone = cloud.request(method, f"{URL}/{group}")
        assert gone.fault == ("itemNotFound", f"Instance group {group} could not be found.")


def test_quota_of_project_and_user(tmp_path: pathlib.Path) -> None:
    cloud = ServersApi(tmp_path, {"quota": {"server_groups": 3}})
    cloud.api_db.run(
        lambda conn: quotas.set_limit(conn, PROJECT, "server_groups", 1, "user-member2")
    )
    assert [make(cloud, token="member2").status for _ in range(2)] == [200, 403]
    assert [make(cloud).status for _ in range(3)] == [200, 200, 403]
    assert make(cloud).fault == ("forbidden", "Quota exceeded, too many server groups.")
    assert make(cloud, token="other").status == 200
    limits = cloud.get("/limits").json["limits"]["absolute"]
    assert limits["totalServerGroupsUsed"] == 3
    cloud.close()


def test_paging(cloud: ServersApi) -> None:
    for name in "abc":
        made(cloud, name=name)

    def names(query: str) -> list[str]:
        groups = cloud.get(f"{URL}{query}").json["server_groups"]
        return [group["name"] for group in groups]

    assert names("") == names("?limit=0") == ["a", "b", "c"]
    assert names("?limit=2") == ["a", "b"]
    assert names("?limit=2&offset=1") == ["b", "c"]
    assert names(f"?limit=1&offset={10**30}") == []
    assert cloud.get(f"{URL}?limit=-1").status == 400
    assert cloud.get(f"{URL}?offset=x").status == 400
    assert cloud.get(f"{URL}?colour=red").status == 200
    assert cloud.get(f"{URL}?colour=red", version="2.75").status == 400


def test_all_projects(cloud: ServersApi) -> None:
    made(cloud, name="mine")
    made(cloud, name="theirs", token="other")

    def names(query: str, token: str) -> list[str]:
        groups = cloud.get(f"{URL}{query}", token=token).json["server_groups"]
        return [group["name"] for group in groups]

    assert names("?all_projects=1", "member") == ["mine"]
    assert names("?all_projects", "admin") == ["mine", "theirs"]
    assert names("", "admin") == []


def test_who_may_what(cloud: ServersApi) -> None:
    group = made(cloud)["id"]
    one = f"{URL}/{group}"
    for token, read, write in (("reader", 200, 403), ("other", 403, 403), ("nobody", 403, 403)):
        assert cloud.get(one, token=token).status == read
        assert cloud.delete(one, token=token).status == write
    assert make(cloud, token="reader").status == 403
    assert cloud.get(URL, token="nobody").status == 403
    assert cloud.get(one, token="admin").status == 200
    assert cloud.delete(one, token="admin").status == 204


def test_statements_of_a_list(cloud: ServersApi) -> None:
    made(cloud)
    with counted(cloud) as one:
        cloud.get(URL)
    for _ in range(5):
        made(cloud)
    with counted(cloud) as many:
        cloud.get(URL)
    assert one.count == many.count == 2
