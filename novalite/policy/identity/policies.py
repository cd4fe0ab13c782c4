"""Policies that clients store. They have no effect on these rules."""

from novalite.policy.identity.base import operations_of

RULES = operations_of("policy", "policies", "policies")
