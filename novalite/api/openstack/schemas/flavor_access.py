"""Who may use a private flavor."""

from novalite.api.openstack.schemas import types
from novalite.api.openstack.schemas.fields import Schema, Version, spans

_TENANT: Schema = {"type": "string", "minLength": 1, "maxLength": 255}


def _action(name: str) -> Schema:
    return types.closed({name: types.closed({"tenant": _TENANT}, ("tenant",))}, (name,))


ADD_TENANT_ACCESS = _action("addTenantAccess")
REMOVE_TENANT_ACCESS = _action("removeTenantAccess")


def _index_query(version: Version) -> Schema:
    return {"type": "object", "properties": {}, "additionalProperties": version < (2, 102)}


INDEX_QUERY = spans(_index_query, ("2.1", "2.102"))

INDEX: Schema = {
    "type": "object",
    "properties": {
        "flavor_access": types.listed(
            {
                "type": "object",
                "properties": {"flavor_id": types.STRING, "tenant_id": types.PROJECT_ID},
                "required": ["flavor_id", "tenant_id"],
            }
        )
    },
    "required": ["flavor_access"],
}
