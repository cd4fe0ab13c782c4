"""The first start of the embedded identity service, and what every start makes sure of."""

import json
import os
import secrets
from typing import TYPE_CHECKING

from oslo_log import log
from sqlalchemy import Connection

from novalite.identity.embedded import catalog, queries, regions
from novalite.identity.embedded.grants import SYSTEM, Place, give
from novalite.identity.embedded.implied_roles import imply
from novalite.identity.embedded.users import DEFAULT_DOMAIN

if TYPE_CHECKING:
    from oslo_config import cfg

    from novalite.identity.embedded.service import IdentityService

LOG = log.getLogger(__name__)

ROLES = ("admin", "manager", "member", "reader", "service")
IMPLIED = (("admin", "manager"), ("manager", "member"), ("member", "reader"))
PROJECTS = ("admin", "demo", "service")
USERS = ("admin", "demo", "nova")
# user, role, kind and name of the target
ASSIGNMENTS = (
    ("admin", "admin", "project", "admin"),
    ("admin", "admin", "system", SYSTEM),
    ("demo", "member", "project", "demo"),
    ("nova", "service", "project", "service"),
    ("nova", "admin", "project", "service"),
)
# type, name, path under [embedded]public_url
SERVICES = (
    ("identity", "keystone", "/identity"),
    ("compute", "nova", "/v2.1"),
    ("image", "glance", "/image"),
    ("network", "neutron", "/network"),
    ("block-storage", "cinder", "/volume/v3"),
    ("volumev3", "cinderv3", "/volume/v3/$(project_id)s"),
)


def bootstrap(conf: "cfg.ConfigOpts", service: "IdentityService") -> None:
    """Domain, projects, roles and users at the first start, the catalog at every one. What an
    administrator changed or removed afterwards stays so."""
    with service.database.read() as conn:
        first = queries.domains.find(conn, id=DEFAULT_DOMAIN) is None
    hashes = {}
    if first:
        # The file first: killed between the two, the next start finds the passwords in it.
        passwords = _passwords(conf.embedded.credentials_file, USERS)
        hashes = {name: service.passwords.hash(passwords[name]) for name in USERS}
        LOG.info("Passwords of %s are in the credentials file.", ", ".join(USERS))
    if service.database.run(lambda conn: _ensure(conf, conn, hashes)):
        service.forget()


def read_credentials(path: str) -> dict[str, str]:
    """User name -> generated password; empty when there is no such file."""
    try:
        with open(path, encoding="utf-8") as file:
            return {str(name): str(value) for name, value in json.load(file).items()}
    except FileNotFoundError:
        return {}


def _passwords(path: str, names: tuple[str, ...]) -> dict[str, str]:
    known = read_credentials(path)
    wanted = {name: known.get(name) or secrets.token_urlsafe(18) for name in names}
    known.update(wanted)
    folder = os.path.dirname(os.path.abspath(path))
    os.makedirs(folder, mode=0o755, exist_ok=True)
    partial = f"{path}.{os.getpid()}.partial"
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        json.dump(known, file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)
    return wanted


def _ensure(conf: "cfg.ConfigOpts", conn: Connection, hashes: dict[str, str]) -> bool:
    """In one transaction; whether anything was written."""
    changed = _ensure_accounts(conn, hashes)
    for endpoint in queries.endpoints.list_(conn):  # from before regions had rows
        if endpoint["region_id"]:
            regions.ensure(conn, endpoint["region_id"])
    base = conf.embedded.public_url.rstrip("/")
    for kind, name, path in SERVICES:
        elsewhere = conf.embedded.compute_url if kind == "compute" else None
        changed |= catalog.ensure(
            conn,
            kind=kind,
            name=name,
            description=f"novalite {kind} service",
            url=elsewhere or base + path,
            region=conf.embedded.region,
        )
    return changed


def _ensure_accounts(conn: Connection, hashes: dict[str, str]) -> bool:
    """All of it in the transaction that makes the domain: where that is, all has been."""
    if not hashes or queries.domains.find(conn, id=DEFAULT_DOMAIN) is not None:
        return False
    default = {"id": DEFAULT_DOMAIN, "name": "Default", "description": "The default domain"}
    queries.domains.create(conn, {**default, "enabled": True})
    roles = {
        name: queries.roles.create(conn, {"name": name, "domain_id": ""})["id"] for name in ROLES
    }
    for prior, implied in IMPLIED:
        imply(conn, roles[prior], roles[implied])
    common = {"domain_id": DEFAULT_DOMAIN, "enabled": True, "tokens_valid_after": 0}
    targets = {SYSTEM: SYSTEM}
    for name in PROJECTS:
        values = {"name": name, "description": f"The {name} project", **common}
        targets[name] = queries.projects.create(conn, values)["id"]
    users = {
        name: queries.users.create(conn, {"name": name, "password_hash": hashed, **common})["id"]
        for name, hashed in hashes.items()
    }
    for user, role, kind, target in ASSIGNMENTS:
        give(conn, Place("user", users[user], kind, targets[target]), roles[role])
    # Compute hosts elsewhere make volumes for servers, in the projects of these.
    everywhere = Place("user", users["nova"], "domain", DEFAULT_DOMAIN, inherited=True)
    give(conn, everywhere, roles["member"])
    return True
