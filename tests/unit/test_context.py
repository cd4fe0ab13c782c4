"""The request context: what travels, and what the log gets of it."""

import json

from novalite.context import RequestContext, admin_context


def test_travels_without_token() -> None:
    context = RequestContext("u1", "p1", roles=["member"], auth_token="secret", user_name="demo")
    sent = json.dumps(context.to_dict())
    assert "secret" not in sent
    arrived = RequestContext.from_dict({**json.loads(sent), "client_timeout": 5})
    assert (arrived.user_id, arrived.project_id, arrived.roles) == ("u1", "p1", ["member"])
    assert arrived.request_id == context.request_id
    assert arrived.user_name == "demo"
    assert not arrived.is_admin


def test_log_names_the_caller_and_no_token() -> None:
    context = RequestContext("u1", "p1", user_domain_id="default", auth_token="secret")
    values = context.get_logging_values()
    assert values["user_identity"] == "u1 p1 - default -"
    assert values["request_id"] == context.request_id
    assert "secret" not in str(values)


def test_elevated_keeps_the_caller() -> None:
    context = RequestContext("u1", "p1", roles=["member"])
    elevated = context.elevated()
    assert elevated.is_admin and "admin" in elevated.roles
    assert elevated.user_id == "u1" and elevated.request_id == context.request_id
    assert context.roles == ["member"]


def test_admin_context() -> None:
    assert admin_context("req-1").is_admin
    assert admin_context("req-1").request_id == "req-1"
