"""/v2/images"""

from typing import Any, cast
from urllib.parse import urlencode

from novalite import exception
from novalite.image.embedded import attributes
from novalite.image.embedded.records import Image
from novalite.image.embedded.rest import listing, patches, views
from novalite.image.embedded.service import ImageService
from novalite.wsgi import links
from novalite.wsgi.operations import Answer, Operation, Request


def service_of(req: Request) -> ImageService:
    return cast(ImageService, req.deployment.image)


def list_(req: Request) -> dict[str, Any]:
    service = service_of(req)
    query = service.visible_to(req.context)
    query = listing.read(query, req.query, req.context, service.page)
    found = service.find(query)
    body: dict[str, Any] = {
        "images": [views.image(image) for image in found],
        "schema": "/v2/schemas/images",
        "first": _page(_first_query(req)),
    }
    if query.limit and len(found) == query.limit:
        body["next"] = _page(links.next_query(req.environ, found[-1].id))
    return body


def _page(query: str) -> str:
    return f"/v2/images?{query}" if query else "/v2/images"


def _first_query(req: Request) -> str:
    pairs = [(name, value) for name, values in req.query.items() for value in values]
    return urlencode([(name, value) for name, value in pairs if name != "marker"])


def show(req: Request) -> dict[str, Any]:
    return views.image(service_of(req).show(req.context, req.path["id"]))


def create(req: Request) -> Answer:
    for name in req.body:
        attributes.check_name(name)
    attributes.check_values(req.body)
    image = service_of(req).register(req.context, attributes.split(req.body))
    headers = {"Location": req.link(f"/v2/images/{image.id}")}
    return Answer(views.image(image), headers=headers)


def update(req: Request) -> dict[str, Any]:
    def change(image: Image) -> None:
        record = attributes.split(patches.apply(req.body, attributes.writable_view(image)))
        for name, value in record.items():
            setattr(image, name, value)

    return views.image(service_of(req).update(req.context, req.path["id"], change))


def delete(req: Request) -> None:
    service_of(req).delete(req.context, req.path["id"])


def add_tag(req: Request) -> None:
    tag = req.path["tag"]
    if len(tag) > 255:
        raise exception.InvalidInput(reason="a tag has at most 255 characters")

    def change(image: Image) -> None:
        if tag not in image.tags:
            image.tags.append(tag)

    service_of(req).update(req.context, req.path["id"], change)


def remove_tag(req: Request) -> None:
    def change(image: Image) -> None:
        if req.path["tag"] not in image.tags:
            raise exception.NotFound(f"Tag {req.path['tag']} not found.")
        image.tags.remove(req.path["tag"])

    service_of(req).update(req.context, req.path["id"], change)


_IMAGE = "/v2/images/{id}"
OPERATIONS = [
    Operation("GET", "/v2/images", list_, "List images", errors=(400,)),
    Operation("GET", _IMAGE, show, "Show an image", errors=(404,)),
    Operation(
        "POST", "/v2/images", create, "Create an image", success=201,
        request={"type": "object"}, errors=(400, 403, 409, 413),
    ),
    Operation(
        "PATCH", _IMAGE, update, "Update an image", request=patches.SCHEMA,
        content_types=(patches.MEDIA_TYPE,), errors=(400, 403, 404, 409, 413, 415),
    ),
    Operation("DELETE", _IMAGE, delete, "Delete an image", success=204, errors=(403, 404)),
    Operation("PUT", _IMAGE + "/tags/{tag}", add_tag, "Tag an image", success=204),
    Operation("DELETE", _IMAGE + "/tags/{tag}", remove_tag, "Untag an image", success=204),
]  # fmt: skip
