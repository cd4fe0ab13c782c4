"""The schemas of /servers, gathered from their parts under the resource's own name."""

from novalite.api.openstack.schemas.servers_create import CREATE, CREATE_ANSWER
from novalite.api.openstack.schemas.servers_query import INDEX_QUERY, SHOW_QUERY
from novalite.api.openstack.schemas.servers_update import UPDATE
from novalite.api.openstack.schemas.servers_view import (
    DETAIL_ANSWER,
    INDEX_ANSWER,
    SHOW_ANSWER,
    UPDATE_ANSWER,
)

NO_ANSWER = {"type": "null"}

__all__ = [
    "CREATE",
    "CREATE_ANSWER",
    "DETAIL_ANSWER",
    "INDEX_ANSWER",
    "INDEX_QUERY",
    "NO_ANSWER",
    "SHOW_ANSWER",
    "SHOW_QUERY",
    "UPDATE",
    "UPDATE_ANSWER",
]
