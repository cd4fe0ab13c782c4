"""Volume types, their extra specs, access, encryption, defaults and QoS, asked over HTTP."""

import pytest

from novalite.volume.embedded.types import DEFAULT_NAME


def make(cloud, name="fast", **members):
    body = {"volume_type": {"name": name, **members}}
    return cloud.ok("POST", "/types", body, user="admin")["volume_type"]


def names(cloud, query="", user="demo"):
    return [each["name"] for each in cloud.ok("GET", f"/types{query}", user=user)["volume_types"]]


def test_every_cloud_has_a_default_type(cloud):
    assert names(cloud) == [DEFAULT_NAME]
    default = cloud.show("/types/default")
    assert default["name"] == DEFAULT_NAME and default["is_public"] is True
    code, message = cloud.refused("DELETE", f"/types/{default['id']}", user="admin")
    assert code == 400 and "default volume type" in message
    cloud.service.types.ensure_default()
    assert names(cloud) == [DEFAULT_NAME]


def test_a_renamed_default_is_replaced_by_a_new_one(cloud):
    first = cloud.show("/types/default")["id"]
    cloud.ok("PUT", f"/types/{first}", {"volume_type": {"name": "old"}}, user="admin")
    assert cloud.refused("GET", "/types/default")[0] == 404
    cloud.service.types.ensure_default()
    second = cloud.show("/types/default")
    assert second["name"] == DEFAULT_NAME and second["id"] != first


def test_create_show_update_delete(cloud):
    made = make(cloud, description="d", extra_specs={"multiattach": "<is> True", "secret": "x"})
    assert made["os-volume-type-access:is_public"] is True and "qos_specs_id" not in made
    path = f"/types/{made['id']}"
    shown = cloud.show(path, "admin")
    assert shown["extra_specs"] == {"multiattach": "<is> True", "secret": "x"}
    assert shown["qos_specs_id"] is None
    seen = cloud.show(path)
    assert seen["extra_specs"] == {"multiattach": "<is> True"} and "qos_specs_id" not in seen
    body = {"volume_type": {"name": "slow", "description": "e", "is_public": False}}
    changed = cloud.ok("PUT", path, body, user="admin")["volume_type"]
    assert (changed["name"], changed["description"], changed["is_public"]) == ("slow", "e", False)
    assert cloud.refused("GET", path)[0] == 404
    assert cloud.request("DELETE", path, user="admin").status_int == 202
    assert cloud.refused("GET", path, user="admin")[0] == 404


def test_what_is_refused(cloud):
    made = make(cloud)
    assert cloud.refused("POST", "/types", {"volume_type": {"name": "x"}})[0] == 403
    for name in ("", "   ", "n" * 256):
        assert (
            cloud.refused("POST", "/types", {"volume_type": {"name": name}}, user="admin")[0] == 400
        )
    body = {"volume_type": {"name": "fast"}}
    code, message = cloud.refused("POST", "/types", body, user="admin")
    assert code == 409 and message == "Volume Type fast already exists."
    other = make(cloud, "other")
    assert cloud.refused("PUT", f"/types/{other['id']}", body, user="admin")[0] == 409
    assert cloud.refused("PUT", f"/types/{made['id']}", {"volume_type": {}}, user="admin")[0] == 400


def test_a_type_in_use_neither_changes_nor_goes(cloud):
    made = make(cloud, extra_specs={"x:a": "1"})
    volume = cloud.volume(volume_type="fast")
    specs = f"/types/{made['id']}/extra_specs"
    for method, path, body in (
        ("DELETE", f"/types/{made['id']}", None),
        ("POST", specs, {"extra_specs": {"x:a": "2"}}),
        ("PUT", f"{specs}/x:a", {"x:a": "2"}),
        ("DELETE", f"{specs}/x:a", None),
    ):
        assert cloud.refused(method, path, body, user="admin")[0] == 400, path
    cloud.ok("DELETE", f"/volumes/{volume}")
    cloud.gone(f"/volumes/{volume}")
    cloud.ok("DELETE", f"/types/{made['id']}", user="admin")


