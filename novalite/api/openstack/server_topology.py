"""A server's NUMA topology: /servers/{server_id}/topology (2.78).

No host here divides a guest into NUMA nodes, whatever its flavor says; so a server is as the
API shows every server without a topology.
"""

from typing import Any

from novalite.api.openstack import servers
from novalite.api.openstack.schemas import server_topology as schemas
from novalite.wsgi.operations import Operation, Request

RULE = "compute:server:topology:index"


def index(req: Request) -> dict[str, Any]:
    servers.find(req, RULE, uuid=req.path["server_id"])
    return {"nodes": [], "pagesize_kb": None}


OPERATIONS = [
    Operation(
        "GET",
        "/servers/{server_id}/topology",
        index,
        "NUMA topology of server",
        min_version="2.78",
        query=schemas.QUERY,
        response=schemas.INDEX,
        errors=(404,),
    ),
]
