"""/flavors and what hangs on a flavor."""

import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.api import OTHER_PROJECT, PROJECT, ApiFixture, Reply
from tests.support.samples import differences, sample


@pytest.fixture
def api(tmp_path: pathlib.Path) -> Iterator[ApiFixture]:
    fixture = ApiFixture(tmp_path)
    yield fixture
    fixture.close()


def create(api: ApiFixture, id_: str, *, version: str = "2.1", **more: Any) -> Reply:
    flavor = {"name": f"flavor {id_}", "ram": 512, "vcpus": 1, "disk": 1, "id": id_, **more}
    return api.post("/flavors", {"flavor": flavor}, version=version, token="admin")


def ids(reply: Reply) -> list[str]:
    return [flavor["id"] for flavor in reply.json["flavors"]]


# ---- shapes ----

VERSIONS = [("2.1", ""), ("2.55", "v2.55/"), ("2.61", "v2.61/"), ("2.75", "v2.75/")]
VERSIONS.append(("2.102", "v2.102/"))


@pytest.mark.parametrize(("version", "directory"), VERSIONS)
def test_answers_have_the_samples_shape(api: ApiFixture, version: str, directory: str) -> None:
    body = sample(f"flavor-manage/{directory}flavor-create-post-req")
    made = api.post("/flavors", body, version=version, token="admin")
    assert made.status == 200
    expected = sample(f"flavor-manage/{directory}flavor-create-post-resp")
    id_ = expected["flavor"]["id"]
    assert made.json["flavor"]["links"] is not None
    assert differences(made.json, expected) == []
    specs = {"extra_specs": {"hw:numa_nodes": "1"}}
    assert api.post(f"/flavors/{id_}/os-extra_specs", specs, token="admin").status == 200
    for path, name in [
        (f"/flavors/{id_}", "flavor-get-resp"),
        ("/flavors/detail", "flavors-detail-resp"),
        ("/flavors", "flavors-list-resp"),
    ]:
        answer = api.get(path, version=version).json
        without = _without_specs(answer), _without_specs(sample(f"flavors/{directory}{name}"))
        assert differences(*without) == [], path
    assert ("extra_specs" in api.get(f"/flavors/{id_}", version=version).json["flavor"]) == (
        directory not in ("", "v2.55/")
    )


def _without_specs(document: Any) -> Any:
    """The samples' flavors have different extra specs."""
    for flavor in document.get("flavors", [document.get("flavor")]):
        flavor.pop("extra_specs", None)
    return document


def test_version_boundaries(api: ApiFixture) -> None:
    create(api, "1", swap=64)
    create(api, "2")
    members = {
        version: set(api.get("/flavors/2", version=version).json["flavor"])
        for version in ("2.54", "2.55", "2.60", "2.61", "2.101", "2.102")
    }
    assert members["2.55"] - members["2.54"] == {"description"}
    assert members["2.61"] - members["2.60"] == {"extra_specs"}
    assert members["2.101"] - members["2.102"] == {"rxtx_factor", "OS-FLV-DISABLED:disabled"}
    assert api.get("/flavors/2", version="2.74").json["flavor"]["swap"] == ""
    assert api.get("/flavors/2", version="2.75").json["flavor"]["swap"] == 0
    assert api.get("/flavors/1", version="2.74").json["flavor"]["swap"] == 64


def test_extra_specs_need_their_policy(api: ApiFixture) -> None:
    create(api, "1")
    for who in ("member", "reader", "admin"):
        flavor = api.get("/flavors/1", version="2.61", token=who).json["flavor"]
        assert flavor["extra_specs"] == {}
    nobody = api.get("/flavors/1", version="2.61", token="nobody").json["flavor"]
    assert "extra_specs" not in nobody


# ---- lists ----


def test_paging(api: ApiFixture) -> None:
    for number in range(1, 6):
        create(api, str(number))
    first = api.get("/flavors?limit=2")
    assert ids(first) == ["1", "2"]
    (link,) = first.json["flavors_links"]
    assert link == {
        "rel": "next",
        "href": "http://openstack.example.com/v2.1/flavors?limit=2&marker=2",
    }
    path = link["href"].removeprefix("http://openstack.example.com/v2.1")
    assert ids(api.get(path)) == ["3", "4"]
    last = api.get("/flavors/detail?limit=2&marker=4")
    assert ids(last) == ["5"] and "flavors_links" not in last.json
    assert ids(api.get("/flavors?limit=0")) == []
    assert api.get("/flavors?marker=none").fault == ("badRequest", "marker [none] not found")


def test_filters_and_order(api: ApiFixture) -> None:
    create(api, "1", ram=64, disk=10)
    create(api, "2", ram=128, disk=5)
    create(api, "3", ram=256, disk=1)
    assert ids(api.get("/flavors?minRam=128")) == ["2", "3"]
    assert ids(api.get("/flavors?minDisk=5")) == ["1", "2"]
    assert ids(api.get("/flavors?sort_key=root_gb&sort_dir=asc")) == ["3", "2", "1"]
    assert ids(api.get("/flavors?sort_key=name&sort_dir=desc")) == ["3", "2", "1"]
    assert api.get("/flavors?minRam=many").status == 400
    assert api.get("/flavors?sort_key=none").status == 400


