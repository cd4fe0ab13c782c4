"""/os-volume-manage, /manageable_volumes, and the action that gives a volume up"""

from typing import Any

from novalite.volume.embedded import views
from novalite.volume.embedded.rest.requests import BOOLEAN, PAIRS, TEXT, object_, service_of
from novalite.volume.embedded.rest.volume_actions import action
from novalite.volume.embedded.rest.volumes import view_of
from novalite.volume.embedded.rows import boolean_of
from novalite.wsgi.faults import HTTPFault
from novalite.wsgi.operations import Answer, Operation, Request

SINCE = "3.8"
CREATE = object_(
    {
        "volume": object_(
            {
                "host": {"type": "string", "minLength": 1, "maxLength": 255},
                "cluster": TEXT,
                "ref": {"type": "object", "minProperties": 1},
                "name": TEXT,
                "description": TEXT,
                "volume_type": TEXT,
                "availability_zone": TEXT,
                "bootable": BOOLEAN,
                "metadata": {"anyOf": [PAIRS, {"type": "null"}]},
            },
            "host",
            "ref",
        )
    },
    "volume",
)


def _manage(request: Request) -> dict[str, Any]:
    body = dict(request.body["volume"])
    body["bootable"] = boolean_of(body.get("bootable", False), "bootable")
    record = service_of(request).manage.manage(request.context, body)
    return {"volume": view_of(request, record, views.volume)}


def _unmanage(request: Request) -> Answer:
    service_of(request).manage.unmanage(request.context, request.path["id"])
    return Answer()


def _detail(request: Request) -> dict[str, Any]:
    host = request.query_one("host")
    if not host:
        raise HTTPFault(400, "Either host or cluster must be specified.")
    return {"manageable-volumes": service_of(request).manage.listed(request.context, host)}


def _index(request: Request) -> dict[str, Any]:
    shown = ("reference", "size", "safe_to_manage")
    found = _detail(request)["manageable-volumes"]
    return {"manageable-volumes": [{name: each[name] for name in shown} for each in found]}


def _operations(path: str, since: str) -> list[Operation]:
    return [
        Operation(
            "GET", path, _index, "List data that could become volumes", min_version=since,
            errors=(400, 403),
        ),
        Operation(
            "GET", f"{path}/detail", _detail, "The same with details", min_version=since,
            errors=(400, 403),
        ),
        Operation(
            "POST", path, _manage, "Make a volume of data that are there", success=202,
            min_version=since, request=CREATE, errors=(400, 403, 404, 413),
        ),
    ]  # fmt: skip


OPERATIONS = [
    *_operations("/os-volume-manage", "3.0"),
    *_operations("/manageable_volumes", SINCE),
    action("os-unmanage", _unmanage, "Give a volume up and leave its data"),
]
