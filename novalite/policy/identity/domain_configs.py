"""Configurations of domains."""

from novalite.policy.identity.base import ADMIN, READER, declare

_PARTS = ("", "/{group}", "/{group}/{option}")


def _each(method: str) -> list[str]:
    return [f"{method} /v3/domains/{{domain_id}}/config{part}" for part in _PARTS]


RULES = declare(
    ("get_domain_config", READER, "Show a domain's configuration", *_each("GET")),
    (
        "get_domain_config_default",
        READER,
        "Show the default configuration of domains",
        *(f"GET /v3/domains/config{part}/default" for part in _PARTS),
    ),
    (
        "create_domain_config",
        ADMIN,
        "Set a domain's configuration",
        "PUT /v3/domains/{domain_id}/config",
    ),
    ("update_domain_config", ADMIN, "Update a domain's configuration", *_each("PATCH")),
    ("delete_domain_config", ADMIN, "Delete a domain's configuration", *_each("DELETE")),
)
