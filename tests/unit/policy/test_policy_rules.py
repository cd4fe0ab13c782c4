"""The rules against the reference's facts, and how they are enforced."""

import json
import pathlib
from typing import Any

import pytest

from novalite import conf as configuration
from novalite.context import RequestContext
from novalite.exception import PolicyNotAuthorized
from novalite.policy import Enforcer, all_rules, base, compute

DATA = pathlib.Path(__file__).parents[2] / "data" / "reference"
REFERENCE = {r["name"]: r for r in json.loads((DATA / "policies.json").read_text())["rules"]}
OWN = {"project_id": "p", "user_id": "u"}
OTHER = {"project_id": "q", "user_id": "v"}


def enforcer(tmp_path: pathlib.Path, policy: str = "", options: str = "") -> Enforcer:
    file = tmp_path / "policy.yaml"
    file.write_text(policy)
    conf = tmp_path / "novalite.conf"
    conf.write_text(f"[oslo_policy]\npolicy_file = {file}\n{options}\n")
    return Enforcer(configuration.configuration(files=[str(conf)]))


def caller(*roles: str, **more: Any) -> RequestContext:
    values = {"user_id": "u", "project_id": "p", **more}
    return RequestContext(roles=list(roles), **values)


@pytest.mark.parametrize("rule", [*base.RULES, *compute.RULES], ids=lambda rule: rule.name)
def test_rule_is_the_references(rule: Any) -> None:
    expected = REFERENCE[rule.name]
    assert rule.check_str == expected["default"]
    assert rule.scope_types == expected["scope_types"]
    old = rule.deprecated_rule
    assert (old and {"name": old.name, "default": old.check_str}) == expected.get("deprecated_rule")


def test_no_rule_is_declared_twice() -> None:
    names = [rule.name for rule in all_rules()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("rule", "roles", "target", "allowed"),
    [
        ("os_compute_api:servers:index", ("reader",), OWN, True),
        ("os_compute_api:servers:index", ("reader",), OTHER, False),
        ("os_compute_api:servers:index", ("READER",), OWN, True),
        ("os_compute_api:servers:index", (), OWN, False),
        ("os_compute_api:servers:create", ("reader",), OWN, False),
        ("os_compute_api:servers:create", ("member",), OWN, True),
        ("os_compute_api:servers:create", ("admin",), OTHER, True),
        ("os_compute_api:servers:create:forced_host", ("member",), OWN, False),
        ("os_compute_api:os-services:list", ("admin",), OWN, True),
        ("os_compute_api:os-keypairs:index", (), OWN, True),
        ("os_compute_api:os-keypairs:index", ("member",), {"user_id": "v"}, False),
        ("os_compute_api:os-keypairs:index", ("admin",), {"user_id": "v"}, True),
        ("os_compute_api:limits", (), OTHER, True),
        ("compute:servers:resize:cross_cell", ("admin",), OWN, False),
    ],
)
def test_defaults(
    tmp_path: pathlib.Path, rule: str, roles: tuple[str, ...], target: dict[str, str], allowed: bool
) -> None:
    policy = enforcer(tmp_path)
    context = caller(*roles)
    assert policy.allowed(context, rule, target) is allowed
    if allowed:
        policy.authorize(context, rule, target)
    else:
        with pytest.raises(PolicyNotAuthorized, match=rule):
            policy.authorize(context, rule, target)


def test_scope_of_the_token_counts(tmp_path: pathlib.Path) -> None:
    policy = enforcer(tmp_path)
    rule = "os_compute_api:os-services:list"
    assert not policy.allowed(caller("admin", system_scope="all", project_id=None), rule, OWN)
    assert not policy.allowed(caller("admin", domain_id="d", project_id=None), rule, OWN)
    assert policy.is_admin(caller("admin", system_scope="all", project_id=None))


def test_unknown_rule_is_a_bug(tmp_path: pathlib.Path) -> None:
    with pytest.raises(LookupError):
        enforcer(tmp_path).allowed(caller("admin"), "no:such:rule", OWN)


def test_is_admin_says_what_the_roles_say(tmp_path: pathlib.Path) -> None:
    policy = enforcer(tmp_path, '"context_is_admin": "role:boss"\n')
    assert policy.is_admin(caller("boss"))
    assert not policy.is_admin(caller("admin"))
    assert policy.allowed(caller("boss"), "os_compute_api:os-services:list", OWN)


