"""Domains."""

from novalite.policy.identity.base import ADMIN, READER, declare, domain_reader

_ONE = "/v3/domains/{domain_id}"

RULES = declare(
    ("list_domains", domain_reader("domain_id"), "List domains", "GET /v3/domains"),
    (
        "get_domain",
        f"{READER} or domain_id:%(target.domain.id)s or project_domain_id:%(target.domain.id)s "
        "or user_domain_id:%(target.domain.id)s",
        "Show a domain; one's own, too",
        f"GET {_ONE}",
    ),
    ("create_domain", ADMIN, "Create a domain", "POST /v3/domains"),
    ("update_domain", ADMIN, "Update a domain", f"PATCH {_ONE}"),
    ("delete_domain", ADMIN, "Delete a domain", f"DELETE {_ONE}"),
)
