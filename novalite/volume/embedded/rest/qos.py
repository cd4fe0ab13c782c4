"""/qos-specs. Clients associate specs with types by GET, as this API has it."""

from collections.abc import Callable

from novalite.exception import ValidationError
from novalite.volume.embedded.core import Row
from novalite.volume.embedded.rest.requests import (
    NAME,
    links_of,
    listed,
    object_,
    query_of,
    service_of,
)
from novalite.volume.embedded.rows import boolean_of
from novalite.wsgi.operations import Answer, Operation, Request, Schema

_CONSUMER: Schema = {"enum": ["front-end", "back-end", "both"]}
_VALUES: dict[str, Schema] = {"^[a-zA-Z0-9-_:. ]{1,255}$": {"type": "string", "maxLength": 255}}


def _specs(properties: dict[str, Schema], *required: str) -> Schema:
    inner: Schema = {
        "type": "object",
        "properties": properties,
        "patternProperties": _VALUES,
        "additionalProperties": False,
    }
    if required:
        inner["required"] = list(required)
    return object_({"qos_specs": inner}, "qos_specs")


CREATE = _specs({"name": NAME, "consumer": _CONSUMER}, "name")
SET = _specs({"consumer": _CONSUMER})
_KEYS: Schema = {"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 255}}
DELETE_KEYS = object_({"keys": {**_KEYS, "minItems": 1}}, "keys")
DEFAULT_CONSUMER = "back-end"


def _view(row: Row) -> Row:
    return {name: row[name] for name in ("id", "name", "consumer", "specs")}


def _list(request: Request) -> Row:
    query = query_of(request)
    found = service_of(request).qos.list_(request.context, query)
    return listed(request, "qos_specs", "/qos-specs", [_view(row) for row in found], query)


def _detail(request: Request, row: Row) -> Row:
    return {"qos_specs": _view(row), "links": links_of(request, f"/qos-specs/{row['id']}")}


def _show(request: Request) -> Row:
    return _detail(request, service_of(request).qos.show(request.context, request.path["id"]))


def _create(request: Request) -> Row:
    specs = dict(request.body["qos_specs"])
    name = specs.pop("name")
    consumer = specs.pop("consumer", DEFAULT_CONSUMER)
    row = service_of(request).qos.create(request.context, name, consumer, specs)
    return _detail(request, row)


def _set(request: Request) -> Row:
    given = request.body["qos_specs"]
    specs = {key: value for key, value in given.items() if key != "consumer"}
    qos = service_of(request).qos
    qos.set_keys(request.context, request.path["id"], specs, given.get("consumer"))
    return {"qos_specs": given}


def _delete_keys(request: Request) -> Answer:
    keys = request.body["keys"]
    service_of(request).qos.delete_keys(request.context, request.path["id"], keys)
    return Answer()


def _delete(request: Request) -> Answer:
    force = boolean_of(request.query_one("force", "false"), "force")
    service_of(request).qos.delete(request.context, request.path["id"], force=force)
    return Answer()


def _associations(request: Request) -> Row:
    found = service_of(request).qos.associations(request.context, request.path["id"])
    return {
        "qos_associations": [
            {"association_type": "volume_type", "name": row["name"], "id": row["id"]}
            for row in found
        ]
    }


def _type_of(request: Request) -> str:
    type_id = request.query_one("vol_type_id")
    if not type_id:
        raise ValidationError(detail="Volume Type id must not be None.")
    return type_id


def _associate(request: Request) -> Answer:
    type_id = _type_of(request)
    service_of(request).qos.associate(request.context, request.path["id"], type_id)
    return Answer()


def _disassociate(request: Request) -> Answer:
    type_id = _type_of(request)
    service_of(request).qos.disassociate(request.context, request.path["id"], type_id)
    return Answer()


def _disassociate_all(request: Request) -> Answer:
    service_of(request).qos.disassociate_all(request.context, request.path["id"])
    return Answer()


def _get(
    path: str, handler: Callable[[Request], Answer | Row], title: str, success: int = 200
) -> Operation:
    return Operation(
        "GET", path, handler, title, success=success, min_version="3.0", errors=(400, 403, 404)
    )


_ONE = "/qos-specs/{id}"
OPERATIONS = [
    _get("/qos-specs", _list, "List QoS specs"),
    _get(_ONE, _show, "Show QoS specs"),
    _get(f"{_ONE}/associations", _associations, "List the types with QoS specs"),
    _get(f"{_ONE}/associate", _associate, "Give QoS specs to a type", 202),
    _get(f"{_ONE}/disassociate", _disassociate, "Take QoS specs from a type", 202),
    _get(f"{_ONE}/disassociate_all", _disassociate_all, "Take QoS specs from all types", 202),
    Operation(
        "POST",
        "/qos-specs",
        _create,
        "Create QoS specs",
        min_version="3.0",
        request=CREATE,
        errors=(400, 403, 409),
    ),
    Operation(
        "PUT",
        _ONE,
        _set,
        "Set keys of QoS specs",
        min_version="3.0",
        request=SET,
        errors=(400, 403, 404),
    ),
    Operation(
        "PUT",
        f"{_ONE}/delete_keys",
        _delete_keys,
        "Delete keys of QoS specs",
        success=202,
        min_version="3.0",
        request=DELETE_KEYS,
        errors=(400, 403, 404),
    ),
    Operation(
        "DELETE",
        _ONE,
        _delete,
        "Delete QoS specs",
        success=202,
        min_version="3.0",
        errors=(400, 403, 404),
    ),
]
