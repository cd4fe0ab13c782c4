"""Routes, microversions and links by themselves."""

import pytest

from novalite.wsgi import links
from novalite.wsgi.faults import HTTPFault
from novalite.wsgi.microversions import COMPUTE, Microversion
from novalite.wsgi.operations import Operation, Request, Versioned, at
from novalite.wsgi.routing import RouteTable, choose
from novalite.wsgi.urlmap import URLMap


def nothing(req: Request) -> None:
    return None


def operation(method: str, path: str, **more: str) -> Operation:
    return Operation(method, path, nothing, "test", **more)  # type: ignore[arg-type]


TABLE = RouteTable(
    [
        operation("GET", "/servers/{id}"),
        operation("GET", "/servers/detail"),
        operation("DELETE", "/servers/{id}"),
        operation("GET", "/servers/{server_id}/tags/{id}"),
        operation("GET", "/servers"),
        operation("GET", "/old", max_version="2.10"),
        operation("GET", "/old", min_version="2.20"),
        operation("POST", "/servers/{id}/action", action="a"),
        operation("POST", "/servers/{id}/action", action="b"),
    ]
)


@pytest.mark.parametrize(
    ("path", "template", "parameters"),
    [
        ("/servers", "/servers", {}),
        ("/servers/detail", "/servers/detail", {}),
        ("/servers/detailed", "/servers/{id}", {"id": "detailed"}),
        ("/servers/a.b c@d", "/servers/{id}", {"id": "a.b c@d"}),
        ("/servers/x/tags/y", "/servers/{server_id}/tags/{id}", {"server_id": "x", "id": "y"}),
    ],
)
def test_paths(path: str, template: str, parameters: dict[str, str]) -> None:
    found = TABLE.match(path)
    assert found is not None
    assert (found[0].path, found[1]) == (template, parameters)


@pytest.mark.parametrize("path", ["/", "/server", "/servers/a/b", "/servers//tags/x"])
def test_paths_that_are_none(path: str) -> None:
    assert TABLE.match(path) is None


def test_methods_and_actions() -> None:
    found = TABLE.match("/servers/1")
    assert found is not None and found[0].allow == "DELETE, GET"
    found = TABLE.match("/servers/1/action")
    assert found is not None and set(found[0].actions["POST"]) == {"a", "b"}


def test_versions_of_one_operation() -> None:
    found = TABLE.match("/old")
    assert found is not None
    both = found[0].methods["GET"]
    assert choose(both, Microversion(2, 10)).max_version == "2.10"
    assert choose(both, Microversion(2, 20)).min_version == "2.20"
    with pytest.raises(HTTPFault, match="could not be found"):
        choose(both, Microversion(2, 15))


def test_overlapping_declarations_are_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        RouteTable([operation("GET", "/a"), operation("GET", "/a", min_version="2.5")])
    with pytest.raises(ValueError, match="declared as"):
        RouteTable([operation("GET", "/a/{x}"), operation("POST", "/a/{y}")])


UUID = "01234567-89ab-cdef-0123-456789abcdef"
HEX = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("path", "own", "expected"),
    [
        ("/servers", None, (None, "/servers")),
        ("/servers/detail", "detail", (None, "/servers/detail")),
        (f"/{HEX}/servers", None, (HEX, "/servers")),
        (f"/{UUID}/servers/x", None, (UUID, "/servers/x")),
        (f"/servers/{UUID}", UUID, (None, f"/servers/{UUID}")),
        ("/demo/servers", "demo", ("demo", "/servers")),
        ("/demo/servers", "other", (None, "/demo/servers")),
        ("/servers", "servers", (None, "/servers")),
        (f"/{HEX}", None, (HEX, "/")),
        ("/", None, (None, "/")),
        (f"/{HEX}0/servers", None, (None, f"/{HEX}0/servers")),
    ],
)
def test_project_segment(path: str, own: str | None, expected: tuple[str | None, str]) -> None:
    assert TABLE.split_project(path, own) == expected


def test_versioned() -> None:
    value = Versioned(("2.1", "2.5", "a"), ("2.8", None, "b"))
    assert [value.at((2, minor)) for minor in (1, 5, 6, 8, 104)] == ["a", "a", None, "b", "b"]
    assert value.at((2, 7), "default") == "default"
    assert at("plain", (2, 1)) == "plain"
    assert Microversion.parse("2.10") > Microversion.parse("2.9")
    assert Microversion(2, 53) >= (2, 53)


def test_header_names() -> None:
    assert COMPUTE.header_names == ("OpenStack-API-Version", "X-OpenStack-Nova-API-Version")


def test_links() -> None:
    environ = {
        "wsgi.url_scheme": "https",
        "SERVER_NAME": "host",
        "SERVER_PORT": "8774",
        "SCRIPT_NAME": "/v2.1",
        "QUERY_STRING": "limit=2&marker=old&name=a+b",
    }
    assert links.base_url(environ) == "https://host:8774/v2.1"
    assert links.base_url({**environ, "SERVER_PORT": "443"}) == "https://host/v2.1"
    assert links.base_url({**environ, "HTTP_HOST": "x"}, "http://a/b/") == "http://a/b/v2.1"
    assert links.without_version("http://a/compute/v2.1") == "http://a/compute"
    assert links.without_version("http://a/v2.1/more") == "http://a/v2.1/more"
    assert links.next_query(environ, "new") == "limit=2&name=a+b&marker=new"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", "root /"),
        ("", "root "),
        ("/v2.1", "document "),
        ("/v2.1/", "document /"),
        ("/v2.1/servers", "api /servers"),
        ("/v2.10/servers", "root /v2.10/servers"),
        ("/image/v2", "image /v2"),
        ("/images", "root /images"),
    ],
)
def test_urlmap(path: str, expected: str) -> None:
    def app(name: str):  # type: ignore[no-untyped-def]
        return lambda environ, start: [f"{name} {environ['PATH_INFO']}".encode()]

    urls = URLMap(
        {
            "/": app("root"),
            "/v2.1": app("document"),
            "/v2.1/+": app("api"),
            "/image": app("image"),
        }
    )
    (answer,) = urls({"PATH_INFO": path, "SCRIPT_NAME": ""}, lambda *args: None)
    assert answer.decode() == expected
