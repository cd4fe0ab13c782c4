"""POST /volumes/{id}/action: flags, states, growth. Attaching is in ``attach_actions``, images in
``image_actions``."""

from typing import Any

from novalite.volume.embedded.rest.requests import BOOLEAN, object_, service_of
from novalite.volume.embedded.rest.volumes import SIZE
from novalite.volume.embedded.rows import boolean_of
from novalite.wsgi.operations import Answer, Operation, Request, Schema

PATH = "/volumes/{id}/action"
NONE: Schema = {}
ACCEPTED = 202


def action(
    name: str,
    handler: Any,
    title: str,
    schema: Schema | None = None,
    *,
    success: int = ACCEPTED,
    since: str = "3.0",
    errors: tuple[int, ...] = (400, 403, 404),
) -> Operation:
    """``schema``: of what is under the action's name."""
    return Operation(
        "POST",
        PATH,
        handler,
        title,
        action=name,
        success=success,
        min_version=since,
        request=object_({name: NONE if schema is None else schema}, name),
        errors=errors,
    )


def _set_bootable(request: Request) -> Answer:
    bootable = boolean_of(request.body["os-set_bootable"]["bootable"], "bootable")
    service_of(request).actions.set_bootable(request.context, request.path["id"], bootable)
    return Answer()


def _set_readonly(request: Request) -> Answer:
    readonly = boolean_of(request.body["os-update_readonly_flag"]["readonly"], "readonly")
    service_of(request).actions.set_readonly(request.context, request.path["id"], readonly)
    return Answer()


def _extend(request: Request) -> Answer:
    size = int(request.body["os-extend"]["new_size"])
    service_of(request).actions.extend(request.context, request.path["id"], size, request.version)
    return Answer()


def _revert(request: Request) -> Answer:
    snapshot_id = request.body["revert"]["snapshot_id"]
    service_of(request).actions.revert(request.context, request.path["id"], snapshot_id)
    return Answer()


def _reset_status(request: Request) -> Answer:
    wanted = request.body["os-reset_status"]
    service_of(request).actions.reset_status(request.context, request.path["id"], wanted)
    return Answer()


def _force_delete(request: Request) -> Answer:
    rule = "volume_extension:volume_admin_actions:force_delete"
    service_of(request).volumes.delete(request.context, request.path["id"], force=rule)
    return Answer()


def _retype(request: Request) -> Answer:
    body = request.body["os-retype"]
    service_of(request).retypes.retype(
        request.context, request.path["id"], body["new_type"], body.get("migration_policy")
    )
    return Answer()


def _migrate(request: Request) -> Answer:
    body = request.body["os-migrate_volume"]
    service_of(request).retypes.migrate(request.context, request.path["id"], body.get("host"))
    return Answer()


_TEXT: Schema = {"type": ["string", "null"], "maxLength": 255}
OPERATIONS = [
    action(
        "os-set_bootable",
        _set_bootable,
        "Say whether a volume is bootable",
        object_({"bootable": BOOLEAN}, "bootable"),
        success=200,
    ),
    action(
        "os-update_readonly_flag",
        _set_readonly,
        "Let a volume only be read",
        object_({"readonly": BOOLEAN}, "readonly"),
    ),
    action(
        "os-extend",
        _extend,
        "Extend a volume",
        object_({"new_size": SIZE}, "new_size"),
        errors=(400, 403, 404, 413),
    ),
    action(
        "revert",
        _revert,
        "Revert a volume to its last snapshot",
        object_({"snapshot_id": {"type": "string", "format": "uuid"}}, "snapshot_id"),
        since="3.40",
    ),
    action(
        "os-reset_status",
        _reset_status,
        "Reset the status of a volume",
        object_({"status": _TEXT, "attach_status": _TEXT, "migration_status": _TEXT}),
    ),
    action("os-force_delete", _force_delete, "Delete a volume whatever its state"),
    action(
        "os-retype",
        _retype,
        "Change the type of a volume",
        object_(
            {
                "new_type": {"type": "string", "minLength": 1, "maxLength": 255},
                "migration_policy": {"enum": ["on-demand", "never", None]},
            },
            "new_type",
        ),
        errors=(400, 403, 404, 413),
    ),
    action(
        "os-migrate_volume",
        _migrate,
        "Move a volume to another backend",
        object_(
            {
                "host": _TEXT,
                "cluster": _TEXT,
                "force_host_copy": BOOLEAN,
                "lock_volume": BOOLEAN,
            }
        ),
    ),
]
