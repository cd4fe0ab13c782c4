"""Who asks, and what that one may do: the rules are in ``novalite.policy.identity``.

An operation whose answer does not depend on what is asked for names its rule itself. The others
give here what the rule's target is; what has no value is left out of it, so that no rule holds by
that.
"""

from typing import Any, cast

from novalite import exception
from novalite.identity.embedded.core import Records
from novalite.identity.embedded.rows import Row
from novalite.identity.embedded.scoping import APPLICATION_CREDENTIAL, Details
from novalite.identity.embedded.service import IdentityService
from novalite.wsgi.operations import Request

Target = dict[str, Any]


def service_of(req: Request) -> IdentityService:
    return cast(IdentityService, req.deployment.identity)


def caller(req: Request) -> str:
    """The id of the user who asks."""
    return cast(str, req.context.user_id)


def details_of(req: Request) -> Details:
    """All that the caller's token says."""
    token = req.headers.get("X-Auth-Token") or req.headers["X-Storage-Token"]
    return service_of(req).inspect(token)


def address_of(req: Request) -> str:
    return str(req.environ.get("REMOTE_ADDR", ""))


# ---- rules and their targets ----


def allowed(req: Request, action: str, target: Target) -> bool:
    return req.allowed(f"identity:{action}", target)


def authorize(req: Request, action: str, target: Target) -> None:
    """Raises PolicyNotAuthorized."""
    req.authorize(f"identity:{action}", target)


def about(noun: str, **values: Any) -> Target:
    """``target.{noun}.{name}`` of each value that is there."""
    return {f"target.{noun}.{k}": v for k, v in values.items() if v is not None}


def about_user(user_id: str, domain_id: str | None = None) -> Target:
    """A user, or what belongs to one."""
    return {"user_id": user_id, **about("user", id=user_id, domain_id=domain_id)}


def about_row(noun: str, row: Row) -> Target:
    """Something that belongs to a domain."""
    if noun == "user":
        return about_user(row["id"], row["domain_id"])
    return about(noun, id=row.get("id"), domain_id=row.get("domain_id"))


# ---- what several resources do ----


def reading(req: Request, action: str, target: Target | None = None) -> Row:
    """What a list has to be limited to: nothing, or ``domain_id``. ``target`` is what it is asked
    for anyhow. Raises PolicyNotAuthorized."""
    target = target or {}
    if allowed(req, action, target):
        return {}
    domain_id = req.context.domain_id
    authorize(req, action, {**target, "target.domain_id": domain_id} if domain_id else target)
    return {"domain_id": domain_id}


def fetch(
    req: Request, records: Records, noun: str, action: str, target: Target | None = None
) -> Row:
    """The row that ``{id}`` names; ``target`` is added to what the rule knows of it. Raises
    PolicyNotAuthorized, also instead of NotFound, for who may not know whether it is there."""
    row_id = req.path["id"]
    try:
        row = records.get(row_id)
    except exception.NotFound:
        missing = {"id": row_id, "domain_id": req.context.domain_id}
        authorize(req, action, about_row(noun, missing) | (target or {}))
        raise
    authorize(req, action, about_row(noun, row) | (target or {}))
    return row


def require_full_login(req: Request, action: str) -> Details:
    """The caller's token. Raises PolicyNotAuthorized for one that stands for less than its user: a
    trust, an OAuth token, or an application credential that is not unrestricted."""
    details = details_of(req)
    if details.is_delegated:
        credential = details.application_credential
        full = (
            details.claims.grounds == APPLICATION_CREDENTIAL
            and credential is not None
            and credential["unrestricted"]
        )
        if not full:
            raise exception.PolicyNotAuthorized(action=f"identity:{action}")
    return details


def default_domain(req: Request) -> dict[str, Any]:
    """``domain_id`` of what is made without one: that of a token for a domain."""
    domain_id = req.context.domain_id
    return {"domain_id": domain_id} if domain_id else {}
