"""The network service's rules, one module per resource."""

from novalite.policy.network import (
    address_groups,
    address_scopes,
    agents,
    availability,
    base,
    floating_ips,
    host_states,
    networks,
    ports,
    quotas,
    rbac_policies,
    routers,
    security_group_rules,
    security_groups,
    subnetpools,
    subnets,
    topologies,
)

RULES = [
    rule
    for module in (
        base,
        networks,
        subnets,
        ports,
        routers,
        floating_ips,
        security_groups,
        security_group_rules,
        address_groups,
        address_scopes,
        subnetpools,
        rbac_policies,
        agents,
        availability,
        topologies,
        quotas,
        host_states,
    )
    for rule in module.RULES
]
