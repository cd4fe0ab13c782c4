"""/v2/metadefs/resource_types, and a namespace's associations with them."""

from typing import Any

from novalite.image.embedded.metadefs import schemas
from novalite.image.embedded.rest import metadef_views as views
from novalite.image.embedded.rest.common import service_of
from novalite.wsgi.operations import Operation, Request


def list_(req: Request) -> dict[str, Any]:
    rows = service_of(req).metadefs.resource_types.list_()
    return {"resource_types": [views.resource_type(row) for row in rows]}


def list_associations(req: Request) -> dict[str, Any]:
    types = service_of(req).metadefs.resource_types
    rows = types.associations(req.context, req.path["namespace"])
    return {"resource_type_associations": [views.target(row) for row in rows]}


def associate(req: Request) -> dict[str, Any]:
    types = service_of(req).metadefs.resource_types
    values = views.target_row(req.body)
    return views.target(types.associate(req.context, req.path["namespace"], values))


def dissociate(req: Request) -> None:
    types = service_of(req).metadefs.resource_types
    types.dissociate(req.context, req.path["namespace"], req.path["name"])


_OF_NAMESPACE = "/v2/metadefs/namespaces/{namespace}/resource_types"
OPERATIONS = [
    Operation(
        "GET", "/v2/metadefs/resource_types", list_, "List resource types",
        policy="list_metadef_resource_types", errors=(403,),
    ),
    Operation(
        "GET", _OF_NAMESPACE, list_associations, "List a namespace's resource types",
        policy="get_metadef_resource_type", errors=(403, 404),
    ),
    Operation(
        "POST", _OF_NAMESPACE, associate, "Associate a namespace with a resource type",
        success=201, request=schemas.TARGET, policy="add_metadef_resource_type_association",
        errors=(400, 403, 404, 409),
    ),
    Operation(
        "DELETE", _OF_NAMESPACE + "/{name}", dissociate,
        "Dissociate a namespace from a resource type", success=204,
        policy="remove_metadef_resource_type_association", errors=(403, 404),
    ),
]  # fmt: skip
