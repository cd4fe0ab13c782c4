"""Objects, properties and tags below /v2/metadefs/namespaces/{namespace}."""

from typing import Any

from novalite.image.embedded.metadefs import schemas
from novalite.image.embedded.rest import metadef_views as views
from novalite.image.embedded.rest.common import service_of
from novalite.wsgi.operations import Operation, Request
from novalite.wsgi.validation import Validator

_NAMED = Validator(schemas.TAG)


def _namespace(req: Request) -> str:
    return req.path["namespace"]


def _prefix(req: Request) -> str:
    """Of a property's name on things of the type that the query names."""
    kind = req.query_one("resource_type")
    if kind is None:
        return ""
    types = service_of(req).metadefs.resource_types
    for row in types.associations(req.context, _namespace(req)):
        if row["resource_type"] == kind:
            return row["prefix"] or ""
    return ""


# ---- objects ----


def list_objects(req: Request) -> dict[str, Any]:
    rows = service_of(req).metadefs.objects.list_(req.context, _namespace(req))
    return {
        "objects": [views.object_(_namespace(req), row) for row in rows],
        "first": f"{views.PATH}/{_namespace(req)}/objects",
        "schema": "/v2/schemas/metadefs/objects",
    }


def show_object(req: Request) -> dict[str, Any]:
    row = service_of(req).metadefs.objects.show(req.context, _namespace(req), req.path["name"])
    return views.object_(_namespace(req), row)


def create_object(req: Request) -> dict[str, Any]:
    objects = service_of(req).metadefs.objects
    row = objects.create(req.context, _namespace(req), views.object_row(req.body))
    return views.object_(_namespace(req), row)


def update_object(req: Request) -> dict[str, Any]:
    """What the body leaves out stays."""
    names = ("name", "description", "required", "properties")
    values = {name: req.body[name] for name in names if name in req.body}
    objects = service_of(req).metadefs.objects
    row = objects.update(req.context, _namespace(req), req.path["name"], values)
    return views.object_(_namespace(req), row)


def delete_objects(req: Request) -> None:
    objects = service_of(req).metadefs.objects
    objects.delete(req.context, _namespace(req), req.path.get("name"))


# ---- properties ----


def list_properties(req: Request) -> dict[str, Any]:
    rows = service_of(req).metadefs.properties.list_(req.context, _namespace(req))
    prefix = _prefix(req)
    return {
        "properties": {prefix + row["name"]: views.property_(row, prefix) for row in rows},
        "schema": "/v2/schemas/metadefs/properties",
    }


def show_property(req: Request) -> dict[str, Any]:
    prefix, name = _prefix(req), req.path["name"]
    found = service_of(req).metadefs.properties
    row = found.show(req.context, _namespace(req), name.removeprefix(prefix))
    return views.property_(row, prefix)


def create_property(req: Request) -> dict[str, Any]:
    properties = service_of(req).metadefs.properties
    values = views.property_row(req.body["name"], req.body)
    return views.property_(properties.create(req.context, _namespace(req), values))


def update_property(req: Request) -> dict[str, Any]:
    properties = service_of(req).metadefs.properties
    values = views.property_row(req.body["name"], req.body)
    row = properties.update(req.context, _namespace(req), req.path["name"], values)
    return views.property_(row)


def delete_properties(req: Request) -> None:
    properties = service_of(req).metadefs.properties
    properties.delete(req.context, _namespace(req), req.path.get("name"))


# ---- tags ----


def list_tags(req: Request) -> dict[str, Any]:
    rows = service_of(req).metadefs.tags.list_(req.context, _namespace(req))
    return _tags(req, rows)


def _tags(req: Request, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "tags": [{"name": row["name"]} for row in rows],
        "first": f"{views.PATH}/{_namespace(req)}/tags",
        "schema": "/v2/schemas/metadefs/tags",
    }


def create_tags(req: Request) -> dict[str, Any]:
    append = (req.headers.get("X-Openstack-Append") or "").lower() == "true"
    several = [{"name": one["name"]} for one in req.body["tags"]]
    tags = service_of(req).metadefs.tags
    return _tags(req, tags.replace(req.context, _namespace(req), several, append))


def show_tag(req: Request) -> dict[str, Any]:
    tags = service_of(req).metadefs.tags
    return views.tag(tags.show(req.context, _namespace(req), req.path["name"]))


def create_tag(req: Request) -> dict[str, Any]:
    values = {"name": req.path["name"]}
    _NAMED.check(values)
    return views.tag(service_of(req).metadefs.tags.create(req.context, _namespace(req), values))


def update_tag(req: Request) -> dict[str, Any]:
    tags = service_of(req).metadefs.tags
    values = {"name": req.body["name"]}
    return views.tag(tags.update(req.context, _namespace(req), req.path["name"], values))


def delete_tags(req: Request) -> None:
    service_of(req).metadefs.tags.delete(req.context, _namespace(req), req.path.get("name"))


def _operations() -> list[Operation]:
    """The three kinds have the same paths and answers."""
    kinds: list[tuple[str, str, Any, dict[str, Any]]] = [
        ("object", "objects", (list_objects, show_object, update_object, delete_objects),
         schemas.OBJECT),
        ("property", "properties",
         (list_properties, show_property, update_property, delete_properties), schemas.PROPERTY),
        ("tag", "tags", (list_tags, show_tag, update_tag, delete_tags), schemas.TAG),
    ]  # fmt: skip
    found = []
    for one, many, (list_, show, update, delete), schema in kinds:
        path = f"/v2/metadefs/namespaces/{{namespace}}/{many}"
        remove = "remove" if one == "property" else "delete"  # so are the rules' names
        found += [
            Operation("GET", path, list_, f"List metadata {many}", policy=f"get_metadef_{many}",
                      errors=(403, 404)),
            Operation("DELETE", path, delete, f"Delete all metadata {many}", success=204,
                      policy=f"{remove}_metadef_{many}", errors=(403, 404)),
            Operation("GET", path + "/{name}", show, f"Show a metadata {one}",
                      policy=f"get_metadef_{one}", errors=(403, 404)),
            Operation("PUT", path + "/{name}", update, f"Update a metadata {one}", request=schema,
                      policy=f"modify_metadef_{one}", errors=(400, 403, 404, 409)),
            Operation("DELETE", path + "/{name}", delete, f"Delete a metadata {one}", success=204,
                      policy=f"{remove}_metadef_{one}", errors=(403, 404)),
        ]  # fmt: skip
    return found


_BELOW = "/v2/metadefs/namespaces/{namespace}"
_ERRORS = (400, 403, 404, 409)
OPERATIONS = [
    *_operations(),
    Operation(
        "POST", _BELOW + "/objects", create_object, "Create a metadata object", success=201,
        request=schemas.OBJECT, policy="add_metadef_object", errors=_ERRORS,
    ),
    Operation(
        "POST", _BELOW + "/properties", create_property, "Create a metadata property", success=201,
        request=schemas.PROPERTY, policy="add_metadef_property", errors=_ERRORS,
    ),
    Operation(
        "POST", _BELOW + "/tags", create_tags, "Create metadata tags", success=201,
        request=schemas.TAGS, policy="add_metadef_tags", errors=_ERRORS,
    ),
    Operation(
        "POST", _BELOW + "/tags/{name}", create_tag, "Create a metadata tag", success=201,
        policy="add_metadef_tag", errors=_ERRORS,
    ),
]  # fmt: skip
