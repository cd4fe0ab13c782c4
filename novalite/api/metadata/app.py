"""The WSGI application, in network proxy mode: every request names its server, signed."""

import logging
import re
from collections.abc import Iterable
from typing import Any

from webob import Request, Response

from novalite.api.metadata import caller
from novalite.api.metadata.lookup import Lookup
from novalite.deployment import Deployment
from novalite.exception import NovaliteError
from novalite.guest_data import password

LOG = logging.getLogger(__name__)

_PASSWORD = re.compile(r"^/?openstack/[^/]+/password/?$")


class MetadataApp:
    """Mounted anywhere; what counts is the path below its mount."""

    def __init__(self, deployment: Deployment) -> None:
        if deployment.databases is None:
            raise ValueError("the metadata service needs the databases")
        conf = deployment.conf
        self._secret: str = conf.neutron.metadata_proxy_shared_secret
        self._lookup = Lookup(
            deployment.databases, conf, deployment.clock, conf.api.metadata_cache_expiration
        )

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        try:
            response = self._answer(request)
        except NovaliteError as error:
            if error.code >= 500:
                LOG.error("Metadata at %s: %s", request.path_info, error)
            response = _plain(error.code, f"{error}\n".encode())
        except Exception:
            LOG.exception("Metadata at %s", request.path_info)
            response = _plain(500, b"An unknown error has occurred. Please try again later.\n")
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        who = caller.identify(request.environ, self._secret)
        path: str = request.path_info or "/"
        if request.method == "POST" and _PASSWORD.match(path):
            return self._set_password(who, path, request)
        if request.method not in ("GET", "HEAD"):
            response = _plain(405, b"Method not allowed.\n")
            response.headers["Allow"] = "GET, HEAD"
            return response
        data = self._lookup.find(who)
        content = data.get(path)
        LOG.debug("%s at %s was told %s", who.instance_uuid, who.address, path)
        response = _plain(200, content)
        response.content_type = _content_type(path)
        return response

    def _set_password(self, who: caller.Caller, path: str, request: Request) -> Response:
        self._lookup.find(who).get(path)  # 404 where this version has no password
        body: bytes = request.body_file.read(password.MOST_BYTES + 1)
        if len(body) > password.MOST_BYTES:
            return _plain(400, f"Request is too large: {password.MOST_BYTES} bytes.\n".encode())
        try:
            text = body.decode("ascii")
        except UnicodeDecodeError:
            return _plain(400, b"The password is not base64 text.\n")
        self._lookup.set_password(who, text)
        return _plain(200, b"")


def _plain(status: int, content: bytes) -> Response:
    return Response(body=content, status=status, content_type="text/plain", charset="UTF-8")


def _content_type(path: str) -> str:
    if path.endswith(".json"):
        return "application/json"
    if path.rstrip("/").endswith(("user_data", "user-data")):
        return "application/octet-stream"
    return "text/plain"
