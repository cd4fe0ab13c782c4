"""Services of the catalog."""

from novalite.policy.identity.base import operations_of

RULES = operations_of("service", "services", "services")
