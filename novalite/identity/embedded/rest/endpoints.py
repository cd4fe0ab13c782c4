"""/v3/endpoints"""

from novalite.identity.embedded.catalog import INTERFACES
from novalite.identity.embedded.rest import forms, views
from novalite.identity.embedded.rest.resource import Kind
from novalite.identity.embedded.rows import Row
from novalite.wsgi.operations import Request

_REGION = {"type": ["string", "null"], "maxLength": 255}
_FIELDS = {
    "service_id": forms.ID,
    "interface": {"type": "string", "enum": list(INTERFACES)},
    "region_id": _REGION,
    "region": _REGION,
    "url": {"type": "string", "minLength": 1, "format": "uri"},
    "enabled": forms.BOOLEAN,
}


def view(req: Request, row: Row) -> Row:
    names = ("id", "service_id", "interface", "region_id", "url", "enabled")
    body = views.extra(row) | views.plain(row, *names) | {"region": row["region_id"]}
    return body | views.links(req, f"endpoints/{row['id']}")


OPERATIONS = Kind(
    noun="endpoint",
    plural="endpoints",
    path="endpoints",
    of="endpoints",
    fields=_FIELDS,
    view=view,
    required=("service_id", "interface", "url"),
    filters=("service_id", "interface", "region_id"),
    extra=True,
).operations()
