"""Giving and taking roles."""

from novalite.policy.identity.base import ADMIN, READER, declare

_ACTORS = ("user", "group")
_PLACES = (
    "/v3/projects/{project_id}",
    "/v3/domains/{domain_id}",
    "/v3/OS-INHERIT/projects/{project_id}",
    "/v3/OS-INHERIT/domains/{domain_id}",
)


def _within(role: str) -> str:
    """The caller's domain is that of the target and that of who gets the role."""
    actor = " or ".join(f"domain_id:%(target.{each}.domain_id)s" for each in _ACTORS)
    place = "domain_id:%(target.project.domain_id)s or domain_id:%(target.domain.id)s"
    return f"(role:{role} and ({actor}) and ({place}))"


def _paths(method: str, role: str) -> list[str]:
    found = []
    for place in _PLACES:
        end = "/inherited_to_projects" if "OS-INHERIT" in place else ""
        for actor in _ACTORS:
            found.append(f"{method} {place}/{actor}s/{{{actor}_id}}/roles{role}{end}")
    return found


_READER = f"{READER} or {_within('reader')}"
_MANAGER = f"{ADMIN} or ({_within('manager')} and rule:domain_managed_target_role)"
_ROLE = "/{role_id}"
_SYSTEM = "/v3/system/{0}s/{{{0}_id}}/roles"

RULES = declare(
    ("check_grant", _READER, "Check a role", *_paths("GET", _ROLE)),
    ("list_grants", _READER, "List roles", *_paths("GET", "")),
    ("create_grant", _MANAGER, "Give a role", *_paths("PUT", _ROLE)),
    ("revoke_grant", _MANAGER, "Take a role", *_paths("DELETE", _ROLE)),
    *(
        row
        for actor in _ACTORS
        for path in (_SYSTEM.format(actor),)
        for row in (
            (
                f"list_system_grants_for_{actor}",
                READER,
                f"List the roles of a {actor} on the system",
                f"GET {path}",
            ),
            (
                f"check_system_grant_for_{actor}",
                READER,
                f"Check a role of a {actor} on the system",
                f"GET {path}{_ROLE}",
            ),
            (
                f"create_system_grant_for_{actor}",
                ADMIN,
                f"Give a {actor} a role on the system",
                f"PUT {path}{_ROLE}",
            ),
            (
                f"revoke_system_grant_for_{actor}",
                ADMIN,
                f"Take a role on the system from a {actor}",
                f"DELETE {path}{_ROLE}",
            ),
        )
    ),
)
