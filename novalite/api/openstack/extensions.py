"""API extensions: /extensions. An old idea; the list says what v2.0 once could be asked for."""

from typing import Any

from novalite.api.openstack.schemas import extensions as schemas
from novalite.api.openstack.views import extensions as views
from novalite.exception import NotFound
from novalite.wsgi.operations import Operation, Request


def list_extensions(req: Request) -> dict[str, Any]:
    return {"extensions": views.ALL}


def show_extension(req: Request) -> dict[str, Any]:
    for extension in views.ALL:
        if extension["alias"] == req.path["id"]:
            return {"extension": extension}
    raise NotFound("The resource could not be found.")


OPERATIONS = [
    Operation(
        "GET",
        "/extensions",
        list_extensions,
        "List API extensions",
        policy="os_compute_api:extensions",
        query=schemas.QUERY,
        response=schemas.INDEX,
    ),
    Operation(
        "GET",
        "/extensions/{id}",
        show_extension,
        "Show one extension by alias",
        policy="os_compute_api:extensions",
        query=schemas.QUERY,
        response=schemas.SHOW,
        errors=(404,),
    ),
]
