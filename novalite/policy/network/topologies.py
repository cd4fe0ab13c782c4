"""Auto-allocated topologies."""

from novalite.policy.network.base import MEMBER, READER
from novalite.policy.network.resource import ROOT
from novalite.policy.rules import rule

_ONE = f"{ROOT}/auto-allocated-topology/{{project_id}}"

RULES = [
    rule(
        "get_auto_allocated_topology",
        READER,
        "Show a project's topology, which is made when it is not there",
        [f"GET {_ONE}"],
    ),
    rule(
        "delete_auto_allocated_topology",
        MEMBER,
        "Delete a project's topology",
        [f"DELETE {_ONE}"],
    ),
]
