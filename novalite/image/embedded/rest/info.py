"""/v2/info: what this service can do, and how much of it a project uses. /v2/stores."""

from typing import Any

from novalite import exception
from novalite.image.embedded.rest.common import service_of
from novalite.image.embedded.service import ImageService
from novalite.image.embedded.stores import DEFAULT, HTTP
from novalite.wsgi.faults import HTTPFault
from novalite.wsgi.operations import Operation, Request


def show_import(req: Request) -> dict[str, Any]:
    return {
        "import-methods": {
            "description": "Import methods available.",
            "type": "array",
            "value": service_of(req).imports.methods(),
        }
    }


def list_stores(req: Request) -> dict[str, Any]:
    service = _of_several(req)
    found = [_store(name) for name in service.core.stores.named]
    if service.locations.enabled:
        found.append({"id": HTTP, "read-only": "true"})
    return {"stores": found}


def list_stores_in_detail(req: Request) -> dict[str, Any]:
    """The first store is the one that is preferred: it weighs most."""
    named = _of_several(req).core.stores.named
    weights = range(len(named) - 1, -1, -1)
    return {
        "stores": [
            {
                **_store(name),
                "type": "file",
                "weight": weight,
                "properties": {"data_dir": store.directory, "chunk_size": store.chunk},
            }
            for (name, store), weight in zip(named.items(), weights, strict=True)
        ]
    }


def _of_several(req: Request) -> ImageService:
    """Raises a 404 fault where there is one store only, as the real service does."""
    service = service_of(req)
    if not service.several_stores:
        raise HTTPFault(404, "Multi backend is not supported at this site.")
    return service


def _store(name: str) -> dict[str, Any]:
    return {"id": name, **({"default": "true"} if name == DEFAULT else {})}


def show_usage(req: Request) -> dict[str, Any]:
    core, project_id = service_of(req).core, req.context.project_id
    if project_id is None:
        raise exception.Forbidden("A token of a project is needed.")
    with core.database.read() as conn:
        return {"usage": core.quotas.usage(conn, project_id)}


def delete_from_store(req: Request) -> None:
    images = service_of(req).images
    images.delete_from_store(req.context, req.path["id"], req.path["store"])


OPERATIONS = [
    Operation("GET", "/v2/info/import", show_import, "List import methods"),
    Operation("GET", "/v2/info/stores", list_stores, "List stores", errors=(404,)),
    Operation(
        "GET", "/v2/info/stores/detail", list_stores_in_detail, "List stores in detail",
        policy="stores_info_detail", errors=(403, 404),
    ),
    Operation("GET", "/v2/info/usage", show_usage, "Show quotas and their usage", errors=(403,)),
    Operation(
        "DELETE", "/v2/stores/{store}/{id}", delete_from_store, "Delete an image from a store",
        success=204, errors=(403, 404),
    ),
]  # fmt: skip