def test_unknown_parameters_are_refused_from_2_75(api: ApiFixture) -> None:
    assert api.get("/flavors?colour=red", version="2.74").status == 200
    assert api.get("/flavors?colour=red", version="2.75").status == 400
    assert api.get("/flavors/1?colour=red", version="2.102").status == 400


def test_name_filter(api: ApiFixture) -> None:
    create(api, "1", name="m1.small")
    create(api, "2", name="m1.large")
    create(api, "3", name="c1.large")
    assert ids(api.get("/flavors?name=m1", version="2.102")) == ["1", "2"]
    assert ids(api.get("/flavors?name=large", version="2.102")) == ["2", "3"]
    assert ids(api.get("/flavors?name=%5Em.*e$", version="2.102")) == ["2"]
    assert api.get("/flavors?name=%5B", version="2.102").status == 400
    assert ids(api.get("/flavors?name=m1", version="2.74")) == ["1", "2", "3"]


def test_who_sees_private_flavors(api: ApiFixture) -> None:
    create(api, "1")
    create(api, "2", **{"os-flavor-access:is_public": False})
    body = {"addTenantAccess": {"tenant": PROJECT}}
    assert ids(api.get("/flavors")) == ["1"]
    assert api.get("/flavors/2").status == 404
    assert api.get("/flavors/2", token="admin").status == 200
    assert api.post("/flavors/2/action", body, token="admin").status == 200
    assert ids(api.get("/flavors")) == ["1", "2"]
    assert api.get("/flavors/2").status == 200
    assert ids(api.get("/flavors", token="other")) == ["1"]
    assert ids(api.get("/flavors?is_public=none", token="admin")) == ["1", "2"]
    assert ids(api.get("/flavors?is_public=False", token="admin")) == ["2"]
    assert ids(api.get("/flavors?is_public=False", token="other")) == ["1"]
    assert api.get("/flavors?is_public=perhaps", token="admin").status == 400


def test_lists_take_the_same_statements_whatever_their_length(api: ApiFixture) -> None:
    counts = []
    for number in (1, 40):
        for index in range(number):
            create(api, f"{number}-{index}", **{"os-flavor-access:is_public": index % 2 == 0})
        with api.api_db.counting() as counter:
            api.get("/flavors/detail", version="2.61", token="admin")
        counts.append(counter.count)
    assert counts == [3, 3]


# ---- changes ----


def test_id_is_made_when_none_is_given(api: ApiFixture) -> None:
    flavor = {"name": "a", "ram": 1, "vcpus": 1, "disk": 0}
    made = api.post("/flavors", {"flavor": flavor}, token="admin").json["flavor"]
    assert len(made["id"]) == 36
    made = api.post("/flavors", {"flavor": {**flavor, "name": "b", "id": 7}}, token="admin")
    assert made.json["flavor"]["id"] == "7"


def test_name_and_id_are_unique(api: ApiFixture) -> None:
    create(api, "1", name="a")
    assert create(api, "1", name="b").fault == (
        "conflictingRequest",
        "Flavor with ID 1 already exists.",
    )
    assert create(api, "2", name="a").fault == (
        "conflictingRequest",
        "Flavor with name a already exists.",
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"ram": 0},
        {"vcpus": 0},
        {"disk": -1},
        {"ram": 2**31},
        {"swap": -1},
        {"rxtx_factor": "0.0"},
        {"name": ""},
        {"name": " a"},
        {"name": "x" * 256},
        {"id": "a/b"},
        {"os-flavor-access:is_public": "perhaps"},
        {"unknown": 1},
        {"description": "before 2.55"},
    ],
    ids=str,
)
def test_bad_flavors(api: ApiFixture, wrong: dict[str, Any]) -> None:
    assert create(api, "1", **wrong).status == 400


def test_rxtx_factor_is_gone_at_2_102(api: ApiFixture) -> None:
    assert create(api, "1", version="2.101", rxtx_factor=2.0).json["flavor"]["rxtx_factor"] == 2.0
    assert create(api, "2", version="2.102", rxtx_factor=2.0).status == 400


def test_description(api: ApiFixture) -> None:
    create(api, "1", version="2.55", description="old")
    body = {"flavor": {"description": "new"}}
    assert api.put("/flavors/1", body, version="2.55").status == 403
    changed = api.put("/flavors/1", body, version="2.55", token="admin")
    assert changed.json["flavor"]["description"] == "new"
    gone = api.put("/flavors/2", body, version="2.55", token="admin")
    assert (gone.status, gone.fault[1]) == (404, "Flavor 2 could not be found.")


