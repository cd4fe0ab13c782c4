"""Regions, services, endpoints and who sees them; domain configuration, policies and limits."""

import pytest

from tests.support.identity_api import Api, admin_of


@pytest.fixture
def admin(cloud):
    return admin_of(cloud)


@pytest.fixture
def service(admin):
    return admin.make("service", name="thing", type="things")


URL = "http://thing.example/v1"


def test_regions(admin):
    assert admin.get("regions/RegionOne")["region"]["parent_region_id"] is None
    named = admin.put("regions/here", {"region": {"description": "d"}}, 201)["region"]
    assert (named["id"], named["description"]) == ("here", "d")
    admin.put("regions/here", {"region": {}}, 409)
    admin.put("regions/there", {"region": {"id": "elsewhere"}}, 400)
    inner = admin.make("region", id="inner", parent_region_id="here")
    assert admin.get("regions?parent_region_id=here")["regions"] == [inner]
    admin.post("regions", {"region": {"parent_region_id": "nix"}}, 404)
    admin.patch("regions/here", {"region": {"parent_region_id": "inner"}}, 400)
    admin.delete("regions/here")
    admin.get("regions/inner", 404)
    assert len(admin.make("region")["id"]) == 32


def test_services_and_endpoints(admin, service):
    assert admin.get("services?type=things")["services"] == [service]
    assert "description" not in service
    values = {"service_id": service["id"], "interface": "public", "url": URL}
    made = admin.make("endpoint", region="new", **values)
    assert made["region"] == made["region_id"] == "new"
    assert admin.get("regions/new")["region"]["id"] == "new"
    admin.delete("regions/new", 403)
    query = f"endpoints?service_id={service['id']}&interface=public&region_id=new"
    assert admin.get(query)["endpoints"] == [made]
    for bad in (
        {"service_id": "nix"}, {"region_id": "nix"}, {"interface": "other"}, {"url": "x"},
        {"enabled": "yes"},
    ):  # fmt: skip
        admin.post("endpoints", {"endpoint": {**values, **bad}}, 400)
    admin.delete(f"services/{service['id']}")
    admin.get(f"endpoints/{made['id']}", 404)
    admin.delete("regions/new")


def catalog(api, kind="things"):
    found = [entry for entry in api.get("auth/catalog")["catalog"] if entry["type"] == kind]
    return [e["url"] for entry in found for e in entry["endpoints"]]


def test_which_endpoints_a_project_sees(cloud, admin, service):
    demo = Api(cloud, cloud.token("demo"))
    project_id = cloud.service.validate(demo.token).project_id
    values = {"service_id": service["id"], "interface": "public"}
    one = admin.make("endpoint", url=f"{URL}/$(project_id)s", **values)
    two = admin.make("endpoint", url=f"{URL}/two", **values)
    assert sorted(catalog(demo)) == sorted([f"{URL}/{project_id}", f"{URL}/two"])
    shown = f"OS-EP-FILTER/projects/{project_id}/endpoints"
    admin.call("HEAD", f"{shown}/{two['id']}", code=404)
    admin.put(f"{shown}/{two['id']}")
    admin.call("HEAD", f"{shown}/{two['id']}", code=204)
    assert catalog(demo) == [f"{URL}/two"]
    assert catalog(demo, "compute") == []
    assert [e["id"] for e in admin.get(shown)["endpoints"]] == [two["id"]]
    (found,) = admin.get(f"OS-EP-FILTER/endpoints/{two['id']}/projects")["projects"]
    assert found["id"] == project_id
    group = admin.make(
        "endpoint_group", "OS-EP-FILTER/endpoint_groups", name="g",
        filters={"service_id": service["id"]},
    )  # fmt: skip
    path = f"OS-EP-FILTER/endpoint_groups/{group['id']}"
    assert {e["id"] for e in admin.get(f"{path}/endpoints")["endpoints"]} == {one["id"], two["id"]}
    admin.get(f"{path}/projects/{project_id}", 404)
    admin.put(f"{path}/projects/{project_id}")
    assert admin.get(f"{path}/projects/{project_id}")["endpoint_group"] == group
    assert len(admin.get(f"{path}/projects")["projects"]) == 1
    of_project = admin.get(f"OS-EP-FILTER/projects/{project_id}/endpoint_groups")
    assert of_project["endpoint_groups"] == [group]
    assert len(catalog(demo)) == 2
    admin.delete(f"{path}/projects/{project_id}")
    admin.delete(f"{shown}/{two['id']}")
    admin.delete(f"{shown}/{two['id']}", 404)
    assert catalog(demo, "compute")
    bad = {"name": "x", "filters": {"nix": "y"}}
    admin.post("OS-EP-FILTER/endpoint_groups", {"endpoint_group": bad}, 400)
    admin.delete(f"services/{service['id']}")
    admin.delete(path)


