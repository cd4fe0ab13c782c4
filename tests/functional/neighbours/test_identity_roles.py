"""Roles: given to users and groups, inherited, implied, of domains; and the list of assignments."""

import pytest

from tests.support.identity_api import Api, admin_of, by_password, log_in, token_of


@pytest.fixture
def admin(cloud):
    return admin_of(cloud)


@pytest.fixture
def user(admin):
    return admin.make("user", name="u", password="pw")


def roles_on(cloud, project_id):
    """The names of the roles in the user's token for the project; None when he gets none."""
    answer = log_in(cloud, by_password("u", "pw"), {"project": {"id": project_id}})
    if answer.status_int == 401:
        return None
    return [role["name"] for role in answer.json["token"]["roles"]]


def test_roles_of_a_group(admin, cloud, user):
    group, project = admin.make("group", name="g"), admin.make("project", name="p")
    grant = f"projects/{project['id']}/groups/{group['id']}/roles/{admin.role('member')}"
    admin.put(grant)
    assert roles_on(cloud, project["id"]) is None
    admin.put(f"groups/{group['id']}/users/{user['id']}")
    assert roles_on(cloud, project["id"]) == ["member", "reader"]
    token = token_of(log_in(cloud, by_password("u", "pw"), {"project": {"id": project["id"]}}))
    mine = Api(cloud, token)
    assert [p["id"] for p in mine.get("auth/projects")["projects"]] == [project["id"]]
    admin.call("HEAD", grant, code=204)
    admin.delete(grant)
    admin.call("HEAD", grant, code=404)
    mine.get("auth/projects", 401)


def test_inherited_roles(admin, cloud, user):
    domain = admin.make("domain", name="d")
    top = admin.make("project", name="top", domain_id=domain["id"])
    below = admin.make("project", name="below", parent_id=top["id"])
    member = admin.role("member")
    of_domain = f"OS-INHERIT/domains/{domain['id']}/users/{user['id']}/roles"
    admin.put(f"{of_domain}/{member}/inherited_to_projects")
    assert roles_on(cloud, top["id"]) == roles_on(cloud, below["id"]) == ["member", "reader"]
    assert log_in(cloud, by_password("u", "pw"), {"domain": {"id": domain["id"]}}).status_int == 401
    listed = admin.get(f"{of_domain}/inherited_to_projects")["roles"]
    assert [role["id"] for role in listed] == [member]
    assert admin.get(f"domains/{domain['id']}/users/{user['id']}/roles")["roles"] == []
    admin.call("HEAD", f"{of_domain}/{member}/inherited_to_projects", code=204)
    admin.delete(f"{of_domain}/{member}/inherited_to_projects")
    assert roles_on(cloud, below["id"]) is None
    path = f"OS-INHERIT/projects/{top['id']}/users/{user['id']}/roles/{member}"
    admin.put(f"{path}/inherited_to_projects")
    assert roles_on(cloud, top["id"]) is None  # for those below it only
    assert roles_on(cloud, below["id"]) == ["member", "reader"]


def test_system_roles_of_a_group(admin, cloud, user):
    group = admin.make("group", name="g")
    admin.put(f"system/groups/{group['id']}/roles/{admin.role('reader')}")
    admin.put(f"groups/{group['id']}/users/{user['id']}")
    token = token_of(log_in(cloud, by_password("u", "pw"), {"system": {"all": True}}))
    reader = Api(cloud, token)
    assert reader.get("auth/system")["system"] == [{"all": True}]
    assert reader.get("users")["users"]
    reader.post("users", {"user": {"name": "x"}}, 403)


def test_implied_roles(admin, cloud, user):
    ids = {name: admin.make("role", name=name)["id"] for name in "abc"}
    admin.put(f"roles/{ids['a']}/implies/{ids['b']}", code=201)
    made = admin.put(f"roles/{ids['b']}/implies/{ids['c']}", code=201)["role_inference"]
    assert (made["prior_role"]["name"], made["implies"]["name"]) == ("b", "c")
    project = admin.make("project", name="p")
    admin.put(f"projects/{project['id']}/users/{user['id']}/roles/{ids['a']}")
    assert roles_on(cloud, project["id"]) == ["a", "b", "c"]
    listed = admin.get(f"roles/{ids['a']}/implies")["role_inference"]
    assert [role["name"] for role in listed["implies"]] == ["b"]
    rules = admin.get("role_inferences")["role_inferences"]
    found = {r["prior_role"]["name"]: [i["name"] for i in r["implies"]] for r in rules}
    assert found["a"] == ["b"] and found["admin"] == ["manager"]
    admin.call("HEAD", f"roles/{ids['a']}/implies/{ids['b']}", code=204)
    admin.delete(f"roles/{ids['a']}/implies/{ids['b']}")
    admin.get(f"roles/{ids['a']}/implies/{ids['b']}", 404)
    assert roles_on(cloud, project["id"]) == ["a"]
    admin.put(f"roles/{ids['a']}/implies/{admin.role('admin')}", code=403)
    admin.put(f"roles/{ids['a']}/implies/nix", code=404)
    admin.delete(f"roles/{ids['c']}")
    assert admin.get(f"roles/{ids['b']}/implies")["role_inference"]["implies"] == []


