"""The tables of the embedded network service."""

from novalite.network.embedded.tables.networks import addresses, networks, ports, subnets
from novalite.network.embedded.tables.operation import (
    agents,
    auto_allocated_topologies,
    quotas,
    rbac_policies,
    tags,
)
from novalite.network.embedded.tables.routing import (
    address_scopes,
    floating_ips,
    routers,
    subnetpools,
)
from novalite.network.embedded.tables.security import (
    address_groups,
    port_security_groups,
    security_group_rules,
    security_groups,
)

__all__ = [
    "address_groups",
    "address_scopes",
    "addresses",
    "agents",
    "auto_allocated_topologies",
    "floating_ips",
    "networks",
    "port_security_groups",
    "ports",
    "quotas",
    "rbac_policies",
    "routers",
    "security_group_rules",
    "security_groups",
    "subnetpools",
    "subnets",
    "tags",
]
