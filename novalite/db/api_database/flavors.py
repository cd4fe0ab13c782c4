"""Flavors, their extra specs, and the projects that may use a private one."""

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.sql import ColumnElement

from novalite import exception
from novalite.db.api_database import models
from novalite.db.errors import DuplicateKey
from novalite.db.records import Mapping as RecordMapping
from novalite.db.statements import any_of, beyond, new_id, order_by
from novalite.db.types import utcnow
from novalite.objects import Flavor

table = models.flavors
specs = models.flavor_extra_specs
projects = models.flavor_projects

_mapping = RecordMapping(Flavor, table)
_width = len(_mapping.columns)
_with_specs = sa.select(*_mapping.columns, specs.c.key, specs.c.value).select_from(
    table.outerjoin(specs, specs.c.flavor_id == table.c.id)
)


def get(conn: Connection, flavorid: str, *, project_id: str | None = None) -> Flavor:
    """``project_id``: only if this project may use it. Raises FlavorNotFound."""
    return _one(conn, table.c.flavorid == flavorid, flavorid, project_id)


def get_by_name(conn: Connection, name: str) -> Flavor:
    """Raises FlavorNotFound."""
    return _one(conn, table.c.name == name, name, None)


def get_by_id(conn: Connection, id_: int) -> Flavor:
    """By the database's own number (an instance's instance_type_id). Raises FlavorNotFound."""
    return _one(conn, table.c.id == id_, str(id_), None)


def _one(
    conn: Connection, condition: ColumnElement[bool], what: str, project_id: str | None
) -> Flavor:
    rows = conn.execute(_with_specs.where(condition)).all()
    if not rows:
        raise exception.FlavorNotFound(flavor_id=what)
    flavor: Flavor = _mapping.load(rows[0][:_width])
    flavor.extra_specs = {row[_width]: row[_width + 1] for row in rows if row[_width] is not None}
    if not flavor.is_public:
        flavor.projects = _projects_of(conn, [flavor.id]).get(flavor.id, [])
        if project_id is not None and project_id not in flavor.projects:
            raise exception.FlavorNotFound(flavor_id=what)
    return flavor


def list_(
    conn: Connection,
    *,
    is_public: bool | None = True,
    project_id: str | None = None,
    disabled: bool | None = None,
    min_ram: int | None = None,
    min_disk: int | None = None,
    name: str | None = None,
    sort_key: str = "flavorid",
    sort_dir: str = "asc",
    limit: int | None = None,
    marker: str | None = None,
) -> list[Flavor]:
    """A page of flavors in three statements.

    ``is_public`` True with ``project_id``: the public ones and the private ones that the project
    may use; None: any. ``min_ram`` in MiB, ``min_disk`` (root) in GiB; ``name`` is a regular
    expression; ``sort_key`` is a column; ``marker`` is the flavorid of the last one seen. Raises
    MarkerNotFound and InvalidPattern.
    """
    query = _mapping.select().where(*_visible(is_public, project_id))
    if disabled is not None:
        query = query.where(table.c.disabled == disabled)
    if min_ram is not None:
        query = query.where(table.c.memory_mb >= min_ram)
    if min_disk is not None:
        query = query.where(table.c.root_gb >= min_disk)
    if name is not None:
        query = query.where(table.c.name.regexp_match(name))
    columns = [table.c[sort_key]] + ([] if sort_key == "id" else [table.c.id])
    directions = [sort_dir] * len(columns)
    if marker is not None:
        values = conn.execute(sa.select(*columns).where(table.c.flavorid == marker)).first()
        if values is None:
            raise exception.MarkerNotFound(marker=marker)
        query = query.where(beyond(columns, directions, values))
    query = query.order_by(
        *(order_by(conn, c, d) for c, d in zip(columns, directions, strict=True))
    )
    if limit is not None:
        query = query.limit(limit)
    flavors: list[Flavor] = _mapping.load_all(conn.execute(query))
    if flavors:
        _add_collections(conn, flavors)
    return flavors


def _visible(is_public: bool | None, project_id: str | None) -> list[ColumnElement[bool]]:
    if is_public is None:
        return []
    public = table.c.is_public == is_public
    if not is_public or project_id is None:
        return [public]
    shared = sa.select(projects.c.flavor_id).where(projects.c.project_id == project_id)
    return [sa.or_(public, table.c.id.in_(shared))]


def _add_collections(conn: Connection, flavors: list[Flavor]) -> None:
    ids = [flavor.id for flavor in flavors]
    extra: dict[int, dict[str, str]] = {}
    query = sa.select(specs.c.flavor_id, specs.c.key, specs.c.value)
    for flavor_id, key, value in conn.execute(query.where(any_of(conn, specs.c.flavor_id, ids))):
        extra.setdefault(flavor_id, {})[key] = value
    access = _projects_of(conn, ids)
    for flavor in flavors:
        flavor.extra_specs = extra.get(flavor.id or 0, {})
        flavor.projects = access.get(flavor.id, [])


