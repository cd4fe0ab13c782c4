"""/limits and /extensions."""

import pathlib
from collections.abc import Iterator

import pytest

from novalite.db.api_database import instance_mappings, quotas
from novalite.objects import InstanceMapping
from tests.support.api import OTHER_PROJECT, PROJECT, ApiFixture
from tests.support.samples import differences, sample


@pytest.fixture
def api(tmp_path: pathlib.Path) -> Iterator[ApiFixture]:
    fixture = ApiFixture(tmp_path)
    yield fixture
    fixture.close()


@pytest.mark.parametrize(
    ("version", "directory"),
    [("2.1", ""), ("2.36", "v2.36/"), ("2.39", "v2.39/"), ("2.57", "v2.57/")],
)
def test_limits_are_the_samples(api: ApiFixture, version: str, directory: str) -> None:
    assert api.get("/limits", version=version).json == sample(f"limits/{directory}limit-get-resp")


def test_limits_change_where_the_samples_do(api: ApiFixture) -> None:
    def names(version: str) -> set[str]:
        return set(api.get("/limits", version=version).json["limits"]["absolute"])

    assert names("2.35") == names("2.1")
    assert names("2.38") == names("2.36")
    assert names("2.56") == names("2.39")
    assert names("2.104") == names("2.57")


def test_use_is_counted(api: ApiFixture) -> None:
    mappings = [
        InstanceMapping(f"{n}" * 8 + "-0000-0000-0000-000000000000", PROJECT, "u", None, 2, 1024)
        for n in range(1, 4)
    ]
    mappings[2].queued_for_delete = True

    def fill(conn):  # type: ignore[no-untyped-def]
        instance_mappings.create(conn, mappings[:2])
        instance_mappings.create(conn, mappings[2:])
        instance_mappings.queue_for_delete(conn, mappings[2].instance_uuid)
        quotas.set_limit(conn, PROJECT, "cores", 77)

    api.api_db.run(fill)
    absolute = api.get("/limits").json["limits"]["absolute"]
    assert (absolute["totalInstancesUsed"], absolute["totalCoresUsed"]) == (2, 4)
    assert (absolute["totalRAMUsed"], absolute["maxTotalCores"]) == (2048, 77)
    other = api.get("/limits", token="other").json["limits"]["absolute"]
    assert (other["totalInstancesUsed"], other["maxTotalCores"]) == (0, 20)


def test_each_maximum_is_what_was_set(api: ApiFixture) -> None:
    """Of the project, or of the class; a user's own limits do not show."""
    maxima = {
        "maxTotalInstances": "instances",
        "maxTotalCores": "cores",
        "maxTotalRAMSize": "ram",
        "maxTotalKeypairs": "key_pairs",
        "maxServerMeta": "metadata_items",
        "maxImageMeta": "metadata_items",
        "maxPersonality": "injected_files",
        "maxPersonalitySize": "injected_file_content_bytes",
        "maxServerGroups": "server_groups",
        "maxServerGroupMembers": "server_group_members",
        "maxTotalFloatingIps": "floating_ips",
        "maxSecurityGroups": "security_groups",
        "maxSecurityGroupRules": "security_group_rules",
    }
    wanted = {name: 300 + n for n, name in enumerate(sorted(set(maxima.values())))}
    body = {"quota_set": wanted}
    assert api.put(f"/os-quota-sets/{PROJECT}", body, token="admin").status == 200
    mine = {"quota_set": {"cores": 7}}
    path = f"/os-quota-sets/{PROJECT}?user_id=user-member"
    assert api.put(path, mine, token="admin").status == 200
    of_class = {"quota_class_set": {"cores": 66}}
    assert api.put("/os-quota-class-sets/default", of_class, token="admin").status == 200

    absolute = api.get("/limits").json["limits"]["absolute"]
    assert {name: absolute[name] for name in maxima} == {
        name: wanted[resource] for name, resource in maxima.items()
    }
    other = api.get("/limits", token="other").json["limits"]["absolute"]
    assert (other["maxTotalCores"], other["maxTotalInstances"]) == (66, 10)


def test_limits_of_another_project(api: ApiFixture) -> None:
    path = f"/limits?tenant_id={OTHER_PROJECT}"
    assert api.get(path, token="member").status == 403
    assert api.get(path, token="admin").status == 200
    assert api.get(f"/limits?tenant_id={PROJECT}", token="member").status == 200
    assert api.get("/limits?colour=red", version="2.74").status == 200
    assert api.get("/limits?colour=red", version="2.75").status == 400


def test_limits_take_a_fixed_number_of_statements(api: ApiFixture) -> None:
    with api.api_db.counting() as counter:
        api.get("/limits")
    assert counter.count == 3


def test_extensions(api: ApiFixture) -> None:
    listed = api.get("/extensions").json
    expected = sample("extension-info/extensions-list-resp")
    assert differences(listed, expected) == []
    assert [e["alias"] for e in listed["extensions"]] == [
        e["alias"] for e in expected["extensions"]
    ]
    assert api.get("/extensions/os-agents").json == sample("extension-info/extensions-get-resp")
    assert api.get("/extensions/none").status == 404
