"""The compute API's rules, one module per resource."""

from novalite.policy.compute import (
    admin_actions,
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
    lock_server,
    quota_class_sets,
    quota_sets,
    server_external_events,
    server_groups,
    server_metadata,
    server_password,
    server_tags,
    server_topology,
    servers,
    services,
    volume_attachments,
    volumes,
)

RULES = [
    rule
    for module in (
        admin_actions,
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
        lock_server,
        quota_class_sets,
        quota_sets,
        server_external_events,
        server_groups,
        server_metadata,
        server_password,
        server_tags,
        server_topology,
        servers,
        services,
        volume_attachments,
        volumes,
    )
    for rule in module.RULES
]
