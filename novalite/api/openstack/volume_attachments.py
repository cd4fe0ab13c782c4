"""Volumes of a server: /servers/{server_id}/os-volume_attachments.

An attachment is named by its volume; it is shown as soon as the volume is reserved for the server.
"""

from typing import Any

from novalite.api.compute import lookup, parts, volume_attach, volume_detach, volumes
from novalite.api.compute.lookup import Found
from novalite.api.openstack import servers
from novalite.api.openstack.schemas import volume_attachments as schemas
from novalite.api.openstack.schemas.types import is_true
from novalite.api.openstack.views import volume_attachments as views
from novalite.context import admin_context
from novalite.exception import NotFound, ValidationError
from novalite.objects import BlockDevice
from novalite.wsgi.operations import Answer, Operation, Request, Versioned

RULE = "os_compute_api:os-volumes-attachments:"


def _find(req: Request, action: str) -> Found:
    return servers.find(req, RULE + action, uuid=req.path["server_id"])


def _device(found: Found, volume_id: str) -> BlockDevice:
    """Raises NotFound."""
    device = volumes.find(found.instance, volume_id)
    if device is None:
        raise NotFound(f"Instance {found.instance.uuid} is not attached to volume {volume_id}.")
    return device


def index(req: Request) -> dict[str, Any]:
    found = _find(req, "index")
    devices = volumes.attached(found.instance)
    most: int = req.deployment.conf.api.max_limit
    limit = min(int(req.query_one("limit") or 0) or most, most)
    offset = int(req.query_one("offset") or 0)
    page = devices[offset : offset + limit]
    return {"volumeAttachments": [views.shown(req.version, found.instance.uuid, d) for d in page]}


def show(req: Request) -> dict[str, Any]:
    found = _find(req, "show")
    device = _device(found, req.path["id"])
    return {"volumeAttachment": views.shown(req.version, found.instance.uuid, device)}


def create(req: Request) -> Answer:
    found = _find(req, "create")
    given = req.body["volumeAttachment"]
    wanted = volume_attach.Wanted(
        volume_id=given["volumeId"],
        device=given.get("device"),
        tag=given.get("tag"),
        delete_on_termination=is_true(given.get("delete_on_termination", False)),
        multiattach=req.version >= (2, 60),
        shelved=req.version >= (2, 20),
    )
    device = volume_attach.attach(req.deployment, req.context, found, wanted)
    if req.version >= (2, 101):
        return Answer()
    return Answer({"volumeAttachment": views.created(req.version, found.instance.uuid, device)})


def update(req: Request) -> None:
    """Before 2.85 always an exchange for another volume; from then on one if the body names
    another volume than the path, and otherwise a change of the flag."""
    volume_id, given = req.path["id"], req.body["volumeAttachment"]
    swap = req.version < (2, 85) or given["volumeId"] != volume_id
    if swap:
        # The volume service asks, which is not of the server's project.
        req.authorize(RULE + "swap", {})
        found = lookup.find(parts.databases(req.deployment), admin_context(), req.path["server_id"])
    else:
        found = _find(req, "update")
    if req.version >= (2, 85):
        _change(req, found, volume_id, given)
    if swap:
        volumes.swap(req.deployment, req.context, found, volume_id, given["volumeId"])


def _change(req: Request, found: Found, volume_id: str, given: dict[str, Any]) -> None:
    device = _device(found, volume_id)
    same = {
        "id": volume_id,
        "serverId": found.instance.uuid,
        "device": device.device_name,
        "tag": device.tag,
    }
    for name, value in same.items():
        if name in given and given[name] != value:
            raise ValidationError(detail=f"The {name} property is not mutable")
    if "delete_on_termination" in given:
        flag = is_true(given["delete_on_termination"])
        volumes.set_delete_on_termination(found, device, flag)


def delete(req: Request) -> None:
    found = _find(req, "delete")
    volume_detach.detach(
        req.deployment,
        req.context,
        found,
        req.path["id"],
        shelved=req.version >= (2, 20),
    )


_ALL = "/servers/{server_id}/os-volume_attachments"
_ONE = f"{_ALL}/{{id}}"

OPERATIONS = [
    Operation(
        "GET",
        _ALL,
        index,
        "List volume attachments",
        query=schemas.INDEX_QUERY,
        response=schemas.INDEX,
        errors=(404,),
    ),
    Operation(
        "POST",
        _ALL,
        create,
        "Attach volume",
        success=Versioned(("2.1", "2.100", 200), ("2.101", None, 202)),
        request=schemas.CREATE,
        response=schemas.CREATED,
        errors=(400, 403, 404, 409),
    ),
    Operation(
        "GET",
        _ONE,
        show,
        "Show volume attachment",
        query=schemas.SHOW_QUERY,
        response=schemas.SHOWN,
        errors=(404,),
    ),
    Operation(
        "PUT",
        _ONE,
        update,
        "Swap volume, or (2.85+) change delete_on_termination",
        success=202,
        request=schemas.UPDATE,
        errors=(400, 404, 409),
    ),
    Operation(
        "DELETE",
        _ONE,
        delete,
        "Detach volume",
        success=202,
        errors=(400, 403, 404, 409),
    ),
]
