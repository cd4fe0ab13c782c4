"""Users, groups, domains and projects through the REST API, and who may do what with them."""

import pytest

from tests.support.identity_api import Api, admin_of, by_password, log_in, token_of, user_id_of


@pytest.fixture
def admin(cloud):
    return admin_of(cloud)


def names(items):
    return [item["name"] for item in items]


def test_what_clients_store_beside_the_named_attributes(admin):
    user = admin.make("user", name="u", email="a@b", project_id="p", colour={"r": 1}, id="x")
    assert user["id"] != "x"
    assert (user["project_id"], user["colour"], user["email"]) == ("p", {"r": 1}, "a@b")
    changed = admin.patch(f"users/{user['id']}", {"user": {"project_id": "q"}})["user"]
    assert (changed["project_id"], changed["colour"]) == ("q", {"r": 1})
    assert admin.get(f"users/{user['id']}")["user"] == changed
    assert changed in admin.get("users")["users"]
    group = admin.make("group", name="g", shade="dark")
    assert admin.get(f"groups/{group['id']}")["group"]["shade"] == "dark"
    assert "password_hash" not in user and "tokens_valid_after" not in user


def test_pages_filters_and_order(admin):
    made = {name: admin.make("group", name=name, description=name[::-1]) for name in "dbacAe"}
    first = admin.get("groups?limit=4&sort_key=name")
    assert names(first["groups"]) == ["A", "a", "b", "c"]
    following = first["links"]["next"].partition("/v3/")[2]
    second = admin.get(following)
    assert names(second["groups"]) == ["d", "e"]
    assert second["links"]["next"] is None
    assert names(admin.get("groups?sort=name:desc&limit=2")["groups"]) == ["e", "d"]
    by_id = sorted(group["id"] for group in made.values())
    assert [group["id"] for group in admin.get("groups")["groups"]] == by_id
    assert [g["id"] for g in admin.get(f"groups?marker={by_id[3]}")["groups"]] == by_id[4:]
    assert names(admin.get("groups?name=b")["groups"]) == ["b"]
    assert admin.get("groups?name__contains=%25")["groups"] == []
    admin.get("groups?marker=nix", 400)
    admin.get("groups?limit=-1", 400)
    admin.get("groups?sort_key=nix", 400)
    admin.get("groups?sort_key=name&sort_dir=up", 400)


def test_inexact_filters_and_booleans(admin):
    admin.make("user", name="tester-1")
    admin.make("user", name="tester-2", enabled=False)
    assert len(admin.get("users?name__startswith=tester")["users"]) == 2
    assert names(admin.get("users?name__startswith=tester&enabled=false")["users"]) == ["tester-2"]
    assert names(admin.get("users?name__endswith=-1")["users"]) == ["tester-1"]
    assert len(admin.get("users?name__icontains=ESTER")["users"]) == 2


def test_lists_take_a_fixed_number_of_statements(cloud, admin):
    def count(path):
        admin.get("users")  # the token is known
        with cloud.database.counting() as counter:
            admin.get(path)
        return counter.count

    admin.make("project", name="first", tags=["a"])
    paths = ("users", "projects?tags=a", "groups", "roles", "role_assignments?effective")
    before = [count(path) for path in paths]
    for n in range(4):
        user = admin.make("user", name=f"u{n}")
        project = admin.make("project", name=f"p{n}", tags=["a", "b"])
        admin.put(f"projects/{project['id']}/users/{user['id']}/roles/{admin.role('member')}")
        admin.make("group", name=f"g{n}")
        admin.make("role", name=f"r{n}")
    assert [count(path) for path in paths] == before


def test_groups_and_their_users(admin, cloud):
    group, other = admin.make("group", name="g"), admin.make("group", name="h")
    user = admin.make("user", name="u", password="pw")
    path = f"groups/{group['id']}/users/{user['id']}"
    admin.call("HEAD", path, code=404)
    admin.put(path)
    admin.put(path)
    admin.call("HEAD", path, code=204)
    assert admin.get(f"groups/{group['id']}/users")["users"] == [user]
    (found,) = admin.get(f"users/{user['id']}/groups")["groups"]
    assert found == {**group, "membership_expires_at": None}
    assert admin.get(f"groups/{other['id']}/users")["users"] == []
    admin.put(f"groups/{group['id']}/users/nix", code=404)
    mine = Api(cloud, token_of(log_in(cloud, by_password("u", "pw"))))
    assert len(mine.get(f"users/{user['id']}/groups")["groups"]) == 1
    mine.get(f"groups/{group['id']}", 403)
    admin.delete(f"groups/{group['id']}")
    assert admin.get(f"users/{user['id']}/groups")["groups"] == []
    admin.post("groups", {"group": {"name": "h"}}, 409)
    admin.post("groups", {"group": {"name": ""}}, 400)
    admin.post("groups", {"group": {"name": "x", "domain_id": "nix"}}, 404)


