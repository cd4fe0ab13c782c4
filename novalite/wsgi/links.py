"""URLs in answers."""

import re
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

_VERSION_AT_END = re.compile(r"/v[1-9]\d*(\.[1-9]\d*)?$")


def host_url(environ: dict[str, Any]) -> str:
    """``http://host:port`` as the client called it."""
    scheme = environ["wsgi.url_scheme"]
    host = environ.get("HTTP_HOST")
    if not host:
        host = environ["SERVER_NAME"]
        port = environ["SERVER_PORT"]
        if (scheme, port) not in (("http", "80"), ("https", "443")):
            host = f"{host}:{port}"
    return f"{scheme}://{host}"


def base_url(environ: dict[str, Any], prefix: str | None = None) -> str:
    """Where the application is mounted; ``prefix`` replaces scheme, host and the path before."""
    mount = environ.get("SCRIPT_NAME", "").rstrip("/")
    if not prefix:
        return host_url(environ) + mount
    given = urlsplit(prefix)
    path = given.path.rstrip("/") + mount
    return urlunsplit((given.scheme, given.netloc, path, "", ""))


def without_version(url: str) -> str:
    """``http://host/v2.1`` -> ``http://host``."""
    return _VERSION_AT_END.sub("", url)


def next_query(environ: dict[str, Any], marker: str) -> str:
    """The request's query string with ``marker`` set to another item."""
    pairs = [
        (name, value)
        for name, value in parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)
        if name != "marker"
    ]
    return urlencode([*pairs, ("marker", marker)])
