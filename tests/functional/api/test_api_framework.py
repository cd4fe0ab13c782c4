"""What every request meets: routes, versions, tokens, bodies, faults."""

import logging
import pathlib
import re
from collections.abc import Iterator

import pytest

from novalite.exception import DatabaseUnavailable
from tests.support.api import OTHER_PROJECT, PROJECT, ApiFixture, token

FLAVOR = {"flavor": {"name": "m1", "ram": 512, "vcpus": 1, "disk": 1, "id": "1"}}


@pytest.fixture
def api(tmp_path: pathlib.Path) -> Iterator[ApiFixture]:
    fixture = ApiFixture(tmp_path)
    yield fixture
    fixture.close()


# ---- discovery ----


def test_root_lists_versions_without_token(api: ApiFixture) -> None:
    reply = api.get("//", token=None)
    assert reply.status == 200
    old, new = reply.json["versions"]
    assert (old["id"], old["status"], old["version"]) == ("v2.0", "DEPRECATED", "")
    assert (new["id"], new["min_version"], new["version"]) == ("v2.1", "2.1", "2.104")
    assert new["links"] == [{"rel": "self", "href": "http://openstack.example.com/v2.1/"}]


@pytest.mark.parametrize("path", ["//v2.1", "//v2.1/"])
def test_version_document_without_token(api: ApiFixture, path: str) -> None:
    reply = api.get(path, token=None)
    assert reply.status == 200
    assert reply.json["version"]["id"] == "v2.1"
    assert reply.json["version"]["links"][1]["rel"] == "describedby"


def test_legacy_version_document(api: ApiFixture) -> None:
    assert api.get("//v2/", token=None).json["version"]["id"] == "v2.0"


def test_path_without_version_has_choices(api: ApiFixture) -> None:
    reply = api.get("//servers/detail", token=None)
    assert reply.status == 300
    links = [choice["links"][0]["href"] for choice in reply.json["choices"]]
    assert links == [
        "http://openstack.example.com/v2/servers/detail",
        "http://openstack.example.com/v2.1/servers/detail",
    ]


def test_links_follow_the_configured_prefix(tmp_path: pathlib.Path) -> None:
    options = {"api": {"compute_link_prefix": "https://cloud.example/compute"}}
    api = ApiFixture(tmp_path, options)
    api.post("/flavors", FLAVOR, token="admin")
    flavor = api.get("/flavors/1").json["flavor"]
    assert [link["href"] for link in flavor["links"]] == [
        "https://cloud.example/compute/v2.1/flavors/1",
        "https://cloud.example/compute/flavors/1",
    ]
    root = api.get("//", token=None).json["versions"][1]["links"][0]["href"]
    assert root == "https://cloud.example/compute/v2.1/"
    api.close()


# ---- project segment ----


def test_path_with_the_own_project(api: ApiFixture) -> None:
    api.post("/flavors", FLAVOR, token="admin")
    reply = api.get(f"/{PROJECT}/flavors/1")
    assert reply.status == 200
    assert reply.json["flavor"]["links"] == [
        {"rel": "self", "href": f"http://openstack.example.com/v2.1/{PROJECT}/flavors/1"},
        {"rel": "bookmark", "href": f"http://openstack.example.com/{PROJECT}/flavors/1"},
    ]


def test_path_with_another_project(api: ApiFixture) -> None:
    reply = api.get(f"/{OTHER_PROJECT}/flavors")
    assert reply.status == 400
    assert reply.fault == (
        "badRequest",
        f"Malformed request URL: URL's project_id '{OTHER_PROJECT}' doesn't match Context's "
        f"project_id '{PROJECT}'",
    )


def test_project_that_is_no_hexadecimal_number(api: ApiFixture) -> None:
    api.identity.tokens["ldap"] = token("ldap", "my-project", "member", "reader")
    assert api.get("/my-project/flavors", token="ldap").status == 200
    assert api.get("/my-project/flavors", token="member").status == 404


