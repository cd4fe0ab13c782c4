"""The compute API's rules, one module per resource."""

from novalite.policy.compute import (
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
    server_groups,
    servers,
    services,
    volume_attachments,
    volumes,
)

RULES = [
    rule
    for module in (
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
        server_groups,
        servers,
        services,
        volume_attachments,
        volumes,
    )
    for rule in module.RULES
]