def test_old_defaults_count_when_asked_for(tmp_path: pathlib.Path) -> None:
    rule = "os_compute_api:os-instance-actions:list"
    assert not enforcer(tmp_path).allowed(caller("friend"), rule, OWN)
    lenient = enforcer(tmp_path, options="enforce_new_defaults = false")
    assert lenient.allowed(caller("friend"), rule, OWN)
    assert not lenient.allowed(caller("friend"), rule, OTHER)
    assert lenient.allowed(caller(is_admin=True), rule, OTHER)


def test_override_of_an_old_name_counts_for_the_new_one(tmp_path: pathlib.Path) -> None:
    policy = enforcer(tmp_path, '"os_compute_api:os-hypervisors": "role:operator"\n')
    assert policy.allowed(caller("operator"), "os_compute_api:os-hypervisors:list", OWN)
    assert not policy.allowed(caller("admin"), "os_compute_api:os-hypervisors:list", OWN)


def test_override_of_a_rule(tmp_path: pathlib.Path) -> None:
    policy = enforcer(
        tmp_path,
        '"os_compute_api:limits": "!"\n'
        '"os_compute_api:extensions": "not role:guest and (user_id:%(user_id)s or role:x)"\n'
        '"os_compute_api:servers:show": "\'p\':%(project_id)s"\n'
        '"os_compute_api:servers:update": "rule:nowhere"\n',
    )
    assert not policy.allowed(caller("admin"), "os_compute_api:limits", OWN)
    assert policy.allowed(caller("y"), "os_compute_api:extensions", OWN)
    assert not policy.allowed(caller("guest"), "os_compute_api:extensions", OWN)
    assert not policy.allowed(caller("y"), "os_compute_api:extensions", OTHER)
    assert policy.allowed(caller(), "os_compute_api:servers:show", OWN)
    assert not policy.allowed(caller(), "os_compute_api:servers:show", OTHER)
    assert not policy.allowed(caller("admin"), "os_compute_api:servers:update", OWN)


def test_what_a_caller_has_not_is_like_nothing(tmp_path: pathlib.Path) -> None:
    policy = enforcer(
        tmp_path,
        '"os_compute_api:limits": "domain_id:%(domain_id)s"\n'
        '"os_compute_api:extensions": "domain_id:None"\n',
    )
    for target in ({"domain_id": None}, {"domain_id": "None"}, {}):
        assert not policy.allowed(caller(), "os_compute_api:limits", target)
    assert policy.allowed(caller(), "os_compute_api:extensions", OWN)


def test_changed_file_counts_after_a_while(tmp_path: pathlib.Path) -> None:
    now = 0.0
    file = tmp_path / "policy.yaml"
    file.write_text('"os_compute_api:limits": "!"\n')
    conf = tmp_path / "novalite.conf"
    conf.write_text(f"[oslo_policy]\npolicy_file = {file}\n")
    policy = Enforcer(configuration.configuration(files=[str(conf)]), monotonic=lambda: now)
    assert not policy.allowed(caller(), "os_compute_api:limits", OWN)
    file.write_text('"os_compute_api:limits": "@"\n# changed\n')
    now = 1.0
    assert not policy.allowed(caller(), "os_compute_api:limits", OWN)
    now = 10.0
    assert policy.allowed(caller(), "os_compute_api:limits", OWN)
    file.write_text("{ broken")
    now = 20.0
    assert policy.allowed(caller(), "os_compute_api:limits", OWN)


@pytest.mark.parametrize("strict", ["true", "false"])
def test_answers_are_those_of_the_library(tmp_path: pathlib.Path, strict: str) -> None:
    """Compiled checks against oslo.policy's own enforcement, for every rule and many callers."""
    policy = enforcer(tmp_path, options=f"enforce_new_defaults = {strict}")
    library = policy._library
    callers = [
        caller(*roles, is_admin=admin)
        for roles in [(), ("reader",), ("member",), ("manager",), ("admin",), ("service",)]
        for admin in (False, True)
    ]
    for rule in all_rules():
        for context in callers:
            for target in (OWN, OTHER, {}, {"user_id": "u"}):
                creds = {**context.to_policy_values(), "is_admin": context.is_admin}
                expected = library.enforce(rule.name, target, creds)
                assert policy.allowed(context, rule.name, target) is bool(expected), (
                    rule.name,
                    context.roles,
                    target,
                )