def test_lists_are_filtered_sorted_and_paged(cloud):
    for name in ("b", "a", "c"):
        make(cloud, name, extra_specs={"tier": name})
    make(cloud, "hidden", **{"os-volume-type-access:is_public": False})
    assert names(cloud, "?sort=name:asc") == [DEFAULT_NAME, "a", "b", "c"]
    assert names(cloud, "?is_public=None&sort_key=name&sort_dir=desc", "admin")[:2] == [
        "hidden",
        "c",
    ]
    assert names(cloud, "?is_public=false", "admin") == ["hidden"]
    assert "hidden" not in names(cloud, "?is_public=false", "demo")
    assert names(cloud, "?extra_specs={'tier':'b'}", "admin") == ["b"]
    page = cloud.ok("GET", "/types?sort=name:asc&limit=2")
    (link,) = page["volume_types_links"]
    rest = link["href"].split("/v3", 1)[1]
    assert [each["name"] for each in cloud.ok("GET", rest)["volume_types"]] == ["b", "c"]
    for bad in ("limit=-1", "limit=x", "sort=nonsense", "marker=nobody", "sort=name:sideways"):
        assert cloud.refused("GET", f"/types?{bad}")[0] == 400, bad
    assert cloud.refused("GET", "/types?is_public=maybe", user="admin")[0] == 400


def test_access_to_private_types(cloud):
    made = make(cloud, **{"os-volume-type-access:is_public": False})
    project = cloud.context("demo").project_id
    body = {"volume": {"size": 1, "volume_type": "fast"}}
    assert cloud.refused("POST", "/volumes", body)[0] == 404
    path, access = f"/types/{made['id']}/action", f"/types/{made['id']}/os-volume-type-access"
    add = {"addProjectAccess": {"project": project}}
    assert cloud.request("POST", path, add, user="admin").status_int == 202
    assert cloud.refused("POST", path, add, user="admin")[0] == 409
    assert cloud.ok("GET", access, user="admin")["volume_type_access"] == [
        {"volume_type_id": made["id"], "project_id": project}
    ]
    assert names(cloud) == ["fast", DEFAULT_NAME]
    cloud.volume(volume_type="fast")
    cloud.ok("POST", path, {"removeProjectAccess": {"project": project}}, user="admin")
    assert cloud.refused("GET", f"/types/{made['id']}")[0] == 404
    gone = {"removeProjectAccess": {"project": project}}
    assert cloud.refused("POST", path, gone, user="admin")[0] == 404
    public = cloud.show("/types/default")["id"]
    assert cloud.refused("GET", f"/types/{public}/os-volume-type-access", user="admin")[0] == 404
    assert cloud.refused("POST", f"/types/{public}/action", add, user="admin")[0] == 409


def test_extra_specs_one_by_one(cloud):
    path = f"/types/{make(cloud)['id']}/extra_specs"
    cloud.ok("POST", path, {"extra_specs": {"a": "1", "b": "2"}}, user="admin")
    assert cloud.ok("PUT", f"{path}/a", {"a": "3"}, user="admin") == {"a": "3"}
    assert cloud.ok("GET", path, user="admin")["extra_specs"] == {"a": "3", "b": "2"}
    assert cloud.ok("GET", f"{path}/b", user="admin") == {"b": "2"}
    assert cloud.refused("GET", f"{path}/b")[0] == 404, "not a user's to know"
    for body in ({"b": "1"}, {"a": "1", "b": "2"}, {}, {"a": 1}, None):
        assert cloud.refused("PUT", f"{path}/a", body, user="admin")[0] == 400, body
    cloud.ok("DELETE", f"{path}/a", user="admin")
    assert cloud.refused("DELETE", f"{path}/a", user="admin")[0] == 404
    assert cloud.refused("POST", path, {"extra_specs": {"k": "v"}})[0] == 403


def test_encryption(cloud):
    made = make(cloud)
    path = f"/types/{made['id']}/encryption"
    asked = {"provider": "luks", "control_location": "front-end", "key_size": 256, "cipher": None}
    answer = cloud.ok("POST", path, {"encryption": asked}, user="admin")["encryption"]
    assert {name: answer[name] for name in asked} == asked
    assert cloud.refused("POST", path, {"encryption": asked}, user="admin")[0] == 400
    one = f"{path}/{answer['encryption_id']}"
    cloud.ok("PUT", one, {"encryption": {"key_size": 128}}, user="admin")
    assert cloud.ok("GET", f"{path}/key_size", user="admin") == {"key_size": 128}
    assert cloud.refused("GET", f"{path}/nonsense", user="admin")[0] == 404
    assert cloud.refused("GET", path)[0] == 403
    # there is no key manager: nobody gets a volume that is less than it says
    body = {"volume": {"size": 1, "volume_type": "fast"}}
    code, message = cloud.refused("POST", "/volumes", body)
    assert code == 400 and "key manager" in message
    cloud.ok("DELETE", one, user="admin")
    assert cloud.ok("GET", path, user="admin") == {}
    assert cloud.refused("DELETE", one, user="admin")[0] == 404


