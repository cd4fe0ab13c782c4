"""The identity service's rules: each operation asked for by each kind of caller."""

import pytest

from novalite.identity.embedded.app import OPERATIONS
from novalite.policy import identity
from tests.support.identity_api import Api, admin_of, by_password, log_in, token_of, user_id_of
from tests.support.policy_matrix import (
    Recorder,
    building_blocks,
    documented,
    example,
    guarded,
    overridden,
    place,
)

RULES = documented(identity.RULES)
DENIED = "not authorized to perform the requested action: identity:"
TOKENS = "/v3/auth/tokens"

# ---- who may, by the first rule of an operation ----

READERS = {"admin", "system reader", "service"}
PUBLIC = {
    "list_regions", "get_region", "get_auth_catalog", "get_auth_projects", "get_auth_domains",
    "get_auth_system", "list_registered_limits", "get_registered_limit", "get_limit_model",
    "list_limits", "authorize_request_token",
}  # fmt: skip
OF_MANAGERS = {
    "list_users", "get_user", "list_user_projects", "list_groups_for_user", "list_groups",
    "get_group", "list_users_in_group", "check_user_in_group", "list_projects", "get_project",
    "list_project_tags", "get_project_tag", "list_domains", "list_roles", "get_role",
    "list_role_assignments", "create_user", "update_user", "delete_user", "create_group",
    "update_group", "delete_group", "add_user_to_group", "remove_user_from_group",
    "create_project", "update_project", "delete_project", "update_project_tags",
    "create_project_tag", "delete_project_tag", "delete_project_tags",
}  # fmt: skip
OF_OWNERS = {
    "get_user", "list_user_projects", "list_groups_for_user", "check_user_in_group",
    "list_application_credentials", "get_application_credential", "create_application_credential",
    "delete_application_credential", "list_access_rules", "get_access_rule", "delete_access_rule",
    "create_credential", "list_credentials", "ec2_list_credentials", "ec2_get_credential",
    "ec2_create_credential", "ec2_delete_credential", "list_access_tokens", "get_access_token",
    "delete_access_token", "list_access_token_roles", "get_access_token_role", "get_trust",
    "create_trust", "list_roles_for_trust", "get_role_for_trust", "check_token",
    "validate_token", "revoke_token",
}  # fmt: skip
EXACTLY = {
    "create_application_credential": {"member"},
    "create_trust": {"member"},
    "list_credentials": {"admin", "system reader", "service", "manager", "member", "reader",
                         "other"},  # one's own
    "get_credential": {"admin", "system reader"},
    "ec2_list_credentials": {"admin", "system reader", "member"},
    "ec2_get_credential": {"admin", "system reader", "member"},
    "get_limit": READERS | {"member", "reader"},  # of their project
    "ec2tokens_validate": {"admin", "service"},
    "s3tokens_validate": {"admin", "service"},
}  # fmt: skip
CALLERS = ("admin", "system reader", "service", "manager", "member", "reader", "other")


def expected(rule):
    name = rule.removeprefix("identity:")
    if name in EXACTLY:
        return EXACTLY[name]
    if name in PUBLIC:
        return set(CALLERS)
    reads = name.startswith(("list_", "get_", "check_", "validate_"))
    found = set(READERS) if reads else {"admin"}
    if name in OF_MANAGERS:
        found.add("manager")
    if name in OF_OWNERS:
        found.add("member")
    return found


@pytest.fixture
def callers(cloud):
    """name -> token. The member is the owner of what is asked for."""
    admin = admin_of(cloud)
    projects = {name: admin.make("project", name=name)["id"] for name in ("own", "else")}
    scopes = {
        "system reader": ("reader", "system", {"system": {"all": True}}),
        "service": ("service", f"projects/{projects['else']}", None),
        "manager": ("manager", "domains/default", {"domain": {"id": "default"}}),
        "member": ("member", f"projects/{projects['own']}", None),
        "reader": ("reader", f"projects/{projects['own']}", None),
        "other": ("member", f"projects/{projects['else']}", None),
    }
    found = {"admin": admin.token}
    for name, (role, where, scope) in scopes.items():
        user = admin.make("user", name=name, password="pw")
        admin.put(f"{where}/users/{user['id']}/roles/{admin.role(role)}")
        scope = scope or {"project": {"id": where.split("/")[1]}}
        found[name] = token_of(log_in(cloud, by_password(name, "pw"), scope))
    return found


