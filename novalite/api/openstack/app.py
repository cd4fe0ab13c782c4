"""The compute API as WSGI applications: all operations of its resources in one place.

The factories are named by the paste configuration.
"""

from novalite.api.openstack import (
    admin_actions,
    aggregates,
    assisted_volume_snapshots,
    availability_zone,
    console_output,
    extensions,
    flavor_access,
    flavor_extra_specs,
    flavors,
    hosts,
    hypervisors,
    instance_actions,
    instance_usage_audit_log,
    ips,
    keypairs,
    limits,
    lock_server,
    migrations,
    quota_class_sets,
    quota_sets,
    server_actions,
    server_external_events,
    server_groups,
    server_metadata,
    server_migrations,
    server_password,
    server_tags,
    server_topology,
    servers,
    services,
    simple_tenant_usage,
    versions,
    volume_attachments,
    volumes,
    volumes_boot,
)
from novalite.deployment import Deployment
from novalite.wsgi.application import Application, ServiceStyle
from novalite.wsgi.microversions import COMPUTE
from novalite.wsgi.operations import Operation
from novalite.wsgi.paste import NotMounted, deployment_of

RESOURCES = (
    admin_actions,
    aggregates,
    assisted_volume_snapshots,
    availability_zone,
    console_output,
    extensions,
    flavor_access,
    flavor_extra_specs,
    flavors,
    hosts,
    hypervisors,
    instance_actions,
    instance_usage_audit_log,
    ips,
    keypairs,
    limits,
    lock_server,
    migrations,
    quota_class_sets,
    quota_sets,
    server_actions,
    server_external_events,
    server_groups,
    server_metadata,
    server_migrations,
    server_password,
    server_tags,
    server_topology,
    servers,
    services,
    simple_tenant_usage,
    versions,
    volume_attachments,
    volumes,
    volumes_boot,
)

STYLE = ServiceStyle("compute", microversions=COMPUTE, project_segment=True)
DISCOVERY = ServiceStyle("versions")


def operations() -> list[Operation]:
    return [operation for resource in RESOURCES for operation in resource.OPERATIONS]


def application(deployment: Deployment) -> Application:
    """The compute API below ``/v2.1`` (and ``/v2``), without any middleware."""
    return Application(operations(), deployment, STYLE)


def _served(global_conf: dict[str, str]) -> Deployment:
    """A process without databases (embedded neighbours only) has no compute API."""
    deployment = deployment_of(global_conf)
    if deployment.databases is None:
        raise NotMounted("compute")
    return deployment


def app_factory(global_conf: dict[str, str]) -> Application:
    return application(_served(global_conf))


def versions_factory(global_conf: dict[str, str]) -> Application:
    return Application(versions.ROOT, _served(global_conf), DISCOVERY)


def version_factory(global_conf: dict[str, str]) -> Application:
    return Application(versions.DOCUMENT, _served(global_conf), DISCOVERY)
