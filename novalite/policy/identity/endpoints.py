"""Endpoints of the catalog."""

from novalite.policy.identity.base import operations_of

RULES = operations_of("endpoint", "endpoints", "endpoints")
