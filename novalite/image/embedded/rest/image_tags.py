"""/v2/images/{id}/tags"""

from novalite import exception
from novalite.image.embedded.records import Image
from novalite.image.embedded.rest.common import service_of
from novalite.wsgi.operations import Operation, Request

MOST_CHARACTERS = 255


def add(req: Request) -> None:
    tag = req.path["tag"]
    if len(tag) > MOST_CHARACTERS:
        raise exception.InvalidInput(reason=f"a tag has at most {MOST_CHARACTERS} characters")

    def change(image: Image) -> None:
        if tag not in image.tags:
            image.tags.append(tag)

    service_of(req).images.update(req.context, req.path["id"], change)


def remove(req: Request) -> None:
    tag = req.path["tag"]

    def change(image: Image) -> None:
        if tag not in image.tags:
            raise exception.NotFound(f"Tag {tag} not found.")
        image.tags.remove(tag)

    service_of(req).images.update(req.context, req.path["id"], change)


_TAG = "/v2/images/{id}/tags/{tag}"
OPERATIONS = [
    Operation("PUT", _TAG, add, "Tag an image", success=204, errors=(400, 403, 404, 413)),
    Operation("DELETE", _TAG, remove, "Untag an image", success=204, errors=(403, 404)),
]
