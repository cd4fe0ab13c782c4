"""/v2/images"""

from typing import Any

from novalite import exception
from novalite.image.embedded import attributes
from novalite.image.embedded.records import Image
from novalite.image.embedded.rest import common, listing, patches, views
from novalite.image.embedded.rest.common import service_of
from novalite.image.embedded.service import ImageService
from novalite.wsgi.operations import Answer, Operation, Request

_INVISIBLE = "It's not allowed to add, replace or remove locations if locations are invisible."


def view(req: Request, image: Image) -> dict[str, Any]:
    (body,) = _views(req, [image])
    return body


def _views(req: Request, images: list[Image]) -> list[dict[str, Any]]:
    """Who sees locations is decided once for all images of an owner."""
    service = service_of(req)
    with_locations: dict[str | None, bool] = {}
    for image in images if service.locations.enabled else ():
        if image.owner not in with_locations:
            allowed = service.core.access.allowed(req.context, "get_image_location", image)
            with_locations[image.owner] = allowed
    return [_view(service, image, with_locations.get(image.owner, False)) for image in images]


def _view(service: ImageService, image: Image, with_locations: bool) -> dict[str, Any]:
    body = views.image(image)
    if image.locations and service.several_stores:
        names = service.core.stores.ordered(place.store for place in image.locations)
        body["stores"] = ",".join(names)
    if with_locations:
        body["locations"] = service.locations.view(image)
    return body


def list_(req: Request) -> dict[str, Any]:
    images = service_of(req).images
    query = listing.read(images.visible_to(req.context), req.query, req.context, images.core.page)
    found = images.find(query)
    return common.listed(
        req,
        "/v2/images",
        "images",
        "/v2/schemas/images",
        _views(req, found),
        query.limit or 0,
        found[-1].id if found else None,
    )


def show(req: Request) -> dict[str, Any]:
    return view(req, service_of(req).images.show(req.context, req.path["id"]))


def create(req: Request) -> Answer:
    service = service_of(req)
    image = service.register(req.context, req.body)
    headers = {
        "Location": req.link(f"/v2/images/{image.id}"),
        "OpenStack-image-import-methods": ",".join(service.imports.methods()),
    }
    if service.several_stores:
        headers["OpenStack-image-store-ids"] = ",".join(service.core.stores.named)
    return Answer(view(req, image), headers=headers)


def update(req: Request) -> dict[str, Any]:
    service, image_id = service_of(req), req.path["id"]
    steps = patches.read(req.body, req.headers.get("Content-Type"))
    of_locations = [step for step in steps if step.path[0] == patches.LOCATIONS]
    sizes: dict[str, int | None] = {}
    if of_locations:
        if not service.locations.enabled:
            raise exception.Forbidden(_INVISIBLE)
        image = service.images.show(req.context, image_id)
        service.core.access.authorize(req.context, "modify_image", image)
        wanted = patches.apply_to_locations(steps, service.locations.view(image))
        sizes = service.locations.sizes(image, wanted)

    def change(image: Image) -> None:
        after = patches.apply(steps, attributes.writable_view(image))
        for name, value in attributes.split(after).items():
            setattr(image, name, value)
        if of_locations:
            wanted = patches.apply_to_locations(steps, service.locations.view(image))
            service.locations.change(req.context, image, wanted, sizes)

    return view(req, service.images.update(req.context, image_id, change))


def delete(req: Request) -> None:
    service_of(req).images.delete(req.context, req.path["id"])


def deactivate(req: Request) -> None:
    service_of(req).images.set_active(req.context, req.path["id"], False)


def reactivate(req: Request) -> None:
    service_of(req).images.set_active(req.context, req.path["id"], True)


_IMAGE = "/v2/images/{id}"
_ACTION_ERRORS = (403, 404)
OPERATIONS = [
    Operation("GET", "/v2/images", list_, "List images", errors=(400, 403)),
    Operation("GET", _IMAGE, show, "Show an image", errors=(404,)),
    Operation(
        "POST", "/v2/images", create, "Create an image", success=201,
        request={"type": "object"}, errors=(400, 403, 409, 413),
    ),
    Operation(
        "PATCH", _IMAGE, update, "Update an image", request=patches.SCHEMA,
        content_types=patches.MEDIA_TYPES, errors=(400, 403, 404, 409, 413, 415),
    ),
    Operation("DELETE", _IMAGE, delete, "Delete an image", success=204, errors=(403, 404)),
    Operation(
        "POST", _IMAGE + "/actions/deactivate", deactivate, "Deactivate an image", success=204,
        errors=_ACTION_ERRORS,
    ),
    Operation(
        "POST", _IMAGE + "/actions/reactivate", reactivate, "Reactivate an image", success=204,
        errors=_ACTION_ERRORS,
    ),
]  # fmt: skip
