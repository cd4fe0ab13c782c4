"""Key pairs."""

from novalite.policy.rules import rule

RULES = [
    rule(
        "os_compute_api:os-keypairs:index",
        "(rule:context_is_admin) or user_id:%(user_id)s",
        "List keypairs",
        ["GET /os-keypairs"],
    ),
    rule(
        "os_compute_api:os-keypairs:create",
        "(rule:context_is_admin) or user_id:%(user_id)s",
        "Import (or, before 2.92, generate) keypair",
        ["POST /os-keypairs"],
    ),
    rule(
        "os_compute_api:os-keypairs:delete",
        "(rule:context_is_admin) or user_id:%(user_id)s",
        "Delete keypair by name",
        ["DELETE /os-keypairs/{keypair_name}"],
    ),
    rule(
        "os_compute_api:os-keypairs:show",
        "(rule:context_is_admin) or user_id:%(user_id)s",
        "Show keypair by name",
        ["GET /os-keypairs/{keypair_name}"],
    ),
]
