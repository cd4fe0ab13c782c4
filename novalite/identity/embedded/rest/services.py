"""/v3/services"""

from novalite.identity.embedded.rest import forms, views
from novalite.identity.embedded.rest.resource import Kind
from novalite.identity.embedded.rows import Row
from novalite.wsgi.operations import Request

_FIELDS = {
    "type": forms.LONG_NAME,
    "name": {"type": "string", "maxLength": 255},
    "description": forms.TEXT,
    "enabled": forms.BOOLEAN,
}


def view(req: Request, row: Row) -> Row:
    body = views.extra(row) | views.plain(row, "id", "type", "name", "enabled")
    if row["description"] is not None:
        body["description"] = row["description"]
    return body | views.links(req, f"services/{row['id']}")


OPERATIONS = Kind(
    noun="service",
    plural="services",
    path="services",
    of="services",
    fields=_FIELDS,
    view=view,
    required=("type",),
    filters=("type", "name"),
    extra=True,
).operations()
