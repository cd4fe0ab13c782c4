"""/v2/cache: for administrators."""

from typing import Any

from novalite import exception
from novalite.image.embedded.cached_images import CACHED, QUEUED
from novalite.image.embedded.rest import views
from novalite.image.embedded.rest.common import service_of
from novalite.wsgi.operations import Operation, Request

_TARGETS = {"": (CACHED, QUEUED), "cache": (CACHED,), "queue": (QUEUED,)}


def list_(req: Request) -> dict[str, Any]:
    rows = service_of(req).cached_images.list_()
    return {
        "cached_images": [views.cached_image(row) for row in rows if row["status"] == CACHED],
        "queued_images": [row["image_id"] for row in rows if row["status"] == QUEUED],
    }


def queue(req: Request) -> None:
    service = service_of(req)
    service.cached_images.queue(req.path["id"])
    service.tasks.hurry()


def delete(req: Request) -> None:
    service_of(req).cached_images.remove(req.path["id"])


def clear(req: Request) -> None:
    target = req.headers.get("X-Image-Cache-Clear-Target") or ""
    if target not in _TARGETS:
        raise exception.Invalid("x-image-cache-clear-target must be one of cache, queue")
    service_of(req).cached_images.clear(_TARGETS[target])


OPERATIONS = [
    Operation(
        "GET", "/v2/cache", list_, "List the cache", policy="cache_list", errors=(403,)
    ),
    Operation(
        "DELETE", "/v2/cache", clear, "Clear the cache", success=204, policy="cache_delete",
        errors=(400, 403),
    ),
    Operation(
        "PUT", "/v2/cache/{id}", queue, "Queue an image for the cache", success=202,
        policy="cache_image", errors=(400, 403, 404),
    ),
    Operation(
        "DELETE", "/v2/cache/{id}", delete, "Delete an image from the cache", success=204,
        policy="cache_delete", errors=(403, 404),
    ),
]  # fmt: skip