def test_resource_is_never_taken_for_a_project(api: ApiFixture) -> None:
    api.identity.tokens["odd"] = token("odd", "flavors", "member", "reader")
    assert api.get("/flavors/detail", token="odd").json == {"flavors": []}
    assert api.get(f"/{PROJECT}/servers/detail").json == {"servers": []}


# ---- microversions ----


def test_no_header_means_the_minimum(api: ApiFixture) -> None:
    reply = api.get("/flavors")
    assert reply.headers["openstack-api-version"] == "compute 2.1"
    assert reply.headers["x-openstack-nova-api-version"] == "2.1"
    assert reply.headers["vary"] == "OpenStack-API-Version, X-OpenStack-Nova-API-Version"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"OpenStack-API-Version": "compute 2.53"}, "2.53"),
        ({"OpenStack-API-Version": "compute latest"}, "2.104"),
        ({"X-OpenStack-Nova-API-Version": "2.12"}, "2.12"),
        ({"X-OpenStack-Nova-API-Version": "latest"}, "2.104"),
        (
            {
                "OpenStack-API-Version": "compute 2.53",
                "X-OpenStack-Nova-API-Version": "2.12",
            },
            "2.53",
        ),
        (
            {"OpenStack-API-Version": "volume 3.1", "X-OpenStack-Nova-API-Version": "2.12"},
            "2.12",
        ),
        ({"OpenStack-API-Version": "volume 3.1"}, "2.1"),
        ({"OpenStack-API-Version": "identity 3.1, compute 2.7"}, "2.7"),
    ],
)
def test_version_headers(api: ApiFixture, headers: dict[str, str], expected: str) -> None:
    reply = api.get("/flavors", headers=headers)
    assert reply.headers["x-openstack-nova-api-version"] == expected
    assert reply.headers["openstack-api-version"] == f"compute {expected}"


@pytest.mark.parametrize("version", ["2", "2.x", "v2.1", "2.01", ""])
def test_malformed_version(api: ApiFixture, version: str) -> None:
    reply = api.get("/flavors", headers={"X-OpenStack-Nova-API-Version": version})
    assert (reply.status, reply.fault[0]) == (400, "badRequest")


@pytest.mark.parametrize("version", ["2.105", "2.0", "3.1", "1.9"])
def test_version_out_of_range(api: ApiFixture, version: str) -> None:
    reply = api.get("/flavors", version=version)
    assert reply.status == 406
    assert reply.json == {
        "computeFault": {
            "code": 406,
            "message": f"Version {version} is not supported by the API. Minimum is 2.1 and "
            "maximum is 2.104.",
        }
    }


def test_faults_carry_the_version_too(api: ApiFixture) -> None:
    reply = api.get("/flavors/none", version="2.60")
    assert (reply.status, reply.headers["x-openstack-nova-api-version"]) == (404, "2.60")


def test_operation_outside_its_versions_does_not_exist(api: ApiFixture) -> None:
    body = {"flavor": {"description": "x"}}
    reply = api.put("/flavors/1", body, version="2.54", token="admin")
    assert (reply.status, reply.fault[0]) == (404, "itemNotFound")


# ---- legacy v2 ----


def test_legacy_ignores_versions_and_strictness(api: ApiFixture) -> None:
    body = {"flavor": {**FLAVOR["flavor"], "name": " spaced ", "unknown": 1}, "more": 2}
    assert api.post("/flavors", body, token="admin").status == 400
    reply = api.post("/flavors", body, token="admin", base="/v2", version="2.75")
    assert reply.status == 200
    assert reply.json["flavor"]["name"] == "spaced"
    assert reply.json["flavor"]["swap"] == ""
    assert reply.json["flavor"]["links"][0]["href"].endswith("/v2/flavors/1")
    assert "openstack-api-version" not in reply.headers
    assert "vary" not in reply.headers


