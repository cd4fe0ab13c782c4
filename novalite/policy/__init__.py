"""Policy: the rules of each resource, one module per resource, and who enforces them."""

from oslo_policy import policy

from novalite.policy import (
    assisted_volume_snapshots,
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
    server_external_events,
    servers,
    services,
    volume_attachments,
    volumes,
)
from novalite.policy.enforcer import Enforcer

__all__ = ["Enforcer", "all_rules", "list_rules"]

_MODULES = (
    base,
    assisted_volume_snapshots,
    availability_zone,
    console_output,
    extensions,
    flavors,
    hypervisors,
    instance_actions,
    ips,
    keypairs,
    limits,
    server_external_events,
    servers,
    services,
    volume_attachments,
    volumes,
)


def all_rules() -> list[policy.RuleDefault]:
    return [rule for module in _MODULES for rule in module.RULES]


list_rules = all_rules
"""The name that oslo.policy's generators look for."""
