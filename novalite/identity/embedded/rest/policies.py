"""/v3/policies"""

from novalite.identity.embedded.rest import views
from novalite.identity.embedded.rest.forms import LONG_NAME
from novalite.identity.embedded.rest.resource import Kind
from novalite.identity.embedded.rows import Row
from novalite.wsgi.operations import Request


def view(req: Request, row: Row) -> Row:
    body = views.extra(row) | views.plain(row, "id", "type", "blob")
    return body | views.links(req, f"policies/{row['id']}")


OPERATIONS = Kind(
    noun="policy",
    plural="policies",
    path="policies",
    of="policies",
    fields={"type": LONG_NAME, "blob": {"type": "string"}},
    view=view,
    required=("type", "blob"),
    filters=("type",),
    extra=True,
).operations()
