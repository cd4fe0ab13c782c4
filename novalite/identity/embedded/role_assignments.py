"""The list of role assignments: as they were given, or as they take effect."""

import dataclasses
from collections.abc import Iterable, Iterator

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite.db.statements import any_of
from novalite.identity.embedded import hierarchy, queries, tables
from novalite.identity.embedded.core import Core
from novalite.identity.embedded.implied_roles import implications
from novalite.identity.embedded.rows import Row, select

_grants = tables.grants


@dataclasses.dataclass(frozen=True, slots=True)
class Assignment:
    """``inherited_from`` is the (kind, id) that the role was given on when that is not the target
    itself; ``group_id`` the group that it was given to; ``prior_role_id`` the role that implied
    this one, ``given_role_id`` the one that was given. ``inherited`` (not effective ones): it is
    for the projects below the target."""

    actor_kind: str
    actor_id: str
    target_kind: str
    target_id: str
    role_id: str
    inherited: bool = False
    inherited_from: tuple[str, str] | None = None
    group_id: str | None = None
    prior_role_id: str | None = None
    given_role_id: str = ""


@dataclasses.dataclass(slots=True)
class Wanted:
    """What to list; None: any. ``subtree``: the projects below the project, too."""

    user_id: str | None = None
    group_id: str | None = None
    role_id: str | None = None
    target_kind: str | None = None
    target_id: str | None = None
    inherited: bool | None = None
    subtree: bool = False
    effective: bool = False


@dataclasses.dataclass(slots=True)
class Names:
    """Rows by id, for lists that show names."""

    users: dict[str, Row]
    groups: dict[str, Row]
    roles: dict[str, Row]
    projects: dict[str, Row]
    domains: dict[str, Row]


