"""/v3/OS-OAUTH1: consumers, and how they come to act for a user."""

from typing import Any
from urllib.parse import urlencode

from novalite import exception
from novalite.identity.embedded import oauth_signature
from novalite.identity.embedded.oauth_access_tokens import expiry_text
from novalite.identity.embedded.oauth_signature import Signed
from novalite.identity.embedded.rest import access, forms, roles, views
from novalite.identity.embedded.rest.access import (
    about_user,
    caller,
    require_full_login,
    service_of,
)
from novalite.identity.embedded.rest.resource import Kind
from novalite.identity.embedded.rows import Row
from novalite.wsgi.links import host_url
from novalite.wsgi.operations import Answer, Operation, Request

_FORM = "application/x-www-form-urlencoded"
_AUTHORIZE = {
    "type": "object",
    "properties": {"roles": {**forms.REFERENCES, "minItems": 1}},
    "required": ["roles"],
}


def _consumer(req: Request, row: Row) -> Row:
    """``secret`` is there in the answer to its creation only."""
    body = views.extra(row) | views.plain(row, "id", "description")
    if "secret" in row:
        body["secret"] = row["secret"]
    return body | views.links(req, f"OS-OAUTH1/consumers/{row['id']}")


def signed(req: Request) -> Signed:
    """The request as its Authorization header signs it. Raises Unauthorized."""
    environ = req.environ
    url = host_url(environ) + environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    query = environ.get("QUERY_STRING")
    full = f"{url}?{query}" if query else url
    return oauth_signature.read(req.method, full, req.headers.get("Authorization"))


def request_token(req: Request) -> Answer:
    project_id = req.headers.get("Requested-Project-Id")
    if not project_id:
        raise exception.ValidationError(detail="Requested-Project-Id is missing.")
    return _pair(service_of(req).oauth_tokens.request(signed(req), project_id))


def access_token(req: Request) -> Answer:
    return _pair(service_of(req).oauth_tokens.exchange(signed(req)))


def _pair(row: Row) -> Answer:
    fields = {"oauth_token": row["id"], "oauth_token_secret": row["secret"]}
    if row["expires_at"] is not None:
        fields["oauth_expires_at"] = expiry_text(row)
    return Answer(urlencode(fields).encode(), headers={"Content-Type": _FORM})


def authorize(req: Request) -> dict[str, Any]:
    require_full_login(req, "authorize_request_token")
    tokens = service_of(req).oauth_tokens
    verifier = tokens.authorize(req.path["id"], caller(req), req.body["roles"])
    return {"token": {"oauth_verifier": verifier}}


def list_access_tokens(req: Request) -> dict[str, Any]:
    user_id = _owner(req, "list_access_tokens")
    rows = forms.cut(service_of(req).oauth_tokens.list_of(user_id), forms.page(req))
    items = [_access(req, row) for row in rows]
    path = f"/v3/users/{user_id}/OS-OAUTH1/access_tokens"
    return views.collection(req, "access_tokens", items, path, forms.page(req))


def show_access_token(req: Request) -> dict[str, Any]:
    user_id = _owner(req, "get_access_token")
    row = service_of(req).oauth_tokens.get_of(user_id, req.path["id"])
    return {"access_token": _access(req, row)}


def delete_access_token(req: Request) -> None:
    user_id = _owner(req, "delete_access_token")
    require_full_login(req, "delete_access_token")
    service_of(req).oauth_tokens.delete(user_id, req.path["id"])


def list_token_roles(req: Request) -> dict[str, Any]:
    user_id = _owner(req, "list_access_token_roles")
    rows = service_of(req).oauth_tokens.roles_of(user_id, req.path["id"])
    path = f"/v3/users/{user_id}/OS-OAUTH1/access_tokens/{req.path['id']}/roles"
    return views.collection(req, "roles", [roles.view(req, row) for row in rows], path)


def show_token_role(req: Request) -> dict[str, Any]:
    user_id = _owner(req, "get_access_token_role")
    for row in service_of(req).oauth_tokens.roles_of(user_id, req.path["id"]):
        if row["id"] == req.path["role_id"]:
            return {"role": roles.view(req, row)}
    raise service_of(req).roles.resource.not_found(req.path["role_id"])


def _access(req: Request, row: Row) -> Row:
    body = views.plain(row, "id", "consumer_id", "project_id", "authorizing_user_id")
    path = f"users/{row['authorizing_user_id']}/OS-OAUTH1/access_tokens/{row['id']}"
    body["expires_at"] = row["expires_at"] and expiry_text(row)
    return body | views.links(req, path) | {"roles_link": req.link(f"/v3/{path}/roles")}


def _owner(req: Request, action: str) -> str:
    access.authorize(req, action, about_user(req.path["user_id"]))
    return req.path["user_id"]


_ROOT = "/v3/OS-OAUTH1"
_TOKENS = "/v3/users/{user_id}/OS-OAUTH1/access_tokens"
OPERATIONS = [
    *Kind(
        noun="consumer",
        plural="consumers",
        path="OS-OAUTH1/consumers",
        of="oauth_consumers",
        fields={"description": forms.TEXT},
        view=_consumer,
        extra=True,
    ).operations(),
    Operation(
        "POST", _ROOT + "/request_token", request_token, "Create a request token", success=201,
        public=True, raw=True, errors=(400, 401, 404),
    ),
    Operation(
        "PUT", _ROOT + "/authorize/{id}", authorize, "Authorize a request token",
        request=_AUTHORIZE, policy="identity:authorize_request_token",
    ),
    Operation(
        "POST", _ROOT + "/access_token", access_token, "Create an access token", success=201,
        public=True, raw=True, errors=(400, 401),
    ),
    Operation("GET", _TOKENS, list_access_tokens, "List a user's access tokens"),
    Operation("GET", _TOKENS + "/{id}", show_access_token, "Show an access token"),
    Operation("DELETE", _TOKENS + "/{id}", delete_access_token, "Delete an access token",
              success=204),
    Operation("GET", _TOKENS + "/{id}/roles", list_token_roles, "List an access token's roles"),
    Operation(
        "GET", _TOKENS + "/{id}/roles/{role_id}", show_token_role, "Show an access token's role"
    ),
]  # fmt: skip
