"""What a project lets others use."""

from novalite.policy.network.resource import attributes, five

_PATH = "rbac-policies"
_WILDCARD = "rule:restrict_wildcard"

RULES = [
    *five("rbac_policy", _PATH),
    *attributes("create", "rbac_policy", _PATH, ["target_tenant"], _WILDCARD),
    *attributes("update", "rbac_policy", _PATH, ["target_tenant"], _WILDCARD),
]