class RoleAssignments:
    """Every list is made by a fixed number of statements."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def list_(self, wanted: Wanted, domain_id: str | None = None) -> tuple[list[Assignment], Names]:
        """``domain_id``: only what was given on this domain and its projects."""
        with self._core.read() as conn:
            found = list(
                _Effective(conn, wanted).run() if wanted.effective else _given(conn, wanted)
            )
            names = _names(conn, found)
        if domain_id is not None:
            found = [each for each in found if _domain_of(each, names) == domain_id]
        known = [each for each in found if _is_whole(each, names)]
        return known, names


def _given(conn: Connection, wanted: Wanted) -> Iterator[Assignment]:
    conditions = []
    for kind, actor_id in (("user", wanted.user_id), ("group", wanted.group_id)):
        if actor_id is not None:
            conditions += [_grants.c.actor_kind == kind, _grants.c.actor_id == actor_id]
    if wanted.role_id is not None:
        conditions.append(_grants.c.role_id == wanted.role_id)
    if wanted.inherited is not None:
        conditions.append(_grants.c.inherited == wanted.inherited)
    if wanted.target_kind is not None:
        conditions += [
            _grants.c.target_kind == wanted.target_kind,
            any_of(conn, _grants.c.target_id, _target_ids(conn, wanted)),
        ]
    statement = sa.select(_grants).where(*conditions).order_by(*_grants.primary_key.columns)
    for row in conn.execute(statement).mappings():
        yield Assignment(**row, given_role_id=row["role_id"])


def _target_ids(conn: Connection, wanted: Wanted) -> list[str]:
    assert wanted.target_id is not None
    ids = [wanted.target_id]
    if wanted.subtree:
        project = queries.projects.find(conn, id=wanted.target_id)
        if project is not None:
            ids += [row["id"] for row in hierarchy.descendants(conn, project)]
    return ids


class _Effective:
    """Groups become their users, inherited grants the projects that they are for, roles what they
    imply; a role that belongs to a domain only counts for what it implies."""

    def __init__(self, conn: Connection, wanted: Wanted) -> None:
        self._conn = conn
        self._wanted = wanted
        self._members: dict[str, list[str]] = {}
        for row in select(conn, tables.memberships):
            self._members.setdefault(row["group_id"], []).append(row["user_id"])
        self._implied = implications(conn)
        self._global = {row["id"] for row in queries.roles.list_(conn, domain_id="")}
        self._projects = queries.projects.list_(conn)
        self._targets: set[str] | None = None
        if wanted.target_id is not None:
            self._targets = set(_target_ids(conn, wanted))

    def run(self) -> Iterator[Assignment]:
        seen = set()
        for grant in _given(self._conn, Wanted()):
            for on_target in self._places(grant):
                for of_user in self._users(on_target):
                    for effective in self._roles(of_user):
                        if effective not in seen and self._fits(effective):
                            seen.add(effective)
                            yield effective

    def _places(self, grant: Assignment) -> Iterable[Assignment]:
        if not grant.inherited:
            return [grant]
        if grant.target_kind == "domain":
            rows = [row for row in self._projects if row["domain_id"] == grant.target_id]
        else:
            rows = hierarchy.below(self._projects, [grant.target_id])
        source = (grant.target_kind, grant.target_id)
        return [
            dataclasses.replace(
                grant, target_kind="project", target_id=row["id"], inherited_from=source
            )
            for row in rows
        ]

    def _users(self, grant: Assignment) -> Iterable[Assignment]:
        if grant.actor_kind == "user":
            return [grant]
        return [
            dataclasses.replace(grant, actor_kind="user", actor_id=user_id, group_id=grant.actor_id)
            for user_id in self._members.get(grant.actor_id, ())
        ]

    def _roles(self, grant: Assignment) -> Iterator[Assignment]:
        priors: dict[str, str | None] = {grant.role_id: None}
        self._follow(grant.role_id, priors)
        for role_id, prior_id in priors.items():
            if role_id in self._global:
                yield dataclasses.replace(grant, role_id=role_id, prior_role_id=prior_id)

    def _follow(self, prior: str, priors: dict[str, str | None]) -> None:
        for role_id in self._implied.get(prior, ()):
            if role_id not in priors:
                priors[role_id] = prior
                self._follow(role_id, priors)

    def _fits(self, found: Assignment) -> bool:
        wanted = self._wanted
        return (
            wanted.user_id in (None, found.actor_id)
            and wanted.role_id in (None, found.role_id)
            and wanted.target_kind in (None, found.target_kind)
            and (self._targets is None or found.target_id in self._targets)
            and wanted.inherited in (None, found.inherited_from is not None)
        )


def _names(conn: Connection, found: list[Assignment]) -> Names:
    def ids(kind: str, of: str) -> set[str]:
        if of == "actor":
            return {each.actor_id for each in found if each.actor_kind == kind}
        return {each.target_id for each in found if each.target_kind == kind}

    users = queries.users.of(conn, ids("user", "actor"))
    groups = queries.groups.of(conn, ids("group", "actor"))
    projects = queries.projects.of(conn, ids("project", "target"))
    rows = [*users.values(), *groups.values(), *projects.values()]
    domains = {row["domain_id"] for row in rows} | ids("domain", "target")
    return Names(
        users=users,
        groups=groups,
        roles=queries.roles.of(conn, {each.role_id for each in found}),
        projects=projects,
        domains=queries.domains.of(conn, domains),
    )


def _is_whole(each: Assignment, names: Names) -> bool:
    """Whether all that it names was there when we looked."""
    actors = names.users if each.actor_kind == "user" else names.groups
    there = each.actor_id in actors and each.role_id in names.roles
    if each.target_kind == "project":
        return there and each.target_id in names.projects
    return there and (each.target_kind == "system" or each.target_id in names.domains)


def _domain_of(each: Assignment, names: Names) -> str | None:
    if each.target_kind == "domain":
        return each.target_id
    project = names.projects.get(each.target_id)
    return project["domain_id"] if project else None
