"""Metadata definitions through the REST API."""

import pytest

ROOT = "/image/v2/metadefs"
SPACES = f"{ROOT}/namespaces"
TEXT = {"title": "T", "type": "string"}


@pytest.fixture
def demo(cloud):
    return cloud.token("demo")


@pytest.fixture
def admin(cloud):
    return cloud.token("admin")


def make(cloud, admin, name, **values):
    body = {"namespace": name, "visibility": "public", **values}
    answer = cloud.request("POST", SPACES, body, admin)
    assert answer.status_int == 201, answer.text
    return answer.json


def test_a_new_cloud_has_some(cloud, demo):
    types = cloud.request("GET", f"{ROOT}/resource_types", token=demo).json["resource_types"]
    assert {"OS::Glance::Image", "OS::Nova::Flavor"} <= {kind["name"] for kind in types}
    path = f"{SPACES}/OS::Compute::VirtCPUTopology"
    space = cloud.request("GET", path, token=demo).json
    assert space["properties"]["cpu_cores"]["type"] == "integer"
    flavors = cloud.request("GET", f"{path}?resource_type=OS::Nova::Flavor", token=demo).json
    assert "hw:cpu_cores" in flavors["properties"]
    of_images = cloud.request("GET", f"{SPACES}?resource_types=OS::Glance::Image", token=demo).json
    names = {space["namespace"] for space in of_images["namespaces"]}
    assert "OS::Compute::LibvirtImage" in names
    assert "OS::Compute::Quota" not in names
    cloud.images.metadefs.bootstrap()  # changes nothing
    again = cloud.request("GET", f"{ROOT}/resource_types", token=demo).json["resource_types"]
    assert again == types


def test_namespaces(cloud, admin, demo):
    body = {
        "namespace": "My::Space", "display_name": "Mine", "description": "d", "protected": True,
        "resource_type_associations": [{"name": "OS::Glance::Image", "prefix": "p_"}],
        "properties": {"size": TEXT}, "objects": [{"name": "thing", "required": ["size"],
                                                   "properties": {"size": TEXT}}],
        "tags": [{"name": "blue"}],
    }  # fmt: skip
    assert cloud.request("POST", SPACES, body, demo).status_int == 403
    made = cloud.request("POST", SPACES, body, admin)
    assert made.status_int == 201
    assert made.headers["Location"].endswith("/v2/metadefs/namespaces/My%3A%3ASpace")
    assert made.json["visibility"] == "private"
    path = f"{SPACES}/My::Space"
    shown = cloud.request("GET", path, token=admin).json
    assert shown == made.json
    assert shown["objects"][0]["properties"] == shown["properties"] == {"size": TEXT}
    assert shown["tags"] == [{"name": "blue"}]
    assert shown["self"] == "/v2/metadefs/namespaces/My::Space"
    (target,) = shown["resource_type_associations"]
    assert (target["name"], target["prefix"]) == ("OS::Glance::Image", "p_")
    assert cloud.request("GET", path, token=demo).status_int == 404  # private
    assert cloud.request("POST", SPACES, body, admin).status_int == 409
    protected = cloud.request("DELETE", path, token=admin)
    assert protected.status_int == 403
    assert "protected" in protected.text
    change = {"namespace": "Renamed", "visibility": "public", "protected": False}
    changed = cloud.request("PUT", path, change, admin)
    assert changed.status_int == 200
    assert (changed.json["namespace"], changed.json["display_name"]) == ("Renamed", "Mine")
    assert cloud.request("GET", path, token=admin).status_int == 404
    path = f"{SPACES}/Renamed"
    assert cloud.request("PUT", path, change, demo).status_int == 403
    taken = {"namespace": "OS::Compute::Quota"}
    assert cloud.request("PUT", path, taken, admin).status_int == 409
    assert cloud.request("DELETE", path, token=demo).status_int == 403
    assert cloud.request("DELETE", path, token=admin).status_int == 204
    assert cloud.request("DELETE", path, token=admin).status_int == 404


def test_bad_namespaces(cloud, admin):
    for body in (
        {}, {"namespace": ""}, {"namespace": "a/b"}, {"namespace": "x" * 81}, {"namespace": 7},
        {"namespace": "a", "visibility": "shared"}, {"namespace": "a", "protected": "yes"},
        {"namespace": "a", "unknown": 1}, {"namespace": "a", "properties": {"p": {}}},
        {"namespace": "a", "objects": [{}]}, {"namespace": "a", "tags": [{"name": ""}]},
    ):  # fmt: skip
        assert cloud.request("POST", SPACES, body, admin).status_int == 400, body
    twice = {"namespace": "a", "tags": [{"name": "x"}, {"name": "x"}]}
    assert cloud.request("POST", SPACES, twice, admin).status_int == 409
    assert cloud.request("GET", f"{SPACES}/a", token=admin).status_int == 404  # nothing half-made


