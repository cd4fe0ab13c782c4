"""Extra specs of a flavor: /flavors/{id}/os-extra_specs."""

from typing import Any

from novalite.api.openstack import extra_specs_registry
from novalite.api.openstack.flavors import api_database, visible_to
from novalite.api.openstack.schemas import flavor_extra_specs as schemas
from novalite.db.api_database import flavors as db
from novalite.exception import FlavorExtraSpecsNotFound, ValidationError
from novalite.objects import Flavor
from novalite.wsgi.operations import Operation, Request


def _flavor(req: Request) -> Flavor:
    with api_database(req).read() as conn:
        return db.get(conn, req.path["flavor_id"], project_id=visible_to(req))


def list_extra_specs(req: Request) -> dict[str, Any]:
    return {"extra_specs": _flavor(req).extra_specs}


def show_extra_spec(req: Request) -> dict[str, Any]:
    key = req.path["id"]
    specs = _flavor(req).extra_specs
    if key not in specs:
        raise FlavorExtraSpecsNotFound(flavor_id=req.path["flavor_id"], key=key)
    return {key: specs[key]}


def _store(req: Request, values: dict[str, Any]) -> None:
    texts = {key: str(value) for key, value in values.items()}
    if req.version >= (2, 86):
        for key, text in texts.items():
            extra_specs_registry.check(key, text)
    flavorid = req.path["flavor_id"]
    api_database(req).run(lambda conn: db.set_extra_specs(conn, flavorid, texts))


def create_extra_specs(req: Request) -> dict[str, Any]:
    _store(req, req.body["extra_specs"])
    return {"extra_specs": req.body["extra_specs"]}


def update_extra_spec(req: Request) -> dict[str, Any]:
    if req.path["id"] not in req.body:
        raise ValidationError(detail="Request body and URI mismatch")
    _store(req, req.body)
    answer: dict[str, Any] = req.body
    return answer


def delete_extra_spec(req: Request) -> None:
    flavorid, key = req.path["flavor_id"], req.path["id"]
    api_database(req).run(lambda conn: db.delete_extra_spec(conn, flavorid, key))


_LIST = "/flavors/{flavor_id}/os-extra_specs"
_ITEM = "/flavors/{flavor_id}/os-extra_specs/{id}"

OPERATIONS = [
    Operation(
        "GET",
        _LIST,
        list_extra_specs,
        "List flavor extra specs",
        policy="os_compute_api:os-flavor-extra-specs:index",
        query=schemas.QUERY,
        response=schemas.INDEX,
        errors=(404,),
    ),
    Operation(
        "POST",
        _LIST,
        create_extra_specs,
        "Add or overwrite flavor extra specs",
        policy="os_compute_api:os-flavor-extra-specs:create",
        request=schemas.CREATE,
        response=schemas.CREATE,
        errors=(400, 404, 409),
    ),
    Operation(
        "GET",
        _ITEM,
        show_extra_spec,
        "Show one flavor extra spec",
        policy="os_compute_api:os-flavor-extra-specs:show",
        query=schemas.QUERY,
        response=schemas.SHOW,
        errors=(404,),
    ),
    Operation(
        "PUT",
        _ITEM,
        update_extra_spec,
        "Update one flavor extra spec",
        policy="os_compute_api:os-flavor-extra-specs:update",
        request=schemas.ONE,
        response=schemas.ONE,
        errors=(400, 404, 409),
    ),
    Operation(
        "DELETE",
        _ITEM,
        delete_extra_spec,
        "Delete one flavor extra spec",
        policy="os_compute_api:os-flavor-extra-specs:delete",
        errors=(404,),
    ),
]
