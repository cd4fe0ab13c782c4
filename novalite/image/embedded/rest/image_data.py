"""/v2/images/{id}/file and /stage: data up and down, never whole in memory."""

import re
from collections.abc import Iterator
from typing import Any

from novalite import exception
from novalite.image.embedded.images import WITH_DATA
from novalite.image.embedded.records import Image
from novalite.image.embedded.rest.common import number_of, service_of
from novalite.image.embedded.store import CHUNK
from novalite.image.embedded.stores import DEFAULT
from novalite.wsgi.faults import HTTPFault
from novalite.wsgi.operations import Answer, Operation, Request

_TYPE = "application/octet-stream"
_RANGE = re.compile(r"^bytes=(\d*)-(\d*)$")


class Interrupted(exception.Invalid):
    message = "The upload was interrupted."


def upload(req: Request) -> None:
    chunks, expected = _sent(req)
    store = req.headers.get("X-Image-Meta-Store") or DEFAULT
    service_of(req).data.receive(req.context, req.path["id"], chunks, expected, store)


def stage(req: Request) -> None:
    chunks, expected = _sent(req)
    service_of(req).data.stage(req.context, req.path["id"], chunks, expected)


def _sent(req: Request) -> tuple[Iterator[bytes], int | None]:
    """The data, and how many bytes they ought to be."""
    content_type = (req.headers.get("Content-Type") or "").partition(";")[0].strip().lower()
    if content_type != _TYPE:
        raise HTTPFault(415, f"Image data must be sent as {_TYPE}.")
    length = _length(req.headers.get("Content-Length"))
    expected = length
    if length is None:
        expected = _length(req.headers.get("X-OpenStack-Image-Size"))
    return incoming(req.environ, length), expected


def _length(text: str | None) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        raise exception.InvalidInput(reason="a length is a number of bytes")
    return number_of(text)


def incoming(environ: dict[str, Any], length: int | None) -> Iterator[bytes]:
    """The body in chunks. Raises Interrupted when the client goes away."""
    stream = environ["wsgi.input"]
    if length is None and "chunked" not in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        return
    left = length
    while left is None or left > 0:
        try:
            chunk = stream.read(CHUNK if left is None else min(CHUNK, left))
        except (OSError, ValueError) as e:
            raise Interrupted() from e
        if not chunk:
            if left:
                raise Interrupted()
            return
        if left is not None:
            left -= len(chunk)
        yield chunk


def download(req: Request) -> Answer:
    """204 for an image without data; 206 for a range."""
    service = service_of(req)
    image = service.images.show(req.context, req.path["id"])
    service.core.access.authorize(req.context, "download_image", image)
    if not image.locations or image.status not in WITH_DATA:
        return Answer(status=204)
    if image.size is None:  # where it is nobody says how much it is
        data = service.data.open(req.context, image)
        return Answer(headers={"Content-Type": _TYPE}, iterator=data)
    start, end = 0, image.size
    headers = {"Content-Type": _TYPE, "Accept-Ranges": "bytes"}
    wanted = req.headers.get("Range")
    status = 200
    if wanted and image.size:
        start, end = _range(wanted, image)
        status = 206
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{image.size}"
    elif image.checksum:
        headers["Content-MD5"] = image.checksum
    headers["Content-Length"] = str(end - start)
    data = service.data.open(req.context, image, start, end - start)
    return Answer(status=status, headers=headers, iterator=data)


def _range(text: str, image: Image) -> tuple[int, int]:
    """First byte, and the one behind the last."""
    size = image.size or 0
    found = _RANGE.match(text.strip())
    if found and (found[1] or found[2]):
        if not found[1]:  # the last so many
            return max(0, size - int(found[2])), size
        start = int(found[1])
        end = min(size, int(found[2]) + 1) if found[2] else size
        if start < end:
            return start, end
    raise HTTPFault(
        416, f"Invalid range {text} of image {image.id}.", {"Content-Range": f"bytes */{size}"}
    )


_FILE = "/v2/images/{id}/file"
OPERATIONS = [
    Operation(
        "PUT", _FILE, upload, "Upload image data", success=204, raw=True,
        content_types=(_TYPE,), errors=(400, 403, 404, 409, 413, 415),
    ),
    Operation(
        "PUT", "/v2/images/{id}/stage", stage, "Stage image data", success=204, raw=True,
        content_types=(_TYPE,), errors=(400, 403, 404, 409, 413, 415),
    ),
    Operation("GET", _FILE, download, "Download image data", errors=(403, 404, 416)),
]  # fmt: skip