def test_nothing_changes_its_domain(admin):
    domain = admin.make("domain", name="d")
    for noun in ("user", "group", "project"):
        made = admin.make(noun, name="x")
        path = f"{noun}s/{made['id']}"
        admin.patch(path, {noun: {"domain_id": domain["id"]}}, 400)
        admin.patch(path, {noun: {"domain_id": "default"}})


def test_tree_of_projects(admin):
    root = admin.make("project", name="root")
    child = admin.make("project", name="child", parent_id=root["id"])
    leaf = admin.make("project", name="leaf", parent_id=child["id"])
    assert (root["parent_id"], child["parent_id"]) == ("default", root["id"])
    shown = admin.get(f"projects/{leaf['id']}?parents_as_ids")["project"]
    assert shown["parents"] == {child["id"]: {root["id"]: {"default": None}}}
    shown = admin.get(f"projects/{leaf['id']}?parents_as_list")["project"]
    assert [each["project"]["name"] for each in shown["parents"]] == ["child", "root"]
    shown = admin.get(f"projects/{root['id']}?subtree_as_ids")["project"]
    assert shown["subtree"] == {child["id"]: {leaf["id"]: None}}
    shown = admin.get(f"projects/{root['id']}?subtree_as_list")["project"]
    assert [each["project"]["name"] for each in shown["subtree"]] == ["child", "leaf"]
    assert names(admin.get(f"projects?parent_id={root['id']}")["projects"]) == ["child"]
    assert "root" in names(admin.get("projects?parent_id=default")["projects"])
    admin.delete(f"projects/{root['id']}", 403)
    admin.patch(f"projects/{root['id']}", {"project": {"enabled": False}}, 403)
    admin.patch(f"projects/{leaf['id']}", {"project": {"enabled": False}})
    admin.post("projects", {"project": {"name": "y", "parent_id": leaf["id"]}}, 403)
    for each in (leaf, child, root):
        admin.delete(f"projects/{each['id']}")


def test_tree_has_a_limit_and_one_domain(admin):
    domain = admin.make("domain", name="d")
    parent = admin.make("project", name="p0")
    for n in range(1, 5):
        parent = admin.make("project", name=f"p{n}", parent_id=parent["id"])
    admin.post("projects", {"project": {"name": "p5", "parent_id": parent["id"]}}, 403)
    wrong = {"name": "q", "parent_id": parent["id"], "domain_id": domain["id"]}
    admin.post("projects", {"project": wrong}, 400)
    admin.post("projects", {"project": {"name": "q", "parent_id": "nix"}}, 404)


def test_tags(admin):
    made = {
        name: admin.make("project", name=name, tags=list(tags))
        for name, tags in (("one", "ab"), ("two", "b"), ("none", ""))
    }

    def found(query):
        return set(names(admin.get(f"projects?{query}")["projects"])) & set(made)

    assert found("tags=a,b") == {"one"}
    assert found("tags-any=a,b") == {"one", "two"}
    assert found("not-tags=a,b") == {"two", "none"}
    assert found("not-tags-any=a,b") == {"none"}
    path = f"projects/{made['two']['id']}/tags"
    admin.put(f"{path}/c", code=201)
    admin.get(f"{path}/c", 204)
    assert admin.get(path)["tags"] == ["b", "c"]
    admin.delete(f"{path}/b")
    admin.get(f"{path}/b", 404)
    admin.delete(f"{path}/b", 404)
    admin.put(f"{path}/x,y", code=400)
    assert admin.put(path, {"tags": ["z"]}, 200)["tags"] == ["z"]
    admin.put(path, {"tags": ["z", "z"]}, 400)
    admin.put(path, {"tags": [f"t{n}" for n in range(81)]}, 400)
    admin.delete(path)
    assert admin.get(path)["tags"] == []


def test_a_domain_is_a_project_too(admin):
    made = admin.make("project", name="as-domain", is_domain=True)
    assert (made["is_domain"], made["domain_id"], made["parent_id"]) == (True, None, None)
    assert admin.get(f"domains/{made['id']}")["domain"]["name"] == "as-domain"
    assert made in admin.get("projects?is_domain=true")["projects"]
    assert made["id"] not in [p["id"] for p in admin.get("projects")["projects"]]
    assert admin.get(f"projects/{made['id']}")["project"] == made
    admin.delete(f"projects/{made['id']}", 403)
    admin.patch(f"projects/{made['id']}", {"project": {"enabled": False}})
    admin.delete(f"projects/{made['id']}")
    admin.get(f"domains/{made['id']}", 404)


