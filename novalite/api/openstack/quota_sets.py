"""Limits of a project, or of a user in it: /os-quota-sets."""

from typing import Any

from novalite.api.compute import projects
from novalite.api.compute import quota_sets as use_cases
from novalite.api.openstack.schemas import quota_sets as schemas
from novalite.api.openstack.schemas.types import is_true
from novalite.api.openstack.views import quota_sets as views
from novalite.exception import ValidationError
from novalite.wsgi.operations import Operation, Request

RULE = "os_compute_api:os-quota-sets:"
_MAX_ID = 255


def _project(req: Request, action: str) -> str:
    """The project of the path, if the caller may. Raises PolicyNotAuthorized."""
    project_id = req.path["id"]
    req.authorize(RULE + action, {"project_id": project_id})
    return project_id


def _known_project(req: Request, action: str) -> str:
    """The same, if there is such a project. Raises ValidationError."""
    project_id = _project(req, action)
    projects.check(req.deployment, project_id)
    return project_id


def _user(req: Request) -> str | None:
    """The first user that the query names: the reference looks at no other."""
    named = req.query.get("user_id")
    return named[0] or None if named else None


def show(req: Request) -> dict[str, Any]:
    project_id = _known_project(req, "show")
    limits = use_cases.limits(req.deployment, project_id, _user(req))
    return views.shown(req.version, limits, project_id)


def detail(req: Request) -> dict[str, Any]:
    project_id = _known_project(req, "detail")
    limits, used = use_cases.limits_and_usage(req.deployment, project_id, _user(req))
    return views.detailed(req.version, limits, used, project_id)


def defaults(req: Request) -> dict[str, Any]:
    project_id = _known_project(req, "defaults")
    return views.shown(req.version, use_cases.default_limits(req.deployment), project_id)


def update(req: Request) -> dict[str, Any]:
    project_id, user_id = _known_project(req, "update"), _user(req)
    for name, value in (("project", project_id), ("user", user_id)):
        if value is not None and len(value) > _MAX_ID:
            raise ValidationError(detail=f"The id of a {name} has {_MAX_ID} characters at most.")
    given = dict(req.body["quota_set"])
    force = is_true(given.pop("force", False))
    wanted = {name: int(value) for name, value in given.items()}
    limits = use_cases.update(req.deployment, project_id, user_id, wanted, force=force)
    return views.shown(req.version, limits)


def delete(req: Request) -> None:
    use_cases.destroy(req.deployment, _project(req, "delete"), _user(req))


_ONE = "/os-quota-sets/{id}"

OPERATIONS = [
    Operation(
        "GET",
        _ONE,
        show,
        "Show project (or user) quotas",
        query=schemas.SHOW_QUERY,
        response=schemas.SHOWN,
        errors=(400,),
    ),
    Operation(
        "PUT",
        _ONE,
        update,
        "Update project (or user) quotas",
        request=schemas.UPDATE,
        query=schemas.SHOW_QUERY,
        response=schemas.UPDATED,
        errors=(400,),
    ),
    Operation(
        "DELETE",
        _ONE,
        delete,
        "Revert quotas to defaults",
        success=202,
        query=schemas.SHOW_QUERY,
    ),
    Operation(
        "GET",
        f"{_ONE}/detail",
        detail,
        "Show quotas with usage",
        query=schemas.SHOW_QUERY,
        response=schemas.DETAIL,
        errors=(400,),
    ),
    Operation(
        "GET",
        f"{_ONE}/defaults",
        defaults,
        "Show default quotas",
        query=schemas.DEFAULTS_QUERY,
        response=schemas.SHOWN,
        errors=(400,),
    ),
]
