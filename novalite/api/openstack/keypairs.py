"""Key pairs: /os-keypairs."""

from typing import Any

from sqlalchemy import Connection

from novalite import quota
from novalite.api.compute import keypairs as keys
from novalite.api.openstack.flavors import api_database
from novalite.api.openstack.schemas import keypairs as schemas
from novalite.api.openstack.views import keypairs as views
from novalite.db.api_database import keypairs as db
from novalite.exception import KeypairLimitExceeded
from novalite.objects import KeyPair
from novalite.wsgi.operations import Operation, Request, Versioned
from novalite.wsgi.paging import page


def _owner(req: Request, rule: str, asked_for: str | None) -> str:
    """The user whose key pairs are meant, if the caller may act on them."""
    user_id = asked_for or req.context.user_id
    assert user_id is not None
    req.authorize(rule, {"user_id": user_id})
    return user_id


def _queried_owner(req: Request, rule: str) -> str:
    asked = req.query_one("user_id") if req.version >= (2, 10) else None
    return _owner(req, rule, asked)


def list_keypairs(req: Request) -> dict[str, Any]:
    user_id = _queried_owner(req, "os_compute_api:os-keypairs:index")
    limit, marker = page(req) if req.version >= (2, 35) else (None, None)
    with api_database(req).read() as conn:
        found = db.list_(conn, user_id, limit=limit, marker=marker)
    return views.listed(req, found, limit)


def show_keypair(req: Request) -> dict[str, Any]:
    user_id = _queried_owner(req, "os_compute_api:os-keypairs:show")
    with api_database(req).read() as conn:
        keypair = db.get(conn, user_id, req.path["id"])
    return views.shown(req, keypair)


def create_keypair(req: Request) -> dict[str, Any]:
    values = req.body["keypair"]
    user_id = _owner(req, "os_compute_api:os-keypairs:create", values.get("user_id"))
    key_type = values.get("type", "ssh")
    public_key, private_key = values.get("public_key"), None
    if public_key is None:
        made = keys.generate(key_type, user_id, req.deployment.clock.now())
        public_key, private_key, fingerprint = made
    else:
        fingerprint = keys.fingerprint(key_type, public_key)
    keypair = KeyPair(values["name"], user_id, public_key, fingerprint, key_type)

    def store(conn: Connection) -> KeyPair:
        allowed = quota.limits(req.deployment.conf, conn, req.context.project_id or "", user_id)
        if quota.exceeds(allowed["key_pairs"], db.count(conn, user_id) + 1):
            raise KeypairLimitExceeded()
        return db.create(conn, keypair)

    return views.created(req, api_database(req).run(store), private_key)


def delete_keypair(req: Request) -> None:
    user_id = _queried_owner(req, "os_compute_api:os-keypairs:delete")
    api_database(req).run(lambda conn: db.destroy(conn, user_id, req.path["id"]))


OPERATIONS = [
    Operation(
        "GET",
        "/os-keypairs",
        list_keypairs,
        "List keypairs",
        query=schemas.INDEX_QUERY,
        response=schemas.INDEX,
        errors=(400,),
    ),
    Operation(
        "POST",
        "/os-keypairs",
        create_keypair,
        "Import (or, before 2.92, generate) keypair",
        success=Versioned(("2.1", "2.1", 200), ("2.2", None, 201)),
        request=schemas.CREATE,
        response=schemas.CREATED,
        errors=(400, 403, 409),
    ),
    Operation(
        "GET",
        "/os-keypairs/{id}",
        show_keypair,
        "Show keypair by name",
        query=schemas.QUERY,
        response=schemas.SHOW,
        errors=(404,),
    ),
    Operation(
        "DELETE",
        "/os-keypairs/{id}",
        delete_keypair,
        "Delete keypair by name",
        success=Versioned(("2.1", "2.1", 202), ("2.2", None, 204)),
        query=schemas.QUERY,
        errors=(404,),
    ),
]
