"""/os-volumes_boot: another name of /servers for old clients, which ends with 2.102."""

import dataclasses

from novalite.api.openstack import server_actions, servers

OPERATIONS = [
    dataclasses.replace(
        operation,
        path=operation.path.replace("/servers", "/os-volumes_boot", 1),
        title=f"{operation.title} (alias)",
        max_version="2.102",
    )
    for operation in (*servers.OPERATIONS, *server_actions.OPERATIONS)
]
