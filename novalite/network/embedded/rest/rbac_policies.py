"""/v2.0/rbac-policies"""

from novalite.network.embedded.rest.resource import ID, PROJECT, Resource, object_

CREATE = object_(
    {**PROJECT, "object_type": ID, "object_id": ID, "action": ID, "target_tenant": ID},
    "object_type",
    "object_id",
    "action",
    "target_tenant",
)
UPDATE = object_({"target_tenant": ID}, "target_tenant")

OPERATIONS = Resource(
    "rbac_policy",
    lambda service: service.rbac_policies,
    plural="rbac_policies",
).operations(CREATE, UPDATE)
