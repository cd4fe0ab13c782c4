"""Policy: the rules of each resource, one module per resource, and who enforces them."""

from oslo_policy import policy

from novalite.policy import (
    availability_zone,
    base,
    console_output,
    extensions,
    flavors,
    hypervisors,
    instance_actions,
    ips,
    keypairs,
    limits,
    servers,
    services,
)
from novalite.policy.enforcer import Enforcer

__all__ = ["Enforcer", "all_rules", "list_rules"]

_MODULES = (
    base,
    availability_zone,
    console_output,
    extensions,
    flavors,
    hypervisors,
    instance_actions,
    ips,
    keypairs,
    limits,
    servers,
    services,
)


def all_rules() -> list[policy.RuleDefault]:
    return [rule for module in _MODULES for rule in module.RULES]


list_rules = all_rules
"""The name that oslo.policy's generators look for."""
