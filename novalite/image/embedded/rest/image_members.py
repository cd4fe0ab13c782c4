"""/v2/images/{id}/members: projects with which a shared image is shared."""

from typing import Any

from sqlalchemy import Connection

from novalite import exception
from novalite.image.embedded import members
from novalite.image.embedded.access import Access, owns
from novalite.image.embedded.images import QUOTA, QuotaExceeded
from novalite.image.embedded.records import MEMBER_STATUSES, Image
from novalite.image.embedded.rest import views
from novalite.image.embedded.rest.common import service_of
from novalite.wsgi.operations import Operation, Request

_ADD = {
    "type": "object",
    "properties": {"member": {"type": "string", "minLength": 1, "maxLength": 255}},
    "required": ["member"],
}
_STATUS = {
    "type": "object",
    "properties": {"status": {"type": "string", "enum": list(MEMBER_STATUSES)}},
    "required": ["status"],
}


def _access(req: Request) -> Access:
    return service_of(req).core.access


def _seen(
    req: Request, conn: Connection, rule: str | None = None
) -> tuple[Image, list[dict[str, Any]]]:
    """The image and those of its members that the caller may see: a member sees itself."""
    image = service_of(req).images.visible(conn, req.context, req.path["id"])
    if rule is not None:
        _access(req).authorize(req.context, rule, image)
    rows = members.list_(conn, image.id)
    if not owns(req.context, image) and not _access(req).is_admin(req.context):
        rows = [row for row in rows if row["member_id"] == req.context.project_id]
    return image, rows


def _require_shared(image: Image) -> None:
    if image.visibility != "shared":
        raise exception.Forbidden("Only shared images have members.")


def list_(req: Request) -> dict[str, Any]:
    with service_of(req).core.database.read() as conn:
        _, rows = _seen(req, conn, "get_members")
    return {"members": [views.member(row) for row in rows], "schema": "/v2/schemas/members"}


def show(req: Request) -> dict[str, Any]:
    with service_of(req).core.database.read() as conn:
        _, rows = _seen(req, conn, "get_member")
    return views.member(_one(req, rows))


def _one(req: Request, rows: list[dict[str, Any]]) -> dict[str, Any]:
    for row in rows:
        if row["member_id"] == req.path["member_id"]:
            return row
    raise exception.NotFound(f"{req.path['member_id']} not found in the member list of the image.")


def create(req: Request) -> dict[str, Any]:
    service = service_of(req)

    def work(conn: Connection) -> dict[str, Any]:
        image, rows = _seen(req, conn, "add_member")
        _require_shared(image)
        if len(rows) >= QUOTA:
            raise QuotaExceeded(what="members", attempted=len(rows) + 1, maximum=QUOTA)
        members.add(conn, image.id, req.body["member"], service.core.now())
        rows = members.list_(conn, image.id)
        return next(row for row in rows if row["member_id"] == req.body["member"])

    row: dict[str, Any] = service.core.write(work)
    return views.member(row)


def update(req: Request) -> dict[str, Any]:
    """The member accepts or rejects; not the owner for it."""
    service = service_of(req)

    def work(conn: Connection) -> dict[str, Any]:
        image, rows = _seen(req, conn)
        row = _one(req, rows)
        _access(req).authorize_for_member(req.context, "modify_member", row["member_id"])
        status, now = req.body["status"], service.core.now()
        members.set_status(conn, image.id, row["member_id"], status, now)
        return {**row, "status": status, "updated_at": now}

    row: dict[str, Any] = service.core.write(work)
    return views.member(row)


def delete(req: Request) -> None:
    def work(conn: Connection) -> None:
        image, rows = _seen(req, conn, "delete_member")
        members.remove(conn, image.id, _one(req, rows)["member_id"])

    service_of(req).core.write(work)


_MEMBERS = "/v2/images/{id}/members"
_MEMBER = _MEMBERS + "/{member_id}"
OPERATIONS = [
    Operation("GET", _MEMBERS, list_, "List an image's members", errors=(404,)),
    Operation("GET", _MEMBER, show, "Show an image's member", errors=(404,)),
    Operation("POST", _MEMBERS, create, "Share an image", request=_ADD, errors=(403, 404, 409)),
    Operation(
        "PUT", _MEMBER, update, "Accept or reject an image", request=_STATUS, errors=(403, 404)
    ),
    Operation("DELETE", _MEMBER, delete, "Unshare an image", success=204, errors=(403, 404)),
]
