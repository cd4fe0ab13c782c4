"""Tokens, and what one may do with a token: /v3/auth."""

from typing import Any

from novalite import exception
from novalite.identity.embedded.rest import views
from novalite.identity.embedded.rest.access import caller, is_admin, is_service, require, service_of
from novalite.identity.embedded.scoping import SYSTEM, Details
from novalite.wsgi.operations import Answer, Operation, Request

_TEXT = {"type": "string", "minLength": 1, "maxLength": 255}
_DOMAIN = {
    "type": "object",
    "properties": {"id": _TEXT, "name": _TEXT},
    "anyOf": [{"required": ["id"]}, {"required": ["name"]}],
}
_NAMED = {
    "type": "object",
    "properties": {"id": _TEXT, "name": _TEXT, "domain": _DOMAIN},
    "anyOf": [{"required": ["id"]}, {"required": ["name", "domain"]}],
}
_USER = {
    **_NAMED,
    "properties": {**_NAMED["properties"], "password": {"type": "string"}},  # type: ignore[dict-item]
    "required": ["password"],
}


CREATE = {
    "type": "object",
    "properties": {
        "auth": {
            "type": "object",
            "properties": {
                "identity": {
                    "type": "object",
                    "properties": {
                        "methods": {
                            "type": "array",
                            "minItems": 1,
                            "maxItems": 8,
                            "items": {"type": "string"},
                        },
                        "password": {
                            "type": "object",
                            "properties": {"user": _USER},
                            "required": ["user"],
                        },
                        "token": {
                            "type": "object",
                            "properties": {"id": {"type": "string", "minLength": 1}},
                            "required": ["id"],
                        },
                    },
                    "required": ["methods"],
                },
                "scope": {
                    "oneOf": [
                        {"type": "string", "enum": ["unscoped"]},
                        {
                            "type": "object",
                            "properties": {
                                "project": _NAMED,
                                "domain": _DOMAIN,
                                "unscoped": {"type": "object"},
                                "system": {
                                    "type": "object",
                                    "properties": {SYSTEM: {"type": "boolean", "enum": [True]}},
                                    "required": [SYSTEM],
                                },
                            },
                            "additionalProperties": False,
                            "minProperties": 1,
                            "maxProperties": 1,
                        },
                    ]
                },
            },
            "required": ["identity"],
        }
    },
    "required": ["auth"],
}


def create(req: Request) -> Answer:
    auth = req.body["auth"]
    identity = auth["identity"]
    for method in ("password", "token"):
        if method in identity["methods"] and method not in identity:
            raise exception.ValidationError(
                detail=f"Expecting to find {method} in identity. The server could not comply with "
                "the request since it is either malformed or otherwise incorrect."
            )
    service = service_of(req)
    token, details = service.authenticate(auth, req.environ.get("REMOTE_ADDR", ""))
    return _answer(req, token, details)


def show(req: Request) -> Answer:
    """Also for HEAD, whose body the application leaves away."""
    token, details = _subject(req, "validate_token")
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
    own = details.user["id"] == req.context.user_id
    require(own or is_admin(req) or is_service(req), action)
    return token, details


def _answer(req: Request, token: str, details: Details) -> Answer:
    catalog = None if "nocatalog" in req.query else service_of(req).catalog(details)
    headers = {"X-Subject-Token": token, "Vary": "X-Auth-Token"}
    return Answer({"token": views.token(details, catalog)}, headers=headers)


def show_catalog(req: Request) -> dict[str, Any]:
    catalog = service_of(req).validate(req.headers["X-Auth-Token"]).catalog
    return {"catalog": catalog, "links": {"self": req.link("/v3/auth/catalog")}}


def list_projects(req: Request) -> dict[str, Any]:
    """The projects that one could have a token for."""
    rows = service_of(req).grants.projects_of(caller(req))
    items = [views.project(req, row) for row in rows]
    return views.collection(req, "projects", items, "/v3/auth/projects")


def list_domains(req: Request) -> dict[str, Any]:
    rows = service_of(req).grants.domains_of(caller(req))
    items = [views.domain(req, row) for row in rows]
    return views.collection(req, "domains", items, "/v3/auth/domains")


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
    Operation("GET", "/v3/auth/catalog", show_catalog, "Show the catalog"),
    Operation("GET", "/v3/auth/projects", list_projects, "List projects to log in to"),
    Operation("GET", "/v3/auth/domains", list_domains, "List domains to log in to"),
    Operation("GET", "/v3/auth/system", list_system, "List systems to log in to"),
]  # fmt: skip
