"""The identity service's rules, one module per resource."""

from novalite.policy.identity import (
    application_credentials,
    base,
    credentials,
    domain_configs,
    domains,
    endpoint_groups,
    endpoints,
    grants,
    groups,
    implied_roles,
    limits,
    oauth,
    policies,
    projects,
    regions,
    role_assignments,
    roles,
    services,
    tokens,
    trusts,
    users,
)

RULES = [
    rule
    for module in (
        base,
        tokens,
        users,
        groups,
        projects,
        domains,
        domain_configs,
        roles,
        implied_roles,
        grants,
        role_assignments,
        services,
        endpoints,
        regions,
        endpoint_groups,
        application_credentials,
        credentials,
        trusts,
        oauth,
        policies,
        limits,
    )
    for rule in module.RULES
]