def _projects_of(conn: Connection, ids: Iterable[int | None]) -> dict[int | None, list[str]]:
    found: dict[int | None, list[str]] = {}
    query = sa.select(projects.c.flavor_id, projects.c.project_id)
    query = query.where(any_of(conn, projects.c.flavor_id, ids)).order_by(projects.c.id)
    for flavor_id, project_id in conn.execute(query):
        found.setdefault(flavor_id, []).append(project_id)
    return found


def create(conn: Connection, flavor: Flavor) -> Flavor:
    """The stored flavor. Raises FlavorExists (name) and FlavorIdExists."""
    try:
        result = conn.execute(table.insert(), _mapping.values(flavor))
    except DuplicateKey as exc:
        if exc.concerns("flavors", "flavorid"):
            raise exception.FlavorIdExists(flavor_id=flavor.flavorid) from None
        raise exception.FlavorExists(name=flavor.name) from None
    id_ = new_id(result)
    if flavor.extra_specs:
        _insert_specs(conn, id_, flavor.extra_specs)
    if flavor.projects:
        conn.execute(
            projects.insert(),
            [{"flavor_id": id_, "project_id": project} for project in flavor.projects],
        )
    return get(conn, flavor.flavorid)


def update_description(conn: Connection, flavorid: str, description: str | None) -> Flavor:
    """Raises FlavorNotFound."""
    conn.execute(
        table.update().where(table.c.flavorid == flavorid),
        {"description": description, "updated_at": utcnow()},
    )
    return get(conn, flavorid)


def destroy(conn: Connection, flavorid: str) -> None:
    """With its extra specs and access list. Raises FlavorNotFound."""
    if not conn.execute(table.delete().where(table.c.flavorid == flavorid)).rowcount:
        raise exception.FlavorNotFound(flavor_id=flavorid)


# ---- extra specs ----


def set_extra_specs(conn: Connection, flavorid: str, values: Mapping[str, str]) -> None:
    """Add or overwrite these. Raises FlavorNotFound."""
    id_ = _lock(conn, flavorid)
    existing = set(
        conn.execute(
            sa.select(specs.c.key).where(
                specs.c.flavor_id == id_, any_of(conn, specs.c.key, values)
            )
        ).scalars()
    )
    for key in existing:
        conn.execute(
            specs.update().where(specs.c.flavor_id == id_, specs.c.key == key),
            {"value": values[key], "updated_at": utcnow()},
        )
    new = {key: value for key, value in values.items() if key not in existing}
    if new:
        _insert_specs(conn, id_, new)


def delete_extra_spec(conn: Connection, flavorid: str, key: str) -> None:
    """Raises FlavorNotFound and FlavorExtraSpecsNotFound."""
    id_ = _lock(conn, flavorid)
    condition = sa.and_(specs.c.flavor_id == id_, specs.c.key == key)
    if not conn.execute(specs.delete().where(condition)).rowcount:
        raise exception.FlavorExtraSpecsNotFound(flavor_id=flavorid, key=key)


def _insert_specs(conn: Connection, id_: int, values: Mapping[str, str]) -> None:
    rows = [{"flavor_id": id_, "key": key, "value": value} for key, value in values.items()]
    conn.execute(specs.insert(), rows)


# ---- access ----


def add_access(conn: Connection, flavorid: str, project_id: str) -> None:
    """Raises FlavorNotFound and FlavorAccessExists."""
    id_ = _lock(conn, flavorid)
    try:
        conn.execute(projects.insert(), {"flavor_id": id_, "project_id": project_id})
    except DuplicateKey:
        raise exception.FlavorAccessExists(flavor_id=flavorid, project_id=project_id) from None


def remove_access(conn: Connection, flavorid: str, project_id: str) -> None:
    """Raises FlavorNotFound and FlavorAccessNotFound."""
    id_ = _lock(conn, flavorid)
    condition = sa.and_(projects.c.flavor_id == id_, projects.c.project_id == project_id)
    if not conn.execute(projects.delete().where(condition)).rowcount:
        raise exception.FlavorAccessNotFound(flavor_id=flavorid, project_id=project_id)


def _lock(conn: Connection, flavorid: str) -> int:
    """The flavor's number, its row locked until the end of the transaction."""
    query: sa.Select[Any] = sa.select(table.c.id).where(table.c.flavorid == flavorid)
    id_ = conn.execute(query.with_for_update()).scalar()
    if id_ is None:
        raise exception.FlavorNotFound(flavor_id=flavorid)
    return id_