def test_legacy_still_checks_what_it_knows(api: ApiFixture) -> None:
    body = {"flavor": {**FLAVOR["flavor"], "name": "  "}}
    reply = api.post("/flavors", body, token="admin", base="/v2")
    assert (reply.status, reply.fault[0]) == (400, "badRequest")


# ---- methods, bodies ----


def test_unknown_path(api: ApiFixture) -> None:
    reply = api.get("/nothing")
    assert reply.json == {
        "itemNotFound": {"code": 404, "message": "The resource could not be found."}
    }


def test_method_that_no_version_has(api: ApiFixture) -> None:
    reply = api.request("PATCH", "/flavors")
    assert (reply.status, reply.headers["allow"]) == (405, "GET, POST")
    assert reply.fault[0] == "badMethod"


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b"",
        b'{"a": NaN}',
        b'{"a": "\\u0000"}',
        b'{"a": "\\ud800"}',
    ],
)
def test_malformed_body(api: ApiFixture, data: bytes) -> None:
    reply = api.request("POST", "/flavors", token="admin", data=data)
    assert reply.status == 400
    assert reply.fault == (
        "badRequest",
        "The server could not comply with the request since it is either malformed or "
        "otherwise incorrect.",
    )


def test_content_type_that_is_not_json(api: ApiFixture) -> None:
    reply = api.request(
        "POST", "/flavors", token="admin", data=b"x", headers={"Content-Type": "text/xml"}
    )
    assert (reply.status, reply.fault[0]) == (415, "badMediaType")


def test_body_that_is_too_large(api: ApiFixture) -> None:
    reply = api.request("POST", "/flavors", token="admin", data=b"x" * 200_000)
    assert (reply.status, reply.fault[0]) == (413, "overLimit")


def test_query_that_is_no_text(api: ApiFixture) -> None:
    assert api.get("/flavors?name=%ff").status == 400
    assert api.get("/flavors?name=%00").status == 400
    assert api.get("/flavors/a\0b").status == 404


def test_message_names_member_value_and_reason(api: ApiFixture) -> None:
    body = {"flavor": {**FLAVOR["flavor"], "ram": "many"}}
    reply = api.post("/flavors", body, token="admin")
    name, message = reply.fault
    assert name == "badRequest"
    assert message.startswith("Invalid input for field/attribute ram. Value: many. 'many'")
    reply = api.get("/flavors?limit=-1")
    assert reply.fault[1].startswith("Invalid input for query parameters ")
    assert "Value: -1." in reply.fault[1]


# ---- actions ----


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"fly": None}, "There is no such action: fly"),
        ({"addTenantAccess": {"tenant": "x"}, "removeTenantAccess": {"tenant": "x"}}, "one action"),
        ({}, "malformed"),
        ([], "malformed"),
    ],
)
def test_bad_actions(api: ApiFixture, body: object, message: str) -> None:
    reply = api.post("/flavors/1/action", body, token="admin")
    assert reply.status == 400
    assert message in reply.fault[1]


def test_action_outside_its_versions(api: ApiFixture) -> None:
    reply = api.get("/os-hypervisors/statistics", version="2.88", token="admin")
    assert reply.status == 404


# ---- who ----


@pytest.mark.parametrize("who", [None, "forged"])
def test_without_a_valid_token(api: ApiFixture, who: str | None) -> None:
    reply = api.get("/flavors", token=who)
    assert reply.status == 401
    assert reply.headers["www-authenticate"] == 'Keystone uri="http://127.0.0.1:8774/identity"'
    assert reply.json == {
        "unauthorized": {
            "code": 401,
            "message": "The request you have made requires authentication.",
        }
    }


def test_revoked_token_is_refused_at_once(api: ApiFixture) -> None:
    assert api.get("/flavors", token="member").status == 200
    del api.identity.tokens["member"]
    assert api.get("/flavors", token="member").status == 401


