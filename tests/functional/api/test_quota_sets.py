"""/os-quota-sets and /os-quota-class-sets."""

import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

from novalite.db.api_database import instance_groups, instance_mappings, quotas
from novalite.objects import InstanceGroup, InstanceMapping
from tests.support.api import OTHER_PROJECT, PROJECT, ApiFixture, Reply
from tests.support.samples import differences, sample

PATH = f"/os-quota-sets/{PROJECT}"
MINE = f"{PATH}?user_id=user-member"
CLASS = "/os-quota-class-sets/default"
VERSIONS = [("2.1", ""), ("2.35", ""), ("2.36", "v2.36/"), ("2.57", "v2.57/"), ("2.104", "v2.57/")]
CLASS_VERSIONS = [("2.1", ""), ("2.49", ""), ("2.50", "v2.50/"), ("2.57", "v2.57/")]


@pytest.fixture
def api(tmp_path: pathlib.Path) -> Iterator[ApiFixture]:
    fixture = ApiFixture(tmp_path)
    yield fixture
    fixture.close()


def put(api: ApiFixture, path: str = PATH, version: str = "2.1", **limits: Any) -> Reply:
    return api.put(path, {"quota_set": limits}, version=version, token="admin")


def limits(api: ApiFixture, path: str = PATH) -> dict[str, int]:
    return api.get(path, token="admin").json["quota_set"]


def use(api: ApiFixture, count: int, user: str = "user-member") -> None:
    """Servers of 2 CPUs and 512 MiB."""
    mappings = [
        InstanceMapping(f"{n:08d}-0000-0000-0000-{user:x>12.12}", PROJECT, user, None, 2, 512)
        for n in range(count)
    ]
    api.api_db.run(lambda conn: instance_mappings.create(conn, mappings))


@pytest.mark.parametrize(("version", "directory"), VERSIONS)
def test_samples(api: ApiFixture, version: str, directory: str) -> None:
    def check(reply: Reply, name: str) -> None:
        expected = sample(f"os-quota-sets/{directory}{name}")["quota_set"]
        if "id" in expected:
            expected["id"] = PROJECT
        assert (reply.status, reply.json) == (200, {"quota_set": expected})

    def change(path: str, name: str) -> Reply:
        body = sample(f"os-quota-sets/{directory}{name}-req")
        return api.put(path, body, version=version, token="admin")

    check(api.get(PATH, version=version), "quotas-show-get-resp")
    check(api.get(MINE, version=version), "user-quotas-show-get-resp")
    check(api.get(f"{PATH}/defaults", version=version), "quotas-show-defaults-get-resp")
    check(api.get(f"{PATH}/detail", version=version), "quotas-show-detail-get-resp")
    check(change(MINE, "user-quotas-update-post"), "user-quotas-update-post-resp")
    assert api.delete(MINE, version=version, token="admin").status == 202
    for name in ("quotas-update-post", "quotas-update-force-post"):
        check(change(PATH, name), f"{name}-resp")
        gone = api.delete(PATH, version=version, token="admin")
        assert (gone.status, gone.body) == (202, b"")


@pytest.mark.parametrize(("version", "directory"), CLASS_VERSIONS)
def test_samples_of_classes(api: ApiFixture, version: str, directory: str) -> None:
    name = f"os-quota-class-sets/{directory}quota-classes"
    assert api.get(CLASS, version=version, token="admin").json == sample(f"{name}-show-get-resp")
    body = sample(f"{name}-update-post-req")
    changed = api.put(CLASS, body, version=version, token="admin")
    assert (changed.status, changed.json) == (200, sample(f"{name}-update-post-resp"))


def test_what_is_in_use(api: ApiFixture) -> None:
    use(api, 2)
    use(api, 1, "user-member2")
    group = InstanceGroup("g" * 36, PROJECT, "user-member", "g", "affinity")
    api.api_db.run(lambda conn: instance_groups.create(conn, group))

    def used(path: str) -> tuple[int, ...]:
        found = api.get(path).json["quota_set"]
        names = ("instances", "cores", "ram", "server_groups", "key_pairs")
        return tuple(found[name]["in_use"] for name in names)

    assert used(f"{PATH}/detail") == (3, 6, 1536, 1, 0)
    assert used(f"{PATH}/detail?user_id=user-member") == (2, 4, 1024, 1, 0)
    assert used(f"{PATH}/detail?user_id=user-member2") == (1, 2, 512, 0, 0)


def test_a_user_has_the_projects_limits_or_own_ones(api: ApiFixture) -> None:
    assert put(api, cores=15, ram="4096").status == 200
    assert put(api, MINE, cores="9").json["quota_set"]["cores"] == 9
    assert (limits(api, MINE)["cores"], limits(api, MINE)["ram"]) == (9, 4096)
    assert (limits(api)["cores"], limits(api, f"{PATH}?user_id=other")["cores"]) == (15, 15)
    first = f"{PATH}?user_id=user-member&user_id=other"
    assert limits(api, first)["cores"] == 9
    assert limits(api, f"{PATH}/defaults")["cores"] == 20
    assert limits(api, f"/os-quota-sets/{OTHER_PROJECT}")["cores"] == 20

    assert api.delete(MINE, token="admin").status == 202
    assert (limits(api, MINE)["cores"], limits(api)["cores"]) == (15, 15)
    assert put(api, MINE, cores=9).status == 200
    assert api.delete(PATH, token="admin").status == 202
    assert (limits(api, MINE)["cores"], limits(api)["cores"]) == (20, 20)