def test_delete(api: ApiFixture) -> None:
    create(api, "1")
    assert api.delete("/flavors/1", token="member").status == 403
    reply = api.delete("/flavors/1", token="admin")
    assert (reply.status, reply.body) == (202, b"")
    assert api.delete("/flavors/1", token="admin").status == 404


# ---- access ----


def test_access(api: ApiFixture) -> None:
    create(api, "1", **{"os-flavor-access:is_public": False})
    add = {"addTenantAccess": {"tenant": PROJECT}}
    remove = {"removeTenantAccess": {"tenant": PROJECT}}
    listed = api.post("/flavors/1/action", add, token="admin")
    assert listed.json == {"flavor_access": [{"flavor_id": "1", "tenant_id": PROJECT}]}
    assert api.get("/flavors/1/os-flavor-access", token="admin").json == listed.json
    assert api.post("/flavors/1/action", add, token="admin").status == 409
    assert api.post("/flavors/1/action", add, token="member").status == 403
    assert api.post("/flavors/1/action", remove, token="admin").json == {"flavor_access": []}
    assert api.post("/flavors/1/action", remove, token="admin").status == 404


def test_access_of_an_unknown_project(api: ApiFixture) -> None:
    create(api, "1", **{"os-flavor-access:is_public": False})
    api.identity.unknown_projects.add(OTHER_PROJECT)
    add = {"addTenantAccess": {"tenant": OTHER_PROJECT}}
    assert api.post("/flavors/1/action", add, token="admin").fault == (
        "badRequest",
        f"Project ID {OTHER_PROJECT} is not a valid project.",
    )


def test_public_flavors_have_no_access_list(api: ApiFixture) -> None:
    create(api, "1")
    add = {"addTenantAccess": {"tenant": PROJECT}}
    assert api.get("/flavors/1/os-flavor-access", token="admin").status == 404
    assert api.post("/flavors/1/action", add, version="2.6", token="admin").status == 200
    assert api.post("/flavors/1/action", add, version="2.7", token="admin").status == 409


# ---- extra specs ----


def test_extra_specs(api: ApiFixture) -> None:
    create(api, "1")
    base = "/flavors/1/os-extra_specs"
    body = {"extra_specs": {"a": "1", "b": 2}}
    assert api.post(base, body, token="member").status == 403
    assert api.post(base, body, token="admin").json == body
    assert api.get(base).json == {"extra_specs": {"a": "1", "b": "2"}}
    assert api.get(f"{base}/a").json == {"a": "1"}
    assert api.put(f"{base}/a", {"a": "3"}, token="admin").json == {"a": "3"}
    assert api.put(f"{base}/a", {"b": "3"}, token="admin").fault[1] == (
        "Request body and URI mismatch"
    )
    assert api.put(f"{base}/a", {"a": "1", "b": "3"}, token="admin").status == 400
    deleted = api.delete(f"{base}/a", token="admin")
    assert (deleted.status, deleted.body) == (200, b"")
    assert api.get(f"{base}/a").fault == (
        "itemNotFound",
        "Flavor 1 has no extra specs with key a.",
    )
    assert api.get("/flavors/2/os-extra_specs").status == 404


@pytest.mark.parametrize(
    ("key", "value", "valid"),
    [
        ("hw:cpu_policy", "dedicated", True),
        ("hw:cpu_policy", "any", False),
        ("hw:cpu_polcy", "dedicated", False),
        ("hw:numa_mem.1", "1024", True),
        ("hw:numa_mem.1", "0", False),
        ("hw_rng:allowed", "maybe", False),
        ("quota:cpu_shares_level", "custom", True),
        ("quota:vif_limit", "-1", False),
        ("resources:VCPU", "2", True),
        ("resources_NIC1:CUSTOM_THING", "1", True),
        ("resources:NONSENSE", "1", False),
        ("trait:HW_CPU_X86_AVX2", "required", True),
        ("trait1:CUSTOM_GOLD", "forbidden", True),
        ("trait:HW_CPU_X86_AVX2", "wanted", False),
        ("trait:NONSENSE", "required", False),
        ("capabilities:cpu_info:model", "<in> Nehalem", True),
        ("capabilities:nonsense", "1", False),
        ("aggregate_instance_extra_specs:ssd", "true", True),
        ("group_policy", "isolate", True),
        ("group_policy", "scatter", False),
        ("ssd", "anything", True),
        ("mine:ssd", "anything", True),
    ],
)
def test_known_extra_specs_are_checked_from_2_86(
    api: ApiFixture, key: str, value: str, valid: bool
) -> None:
    create(api, "1")
    body = {"extra_specs": {key: value}}
    base = "/flavors/1/os-extra_specs"
    assert api.post(base, body, version="2.85", token="admin").status == 200
    reply = api.post(base, body, version="2.86", token="admin")
    assert reply.status == (200 if valid else 400)
    assert api.put(f"{base}/{key}", {key: value}, version="2.86", token="admin").status == (
        reply.status
    )
