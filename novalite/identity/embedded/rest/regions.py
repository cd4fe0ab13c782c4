"""/v3/regions"""

from typing import Any

from novalite import exception
from novalite.identity.embedded.rest import forms, views
from novalite.identity.embedded.rest.access import (
    service_of,
)
from novalite.identity.embedded.rest.resource import Kind
from novalite.identity.embedded.rows import Row
from novalite.wsgi.operations import Operation, Request

_CHANGES = {
    "description": {"type": "string"},
    "parent_region_id": {"type": ["string", "null"], "maxLength": 255},
}
_FIELDS = _CHANGES | {"id": {"type": "string", "minLength": 1, "maxLength": 255}}


def view(req: Request, row: Row) -> Row:
    body = views.extra(row) | views.plain(row, "id", "description", "parent_region_id")
    return body | views.links(req, f"regions/{row['id']}")


def create_named(req: Request) -> dict[str, Any]:
    """With the id that the URL names."""
    values = forms.with_extra(req, "region", _FIELDS)
    if values.get("id", req.path["id"]) != req.path["id"]:
        raise exception.ValidationError(
            detail="Conflicting region IDs specified: in the URL and in the body."
        )
    row = service_of(req).regions.create({**values, "id": req.path["id"]})
    return {"region": view(req, row)}


OPERATIONS = [
    *Kind(
        noun="region",
        plural="regions",
        path="regions",
        of="regions",
        fields=_FIELDS,
        changes=_CHANGES,
        view=view,
        filters=("parent_region_id",),
        extra=True,
    ).operations(),
    Operation(
        "PUT", "/v3/regions/{id}", create_named, "Create a region with an id", success=201,
        request=forms.body("region", _FIELDS), policy="identity:create_region",
    ),
]  # fmt: skip
