"""Behind a reverse proxy: the client's view of scheme, host and path, by oslo.middleware."""

from collections.abc import Callable, Iterable
from typing import Any

from oslo_config import cfg
from oslo_middleware import http_proxy_to_wsgi


class ProxyHeaders:
    """Nothing happens unless [oslo_middleware]enable_proxy_headers_parsing is on: the headers are
    the client's word as long as no proxy sets them."""

    def __init__(self, application: Callable[..., Iterable[bytes]], conf: cfg.ConfigOpts) -> None:
        parsing = http_proxy_to_wsgi.HTTPProxyToWSGI(application, conf)
        enabled = conf.oslo_middleware.enable_proxy_headers_parsing
        self._next: Callable[..., Iterable[bytes]] = parsing if enabled else application

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        return self._next(environ, start_response)
