"""Limits of classes of projects: /os-quota-class-sets. Only the class ``default`` has projects: all
that have no limits of their own."""

from typing import Any

from sqlalchemy import Connection

from novalite import quota
from novalite.api.openstack.flavors import api_database
from novalite.api.openstack.schemas import quota_class_sets as schemas
from novalite.api.openstack.views import quota_class_sets as views
from novalite.db.api_database import quotas as db
from novalite.exception import InvalidInput
from novalite.wsgi.operations import Operation, Request

_MAX_NAME = 255


def show(req: Request) -> dict[str, Any]:
    name = req.path["id"]
    with api_database(req).read() as conn:
        limits = quota.class_limits(req.deployment.conf, conn, name)
    return views.shown(req.version, limits, name)


def update(req: Request) -> dict[str, Any]:
    name = req.path["id"]
    if len(name) > _MAX_NAME:
        raise InvalidInput(
            reason=f"quota_class_name has {len(name)} characters, more than {_MAX_NAME}."
        )
    wanted = {resource: int(value) for resource, value in req.body["quota_class_set"].items()}

    def write(conn: Connection) -> dict[str, int]:
        db.set_class_limits(conn, wanted, name)
        return quota.class_limits(req.deployment.conf, conn, name)

    return views.shown(req.version, api_database(req).run(write))


OPERATIONS = [
    Operation(
        "GET",
        "/os-quota-class-sets/{id}",
        show,
        "Show quota class",
        policy="os_compute_api:os-quota-class-sets:show",
        query=schemas.SHOW_QUERY,
        response=schemas.SHOWN,
    ),
    Operation(
        "PUT",
        "/os-quota-class-sets/{id}",
        update,
        "Update quota class",
        policy="os_compute_api:os-quota-class-sets:update",
        request=schemas.UPDATE,
        response=schemas.UPDATED,
        errors=(400,),
    ),
]