def test_not_below_what_is_used_unless_forced(api: ApiFixture) -> None:
    use(api, 3)
    refused = put(api, ram=9999, instances=2)
    assert (refused.status, refused.fault[1]) == (
        400,
        "Quota limit 2 for instances must be greater than or equal to already used and reserved 3.",
    )
    assert limits(api)["ram"] == 51200, "all or nothing"
    assert put(api, MINE, cores=5).status == 400
    assert put(api, f"{PATH}?user_id=other", cores=0).status == 200
    assert put(api, instances=3).status == 200
    assert put(api, instances=-1).status == 200
    assert put(api, instances=0, force=True).json["quota_set"]["instances"] == 0


def test_users_share_what_the_project_has(api: ApiFixture) -> None:
    other = f"{PATH}?user_id=other"
    assert put(api, MINE, instances=6).status == 200
    refused = put(api, other, instances=5)
    assert (refused.status, refused.fault[1]) == (
        400,
        "Quota limit 5 for instances must be less than or equal to 4.",
    )
    assert put(api, other, instances=-1).status == 400
    assert put(api, other, instances=4).status == 200
    assert put(api, MINE, instances=6).status == 200
    assert put(api, MINE, instances=7).status == 400
    assert put(api, instances=9).status == 400
    assert put(api, instances=9, force="true").status == 200
    assert put(api, instances=-1).status == 200
    assert put(api, MINE, instances=-1).status == 200


@pytest.mark.parametrize(
    ("version", "name", "status"),
    [
        ("2.35", "fixed_ips", 200),
        ("2.36", "fixed_ips", 400),
        ("2.56", "injected_files", 200),
        ("2.57", "injected_files", 400),
        ("2.1", "volumes", 400),
        ("2.1", "id", 400),
    ],
)
def test_which_resources_may_be_set(api: ApiFixture, version: str, name: str, status: int) -> None:
    reply = put(api, version=version, **{name: 7})
    assert reply.status == status
    if status == 200:
        assert reply.json["quota_set"][name] == 7
        assert limits(api)[name] == 7


@pytest.mark.parametrize("value", [-2, "-2", 2**31, "x", "", None, 1.5, True])
def test_what_is_no_limit(api: ApiFixture, value: Any) -> None:
    assert put(api, cores=value).status == 400
    assert api.put(CLASS, {"quota_class_set": {"cores": value}}, token="admin").status == 400


def test_who_may(api: ApiFixture) -> None:
    body = {"quota_set": {"cores": 1}}
    for token in ("nobody", "other"):
        assert api.get(PATH, token=token).status == 403
        assert api.get(f"{PATH}/detail", token=token).status == 403
        assert api.get(f"{PATH}/defaults", token=token).status == 200
    assert api.get(PATH, token="reader").status == 200
    for token in ("reader", "member", "manager"):
        assert api.put(PATH, body, token=token).status == 403
        assert api.delete(PATH, token=token).status == 403
        assert api.get(CLASS, token=token).status == 403
        assert api.put(CLASS, {"quota_class_set": {}}, token=token).status == 403
    assert limits(api)["cores"] == 20


def test_an_unknown_project(api: ApiFixture) -> None:
    api.identity.unknown_projects.add("gone")
    for path in ("", "/detail", "/defaults"):
        reply = api.get(f"/os-quota-sets/gone{path}", token="admin")
        assert (reply.status, reply.fault[1]) == (
            400,
            "Project ID gone is not a valid project.",
        )
    assert put(api, "/os-quota-sets/gone", cores=1).status == 400
    assert api.delete("/os-quota-sets/gone", token="admin").status == 202
    for path in (f"/os-quota-sets/{'p' * 256}", f"{PATH}?user_id={'u' * 256}"):
        assert put(api, path, cores=1).status == 400


def test_unknown_parameters(api: ApiFixture) -> None:
    for path in (PATH, f"{PATH}/detail"):
        assert api.get(f"{path}?colour=red", version="2.74").status == 200
        assert api.get(f"{path}?colour=red", version="2.75").status == 400
    assert api.get(f"{PATH}/defaults?colour=red", version="2.104").status == 200
    assert api.get(f"{CLASS}?a=b", version="2.101", token="admin").status == 200
    assert api.get(f"{CLASS}?a=b", version="2.102", token="admin").status == 400


def test_classes(api: ApiFixture) -> None:
    """The class ``default`` is everybody's; another one is nobody's."""
    body = {"quota_class_set": {"cores": 50, "server_groups": 3}}
    assert api.put(CLASS, body, token="admin").json["quota_class_set"]["cores"] == 50
    gold = {"quota_class_set": {"ram": 1}}
    assert api.put("/os-quota-class-sets/gold", gold, token="admin").status == 200
    found = limits(api)
    assert (found["cores"], found["server_groups"], found["ram"]) == (50, 3, 51200)
    assert limits(api, f"{PATH}/defaults")["cores"] == 50
    shown = api.get("/os-quota-class-sets/gold", token="admin").json["quota_class_set"]
    assert (shown["id"], shown["ram"], shown["cores"]) == ("gold", 1, 20)
    assert put(api, cores=60).status == 200
    assert api.put(CLASS, body, token="admin").status == 200
    assert limits(api)["cores"] == 60
    long = api.put(f"/os-quota-class-sets/{'c' * 256}", body, token="admin")
    assert long.status == 400


def test_a_fixed_number_of_statements(api: ApiFixture) -> None:
    api.api_db.run(lambda conn: quotas.set_limits(conn, PROJECT, {"cores": 5}, "user-member"))
    for path, count in ((PATH, 1), (MINE, 1), (f"{PATH}/detail", 3), (f"{PATH}/defaults", 1)):
        with api.api_db.counting() as counter:
            assert api.get(path).status == 200
        assert counter.count == count, path


def test_shapes_under_the_legacy_endpoint(api: ApiFixture) -> None:
    reply = api.get(PATH, base="/v2")
    assert differences(reply.json, sample("os-quota-sets/quotas-show-get-resp")) == []