def test_domain_goes_with_all_that_is_in_it(admin, cloud):
    domain = admin.make("domain", name="d")
    inside = {"domain_id": domain["id"]}
    user = admin.make("user", name="u", password="pw", **inside)
    group = admin.make("group", name="g", **inside)
    project = admin.make("project", name="p", **inside)
    role = admin.make("role", name="r", **inside)
    admin.put(f"groups/{group['id']}/users/{user['id']}")
    admin.put(f"projects/{project['id']}/users/{user['id']}/roles/{admin.role('member')}")
    admin.put(f"domains/{domain['id']}/groups/{group['id']}/roles/{role['id']}")
    admin.put(f"domains/{domain['id']}/config", {"config": {"identity": {"driver": "x"}}}, 201)
    scope = {"project": {"id": project["id"]}}
    token = token_of(log_in(cloud, by_password("u", "pw", domain["id"]), scope))
    admin.delete(f"domains/{domain['id']}", 403)
    admin.patch(f"domains/{domain['id']}", {"domain": {"enabled": False}})
    assert log_in(cloud, by_password("u", "pw", domain["id"])).status_int == 401
    Api(cloud, token).get("auth/catalog", 401)
    admin.delete(f"domains/{domain['id']}")
    for path in (f"users/{user['id']}", f"groups/{group['id']}", f"projects/{project['id']}",
                 f"roles/{role['id']}", f"domains/{domain['id']}"):  # fmt: skip
        admin.get(path, 404)


def test_immutable_resources(admin):
    for noun in ("project", "role", "domain"):
        made = admin.make(noun, name="fixed", options={"immutable": True})
        path = f"{noun}s/{made['id']}"
        admin.patch(path, {noun: {"name": "other"}}, 403)
        admin.delete(path, 403)
        admin.patch(path, {noun: {"options": {"immutable": False}}})
        admin.patch(path, {noun: {"name": "other"}})
    admin.post("projects", {"project": {"name": "x", "options": {"nix": True}}}, 400)


def test_people_of_a_domain(admin, cloud):
    """A manager of a domain changes what is in it, its reader looks, and neither goes further."""
    domain = admin.make("domain", name="d")
    inside = {"domain_id": domain["id"]}
    people = {}
    for role in ("manager", "reader"):
        user = admin.make("user", name=role, password="pw", **inside)
        admin.put(f"domains/{domain['id']}/users/{user['id']}/roles/{admin.role(role)}")
        scope = {"domain": {"id": domain["id"]}}
        people[role] = Api(
            cloud, token_of(log_in(cloud, by_password(role, "pw", domain["id"]), scope))
        )
    manager, reader = people["manager"], people["reader"]
    user = manager.make("user", name="u")
    project = manager.make("project", name="p")
    group = manager.make("group", name="g")
    assert {each["domain_id"] for each in (user, project, group)} == {domain["id"]}
    manager.put(f"groups/{group['id']}/users/{user['id']}")
    grant = f"projects/{project['id']}/users/{user['id']}/roles"
    manager.put(f"{grant}/{admin.role('member')}")
    manager.put(f"{grant}/{admin.role('admin')}", code=403)
    assert set(names(reader.get("users")["users"])) == {"manager", "reader", "u"}
    assert names(reader.get("domains")["domains"]) == ["d"]
    assert len(reader.get(grant)["roles"]) == 1
    found = reader.get("role_assignments")["role_assignments"]
    assert len(found) == 3
    reader.post("users", {"user": {"name": "v"}}, 403)
    reader.delete(f"users/{user['id']}", 403)
    foreign = user_id_of(cloud, cloud.token("demo"))
    manager.get(f"users/{foreign}", 403)
    manager.delete(f"users/{foreign}", 403)
    manager.put(f"groups/{group['id']}/users/{foreign}", code=403)
    manager.put(f"projects/{project['id']}/users/{foreign}/roles/{admin.role('member')}", code=403)
    manager.post("users", {"user": {"name": "v", "domain_id": "default"}}, 403)
    manager.post("domains", {"domain": {"name": "e"}}, 403)
    manager.delete(f"users/{user['id']}")


def test_an_ordinary_user(cloud):
    token = cloud.token("demo")
    demo, info = Api(cloud, token), cloud.service.validate(token)
    for path in ("users", "groups", "projects", "domains", "roles", "credentials?user_id=x",
                 "role_assignments", "services", "policies", "OS-TRUST/trusts"):  # fmt: skip
        demo.get(path, 403)
    for noun in ("user", "group", "project", "domain", "role", "service", "region"):
        demo.post(f"{noun}s", {noun: {"name": "x", "type": "x"}}, 403)
    assert demo.get(f"users/{info.user_id}")["user"]["name"] == "demo"
    assert names(demo.get(f"users/{info.user_id}/projects")["projects"]) == ["demo"]
    assert demo.get(f"projects/{info.project_id}")["project"]["name"] == "demo"
    assert demo.get("domains/default")["domain"]["enabled"]
    demo.get("users/nix", 403)  # and not 404
    demo.get("projects/nix", 403)
    assert len(demo.get(f"role_assignments?user.id={info.user_id}")["role_assignments"]) == 1
    Api(cloud, None).get("users", 401)


def test_head_asks_as_get_does(admin, cloud):
    answer = cloud.request("HEAD", "/v3/users", token=admin.token)
    assert (answer.status_int, answer.body) == (200, b"")
    assert cloud.request("HEAD", "/v3/users/nix", token=admin.token).status_int == 404
