"""Who passes the rules of the network and volume services, as they are by default."""

import pytest

from novalite import conf as configuration
from novalite.context import RequestContext
from novalite.policy import Enforcer, network, volume
from novalite.policy.network import base
from tests.support.policy_matrix import building_blocks

ROLES = {
    "admin": ["admin", "manager", "member", "reader"],
    "service": ["service"],
    "manager": ["manager", "member", "reader"],
    "member": ["member", "reader"],
    "reader": ["reader"],
    "nobody": [],
}
PRIVILEGED = {"admin", "service"}
WRITERS = PRIVILEGED | {"manager", "member"}
READERS = WRITERS | {"reader"}
EXPECTED = {
    base.ADMIN: (PRIVILEGED, PRIVILEGED),
    base.MEMBER: (WRITERS, PRIVILEGED),
    base.READER: (READERS, PRIVILEGED),
    base.NETWORK_OWNER: (WRITERS, PRIVILEGED),
    base.MEMBER_OR_NETWORK_OWNER: (WRITERS, PRIVILEGED),
    base.READER_OR_NETWORK_OWNER: (READERS, PRIVILEGED),
    base.ANYBODY: (set(ROLES), set(ROLES)),
    "rule:restrict_wildcard": (set(ROLES), set(ROLES)),
    volume.volumes.ADMIN: (PRIVILEGED, PRIVILEGED),
    volume.volumes.MEMBER: (WRITERS, PRIVILEGED),
    volume.volumes.READER: (READERS, PRIVILEGED),
}
"""Check -> who passes for its own project, and for another one."""
RULES = [
    rule
    for package in (network, volume)
    for rule in package.RULES
    if rule.name not in building_blocks(package.RULES)
]


@pytest.fixture(scope="module")
def policy() -> Enforcer:
    return Enforcer(configuration.configuration())


def passing(policy: Enforcer, rule: str, project_id: str) -> set[str]:
    target = {
        "project_id": project_id,
        "network:project_id": project_id,
        "target_tenant": "somebody",
    }
    return {
        name
        for name, roles in ROLES.items()
        if policy.allowed(RequestContext("u", "own", roles=roles, overwrite=False), rule, target)
    }


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_who_passes(policy: Enforcer, rule) -> None:
    own, foreign = EXPECTED[rule.check_str]
    assert passing(policy, rule.name, "own") == own
    assert passing(policy, rule.name, "else") == foreign


def test_only_administrators_share_with_everybody(policy: Enforcer) -> None:
    target = {"project_id": "own", "target_tenant": "*"}
    for name, roles in ROLES.items():
        caller = RequestContext("u", "own", roles=roles, overwrite=False)
        for verb in ("create", "update"):
            rule = f"{verb}_rbac_policy:target_tenant"
            assert policy.allowed(caller, rule, target) == (name in PRIVILEGED)


def test_scopes(policy: Enforcer) -> None:
    system = RequestContext("u", None, roles=["admin"], system_scope="all", overwrite=False)
    assert not policy.allowed(system, "create_network", {"project_id": "own"})
