"""The embedded image service as a WSGI application, mounted at ``/image``."""

import html
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from novalite.exception import PolicyNotAuthorized
from novalite.image.embedded.rest import (
    cache,
    image_data,
    image_imports,
    image_locations,
    image_members,
    image_tags,
    images,
    info,
    metadef_contents,
    metadef_namespaces,
    metadef_resource_types,
    schemas,
    tasks,
    versions,
)
from novalite.image.embedded.rest.common import number_of
from novalite.image.embedded.store import CHUNK
from novalite.wsgi.application import Application, ServiceStyle
from novalite.wsgi.faults import REASONS
from novalite.wsgi.operations import Operation

if TYPE_CHECKING:
    from novalite.deployment import Deployment

WSGIApp = Callable[..., Iterable[bytes]]

OPERATIONS: list[Operation] = [
    operation
    for module in (
        versions,
        images,
        image_data,
        image_imports,
        image_locations,
        image_members,
        image_tags,
        info,
        tasks,
        cache,
        metadef_namespaces,
        metadef_contents,
        metadef_resource_types,
        schemas,
    )
    for operation in module.OPERATIONS
]

_MAY_END_IN_SLASH = ("/v2/", "/versions/")
DRAINED = 64 * 1024 * 1024  # bytes of a refused upload; a server closes the connection after that


def _fault(code: int, message: str, exc: BaseException | None) -> bytes:
    """HTML, as image clients expect it of this service."""
    if isinstance(exc, PolicyNotAuthorized):
        message = f"You are not authorized to complete {exc.kwargs['action']} action."
    title = f"{code} {REASONS.get(code, 'Error')}"
    text = html.escape(message).replace("\n", "<br />\n")
    return (
        f"<html>\n <head>\n  <title>{title}</title>\n </head>\n <body>\n  <h1>{title}</h1>\n"
        f"  {text}<br /><br />\n </body>\n</html>"
    ).encode()


def app(deployment: "Deployment") -> WSGIApp:
    """``deployment.image`` has to be the ImageService. The pipeline before it tells who asks."""
    style = ServiceStyle("image", fault_body=_fault)
    return _drained(Application(OPERATIONS, deployment, style))


def _drained(inner: WSGIApp) -> WSGIApp:
    """The versions' URLs may end in a slash. And what is left of a refused upload is read and
    thrown away in pieces: a client that still sends would see a broken connection instead of
    the reason, and a server that does it itself would read all at once."""

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("PATH_INFO") in _MAY_END_IN_SLASH:
            environ["PATH_INFO"] = environ["PATH_INFO"].rstrip("/")

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            if environ["REQUEST_METHOD"] == "PUT" and status >= "4":
                _drain(environ)
            return start_response(status, headers, *rest)

        return inner(environ, start)

    return application


def _drain(environ: dict[str, Any]) -> None:
    text = environ.get("CONTENT_LENGTH") or ""
    length = number_of(text) if text.isascii() and text.isdigit() else None
    if length is None and "HTTP_TRANSFER_ENCODING" not in environ:
        return
    stream = environ["wsgi.input"]
    left = DRAINED if length is None else min(length, DRAINED)
    try:
        while left > 0:
            chunk = stream.read(min(CHUNK, left))
            if not chunk:
                return
            left -= len(chunk)
    except (OSError, ValueError):
        return  # the client is gone
