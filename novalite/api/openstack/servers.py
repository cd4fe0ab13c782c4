"""Servers: list, show, create, change, delete."""

from typing import Any

from novalite.api.compute import create as create_servers
from novalite.api.compute import delete as delete_server
from novalite.api.compute import listing, lookup, parts, server_facts, update
from novalite.api.openstack import server_create, server_filters
from novalite.api.openstack.schemas import servers as schemas
from novalite.api.openstack.views.servers import ServerViews
from novalite.exception import DatabaseUnavailable
from novalite.wsgi.operations import Answer, Operation, Request

SHOW_RULE = "os_compute_api:servers:show"
UPDATE_RULE = "os_compute_api:servers:update"
DELETE_RULE = "os_compute_api:servers:delete"


def find(
    req: Request, rule: str, *, uuid: str | None = None, deleted: bool | None = False
) -> lookup.Found:
    """The server of the path, if the caller may do ``rule`` with it. Raises InstanceNotFound
    and PolicyNotAuthorized."""
    found = lookup.find(
        parts.databases(req.deployment),
        req.context,
        req.path["id"] if uuid is None else uuid,
        deleted=deleted,
    )
    instance = found.instance
    req.authorize(rule, {"project_id": instance.project_id, "user_id": instance.user_id})
    return found


# ---- lists --------------------------------------------------------------------


def index(req: Request) -> dict[str, Any]:
    return _list(req, "index")


def detail(req: Request) -> dict[str, Any]:
    return _list(req, "detail")


def _list(req: Request, what: str) -> dict[str, Any]:
    rule = f"os_compute_api:servers:{what}"
    req.authorize(rule)
    try:
        wanted = server_filters.read(req, all_tenants_rule=f"{rule}:get_all_tenants")
    except server_filters.Nothing:
        return {"servers": []}
    views = ServerViews(req)
    detailed = what == "detail"
    if not detailed:
        wanted.query.load = ()
    found = listing.list_servers(req.deployment, req.context, wanted)
    if detailed:
        facts = server_facts.load(
            req.deployment,
            req.context,
            found.servers,
            set(found.cells.values()),
            views.wanted(single=False),
        )
        items = [views.detail(server, facts) for server in found.servers]
    else:
        items = [views.summary(server) for server in found.servers]
    items += [views.unreachable(mapping, detail=detailed) for mapping in found.unreachable]
    body: dict[str, Any] = {"servers": items}
    if items and wanted.query.limit is not None and len(items) >= wanted.query.limit:
        path = "/servers/detail" if detailed else "/servers"
        href = req.page_link(path, items[-1]["id"])
        body["servers_links"] = [{"rel": "next", "href": href}]
    return body


# ---- one server -----------------------------------------------------------------


def show(req: Request) -> dict[str, Any]:
    views = ServerViews(req)
    try:
        found = find(req, SHOW_RULE)
    except DatabaseUnavailable:
        if req.version < (2, 69):
            raise
        return {"server": _show_unreachable(req, views)}
    return {"server": views.show(found.instance, _facts(req, views, found))}


def _facts(req: Request, views: ServerViews, found: lookup.Found) -> server_facts.Facts:
    cell = found.mapping.cell_uuid
    return server_facts.load(
        req.deployment,
        req.context,
        [found.instance],
        [cell] if cell else [],
        views.wanted(single=True),
    )


def _show_unreachable(req: Request, views: ServerViews) -> dict[str, Any]:
    """What the API database alone knows of a server whose cell does not answer."""
    known = lookup.find_unreachable(parts.databases(req.deployment), req.context, req.path["id"])
    mapping = known.mapping
    req.authorize(SHOW_RULE, {"project_id": mapping.project_id, "user_id": mapping.user_id})
    return views.show_unreachable(known)


def create(req: Request) -> Answer:
    request = server_create.read(req)
    created = create_servers.create(req.deployment, req.context, request)
    if server_create.wants_reservation_id(req):
        return Answer({"reservation_id": created.reservation_id})
    uuid = created.uuids[0]
    with_password = req.deployment.conf.api.enable_instance_password
    view = ServerViews(req).created(
        uuid,
        auto_disk_config=created.auto_disk_config,
        security_groups=request.security_groups,
        admin_password=created.admin_password if with_password else None,
    )
    return Answer({"server": view}, headers={"Location": req.link(f"/servers/{uuid}")})


def change(req: Request) -> dict[str, Any]:
    found = find(req, UPDATE_RULE)
    given = req.body["server"]
    changes = update.Changes(
        display_name=given["name"].strip() if "name" in given else update.SAME,
        display_description=given.get("description", update.SAME),
        access_ip_v4=given.get("accessIPv4", update.SAME),
        access_ip_v6=server_create.canonical_address(given["accessIPv6"])
        if "accessIPv6" in given
        else update.SAME,
        hostname=given.get("hostname", update.SAME),
        auto_disk_config=given["OS-DCF:diskConfig"] == "AUTO"
        if "OS-DCF:diskConfig" in given
        else update.SAME,
        pinned_zone=given.get("pinned_availability_zone", update.SAME),
    )
    found = update.update(req.deployment, req.context, found, changes)
    views = ServerViews(req)
    return {"server": views.updated(found.instance, _facts(req, views, found))}


def delete(req: Request) -> None:
    delete_server.delete(req.deployment, req.context, find(req, DELETE_RULE))


OPERATIONS = [
    Operation(
        "GET",
        "/servers",
        index,
        "List servers (summary)",
        query=schemas.INDEX_QUERY,
        response=schemas.INDEX_ANSWER,
        errors=(400, 403),
    ),
    Operation(
        "GET",
        "/servers/detail",
        detail,
        "List servers with details",
        query=schemas.INDEX_QUERY,
        response=schemas.DETAIL_ANSWER,
        errors=(400, 403),
    ),
    Operation(
        "POST",
        "/servers",
        create,
        "Create server(s)",
        success=202,
        request=schemas.CREATE,
        response=schemas.CREATE_ANSWER,
        errors=(400, 403, 409),
    ),
    Operation(
        "GET",
        "/servers/{id}",
        show,
        "Show server",
        query=schemas.SHOW_QUERY,
        response=schemas.SHOW_ANSWER,
        errors=(404,),
    ),
    Operation(
        "PUT",
        "/servers/{id}",
        change,
        "Update server",
        request=schemas.UPDATE,
        response=schemas.UPDATE_ANSWER,
        errors=(404, 409),
    ),
    Operation(
        "DELETE",
        "/servers/{id}",
        delete,
        "Delete server",
        success=204,
        response=schemas.NO_ANSWER,
        errors=(404, 409),
    ),
]