def test_roles_of_a_domain(admin, cloud, user):
    domain, other = admin.make("domain", name="d"), admin.make("domain", name="e")
    own = admin.make("role", name="member", domain_id=domain["id"])  # a name that is global too
    assert own["domain_id"] == domain["id"]
    assert own not in admin.get("roles")["roles"]
    assert admin.get(f"roles?domain_id={domain['id']}")["roles"] == [own]
    admin.post("roles", {"role": {"name": "member", "domain_id": domain["id"]}}, 409)
    project = admin.make("project", name="p", domain_id=domain["id"])
    foreign = admin.make("project", name="p", domain_id=other["id"])
    admin.put(f"projects/{project['id']}/users/{user['id']}/roles/{own['id']}")
    admin.put(f"projects/{foreign['id']}/users/{user['id']}/roles/{own['id']}", code=403)
    assert roles_on(cloud, project["id"]) is None  # it stands for what it implies only
    admin.put(f"roles/{own['id']}/implies/{admin.role('reader')}", code=201)
    assert roles_on(cloud, project["id"]) == ["reader"]
    admin.put(f"roles/{admin.role('reader')}/implies/{own['id']}", code=403)


def listed(admin, query):
    """(kind of actor, kind of target, role) of each."""
    found = []
    for each in admin.get(f"role_assignments?include_names&{query}")["role_assignments"]:
        scope = next(kind for kind in each["scope"] if kind != "OS-INHERIT:inherited_to")
        where = each["scope"][scope].get("name", "system")
        actor = "user" if "user" in each else "group"
        found.append((each[actor]["name"], where, each["role"]["name"]))
    return sorted(found)


def test_the_list_of_assignments(admin, user):
    domain = admin.make("domain", name="d")
    top = admin.make("project", name="top", domain_id=domain["id"])
    below = admin.make("project", name="below", parent_id=top["id"])
    group = admin.make("group", name="g")
    admin.put(f"groups/{group['id']}/users/{user['id']}")
    member, reader = admin.role("member"), admin.role("reader")
    admin.put(f"projects/{top['id']}/users/{user['id']}/roles/{member}")
    inherited = f"OS-INHERIT/domains/{domain['id']}/groups/{group['id']}/roles/{reader}"
    admin.put(f"{inherited}/inherited_to_projects")
    assert listed(admin, f"user.id={user['id']}") == [("u", "top", "member")]
    assert listed(admin, f"group.id={group['id']}") == [("g", "d", "reader")]
    both = [("g", "d", "reader")]
    assert listed(admin, f"scope.domain.id={domain['id']}") == both
    inherited = listed(admin, "scope.OS-INHERIT:inherited_to=projects")
    assert [row for row in inherited if row[0] != "nova"] == both
    effective = listed(admin, f"effective&user.id={user['id']}")
    assert set(effective) == {
        ("u", "top", "member"), ("u", "top", "reader"), ("u", "below", "reader"),
    }  # fmt: skip
    assert len(effective) == 4  # reader on top: implied, and inherited by the group
    tree = listed(admin, f"include_subtree&scope.project.id={top['id']}&effective")
    assert len(tree) == 4
    assert listed(admin, f"effective&scope.project.id={below['id']}&role.id={reader}") == [
        ("u", "below", "reader")
    ]
    assert listed(admin, f"effective=false&user.id={user['id']}") == [("u", "top", "member")]
    assert ("admin", "system", "admin") in listed(admin, "scope.system=all")
    for bad in (
        f"user.id={user['id']}&group.id={group['id']}",
        f"effective&group.id={group['id']}",
        f"scope.project.id={top['id']}&scope.domain.id={domain['id']}",
        "include_subtree",
    ):
        admin.get(f"role_assignments?{bad}", 400)


def test_links_of_effective_assignments(admin, user):
    domain = admin.make("domain", name="d")
    project = admin.make("project", name="p", domain_id=domain["id"])
    group = admin.make("group", name="g")
    admin.put(f"groups/{group['id']}/users/{user['id']}")
    member = admin.role("member")
    path = f"OS-INHERIT/domains/{domain['id']}/groups/{group['id']}/roles/{member}"
    admin.put(f"{path}/inherited_to_projects")
    found = admin.get(f"role_assignments?effective&user.id={user['id']}")["role_assignments"]
    by_role = {each["role"]["id"]: each for each in found}
    links = by_role[admin.role("reader")]["links"]
    assert links["assignment"].endswith(f"/v3/{path}/inherited_to_projects")
    assert links["membership"].endswith(f"/v3/groups/{group['id']}/users/{user['id']}")
    assert links["prior_role"].endswith(f"/v3/roles/{member}")
    assert by_role[member]["scope"] == {
        "project": {"id": project["id"]}, "OS-INHERIT:inherited_to": "projects",
    }  # fmt: skip
    assert "prior_role" not in by_role[member]["links"]


def test_grants_go_with_what_they_name(admin, user, cloud):
    project, role = admin.make("project", name="p"), admin.make("role", name="r")
    admin.put(f"projects/{project['id']}/users/{user['id']}/roles/{role['id']}")
    admin.put(f"projects/{project['id']}/users/nix/roles/{role['id']}", code=404)
    admin.put(f"projects/nix/users/{user['id']}/roles/{role['id']}", code=404)
    admin.put(f"projects/{project['id']}/users/{user['id']}/roles/nix", code=404)
    admin.delete(f"roles/{role['id']}")
    assert roles_on(cloud, project["id"]) is None
    assert listed(admin, f"user.id={user['id']}") == []
