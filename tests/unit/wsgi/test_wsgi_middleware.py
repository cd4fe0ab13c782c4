"""CORS, proxy headers, body limits and the healthcheck by themselves."""

import io
import pathlib
from typing import Any

import pytest

from novalite import conf as configuration
from novalite.deployment import Deployment
from novalite.wsgi.faults import HTTPFault
from novalite.wsgi.middleware.cors import CORS
from novalite.wsgi.middleware.healthcheck import Healthcheck
from novalite.wsgi.middleware.proxy import ProxyHeaders
from novalite.wsgi.middleware.size_limit import SizeLimit


def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    length = environ.get("CONTENT_LENGTH")
    environ["wsgi.input"].read(int(length)) if length else environ["wsgi.input"].read()
    return [f"{environ['wsgi.url_scheme']}://{environ['HTTP_HOST']}".encode()]


def environ(**more: Any) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/",
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "h",
        "SERVER_PORT": "80",
        "HTTP_HOST": "h",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        **more,
    }


def call(application: Any, **more: Any) -> tuple[str, dict[str, str], bytes]:
    seen: list[Any] = []
    body = b"".join(application(environ(**more), lambda *args: seen.append(args)))
    return seen[0][0], {name.lower(): value for name, value in seen[0][1]}, body


def conf(tmp_path: pathlib.Path, text: str) -> Any:
    file = tmp_path / "novalite.conf"
    file.write_text(text)
    return configuration.configuration(files=[str(file)])


def test_cors(tmp_path: pathlib.Path) -> None:
    made = CORS(app, conf(tmp_path, "[cors]\nallowed_origin = http://dashboard\n"))
    _, headers, _ = call(made, HTTP_ORIGIN="http://dashboard")
    assert headers["access-control-allow-origin"] == "http://dashboard"
    assert "X-OpenStack-Nova-API-Version" in headers["access-control-expose-headers"]
    _, headers, _ = call(made, HTTP_ORIGIN="http://elsewhere")
    assert "access-control-allow-origin" not in headers
    status, headers, _ = call(
        made,
        REQUEST_METHOD="OPTIONS",
        HTTP_ORIGIN="http://dashboard",
        HTTP_ACCESS_CONTROL_REQUEST_METHOD="DELETE",
        HTTP_ACCESS_CONTROL_REQUEST_HEADERS="X-Auth-Token",
    )
    assert status.startswith("200")
    assert headers["access-control-allow-methods"] == "DELETE"
    assert "access-control-allow-origin" not in call(made)[1]


def test_no_cors_without_origins(tmp_path: pathlib.Path) -> None:
    made = CORS(app, conf(tmp_path, ""))
    assert "access-control-allow-origin" not in call(made, HTTP_ORIGIN="http://dashboard")[1]


def test_proxy_headers_are_believed_only_when_asked(tmp_path: pathlib.Path) -> None:
    sent = {"HTTP_X_FORWARDED_PROTO": "https", "HTTP_X_FORWARDED_HOST": "cloud"}
    assert call(ProxyHeaders(app, conf(tmp_path, "")), **sent)[2] == b"http://h"
    on = conf(tmp_path, "[oslo_middleware]\nenable_proxy_headers_parsing = true\n")
    assert call(ProxyHeaders(app, on), **sent)[2] == b"https://cloud"


def test_size_limit() -> None:
    made = SizeLimit(app, 10)

    def send(data: bytes, **more: str) -> str:
        return call(made, **{"wsgi.input": io.BytesIO(data), **more})[0]

    assert send(b"x" * 10, CONTENT_LENGTH="10") == "200 OK"
    with pytest.raises(HTTPFault) as refused:
        send(b"x" * 11, CONTENT_LENGTH="11")
    assert refused.value.code == 413
    assert send(b"x" * 10, HTTP_TRANSFER_ENCODING="chunked") == "200 OK"
    with pytest.raises(HTTPFault) as refused:
        send(b"x" * 11, HTTP_TRANSFER_ENCODING="chunked")
    assert refused.value.code == 413


def test_healthcheck_without_databases(tmp_path: pathlib.Path) -> None:
    off = tmp_path / "off"
    made = Healthcheck(Deployment(conf(tmp_path, ""), "h"), str(off))
    assert call(made)[::2] == ("200 OK", b"OK")
    off.touch()
    assert call(made)[::2] == ("503 Service Unavailable", b"DISABLED BY FILE")
    assert call(made, REQUEST_METHOD="HEAD")[2] == b""
