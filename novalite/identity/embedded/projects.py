"""Projects, their tree and their tags."""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy import Connection

from novalite import exception
from novalite.db.statements import any_of
from novalite.identity.embedded import hierarchy, queries, tables
from novalite.identity.embedded.cleanup import forget_project
from novalite.identity.embedded.core import Records, keep_domain, must_be_mutable, name_is_free
from novalite.identity.embedded.rows import Condition, Row, delete, insert_missing
from novalite.identity.embedded.users import DEFAULT_DOMAIN

MOST_TAGS = 80


class Projects(Records):
    """``parent_id`` of a row is None below the domain itself; clients see the domain there."""

    resource = queries.projects

    def dress(self, conn: Connection, rows: list[Row]) -> list[Row]:
        return with_tags(conn, rows)

    def conditions(self, filters: Row) -> list[Condition]:
        """Also ``tags``, ``tags-any``, ``not-tags`` and ``not-tags-any``: lists of names."""
        found = [
            _tagged(filters.pop(name), every=every, negated=negated)
            for name, every, negated in (
                ("tags", True, False),
                ("tags-any", False, False),
                ("not-tags", True, True),
                ("not-tags-any", False, True),
            )
            if name in filters
        ]
        parent = filters.pop("parent_id", None)
        if parent is not None:
            table = tables.projects
            of_domain = sa.and_(table.c.parent_id.is_(None), table.c.domain_id == parent)
            found.append(sa.or_(table.c.parent_id == parent, of_domain))
        return [*found, *super().conditions(filters)]

    def create(self, values: Row) -> Row:
        tags = values.get("tags", [])
        rest = {k: v for k, v in values.items() if k != "tags"}

        def work(conn: Connection) -> Row:
            made = queries.projects.create(conn, self.new(conn, rest))
            set_tags(conn, made["id"], tags)
            return self.dress(conn, [made])[0]

        return self.core.write(work)

    def new(self, conn: Connection, values: Row) -> Row:
        """``parent_id`` may be that of a domain. Raises ValidationError when the parent is not in
        the domain that was named."""
        row = {"enabled": True, "description": "", "parent_id": None, **values}
        domain_id, parent_id = row.get("domain_id"), row["parent_id"]
        parent = queries.projects.find(conn, id=parent_id) if parent_id else None
        if parent is not None:
            if domain_id not in (None, parent["domain_id"]):
                raise _other_domain()
            _check_parent(conn, parent)
            domain_id = parent["domain_id"]
        elif parent_id is not None:
            if queries.domains.find(conn, id=parent_id) is None:
                raise queries.projects.not_found(parent_id)
            if domain_id not in (None, parent_id):
                raise _other_domain()
            domain_id, row["parent_id"] = parent_id, None
        row["domain_id"] = domain_id or DEFAULT_DOMAIN
        queries.domains.get(conn, row["domain_id"])
        name_is_free(conn, queries.projects, row)
        return {**row, "tokens_valid_after": 0}

    def changes(self, conn: Connection, row: Row, changes: Row) -> Row:
        """Disabling ends the project's tokens. Raises Forbidden for a project with enabled ones
        below it, or enabling below a disabled one."""
        keep_domain(row, changes)
        must_be_mutable("project", row, changes)
        if changes.get("name", row["name"]) != row["name"]:
            name_is_free(conn, queries.projects, {**row, **changes})
        enabled = bool(changes.get("enabled", row["enabled"]))
        if enabled != row["enabled"]:
            self._check_switch(conn, row, enabled)
        if changes.get("enabled") is False:
            changes["tokens_valid_after"] = self.core.now()
        tags = changes.pop("tags", None)
        if tags is not None:
            set_tags(conn, row["id"], tags)
        return super().changes(conn, row, changes)

    def leave(self, conn: Connection, row: Row) -> None:
        must_be_mutable("project", row)
        if queries.projects.find(conn, parent_id=row["id"]) is not None:
            raise exception.Forbidden(
                f"Cannot delete the project {row['id']} since it is not a leaf in the hierarchy. "
                "Use the cascade option if you want to delete a whole subtree."
            )
        forget_project(conn, row["id"])

    # ---- the tree ----

    def parents(self, project_id: str) -> list[Row]:
        """The projects above it, the nearest first."""
        with self.core.read() as conn:
            row = queries.projects.get(conn, project_id)
            return self.dress(conn, hierarchy.ancestors(conn, row))

    def subtree(self, project_id: str) -> list[Row]:
        """The projects below it, a parent before its children."""
        with self.core.read() as conn:
            row = queries.projects.get(conn, project_id)
            return self.dress(conn, hierarchy.descendants(conn, row))

    def dressed(self, rows: list[Row]) -> list[Row]:
        """Rows of projects that came from elsewhere, with their tags."""
        with self.core.read() as conn:
            return with_tags(conn, rows)

    # ---- tags ----

    def no_tag(self, tag: str) -> exception.NotFound:
        return exception.NotFound(f"Could not find project tag: {tag}.")

    def set_tags(self, project_id: str, tags: list[str]) -> None:
        def work(conn: Connection) -> None:
            queries.projects.get(conn, project_id)
            set_tags(conn, project_id, tags)

        self.core.write(work)

    def add_tag(self, project_id: str, tag: str) -> None:
        """Raises ValidationError for what is no tag, and when there are too many."""
        if not tag or len(tag) > 255 or set(",/") & set(tag):
            raise exception.ValidationError(detail=f"Invalid input for field 'tag': {tag}")

        def work(conn: Connection) -> None:
            row = self.dress(conn, [queries.projects.get(conn, project_id)])[0]
            if tag not in row["tags"]:
                set_tags(conn, project_id, [*row["tags"], tag])

        self.core.write(work)

    def remove_tag(self, project_id: str, tag: str) -> None:
        def work(conn: Connection) -> None:
            queries.projects.get(conn, project_id)
            if not delete(conn, tables.project_tags, project_id=project_id, name=tag):
                raise self.no_tag(tag)

        self.core.write(work)

    def _check_switch(self, conn: Connection, row: Row, enabled: bool) -> None:
        if enabled:
            if any(not each["enabled"] for each in hierarchy.ancestors(conn, row)):
                raise exception.Forbidden(
                    f"Cannot enable project {row['id']} since it has disabled parents"
                )
        elif any(each["enabled"] for each in hierarchy.descendants(conn, row)):
            raise exception.Forbidden(
                f"Cannot disable project {row['id']} since its subtree contains enabled projects."
            )


