"""/limits"""

from novalite.volume.embedded.core import Row
from novalite.volume.embedded.rest.requests import service_of
from novalite.wsgi.operations import Operation, Request

_OTHER_PROJECT = (3, 39)


def _show(request: Request) -> Row:
    project = None
    if request.version >= _OTHER_PROJECT:
        project = request.query_one("project_id") or request.query_one("tenant_id")
    absolute = service_of(request).limits.absolute(request.context, project)
    return {"limits": {"rate": [], "absolute": absolute}}


OPERATIONS = [
    Operation("GET", "/limits", _show, "Show limits and usage", min_version="3.0", errors=(403,))
]
