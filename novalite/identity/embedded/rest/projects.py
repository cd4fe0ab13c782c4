"""/v3/projects. A domain is a project, too, as identity v3 has it: one with ``is_domain``."""

import contextlib
from typing import Any

from novalite import exception
from novalite.identity.embedded.rest import forms, views
from novalite.identity.embedded.rest.access import (
    Target,
    about,
    allowed,
    authorize,
    caller,
    default_domain,
    reading,
    service_of,
)
from novalite.identity.embedded.rows import Row
from novalite.wsgi.operations import Operation, Request

_CHANGES = {
    "name": forms.NAME,
    "domain_id": forms.OPTIONAL_ID,
    "description": forms.TEXT,
    "enabled": forms.BOOLEAN,
    "tags": forms.TAGS,
    "options": forms.OPTIONS,
}
_FIELDS = _CHANGES | {"parent_id": forms.OPTIONAL_ID, "is_domain": forms.BOOLEAN}
_TAG_FILTERS = ("tags", "tags-any", "not-tags", "not-tags-any")


def view(req: Request, row: Row) -> Row:
    """``row`` is of a project, or of a domain."""
    is_domain = "domain_id" not in row
    body = views.extra(row) | views.plain(row, "id", "name", "enabled", "tags")
    body |= {
        "domain_id": None if is_domain else row["domain_id"],
        "parent_id": None if is_domain else row["parent_id"] or row["domain_id"],
        "is_domain": is_domain,
        "description": row["description"] or "",
        "options": row["options"] or {},
    }
    return body | views.links(req, f"projects/{row['id']}")


def list_(req: Request) -> dict[str, Any]:
    service, page = service_of(req), forms.page(req)
    limited = reading(req, "list_projects")
    wanted = forms.filters(req, "name", "domain_id", "enabled", "parent_id")
    if forms.flagged(req, "is_domain"):
        if limited:
            wanted["id"] = limited["domain_id"]
        none = any(wanted.pop(name, None) is not None for name in ("domain_id", "parent_id"))
        rows = [] if none else service.domains.list_(wanted, page)
    else:
        for name in _TAG_FILTERS:
            value = req.query_one(name)
            if value:
                wanted[name] = value.split(",")
        rows = service.projects.list_(wanted | limited, page)
    return views.collection(req, "projects", [view(req, row) for row in rows], page=page)


def show(req: Request) -> dict[str, Any]:
    """With ``parents_as_list``, ``parents_as_ids``, ``subtree_as_list`` and ``subtree_as_ids``."""
    row = _fetch(req, "get_project")
    body = view(req, row)
    if body["is_domain"]:
        return {"project": body}
    projects = service_of(req).projects
    above = forms.flagged(req, "parents_as_list"), forms.flagged(req, "parents_as_ids")
    if any(above):
        rows = projects.parents(row["id"])
        body["parents"] = _as_list(req, rows) if above[0] else _as_chain(row, rows)
    below = forms.flagged(req, "subtree_as_list"), forms.flagged(req, "subtree_as_ids")
    if any(below):
        rows = projects.subtree(row["id"])
        body["subtree"] = _as_list(req, rows) if below[0] else _as_tree(row["id"], rows)
    return {"project": body}


def create(req: Request) -> dict[str, Any]:
    values = forms.with_extra(req, "project", _FIELDS)
    values = {k: v for k, v in values.items() if not (k == "domain_id" and v is None)}
    if values.pop("is_domain", False):
        authorize(req, "create_project", {})
        for name in ("domain_id", "parent_id"):
            values.pop(name, None)
        return {"project": view(req, service_of(req).domains.create(values))}
    if values.get("parent_id") is None:
        values = default_domain(req) | values
    projects = service_of(req).projects
    domain_id = values.get("domain_id") or _domain_of_parent(req, values)
    authorize(req, "create_project", about("project", domain_id=domain_id))
    return {"project": view(req, projects.create(values))}


def update(req: Request) -> dict[str, Any]:
    row = _changeable(req, "update_project")
    changes = forms.with_extra(req, "project", _CHANGES)
    for name in ("is_domain", "parent_id"):
        changes.get("extra", {}).pop(name, None)
    if "domain_id" in row:
        return {"project": view(req, service_of(req).projects.update(row["id"], changes))}
    changes.pop("domain_id", None)
    return {"project": view(req, service_of(req).domains.update(row["id"], changes))}


def delete(req: Request) -> None:
    row = _changeable(req, "delete_project")
    service = service_of(req)
    records = service.projects if "domain_id" in row else service.domains
    records.delete(row["id"])


# ---- tags ----


def list_tags(req: Request) -> dict[str, Any]:
    row = _fetch(req, "list_project_tags")
    return {"tags": row["tags"]} | views.links(req, f"projects/{row['id']}/tags")


def check_tag(req: Request) -> None:
    row = _fetch(req, "get_project_tag")
    if req.path["tag"] not in row["tags"]:
        raise service_of(req).projects.no_tag(req.path["tag"])


