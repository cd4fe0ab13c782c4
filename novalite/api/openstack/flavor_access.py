"""Which projects may use a private flavor."""

from typing import Any

from novalite.api.compute import projects
from novalite.api.openstack.flavors import api_database
from novalite.api.openstack.schemas import flavor_access as schemas
from novalite.api.openstack.views import flavors as views
from novalite.db.api_database import flavors as db
from novalite.exception import Conflict, NotFound
from novalite.objects import Flavor
from novalite.wsgi.operations import Operation, Request


def list_access(req: Request) -> dict[str, Any]:
    with api_database(req).read() as conn:
        flavor = db.get(conn, req.path["flavor_id"])
    if flavor.is_public:
        raise NotFound("Access list not available for public flavors.")
    return views.access(flavor)


def add_tenant_access(req: Request) -> dict[str, Any]:
    flavorid = req.path["id"]
    project_id = req.body["addTenantAccess"]["tenant"]
    projects.check(req.deployment, project_id)

    def add(conn: Any) -> Flavor:
        flavor = db.get(conn, flavorid)
        if flavor.is_public and req.version >= (2, 7):
            raise Conflict("Can not add access to a public flavor.")
        db.add_access(conn, flavorid, project_id)
        return db.get(conn, flavorid)

    return views.access(api_database(req).run(add))


def remove_tenant_access(req: Request) -> dict[str, Any]:
    flavorid = req.path["id"]
    # A project that is gone from the identity service may well be on the list still.
    project_id = req.body["removeTenantAccess"]["tenant"]

    def remove(conn: Any) -> Flavor:
        db.remove_access(conn, flavorid, project_id)
        return db.get(conn, flavorid)

    return views.access(api_database(req).run(remove))


OPERATIONS = [
    Operation(
        "GET",
        "/flavors/{flavor_id}/os-flavor-access",
        list_access,
        "List projects with access to a private flavor",
        policy="os_compute_api:os-flavor-access",
        query=schemas.INDEX_QUERY,
        response=schemas.INDEX,
        errors=(404,),
    ),
    Operation(
        "POST",
        "/flavors/{id}/action",
        add_tenant_access,
        "Grant a project access to a private flavor",
        policy="os_compute_api:os-flavor-access:add_tenant_access",
        action="addTenantAccess",
        request=schemas.ADD_TENANT_ACCESS,
        response=schemas.INDEX,
        errors=(400, 403, 404, 409),
    ),
    Operation(
        "POST",
        "/flavors/{id}/action",
        remove_tenant_access,
        "Revoke a project from a private flavor",
        policy="os_compute_api:os-flavor-access:remove_tenant_access",
        action="removeTenantAccess",
        request=schemas.REMOVE_TENANT_ACCESS,
        response=schemas.INDEX,
        errors=(400, 403, 404),
    ),
]