def test_a_projects_own_default(cloud):
    made = make(cloud)
    project = cloud.context("demo").project_id
    path = f"/default-types/{project}"
    body = {"default_type": {"volume_type": "fast"}}
    assert cloud.refused("PUT", path, body)[0] == 403
    answer = cloud.ok("PUT", path, body, user="admin")["default_type"]
    assert answer == {"project_id": project, "volume_type_id": made["id"]}
    assert cloud.show("/types/default")["id"] == made["id"]
    assert cloud.show("/types/default", "admin")["name"] == DEFAULT_NAME
    assert cloud.ok("GET", "/default-types", user="admin")["default_types"] == [answer]
    assert cloud.refused("DELETE", f"/types/{made['id']}", user="admin")[0] == 400
    assert cloud.request("DELETE", path, user="admin").status_int == 204
    assert cloud.refused("GET", path, user="admin")[0] == 404
    assert cloud.refused("GET", "/default-types", user="admin", version="3.61")[0] == 404


def test_qos_specs(cloud):
    body = {"qos_specs": {"name": "gold", "consumer": "front-end", "read_iops_sec": "100"}}
    made = cloud.ok("POST", "/qos-specs", body, user="admin")
    qos = made["qos_specs"]
    assert made["links"] and qos["specs"] == {"read_iops_sec": "100"}
    assert cloud.refused("POST", "/qos-specs", body, user="admin")[0] == 409
    assert cloud.refused("GET", "/qos-specs")[0] == 403
    path = f"/qos-specs/{qos['id']}"
    cloud.ok("PUT", path, {"qos_specs": {"write_iops_sec": "50"}}, user="admin")
    keys = {"keys": ["read_iops_sec", "nonsense"]}
    assert cloud.refused("PUT", f"{path}/delete_keys", keys, user="admin")[0] == 404
    (found,) = cloud.ok("GET", "/qos-specs", user="admin")["qos_specs"]
    assert found["specs"] == {"read_iops_sec": "100", "write_iops_sec": "50"}, "all or none"
    cloud.ok("PUT", f"{path}/delete_keys", {"keys": ["read_iops_sec"]}, user="admin")
    assert cloud.ok("GET", path, user="admin")["qos_specs"]["specs"] == {"write_iops_sec": "50"}


def test_qos_specs_of_types(cloud):
    first, second = make(cloud)["id"], make(cloud, "second")["id"]
    gold, silver = (
        cloud.ok("POST", "/qos-specs", {"qos_specs": {"name": name}}, user="admin")["qos_specs"]
        for name in ("gold", "silver")
    )
    assert gold["consumer"] == "back-end"
    path = f"/qos-specs/{gold['id']}"
    for each in (first, second):
        cloud.ok("GET", f"{path}/associate?vol_type_id={each}", user="admin")
    other = f"/qos-specs/{silver['id']}/associate?vol_type_id={first}"
    assert cloud.refused("GET", other, user="admin")[0] == 400
    assert cloud.refused("GET", f"{path}/associate", user="admin")[0] == 400
    found = cloud.ok("GET", f"{path}/associations", user="admin")["qos_associations"]
    assert {each["id"] for each in found} == {first, second}
    assert cloud.show(f"/types/{first}", "admin")["qos_specs_id"] == gold["id"]
    assert cloud.refused("DELETE", path, user="admin")[0] == 400
    cloud.ok("GET", f"{path}/disassociate?vol_type_id={first}", user="admin")
    assert cloud.show(f"/types/{first}", "admin")["qos_specs_id"] is None
    cloud.ok("DELETE", f"{path}?force=True", user="admin")
    assert cloud.show(f"/types/{second}", "admin")["qos_specs_id"] is None
    assert cloud.refused("GET", path, user="admin")[0] == 404


@pytest.mark.parametrize(
    "path", ["/types/nobody", "/types/nobody/extra_specs", "/qos-specs/nobody"]
)
def test_what_is_not_there_is_not_found(cloud, path):
    assert cloud.refused("GET", path, user="admin")[0] == 404
