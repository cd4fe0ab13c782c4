"""What identity v3 looks like in JSON: tokens, and what all resources have in common."""

from typing import Any

from novalite.identity.embedded.grants import SYSTEM
from novalite.identity.embedded.rows import ALL, Page
from novalite.identity.embedded.scoping import Details
from novalite.identity.embedded.tokens import moment
from novalite.wsgi.operations import Request

Row = dict[str, Any]


def time(micros: int) -> str:
    return moment(micros).isoformat(timespec="microseconds") + "Z"


def token(details: Details, catalog: list[Row] | None) -> Row:
    """The ``token`` member. ``catalog`` None: left out."""
    claims, user = details.claims, details.user
    body: Row = {
        "methods": list(claims.methods),
        "user": {
            "id": user["id"],
            "name": user["name"],
            "domain": {"id": user["domain_id"], "name": user["domain_name"]},
            "password_expires_at": None,
        },
        "audit_ids": list(claims.audit_ids),
        "issued_at": time(claims.issued_at),
        "expires_at": time(claims.expires_at),
    }
    if details.project is not None:
        project = details.project
        body["project"] = {
            "id": project["id"],
            "name": project["name"],
            "domain": {"id": project["domain_id"], "name": project["domain_name"]},
        }
        body["is_domain"] = False
    elif details.domain is not None:
        body["domain"] = {"id": details.domain["id"], "name": details.domain["name"]}
    elif claims.scope == "system":
        body["system"] = {SYSTEM: True}
    if claims.scope:
        body["roles"] = [{"id": role["id"], "name": role["name"]} for role in details.roles]
        if catalog is not None:
            body["catalog"] = catalog
    return body | _grounds(details)


def _grounds(details: Details) -> Row:
    trust, credential = details.trust, details.application_credential
    if trust is not None:
        return {
            "OS-TRUST:trust": {
                "id": trust["id"],
                "trustor_user": {"id": trust["trustor_user_id"]},
                "trustee_user": {"id": trust["trustee_user_id"]},
                "impersonation": trust["impersonation"],
            }
        }
    if credential is not None:
        body = {
            "id": credential["id"],
            "name": credential["name"],
            "restricted": not credential["unrestricted"],
        }
        if credential["access_rules"] is not None:
            names = ("id", "service", "path", "method")
            body["access_rules"] = [plain(rule, *names) for rule in credential["access_rules"]]
        return {"application_credential": body}
    if details.access_token is not None:
        access = details.access_token
        return {
            "OS-OAUTH1": {"access_token_id": access["id"], "consumer_id": access["consumer_id"]}
        }
    return {}


def collection(
    req: Request, name: str, items: list[Row], path: str | None = None, page: Page = ALL
) -> Row:
    """A list with its links; there is a next page when this one is full."""
    here = path or f"/v3/{name}"
    following = None
    if page.limit is not None and items and len(items) >= page.limit:
        following = req.page_link(here, str(items[-1]["id"]))
    return {name: items, "links": {"self": req.link(here), "previous": None, "next": following}}


def plain(row: Row, *names: str) -> Row:
    return {name: row[name] for name in names}


def extra(row: Row) -> Row:
    """What a client stored beside the named attributes."""
    return dict(row.get("extra") or {})


def links(req: Request, path: str) -> Row:
    return {"links": {"self": req.link(f"/v3/{path}")}}


def user(req: Request, row: Row) -> Row:
    """A user as lists and members of groups show him."""
    body = extra(row) | plain(row, "id", "name", "domain_id", "enabled")
    optional = ("email", "description", "default_project_id")
    body.update({k: row[k] for k in optional if row[k] is not None})
    body["password_expires_at"] = None
    return body | {"options": row["options"] or {}} | links(req, f"users/{row['id']}")


def group(req: Request, row: Row) -> Row:
    body = extra(row) | plain(row, "id", "name", "domain_id", "description")
    return body | links(req, f"groups/{row['id']}")