def test_policy_refuses(api: ApiFixture) -> None:
    reply = api.get("/os-services", token="member")
    assert reply.fault == (
        "forbidden",
        "Policy doesn't allow os_compute_api:os-services:list to be performed.",
    )
    assert api.get("/os-services", token="system").status == 403


def test_validation_comes_before_policy(api: ApiFixture) -> None:
    assert api.post("/flavors", {"flavor": {}}, token="member").status == 400


# ---- request ids ----


def test_each_answer_has_its_request_id(api: ApiFixture) -> None:
    first, second = api.get("/flavors"), api.get("/nothing")
    assert re.fullmatch(r"req-[0-9a-f-]{36}", first.headers["x-compute-request-id"])
    assert first.headers["x-openstack-request-id"] == first.headers["x-compute-request-id"]
    assert second.headers["x-compute-request-id"] != first.headers["x-compute-request-id"]


def test_global_request_id_reaches_the_context(
    api: ApiFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    validate = api.identity.validate
    enforcer = api.deployment.policy
    assert enforcer is not None
    is_admin = enforcer.is_admin

    def spy(context):  # type: ignore[no-untyped-def]
        seen.append((context.global_request_id, context.request_id))
        return is_admin(context)

    monkeypatch.setattr(enforcer, "is_admin", spy)
    outer = "req-11111111-1111-1111-1111-111111111111"
    reply = api.get("/flavors", headers={"X-OpenStack-Request-ID": outer})
    api.get("/flavors", headers={"X-OpenStack-Request-ID": "nonsense"})
    assert seen[0] == (outer, reply.headers["x-openstack-request-id"])
    assert seen[1][0] is None
    assert validate is not None


# ---- things that go wrong ----


def test_lost_database_is_a_503(api: ApiFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost() -> None:
        raise DatabaseUnavailable()

    monkeypatch.setattr(api.api_db, "read", lost)
    reply = api.get("/flavors")
    assert (reply.status, reply.fault[0]) == (503, "serviceUnavailable")
    health = api.get("//healthcheck", token=None)
    assert (health.status, health.body) == (503, b"DATABASE LOST: api")


def test_healthcheck(api: ApiFixture) -> None:
    reply = api.get("//healthcheck", token=None)
    assert (reply.status, reply.body) == (200, b"OK")


def test_bug_shows_no_traceback(
    api: ApiFixture, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(api.api_db, "read", broken)
    with caplog.at_level(logging.ERROR):
        reply = api.get("/flavors")
    assert reply.status == 500
    name, message = reply.fault
    assert name == "computeFault"
    assert message.startswith("Unexpected API Error.")
    assert "ZeroDivisionError" in message
    assert b"secret" not in reply.body and b"Traceback" not in reply.body
    assert "secret" in caplog.text


def test_failure_of_identity_is_a_503(api: ApiFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(token: str) -> None:
        raise DatabaseUnavailable()

    monkeypatch.setattr(api.identity, "validate", lost)
    assert api.get("/flavors").status == 503


# ---- mounts ----


def test_mounted_applications(tmp_path: pathlib.Path) -> None:
    def echo(environ, start_response):  # type: ignore[no-untyped-def]
        context = environ.get("novalite.context")
        text = f"{environ['SCRIPT_NAME']} {environ['PATH_INFO']} {context and context.user_id}"
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [text.encode()]

    api = ApiFixture(tmp_path, mounts={"/identity": echo, "/extra": echo})
    assert api.get("//identity/v3/x", token="member").body == b"/identity /v3/x user-member"
    assert api.get("//identity/v3", token=None).body == b"/identity /v3 None"
    reply = api.get("//extra/y", token=None)
    assert reply.body == b"/extra /y None"
    assert "x-openstack-request-id" in reply.headers
    assert api.get("//image/v2", token=None).status == 300
    api.close()
