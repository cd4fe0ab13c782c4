"""Tokens, and what one may do with a token: /v3/auth."""

from typing import Any

from novalite import exception
from novalite.identity.embedded.grants import SYSTEM
from novalite.identity.embedded.rest import domains, forms, log_in, oauth, projects, views
from novalite.identity.embedded.rest.access import (
    about,
    address_of,
    authorize,
    caller,
    service_of,
)
from novalite.identity.embedded.scoping import Details
from novalite.wsgi.operations import Answer, Operation, Request

CREATE = log_in.SCHEMA
_SIGNED = {
    "type": "object",
    "properties": {"credentials": {"type": "object"}, "ec2Credentials": {"type": "object"}},
    "anyOf": [{"required": ["credentials"]}, {"required": ["ec2Credentials"]}],
}


def create(req: Request) -> Answer:
    auth = req.body["auth"]
    identity = auth["identity"]
    for method in log_in.METHODS:
        if method in identity["methods"] and method not in identity:
            raise exception.ValidationError(
                detail=f"Expecting to find {method} in identity. The server could not comply with "
                "the request since it is either malformed or otherwise incorrect."
            )
    by_oauth = oauth.signed(req) if "oauth1" in identity["methods"] else None
    token, details = service_of(req).authenticate(auth, address_of(req), by_oauth)
    return _answer(req, token, details)


def create_for_ec2(req: Request) -> Answer:
    """For a request to another service that was signed with EC2 keys."""
    asked = req.body.get("credentials") or req.body.get("ec2Credentials") or {}
    return _answer(req, *service_of(req).authenticate_ec2(asked), status=200)


def create_for_s3(req: Request) -> Answer:
    asked = req.body.get("credentials") or {}
    return _answer(req, *service_of(req).authenticate_ec2(asked, s3=True), status=200)


def show(req: Request) -> Answer:
    """Also for HEAD, whose body the application leaves away."""
    token, details = _subject(req, "check_token" if req.method == "HEAD" else "validate_token")
    return _answer(req, token, details)


def revoke(req: Request) -> None:
    token, _ = _subject(req, "revoke_token")
    service_of(req).revoke(token)


def _subject(req: Request, action: str) -> tuple[str, Details]:
    """The token of X-Subject-Token. One may always ask about one's own."""
    token = req.headers.get("X-Subject-Token")
    if not token:
        raise exception.ValidationError(detail="X-Subject-Token is missing.")
    try:
        details = service_of(req).inspect(token)
    except exception.Unauthorized:
        # Not 401: the caller is known. Who may not ask learns nothing else by a 404.
        raise exception.NotFound("Could not find token.") from None
    authorize(req, action, about("token", user_id=details.user["id"]))
    return token, details


def _answer(req: Request, token: str, details: Details, status: int | None = None) -> Answer:
    catalog = None if "nocatalog" in req.query else service_of(req).catalog(details)
    headers = {"X-Subject-Token": token, "Vary": "X-Auth-Token"}
    return Answer({"token": views.token(details, catalog)}, status=status, headers=headers)


def show_catalog(req: Request) -> dict[str, Any]:
    catalog = service_of(req).validate(req.headers["X-Auth-Token"]).catalog
    return {"catalog": catalog, "links": {"self": req.link("/v3/auth/catalog")}}


def list_projects(req: Request) -> dict[str, Any]:
    """The projects that one could have a token for."""
    service, page = service_of(req), forms.page(req)
    rows = forms.cut(service.grants.projects_of(caller(req)), page)
    items = [projects.view(req, row) for row in service.projects.dressed(rows)]
    return views.collection(req, "projects", items, "/v3/auth/projects", page)


def list_domains(req: Request) -> dict[str, Any]:
    page = forms.page(req)
    service = service_of(req)
    rows = forms.cut(service.domains.dressed(service.grants.domains_of(caller(req))), page)
    items = [domains.view(req, row) for row in rows]
    return views.collection(req, "domains", items, "/v3/auth/domains", page)


def list_system(req: Request) -> dict[str, Any]:
    found = service_of(req).grants.on_system(caller(req))
    items = [{SYSTEM: True}] if found else []
    return views.collection(req, "system", items, "/v3/auth/system")


_TOKENS = "/v3/auth/tokens"
OPERATIONS = [
    Operation(
        "POST", _TOKENS, create, "Log in", success=201, public=True, request=CREATE,
        errors=(400, 401, 403, 404, 429),
    ),
    Operation("GET", _TOKENS, show, "Validate a token", errors=(400, 401, 403, 404)),
    Operation("HEAD", _TOKENS, show, "Check a token", errors=(400, 401, 403, 404)),
    Operation("DELETE", _TOKENS, revoke, "Revoke a token", success=204, errors=(400, 403, 404)),
    Operation(
        "POST", "/v3/ec2tokens", create_for_ec2, "Create a token for EC2 credentials",
        request=_SIGNED, policy="identity:ec2tokens_validate",
    ),
    Operation(
        "POST", "/v3/s3tokens", create_for_s3, "Create a token for a signed S3 request",
        request=_SIGNED, policy="identity:s3tokens_validate",
    ),
    Operation(
        "GET", "/v3/auth/catalog", show_catalog, "Show the catalog",
        policy="identity:get_auth_catalog",
    ),
    Operation(
        "GET", "/v3/auth/projects", list_projects, "List projects to log in to",
        policy="identity:get_auth_projects",
    ),
    Operation(
        "GET", "/v3/auth/domains", list_domains, "List domains to log in to",
        policy="identity:get_auth_domains",
    ),
    Operation(
        "GET", "/v3/auth/system", list_system, "List systems to log in to",
        policy="identity:get_auth_system",
    ),
]  # fmt: skip