@pytest.fixture
def asked(cloud, callers):
    """Asks for an operation; says whether a rule let it through."""
    member, admin = Api(cloud, callers["member"]), admin_of(cloud)
    user_id, project_id = user_id_of(cloud, member.token), member_project(cloud, member)
    trust = member.make(
        "trust", "OS-TRUST/trusts", trustor_user_id=user_id, trustee_user_id=user_id,
        impersonation=False, project_id=project_id, roles=[{"name": "member"}],
    )  # fmt: skip
    (service,) = admin.get("services?type=identity")["services"]
    of = {"service_id": service["id"], "resource_name": "r"}
    admin.post("registered_limits", {"registered_limits": [{**of, "default_limit": 1}]})
    body = {"limits": [{**of, "project_id": project_id, "resource_limit": 1}]}
    (limit,) = admin.post("limits", body)["limits"]
    known = {"user_id": user_id, "trustor_user_id": user_id, "filters": {"interface": "public"}}
    reading = {"/v3/users/{id}": user_id, "/v3/limits/{id}": limit["id"]}

    def path_of(operation):
        own = trust["id"] if operation.path.startswith("/v3/OS-TRUST/") else "nix"
        for start, row_id in reading.items():
            if operation.path.startswith(start):
                own = row_id
        path = operation.path.replace("{user_id}", user_id)
        if operation.method in ("GET", "HEAD"):
            path = path.replace("{id}", own)
        parts = path.split("/")
        return "/".join("nix" if part.startswith("{") else part for part in parts)

    def ask(operation, token):
        headers = {}
        if operation.path == TOKENS:
            scope = {"project": {"id": project_id}}
            subject = token_of(log_in(cloud, by_password("member", "pw"), scope))
            headers["X_Subject_Token"] = subject
        body = example(operation.request, known) if operation.request else None
        answer = cloud.request(operation.method, path_of(operation), body, token, **headers)
        assert answer.status_int < 500
        if operation.method == "HEAD":
            return answer.status_int != (403 if token else 401)
        # A fault that no rule has to do with must not hide what the rule says.
        invalid = answer.status_int == 400 and "Invalid input for" in answer.text
        assert not invalid, f"{operation.title}: {answer.text}"
        return DENIED not in answer.text if token else answer.status_int != 401

    return ask


def member_project(cloud, member):
    return cloud.service.validate(member.token).project_id


def test_every_operation_has_rules_and_every_rule_an_operation():
    operations = {place(each.method, each.path) for each in guarded(OPERATIONS)}
    assert operations == set(RULES)


def test_each_operation_by_each_caller(conf, cloud, callers, asked):
    recorder = cloud.deployment.policy = Recorder(conf)
    wrong = []
    for operation in guarded(OPERATIONS):
        rule = RULES[place(operation.method, operation.path)][0]
        allowed = {name for name in CALLERS if asked(operation, callers[name])}
        if allowed != expected(rule):
            wrong.append(f"{rule}: {sorted(allowed)}, not {sorted(expected(rule))}")
        assert not asked(operation, None), operation.title
    assert wrong == []
    for query in ("role_assignments?include_subtree&scope.project.id=nix", "roles?domain_id=d"):
        admin_of(cloud).get(query)
    user_id = user_id_of(cloud, callers["member"])
    for name in ("trustor", "trustee"):
        mine = Api(cloud, callers["member"])
        assert len(mine.get(f"OS-TRUST/trusts?{name}_user_id={user_id}")["trusts"]) == 1
        Api(cloud, callers["other"]).get(f"OS-TRUST/trusts?{name}_user_id={user_id}", 403)
    domain = admin_of(cloud).make("domain", name="d")
    role = admin_of(cloud).make("role", name="r", domain_id=domain["id"])
    admin_of(cloud).get(f"roles/{role['id']}")
    admin_of(cloud).patch(f"roles/{role['id']}", {"role": {"name": "s"}})
    admin_of(cloud).delete(f"roles/{role['id']}")
    unused = {rule.name for rule in identity.RULES} - recorder.asked
    assert unused == building_blocks(identity.RULES)


def test_nothing_passes_where_all_rules_refuse(conf, cloud, callers, asked, tmp_path):
    refused = {rule.name: "!" for rule in identity.RULES}
    cloud.deployment.policy = overridden(conf, tmp_path, refused)
    passed = [each.title for each in guarded(OPERATIONS) if asked(each, callers["admin"])]
    assert passed == []


def test_an_override_counts(conf, cloud, callers, tmp_path):
    reader = Api(cloud, callers["reader"])
    message = reader.get("users", 403)["error"]["message"]
    assert message == (
        "You are not authorized to perform the requested action: identity:list_users."
    )
    rules = {"identity:list_users": "role:reader", "identity:get_region": "role:admin"}
    cloud.deployment.policy = overridden(conf, tmp_path, rules)
    assert len(reader.get("users")["users"]) > 6
    reader.get("regions/RegionOne", 403)
    admin_of(cloud).get("regions/RegionOne")


def test_what_no_domain_has_is_nobodys(cloud, callers):
    """``None`` in a request is no key to what has no value."""
    for path in ("users?domain_id=None", "projects/None", "domains/None", "groups?domain_id="):
        Api(cloud, callers["reader"]).get(path, 403)