def test_domain_configuration(admin):
    domain = admin.make("domain", name="d")
    path = f"domains/{domain['id']}/config"
    admin.get(path, 404)
    config = {"identity": {"driver": "ldap"}, "ldap": {"url": "ldap://x", "password": "secret"}}
    shown = {"identity": {"driver": "ldap"}, "ldap": {"url": "ldap://x"}}
    assert admin.put(path, {"config": config}, 201)["config"] == shown
    assert admin.put(path, {"config": config}, 200)["config"] == shown
    assert admin.get(f"{path}/ldap")["config"] == {"ldap": {"url": "ldap://x"}}
    assert admin.get(f"{path}/ldap/url")["config"] == {"url": "ldap://x"}
    admin.get(f"{path}/ldap/suffix", 404)
    admin.get(f"{path}/nix", 403)
    changed = admin.patch(f"{path}/ldap", {"config": {"ldap": {"suffix": "s"}}})["config"]
    assert changed["ldap"] == {"url": "ldap://x", "suffix": "s"}
    admin.patch(f"{path}/ldap", {"config": {"identity": {"driver": "x"}}}, 403)
    admin.patch(f"{path}/ldap/url", {"config": {"url": "ldap://y"}})
    assert admin.get(f"{path}/ldap/url")["config"] == {"url": "ldap://y"}
    admin.put(path, {"config": {"DEFAULT": {"debug": True}}}, 403)
    admin.put(path, {"config": {}}, 400)
    admin.put(path, {"config": {"identity": "x"}}, 400)
    admin.delete(f"{path}/ldap/url")
    admin.delete(f"{path}/identity")
    assert admin.get(path)["config"] == {"ldap": {"suffix": "s"}}
    admin.delete(path)
    admin.get(path, 404)
    assert admin.get("domains/config/identity/driver/default")["config"] == {"driver": "sql"}
    admin.get("domains/nix/config", 404)


def test_policies(admin):
    made = admin.make("policy", "policies", type="text", blob="{}", note="n")
    path = f"policies/{made['id']}"
    assert admin.get("policies?type=text")["policies"] == [made]
    assert admin.patch(path, {"policy": {"blob": "[]"}})["policy"]["blob"] == "[]"
    admin.delete(path)
    admin.get(path, 404)


def test_limits(cloud, admin, service):
    def registered(code=201, **values):
        body = {"service_id": service["id"], "resource_name": "r", "default_limit": 5, **values}
        return admin.post("registered_limits", {"registered_limits": [body]}, code)

    (default,) = registered()["registered_limits"]
    assert default["region_id"] is None
    registered(409)
    registered(400, service_id="nix")
    registered(400, default_limit=-2)
    registered(400, region_id="nix")
    project_id = cloud.service.validate(cloud.token("demo")).project_id
    path = f"registered_limits/{default['id']}"
    assert admin.patch(path, {"registered_limit": {"default_limit": 7}})

    def limit(code=201, **values):
        body = {"service_id": service["id"], "resource_name": "r", "resource_limit": 9,
                "project_id": project_id, **values}  # fmt: skip
        return admin.post("limits", {"limits": [body]}, code)

    (made,) = limit()["limits"]
    assert (made["project_id"], made["domain_id"], made["resource_limit"]) == (project_id, None, 9)
    limit(409)
    limit(403, resource_name="nix")
    limit(400, project_id="nix")
    limit(400, domain_id="default")  # of both
    demo = Api(cloud, cloud.token("demo"))
    assert demo.get("limits")["limits"] == [made]
    assert demo.get(f"limits/{made['id']}")["limit"] == made
    assert admin.get(f"limits?service_id={service['id']}&resource_name=r")["limits"] == [made]
    assert admin.get("limits?resource_name=nix")["limits"] == []
    assert demo.get("registered_limits")["registered_limits"][0]["default_limit"] == 7
    assert demo.get("limits/model")["model"]["name"] == "flat"
    admin.patch(path, {"registered_limit": {"resource_name": "q"}}, 403)
    admin.delete(path, 403)
    admin.delete(f"services/{service['id']}", 403)
    changed = admin.patch(f"limits/{made['id']}", {"limit": {"resource_limit": 1}})["limit"]
    assert changed["resource_limit"] == 1
    demo.delete(f"limits/{made['id']}", 403)
    admin.delete(f"limits/{made['id']}")
    admin.delete(path)
    admin.delete(f"services/{service['id']}")
