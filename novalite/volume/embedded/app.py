"""The embedded volume service as a WSGI application, mounted at ``/volume``."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from novalite.volume.embedded.rest import (
    attach_actions,
    attachments,
    availability_zones,
    backups,
    clusters,
    default_types,
    encryption,
    extensions,
    extra_specs,
    group_snapshots,
    group_types,
    groups,
    hosts,
    image_actions,
    limits,
    messages,
    metadata,
    pools,
    qos,
    quota_classes,
    quota_sets,
    resource_filters,
    services,
    snapshots,
    transfers,
    type_access,
    types,
    versions,
    volume_actions,
    volume_manage,
    volumes,
)
from novalite.wsgi.application import Application, ServiceStyle
from novalite.wsgi.operations import Operation

if TYPE_CHECKING:
    from novalite.deployment import Deployment

WSGIApp = Callable[..., Iterable[bytes]]

OPERATIONS: list[Operation] = [
    operation
    for module in (
        versions,
        volumes,
        metadata,
        volume_actions,
        volume_manage,
        attach_actions,
        image_actions,
        snapshots,
        attachments,
        types,
        type_access,
        extra_specs,
        encryption,
        default_types,
        qos,
        quota_sets,
        quota_classes,
        limits,
        services,
        hosts,
        pools,
        messages,
        availability_zones,
        extensions,
        clusters,
        resource_filters,
        transfers,
        group_types,
        groups,
        group_snapshots,
        backups,
    )
    for operation in module.OPERATIONS
]
"""Relative to /v3 and /v3/{project_id}."""


def app(deployment: "Deployment") -> WSGIApp:
    """``deployment.volume`` has to be the VolumeService."""
    root = Application(versions.ROOT_OPERATIONS, deployment, ServiceStyle("volume"))
    style = ServiceStyle("volume", microversions=versions.VOLUME, project_segment=True)
    return _below(root, Application(OPERATIONS, deployment, style))


def _below(root: WSGIApp, version3: WSGIApp) -> WSGIApp:
    """/v3 is an application of its own: only its paths have a project and microversions."""

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "") or "/"
        if path == "/v3" or path.startswith("/v3/"):
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + "/v3"
            environ["PATH_INFO"] = path[3:] or "/"
            return version3(environ, start_response)
        environ["PATH_INFO"] = path
        return root(environ, start_response)

    return application
