"""ImageAPI over HTTP: a Glance, asked with the user's token where there is one.

Work that goes on after the user's request (a build on a compute host) has no token any more; it
asks with this service's own credentials.
"""

import hashlib
import html
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from keystoneauth1 import exceptions as ka_exceptions
from keystoneauth1 import session as ka_session
from keystoneauth1.identity import v3
from oslo_config import cfg
from oslo_log import log

from novalite import exception
from novalite.context import RequestContext
from novalite.objects import ImageMeta

LOG = log.getLogger(__name__)

CHUNK = 256 * 1024
_ATTRIBUTES = (
    "id", "name", "status", "size", "checksum", "min_ram", "min_disk", "owner", "visibility",
    "disk_format", "container_format",
)  # fmt: skip
_NOT_PROPERTIES = (
    *_ATTRIBUTES, "virtual_size", "protected", "os_hidden", "os_hash_algo", "os_hash_value",
    "created_at", "updated_at", "tags", "self", "file", "schema", "direct_url", "locations",
    "stores",
)  # fmt: skip

REASON_BYTES = 16 * 1024
_NOT_UNDERSTOOD = "the image service does not understand the request"

Metas = list[ImageMeta]


class ImageTooLarge(exception.NovaliteError):
    code = 413
    message = "The image service refuses so many bytes."


