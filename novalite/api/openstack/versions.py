"""Version documents: what this endpoint speaks. They need no token and know no microversions."""

from typing import Any

from novalite.api.openstack.schemas import versions as schemas
from novalite.api.openstack.views import versions as views
from novalite.wsgi import links
from novalite.wsgi.faults import NOT_FOUND, HTTPFault
from novalite.wsgi.operations import Answer, Operation, Request


def _root(req: Request) -> str:
    """The URL above ``/v2.1``."""
    prefix = req.deployment.conf.api.compute_link_prefix
    return links.without_version(links.base_url(req.environ, prefix))


def list_versions(req: Request) -> dict[str, Any]:
    return views.listed(_root(req))


def choices(req: Request) -> Answer:
    """For a path without version: where the same path would be found."""
    return Answer(views.choices(_root(req), req.path["rest"]))


def show_version(req: Request) -> dict[str, Any]:
    return views.shown(_root(req), legacy=req.environ["SCRIPT_NAME"].endswith("/v2"))


def show_version_by_id(req: Request) -> dict[str, Any]:
    found = views.by_id(_root(req), req.path["id"])
    if found is None:
        raise HTTPFault(404, NOT_FOUND)
    return found


ROOT = [
    Operation("GET", "/", list_versions, "List API versions", public=True),
    Operation(
        "GET",
        "/{rest:.+}",
        choices,
        "Multiple choices for a path without version",
        success=300,
        public=True,
    ),
]
"""Served at the unversioned root."""

DOCUMENT = [
    Operation(
        "GET", "/", show_version, "Show this API version", response=schemas.SHOW, public=True
    ),
]
"""Served at ``/v2.1`` and ``/v2`` themselves, where no token is asked for."""

OPERATIONS = [
    Operation(
        "GET",
        "/versions/{id}",
        show_version_by_id,
        "Show details of one API version",
        query=schemas.SHOW_QUERY,
        response=schemas.SHOW,
        errors=(404,),
    ),
]
