"""Cross-origin requests, by oslo.middleware; only browsers' requests go through it."""

from collections.abc import Callable, Iterable
from typing import Any

from oslo_config import cfg
from oslo_middleware import cors

_HEADERS = [
    "X-Auth-Token",
    "X-Openstack-Request-Id",
    "X-Identity-Status",
    "X-Roles",
    "X-Service-Catalog",
    "X-User-Id",
    "X-Tenant-Id",
    "OpenStack-API-Version",
    "X-OpenStack-Nova-API-Version",
]
_EXPOSED = [
    "X-Auth-Token",
    "X-Openstack-Request-Id",
    "X-Compute-Request-Id",
    "X-Subject-Token",
    "X-Service-Token",
    "OpenStack-API-Version",
    "X-OpenStack-Nova-API-Version",
]
_METHODS = ["GET", "PUT", "POST", "DELETE", "PATCH"]


class CORS:
    """[cors]allowed_origin names who may ask; without it there is nothing to do."""

    def __init__(self, application: Callable[..., Iterable[bytes]], conf: cfg.ConfigOpts) -> None:
        self._application = application
        conf.register_opts(cors.CORS_OPTS, group="cors")
        conf.set_default("allow_headers", _HEADERS, group="cors")
        conf.set_default("expose_headers", _EXPOSED, group="cors")
        conf.set_default("allow_methods", _METHODS, group="cors")
        self._for_browsers = cors.CORS(application, conf) if conf.cors.allowed_origin else None

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if self._for_browsers is not None and "HTTP_ORIGIN" in environ:
            return self._for_browsers(environ, start_response)
        return self._application(environ, start_response)