def test_namespaces_in_pages(cloud, admin, demo):
    for number in range(5):
        make(cloud, admin, f"n{number}")
    make(cloud, admin, "hidden", visibility="private")
    seen, url = [], f"{SPACES}?limit=3&sort_key=namespace&sort_dir=asc&visibility=public"
    while url:
        page = cloud.request("GET", url, token=demo).json
        seen += [space["namespace"] for space in page["namespaces"]]
        url = f"/image{page['next']}" if "next" in page else None
    assert [name for name in seen if name.startswith("n")] == [f"n{n}" for n in range(5)]
    assert seen == sorted(seen)
    assert "hidden" not in seen
    for query in ("limit=x", "marker=nix", "sort_key=owner", "sort_dir=x", "visibility=x"):
        assert cloud.request("GET", f"{SPACES}?{query}", token=demo).status_int == 400, query

    def statements():
        with cloud.database.counting() as counter:
            cloud.request("GET", f"{SPACES}?limit=1", token=demo)
        with cloud.database.counting() as all_:
            cloud.request("GET", SPACES, token=demo)
        return counter.count, all_.count

    one, many = statements()
    assert one == many


@pytest.mark.parametrize(
    ("kind", "body", "change"),
    [
        ("objects", {"name": "a", "description": "d", "properties": {"p": TEXT}},
         {"name": "b"}),
        ("properties", {"name": "a", **TEXT, "enum": ["x"], "default": "x"},
         {"name": "b", "title": "U", "type": "integer", "minimum": 1}),
        ("tags", None, {"name": "b"}),
    ],
)  # fmt: skip
def test_contents(cloud, admin, demo, kind, body, change):
    make(cloud, admin, "s")
    path = f"{SPACES}/s/{kind}"

    def create(token):
        if kind == "tags":
            return cloud.request("POST", f"{path}/a", token=token)
        return cloud.request("POST", path, body, token)

    def names():
        found = cloud.request("GET", path, token=demo).json[kind]
        return list(found) if kind == "properties" else [one["name"] for one in found]

    assert create(demo).status_int == 403
    assert create(admin).status_int == 201
    assert create(admin).status_int == 409
    shown = cloud.request("GET", f"{path}/a", token=demo).json
    for name, value in (body or {"name": "a"}).items():
        assert shown[name] == value
    assert names() == ["a"]
    assert cloud.request("PUT", f"{path}/a", change, demo).status_int == 403
    changed = cloud.request("PUT", f"{path}/a", change, admin)
    assert (changed.status_int, changed.json["name"]) == (200, "b")
    if kind == "objects":
        assert changed.json["properties"] == {"p": TEXT}  # what is left out stays
    assert cloud.request("GET", f"{path}/a", token=demo).status_int == 404
    assert names() == ["b"]
    create(admin)
    assert cloud.request("PUT", f"{path}/a", change, admin).status_int == 409
    assert cloud.request("PUT", f"{path}/nix", change, admin).status_int == 404
    assert cloud.request("DELETE", f"{path}/b", token=demo).status_int == 403
    assert cloud.request("DELETE", f"{path}/b", token=admin).status_int == 204
    assert cloud.request("DELETE", f"{path}/b", token=admin).status_int == 404
    assert cloud.request("DELETE", path, token=admin).status_int == 204
    assert names() == []
    assert cloud.request("GET", f"{SPACES}/nix/{kind}", token=admin).status_int == 404


def test_many_tags_at_once(cloud, admin):
    make(cloud, admin, "s")
    path = f"{SPACES}/s/tags"

    def post(*names, **headers):
        body = {"tags": [{"name": name} for name in names]}
        answer = cloud.request("POST", path, body, admin, **headers)
        assert answer.status_int == 201
        return sorted(tag["name"] for tag in answer.json["tags"])

    assert post("a", "b") == ["a", "b"]
    assert post("c", X_OpenStack_Append="True") == ["a", "b", "c"]
    assert post("d") == ["d"]


def test_resource_types(cloud, admin, demo):
    make(cloud, admin, "s", properties={"size": TEXT})
    path = f"{SPACES}/s/resource_types"
    body = {"name": "My::Type", "prefix": "m_", "properties_target": "image"}
    assert cloud.request("POST", path, body, demo).status_int == 403
    made = cloud.request("POST", path, body, admin)
    assert made.status_int == 201
    assert {name: made.json[name] for name in body} == body
    assert cloud.request("POST", path, body, admin).status_int == 409
    listed = cloud.request("GET", path, token=demo).json["resource_type_associations"]
    assert [one["name"] for one in listed] == ["My::Type"]
    one = f"{SPACES}/s/properties/m_size?resource_type=My::Type"
    assert cloud.request("GET", one, token=demo).json["name"] == "m_size"
    listed = cloud.request("GET", f"{SPACES}/s/properties?resource_type=My::Type", token=demo)
    assert list(listed.json["properties"]) == ["m_size"]
    types = cloud.request("GET", f"{ROOT}/resource_types", token=demo).json["resource_types"]
    assert "My::Type" in {kind["name"] for kind in types}
    assert cloud.request("DELETE", f"{path}/My::Type", token=admin).status_int == 204
    assert cloud.request("DELETE", f"{path}/My::Type", token=admin).status_int == 404


def test_schemas(cloud, demo):
    for name in ("namespace", "namespaces", "object", "objects", "property", "properties", "tag",
                 "tags", "resource_type", "resource_types"):  # fmt: skip
        schema = cloud.request("GET", f"/image/v2/schemas/metadefs/{name}", token=demo)
        assert schema.status_int == 200
        wanted = name.replace("resource_type", "resource_type_association")
        assert schema.json["name"] == wanted
        assert schema.json["properties"]
    for name in ("task", "tasks", "member", "members"):
        schema = cloud.request("GET", f"/image/v2/schemas/{name}", token=demo)
        assert schema.json["name"] == name
    assert cloud.request("GET", "/image/v2/schemas/metadefs/nix", token=demo).status_int == 404
