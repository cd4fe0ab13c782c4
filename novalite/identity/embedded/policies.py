"""Policy documents, kept for those who ask for them."""

from novalite.identity.embedded import queries
from novalite.identity.embedded.core import Records


class Policies(Records):
    resource = queries.policies
