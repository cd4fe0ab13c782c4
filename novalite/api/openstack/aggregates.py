"""Host aggregates: /os-aggregates. They are named by number, also where they show a uuid."""

import re
from typing import Any

from novalite.api.compute import aggregates as use_cases
from novalite.api.compute import hosts
from novalite.api.openstack.flavors import api_database
from novalite.api.openstack.schemas import aggregates as schemas
from novalite.api.openstack.views import aggregates as views
from novalite.db.api_database import aggregates as db
from novalite.db.api_database.aggregates import ZONE
from novalite.exception import AggregateNotFound, InvalidInput
from novalite.wsgi.operations import Operation, Request

RULE = "os_compute_api:os-aggregates:"


def _number(req: Request) -> int:
    """Raises InvalidInput, and AggregateNotFound for a number that none can have."""
    text = req.path["id"]
    if not re.fullmatch("[+-]?[0-9]+", text):
        raise InvalidInput(reason="id must be an integer")
    number = hosts.number(text)
    if number is None:
        raise AggregateNotFound(aggregate_id=text)
    return number


def index(req: Request) -> dict[str, Any]:
    with api_database(req).read() as conn:
        return views.listed(req.version, db.list_(conn))


def show(req: Request) -> dict[str, Any]:
    number = _number(req)
    with api_database(req).read() as conn:
        return views.shown(req.version, db.get(conn, number))


def create(req: Request) -> dict[str, Any]:
    given = req.body["aggregate"]
    zone = given.get("availability_zone")
    metadata = {} if zone is None else {ZONE: zone}
    made = api_database(req).run(lambda conn: db.create(conn, given["name"], metadata))
    return views.created(req.version, made)


def update(req: Request) -> dict[str, Any]:
    given = req.body["aggregate"]
    name = given["name"].strip() if "name" in given else None
    zones = {ZONE: given["availability_zone"]} if "availability_zone" in given else {}
    changed = use_cases.update(req.deployment, _number(req), name, zones)
    return views.shown(req.version, changed)


def delete(req: Request) -> None:
    use_cases.delete(req.deployment, _number(req))


def add_host(req: Request) -> dict[str, Any]:
    host = req.body["add_host"]["host"]
    return views.shown(req.version, use_cases.add_host(req.deployment, _number(req), host))


def remove_host(req: Request) -> dict[str, Any]:
    host = req.body["remove_host"]["host"]
    return views.shown(req.version, use_cases.remove_host(req.deployment, _number(req), host))


def set_metadata(req: Request) -> dict[str, Any]:
    changes = req.body["set_metadata"]["metadata"]
    return views.shown(req.version, use_cases.set_metadata(req.deployment, _number(req), changes))


def images(req: Request) -> None:
    ids = [image["id"] for image in req.body["cache"]]
    use_cases.cache_images(req.deployment, req.context, _number(req), ids)


_ALL = "/os-aggregates"
_ONE = f"{_ALL}/{{id}}"
_ACTION = f"{_ONE}/action"

OPERATIONS = [
    Operation(
        "GET",
        _ALL,
        index,
        "List host aggregates",
        policy=RULE + "index",
        query=schemas.QUERY,
        response=schemas.INDEX,
    ),
    Operation(
        "POST",
        _ALL,
        create,
        "Create host aggregate",
        policy=RULE + "create",
        request=schemas.CREATE,
        response=schemas.CREATED,
        errors=(400, 409),
    ),
    Operation(
        "GET",
        _ONE,
        show,
        "Show host aggregate",
        policy=RULE + "show",
        query=schemas.QUERY,
        response=schemas.SHOW,
        errors=(400, 404),
    ),
    Operation(
        "PUT",
        _ONE,
        update,
        "Update aggregate name and zone",
        policy=RULE + "update",
        request=schemas.UPDATE,
        response=schemas.SHOW,
        errors=(400, 404, 409),
    ),
    Operation(
        "DELETE",
        _ONE,
        delete,
        "Delete host aggregate",
        policy=RULE + "delete",
        errors=(400, 404),
    ),
    Operation(
        "POST",
        _ACTION,
        add_host,
        "Add host to aggregate",
        policy=RULE + "add_host",
        action="add_host",
        request=schemas.ADD_HOST,
        response=schemas.SHOW,
        errors=(400, 404, 409),
    ),
    Operation(
        "POST",
        _ACTION,
        remove_host,
        "Remove host from aggregate",
        policy=RULE + "remove_host",
        action="remove_host",
        request=schemas.REMOVE_HOST,
        response=schemas.SHOW,
        errors=(400, 404, 409),
    ),
    Operation(
        "POST",
        _ACTION,
        set_metadata,
        "Set an aggregate's metadata",
        policy=RULE + "set_metadata",
        action="set_metadata",
        request=schemas.SET_METADATA,
        response=schemas.SHOW,
        errors=(400, 404),
    ),
    Operation(
        "POST",
        f"{_ONE}/images",
        images,
        "Have an aggregate's hosts cache images",
        policy="compute:aggregates:images",
        success=202,
        min_version="2.81",
        request=schemas.IMAGES,
        errors=(400, 404),
    ),
]
