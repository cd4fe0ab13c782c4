"""Block devices of servers."""

from typing import Any

from sqlalchemy import Connection

from novalite.conductor.cells import Cells
from novalite.context import RequestContext
from novalite.db.cell_database import block_devices


class BlockDevices:
    def __init__(self, cells: Cells) -> None:
        self._cells = cells

    def update(
        self, context: RequestContext, host: str, instance_uuid: str, devices: list[dict[str, Any]]
    ) -> None:
        """See ConductorAPI. Raises InvalidInput for what is no column."""

        def update(conn: Connection) -> None:
            for device in devices:
                changes = {key: value for key, value in device.items() if key != "uuid"}
                block_devices.update(conn, instance_uuid, device["uuid"], changes)

        self._cells.of_host(host).run(update)
