"""POST /volumes/{id}/action: volumes and images."""

from typing import Any

from novalite.exception import ValidationError
from novalite.volume.embedded.rest.requests import BOOLEAN, PAIRS, object_, service_of
from novalite.volume.embedded.rest.volume_actions import action
from novalite.volume.embedded.rows import boolean_of
from novalite.wsgi.operations import Answer, Request

NAME = {"type": "string", "minLength": 1, "maxLength": 255}
VISIBILITIES = ("public", "private", "shared", "community")


def _upload(request: Request) -> dict[str, Any]:
    body = dict(request.body["os-volume_upload_image"])
    if request.version < (3, 1) and ("visibility" in body or "protected" in body):
        raise ValidationError(
            detail="Additional properties are not allowed ('visibility' and 'protected' came with "
            "3.1)"
        )
    for name in ("force", "protected"):
        body[name] = boolean_of(body.get(name, False), name)
    answer = service_of(request).uploads.start(request.context, request.path["id"], body)
    if request.version >= (3, 1):
        answer["visibility"] = body.get("visibility", "private")
        answer["protected"] = body["protected"]
    return {"os-volume_upload_image": answer}


def _set(request: Request) -> dict[str, Any]:
    values = request.body["os-set_image_metadata"]["metadata"]
    found = service_of(request).image_metadata.set(request.context, request.path["id"], values)
    return {"metadata": found}


def _unset(request: Request) -> Answer:
    key = request.body["os-unset_image_metadata"]["key"]
    service_of(request).image_metadata.unset(request.context, request.path["id"], key)
    return Answer()


def _show(request: Request) -> dict[str, Any]:
    found = service_of(request).image_metadata.show(request.context, request.path["id"])
    return {"metadata": found}


def _reimage(request: Request) -> Answer:
    body = request.body["os-reimage"]
    service_of(request).uploads.reimage(
        request.context,
        request.path["id"],
        body["image_id"],
        reserved=boolean_of(body.get("reimage_reserved", False), "reimage_reserved"),
    )
    return Answer()


OPERATIONS = [
    action(
        "os-volume_upload_image",
        _upload,
        "Make an image of a volume",
        object_(
            {
                "image_name": NAME,
                "force": BOOLEAN,
                "disk_format": {"enum": ["raw", "vmdk", "vdi", "qcow2", "vhd", "vhdx", "ploop"]},
                "container_format": {"type": "string", "maxLength": 255},
                "visibility": {"enum": list(VISIBILITIES)},
                "protected": BOOLEAN,
            },
            "image_name",
        ),
    ),
    action(
        "os-set_image_metadata",
        _set,
        "Set what a volume keeps of its image",
        object_({"metadata": PAIRS}, "metadata"),
        success=200,
    ),
    action(
        "os-unset_image_metadata",
        _unset,
        "Remove one item of it",
        object_({"key": NAME}, "key"),
        success=200,
    ),
    action("os-show_image_metadata", _show, "Show what a volume keeps of its image", success=200),
    action(
        "os-reimage",
        _reimage,
        "Give a volume new content from an image",
        object_(
            {
                "image_id": {"type": "string", "format": "uuid"},
                "reimage_reserved": BOOLEAN,
            },
            "image_id",
        ),
        since="3.68",
    ),
]
