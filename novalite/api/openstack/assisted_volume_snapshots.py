"""Snapshots in which the hypervisor takes part: /os-assisted-volume-snapshots."""

import json
from typing import Any

from novalite.api.compute import volume_snapshots
from novalite.api.openstack.schemas import assisted_volume_snapshots as schemas
from novalite.exception import (
    InstanceInvalidState,
    InstanceNotReady,
    ValidationError,
    VolumeBDMNotFound,
)
from novalite.wsgi.operations import Operation, Request

RULE = "os_compute_api:os-assisted-volume-snapshots:"


def create(req: Request) -> dict[str, Any]:
    volume_id, info = req.body["snapshot"]["volume_id"], req.body["snapshot"]["create_info"]
    try:
        volume_snapshots.create(req.deployment, req.context, volume_id, info)
    except (VolumeBDMNotFound, InstanceInvalidState, InstanceNotReady) as error:
        raise ValidationError(detail=str(error)) from None
    return {"snapshot": {"id": info.get("id"), "volumeId": volume_id}}


def delete(req: Request) -> None:
    try:
        info = json.loads(req.query_one("delete_info") or "")
        volume_id = info["volume_id"]
        if not isinstance(volume_id, str):
            raise TypeError
    except (ValueError, KeyError, TypeError):
        raise ValidationError(detail="delete_info must be JSON with a volume_id.") from None
    try:
        volume_snapshots.delete(req.deployment, req.context, volume_id, req.path["id"], info)
    except (InstanceInvalidState, InstanceNotReady) as error:
        raise ValidationError(detail=str(error)) from None


OPERATIONS = [
    Operation(
        "POST",
        "/os-assisted-volume-snapshots",
        create,
        "Create hypervisor-assisted volume snapshot (block-storage service only)",
        policy=RULE + "create",
        request=schemas.CREATE,
        response=schemas.CREATED,
        errors=(400,),
    ),
    Operation(
        "DELETE",
        "/os-assisted-volume-snapshots/{id}",
        delete,
        "Delete hypervisor-assisted volume snapshot",
        policy=RULE + "delete",
        success=204,
        query=schemas.DELETE_QUERY,
        errors=(400, 404),
    ),
]