class GlanceClient:
    """Safe for threads. Options of [glance]; credentials fall back to those of [keystone].

    Errors: ImageNotFound, Forbidden, Unauthorized (of the user's token), DependencyUnavailable; of
    what writes also InvalidInput and Conflict, in the image service's words, and ImageTooLarge.
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        options, identity = conf.glance, conf.keystone
        self._url = options.endpoint_override.rstrip("/").removesuffix("/v2")
        auth_url = options.auth_url or identity.auth_url or identity.endpoint_override
        auth = v3.Password(
            auth_url=auth_url.rstrip("/").removesuffix("/v3") + "/v3",
            username=options.username,
            password=options.password or identity.password,
            project_name=options.project_name,
            user_domain_name=options.user_domain_name,
            project_domain_name=options.project_domain_name,
        )
        self._session = ka_session.Session(auth=auth, timeout=options.timeout)

    def get(self, context: RequestContext, image_id: str) -> ImageMeta:
        return _meta(self._show(context, image_id))

    def download(self, context: RequestContext, image_id: str) -> Iterator[bytes]:
        """The data, checked against the image's hash at the end. Raises ImageNotActive for an
        image without data, and DependencyUnavailable when they break off or are not whole."""
        image = self._show(context, image_id)
        answer = self._get(context, f"/v2/images/{quote(image_id)}/file", image_id, stream=True)
        if answer.status_code == 204:
            answer.close()
            raise exception.ImageNotActive(image_id=image_id)
        return self._chunks(answer, image)

    def local_path(self, image_id: str) -> str | None:
        """Always None: the store is elsewhere."""
        return None

    def list(self, context: RequestContext, **filters: Any) -> Metas:
        found: Metas = []
        path: str | None = "/v2/images"
        parameters: dict[str, Any] | None = {k: str(v) for k, v in filters.items()}
        while path:
            body = self._get(context, path, params=parameters).json()
            found.extend(_meta(image) for image in body["images"])
            path, parameters = _path_of(body.get("next")), None
        return found

    def create(self, context: RequestContext, body: dict[str, Any]) -> str:
        image: dict[str, Any] = self._send(context, "POST", "/v2/images", json=body).json()
        return str(image["id"])

    def upload(
        self,
        context: RequestContext,
        image_id: str,
        chunks: Iterator[bytes],
        size: int | None = None,
    ) -> None:
        headers: dict[str, str | None] = {"Content-Type": "application/octet-stream"}
        if size is not None:
            headers["X-OpenStack-Image-Size"] = str(size)
        path = f"/v2/images/{quote(image_id, safe='')}/file"
        # Chunks can be sent once only: no second try with a fresh token.
        self._send(
            context, "PUT", path, image_id, headers=headers, data=chunks, allow_reauth=False
        )  # fmt: skip

    def delete(self, context: RequestContext, image_id: str) -> None:
        self._send(context, "DELETE", f"/v2/images/{quote(image_id, safe='')}", image_id)

    def _show(self, context: RequestContext, image_id: str) -> dict[str, Any]:
        body: dict[str, Any] = self._get(
            context, f"/v2/images/{quote(image_id, safe='')}", image_id
        ).json()
        return body

    def _get(
        self, context: RequestContext, path: str, image_id: str | None = None, **kwargs: Any
    ) -> Any:
        return self._send(context, "GET", path, image_id, **kwargs)

    def _send(
        self,
        context: RequestContext,
        method: str,
        path: str,
        image_id: str | None = None,
        headers: dict[str, str | None] | None = None,
        **kwargs: Any,
    ) -> Any:
        own = not context.auth_token
        sent: dict[str, str | None] = {
            "X-OpenStack-Request-ID": context.global_request_id or context.request_id,
            **(headers or {}),
        }
        if context.auth_token:
            sent["X-Auth-Token"] = context.auth_token
        try:
            answer = self._session.request(
                self._url + path, method, headers=sent, raise_exc=False, authenticated=own,
                **kwargs,
            )  # fmt: skip
        except ka_exceptions.ClientException as e:
            LOG.warning("The image service does not answer: %s", e)
            raise exception.DependencyUnavailable(reason="the image service does not answer") from e
        if answer.status_code < 300:
            return answer
        error = _error(answer, image_id, own)
        answer.close()
        raise error

    def _chunks(self, answer: Any, image: dict[str, Any]) -> Iterator[bytes]:
        algorithm = image.get("os_hash_algo") or "md5"
        expected = image.get("os_hash_value") or image.get("checksum")
        digest = hashlib.new(algorithm, usedforsecurity=False)
        try:
            with answer:
                for chunk in answer.iter_content(CHUNK):
                    digest.update(chunk)
                    yield chunk
        except OSError as e:  # all of requests' errors are
            raise exception.DependencyUnavailable(
                reason=f"the download of image {image['id']} broke off"
            ) from e
        if expected and digest.hexdigest() != expected:
            raise exception.DependencyUnavailable(
                reason=f"the data of image {image['id']} do not have the {algorithm} hash that "
                "the image service announces"
            )


def _error(answer: Any, image_id: str | None, own: bool) -> exception.NovaliteError:
    status = answer.status_code
    if status == 404:
        return exception.ImageNotFound(image_id=image_id)
    if status == 401 and not own:
        return exception.Unauthorized()
    if status == 403 and not own:
        return exception.Forbidden(f"Not authorized for image {image_id}.")
    if status == 400:
        return exception.InvalidInput(reason=_reason(answer) or _NOT_UNDERSTOOD)
    if status == 409:
        return exception.Conflict(_reason(answer) or "The image service reports a conflict.")
    if status == 413:
        return ImageTooLarge()
    return exception.DependencyUnavailable(reason=f"the image service answered {status}")


def _reason(answer: Any) -> str:
    """What the fault's HTML says below its heading; "" where nothing is to be found."""
    try:
        text = next(answer.iter_content(REASON_BYTES), b"")
    except OSError:
        return ""
    found = re.search(r"</h1>(.*?)</body>", text.decode(errors="replace"), re.DOTALL)
    if found is None:
        return ""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", found[1])).split())


def _path_of(link: str | None) -> str | None:
    """The path of a link to the next page, which may be relative to anything."""
    if not link:
        return None
    parts = urlsplit(urljoin("http://service/", link))
    path = parts.path[max(0, parts.path.find("/v2/")) :]
    return f"{path}?{parts.query}" if parts.query else path


def _meta(body: dict[str, Any]) -> ImageMeta:
    values = {name: body.get(name) for name in _ATTRIBUTES}
    values["size"] = values["size"] or 0
    properties = {
        name: str(value)
        for name, value in body.items()
        if name not in _NOT_PROPERTIES and value is not None
    }
    return ImageMeta(**values, properties=properties)  # type: ignore[arg-type]