def set_tags(req: Request) -> dict[str, Any]:
    row = _changeable(req, "update_project_tags")
    service_of(req).projects.set_tags(row["id"], req.body["tags"])
    return {"tags": req.body["tags"]} | views.links(req, f"projects/{row['id']}/tags")


def add_tag(req: Request) -> None:
    row = _changeable(req, "create_project_tag")
    service_of(req).projects.add_tag(row["id"], req.path["tag"])


def remove_tag(req: Request) -> None:
    row = _changeable(req, "delete_project_tag")
    service_of(req).projects.remove_tag(row["id"], req.path["tag"])


def remove_tags(req: Request) -> None:
    row = _changeable(req, "delete_project_tags")
    service_of(req).projects.set_tags(row["id"], [])


# ---- inside ----


def _find(req: Request) -> Row | None:
    """The project, or the domain with this id."""
    for records in (service_of(req).projects, service_of(req).domains):
        with contextlib.suppress(exception.NotFound):
            return records.get(req.path["id"])
    return None


def _fetch(req: Request, action: str) -> Row:
    """Raises PolicyNotAuthorized, also instead of NotFound."""
    project_id = req.path["id"]
    row = _find(req)
    target = about("project", id=project_id, domain_id=_domain_to_read(req, row))
    if not allowed(req, action, target):
        mine = service_of(req).grants.projects_of(caller(req))
        own = caller(req) if any(each["id"] == project_id for each in mine) else None
        authorize(req, action, target | about("project", user_id=own))
    return row or service_of(req).projects.get(project_id)


def _domain_to_read(req: Request, row: Row | None) -> str | None:
    """Who reads in a domain reads the domain, too. In his own he may know what is not there."""
    if row is None:
        return req.context.domain_id
    return str(row.get("domain_id", row["id"]))


def _changeable(req: Request, action: str) -> Row:
    """Raises PolicyNotAuthorized, also instead of NotFound. A domain is in no domain."""
    project_id = req.path["id"]
    row = _find(req)
    domain_id = row.get("domain_id") if row else req.context.domain_id
    authorize(req, action, about("project", id=project_id, domain_id=domain_id))
    return row or service_of(req).projects.get(project_id)


def _domain_of_parent(req: Request, values: Row) -> str | None:
    parent_id = values.get("parent_id")
    if parent_id is None:
        return None
    parent = service_of(req).projects.find(id=parent_id)
    return parent["domain_id"] if parent else parent_id


def _as_list(req: Request, rows: list[Row]) -> list[Row]:
    """Those that the caller may look at."""
    domains = {row["domain_id"] for row in rows}
    if not all(allowed(req, "get_project", _in(each)) for each in domains):
        mine = {row["id"] for row in service_of(req).grants.projects_of(caller(req))}
        rows = [row for row in rows if row["id"] in mine]
    return [{"project": view(req, row)} for row in rows]


def _in(domain_id: str) -> Target:
    return about("project", domain_id=domain_id)


def _as_chain(row: Row, above: list[Row]) -> Row:
    """Nested ids, from the parent to the domain."""
    chain: Row | None = None
    for project_id in (row["domain_id"], *(each["id"] for each in reversed(above))):
        chain = {project_id: chain}
    return chain or {}


def _as_tree(project_id: str, rows: list[Row]) -> Row | None:
    children = [row["id"] for row in rows if row["parent_id"] == project_id]
    return {child: _as_tree(child, rows) for child in children} or None


_TAGS = {
    "type": "object",
    "properties": {"tags": forms.TAGS},
    "required": ["tags"],
    "additionalProperties": False,
}
_PROJECT = "/v3/projects/{id}"
_TAG = "/v3/projects/{id}/tags/{tag}"
OPERATIONS = [
    Operation("GET", "/v3/projects", list_, "List projects"),
    Operation("GET", _PROJECT, show, "Show a project"),
    Operation(
        "POST", "/v3/projects", create, "Create a project", success=201,
        request=forms.body("project", _FIELDS, ("name",)),
    ),
    Operation(
        "PATCH", _PROJECT, update, "Update a project", request=forms.body("project", _CHANGES),
    ),
    Operation("DELETE", _PROJECT, delete, "Delete a project", success=204),
    Operation("GET", "/v3/projects/{id}/tags", list_tags, "List a project's tags"),
    Operation("PUT", "/v3/projects/{id}/tags", set_tags, "Set a project's tags", request=_TAGS),
    Operation(
        "DELETE", "/v3/projects/{id}/tags", remove_tags, "Remove a project's tags", success=204
    ),
    Operation("GET", _TAG, check_tag, "Check a project's tag", success=204),
    Operation("PUT", _TAG, add_tag, "Add a tag to a project", success=201),
    Operation("DELETE", _TAG, remove_tag, "Remove a tag from a project", success=204),
]  # fmt: skip