def set_tags(conn: Connection, project_id: str, tags: Iterable[str]) -> None:
    """Also a domain's. Raises ValidationError when there are too many."""
    names = list(dict.fromkeys(tags))
    if len(names) > MOST_TAGS:
        raise exception.ValidationError(detail=f"A project has at most {MOST_TAGS} tags.")
    delete(conn, tables.project_tags, project_id=project_id)
    rows = [{"project_id": project_id, "name": name} for name in names]
    insert_missing(conn, tables.project_tags, rows)


def with_tags(conn: Connection, rows: list[Row]) -> list[Row]:
    """The rows, each with its ``tags``: a list of names."""
    table = tables.project_tags
    found: dict[str, list[str]] = {row["id"]: [] for row in rows}
    if rows:
        statement = sa.select(table).where(any_of(conn, table.c.project_id, found))
        for project_id, name in conn.execute(statement.order_by(table.c.name)):
            found[project_id].append(name)
    return [{**row, "tags": found[row["id"]]} for row in rows]


def _tagged(names: list[str], *, every: bool, negated: bool) -> Condition:
    table = tables.project_tags
    conditions = [
        tables.projects.c.id.in_(sa.select(table.c.project_id).where(table.c.name == name))
        for name in names
    ]
    both = sa.and_(*conditions) if every else sa.or_(*conditions)
    return sa.not_(both) if negated else both


def _check_parent(conn: Connection, parent: Row) -> None:
    above = hierarchy.ancestors(conn, parent)
    if len(above) + 2 > hierarchy.DEEPEST:
        raise exception.Forbidden(
            f"Max hierarchy depth reached for {parent['id']} branch: {hierarchy.DEEPEST}"
        )
    for each in (parent, *above):
        if not each["enabled"]:
            raise exception.Forbidden(
                f"Cannot create project in a branch containing a disabled project: {each['id']}."
            )


def _other_domain() -> exception.ValidationError:
    return exception.ValidationError(
        detail="Cannot create project, the parent is in a different domain."
    )
