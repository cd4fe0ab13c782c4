"""The volume service's rules, one module per resource."""

from novalite.policy.volume import (
    attachments,
    backups,
    group_types,
    groups,
    messages,
    metadata,
    qos,
    quotas,
    services,
    snapshots,
    transfers,
    types,
    volume_actions,
    volumes,
)

RULES = [
    rule
    for module in (
        volumes,
        volume_actions,
        metadata,
        snapshots,
        attachments,
        backups,
        transfers,
        groups,
        group_types,
        types,
        qos,
        quotas,
        services,
        messages,
    )
    for rule in module.RULES
]
