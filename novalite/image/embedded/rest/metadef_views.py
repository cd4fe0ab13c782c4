"""What metadata definitions look like in JSON, and how they come back from it."""

from typing import Any

from novalite.image.embedded.metadefs.namespaces import Whole
from novalite.image.embedded.rest.views import time

Row = dict[str, Any]
Rows = list[Row]
PATH = "/v2/metadefs/namespaces"
_SCHEMAS = "/v2/schemas/metadefs"
NAMESPACE = ("namespace", "display_name", "description", "visibility", "protected", "owner")


def _times(row: Row) -> Row:
    return {"created_at": time(row["created_at"]), "updated_at": time(row["updated_at"])}


def _given(row: Row, *names: str) -> Row:
    return {name: row[name] for name in names if row[name] is not None}


# ---- to clients ----


def namespace(row: Row) -> Row:
    return {
        **_given(row, *NAMESPACE),
        "self": f"{PATH}/{row['namespace']}",
        "schema": f"{_SCHEMAS}/namespace",
        **_times(row),
    }


def listed(whole: Whole) -> Row:
    body = namespace(whole.namespace)
    if whole.targets:
        body["resource_type_associations"] = [target(row) for row in whole.targets]
    return body


def full(whole: Whole, resource_type: str | None = None) -> Row:
    """``resource_type``: properties are named as they are on things of that type."""
    name = whole.namespace["namespace"]
    prefix = ""
    for row in whole.targets:
        if row["resource_type"] == resource_type:
            prefix = row["prefix"] or ""
    body = listed(whole)
    if whole.properties:
        body["properties"] = {prefix + row["name"]: row["schema"] for row in whole.properties}
    if whole.objects:
        body["objects"] = [object_(name, row, prefix) for row in whole.objects]
    if whole.tags:
        body["tags"] = [{"name": row["name"]} for row in whole.tags]
    return body


def object_(namespace_name: str, row: Row, prefix: str = "") -> Row:
    body = {
        **_given(row, "name", "description"),
        "required": [prefix + name for name in row["required"] or []],
        "properties": {prefix + name: one for name, one in (row["properties"] or {}).items()},
    }
    body["self"] = f"{PATH}/{namespace_name}/objects/{row['name']}"
    return {**body, "schema": f"{_SCHEMAS}/object", **_times(row)}


def property_(row: Row, prefix: str = "") -> Row:
    return {**row["schema"], "name": prefix + row["name"]}


def tag(row: Row) -> Row:
    return {"name": row["name"], **_times(row)}


def target(row: Row) -> Row:
    return {
        "name": row["resource_type"],
        **_given(row, "prefix", "properties_target"),
        **_times(row),
    }


def resource_type(row: Row) -> Row:
    return {"name": row["name"], **_times(row)}


# ---- from clients ----


def object_row(body: Row) -> Row:
    return {
        "name": body["name"],
        "description": body.get("description"),
        "required": body.get("required") or [],
        "properties": body.get("properties") or {},
    }


def property_row(name: str, body: Row) -> Row:
    return {"name": name, "schema": {key: body[key] for key in body if key != "name"}}


def target_row(body: Row) -> Row:
    return {
        "resource_type": body["name"],
        "prefix": body.get("prefix"),
        "properties_target": body.get("properties_target"),
    }


def contents(body: Row) -> dict[str, Rows]:
    """The parts that a namespace may be created with."""
    return {
        "targets": [target_row(one) for one in body.get("resource_type_associations") or []],
        "objects": [object_row(one) for one in body.get("objects") or []],
        "properties": [
            property_row(name, one) for name, one in (body.get("properties") or {}).items()
        ],
        "tags": [{"name": one["name"]} for one in body.get("tags") or []],
    }
