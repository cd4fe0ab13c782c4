"""Hand events of neighbours to the hosts of the servers that they are about.

What must not be lost with a message is written into a row first: that a volume has grown.
"""

import logging
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from novalite.api.compute import actions, parts
from novalite.context import RequestContext
from novalite.db.api_database import instance_mappings
from novalite.db.cell_database import block_devices, instances
from novalite.deployment import Deployment
from novalite.exception import CellMappingNotFound, DatabaseUnavailable
from novalite.objects import CELL0_UUID, Instance
from novalite.objects.block_device import EXTENDING

LOG = logging.getLogger(__name__)

Event = dict[str, Any]
Servers = dict[str, tuple[str, Instance]]

ACCEPTED, TAG_MISSING, NO_SERVER, NO_HOST = 200, 400, 404, 422
VOLUME_EXTENDED = "volume-extended"
_NEED_TAG = frozenset({VOLUME_EXTENDED, "power-update", "accelerator-request-bound"})


def deliver(deployment: Deployment, context: RequestContext, events: Sequence[Event]) -> list[int]:
    """For each event an HTTP code: 200, or why nobody was told: 404 there is no such server, 422
    it is on no host, 400 the event lacks its tag."""
    servers = _servers(deployment, {event["server_uuid"] for event in events})
    codes = [_judge(servers.get(event["server_uuid"]), event) for event in events]
    accepted = [event for event, code in zip(events, codes, strict=True) if code == ACCEPTED]
    for event in accepted:
        if event["name"] == VOLUME_EXTENDED:
            _note_extended(deployment, context, servers[event["server_uuid"]], event["tag"])
    hosts: dict[str, list[Event]] = {}
    for event in accepted:
        host = servers[event["server_uuid"]][1].host
        assert host is not None
        hosts.setdefault(host, []).append(event)
    for host, its in hosts.items():
        uuids = dict.fromkeys(event["server_uuid"] for event in its)
        _tell(deployment, context, host, [servers[uuid][1] for uuid in uuids], its)
    return codes


def _servers(deployment: Deployment, uuids: set[str]) -> Servers:
    """uuid -> (uuid of its cell, server), of those that exist."""
    with parts.api_database(deployment).read() as conn:
        mappings = instance_mappings.get_many(conn, uuids)
    of_cell: dict[str, list[str]] = {}
    for mapping in mappings.values():
        # One that is still promised, or that found no host, is no host's.
        of_cell.setdefault(mapping.cell_uuid or CELL0_UUID, []).append(mapping.instance_uuid)
    found: Servers = {}
    for cell, its in of_cell.items():
        try:
            with parts.databases(deployment).cell(cell).read() as conn:
                for instance in instances.get_many(conn, its, load=()):
                    found[instance.uuid] = (cell, instance)
        except (CellMappingNotFound, DatabaseUnavailable):
            LOG.warning("cell %s does not answer: events of %s are lost", cell, ", ".join(its))
    return found


def _judge(known: tuple[str, Instance] | None, event: Event) -> int:
    if known is None:
        return NO_SERVER
    if not known[1].host:
        return NO_HOST
    if event["name"] in _NEED_TAG and not event.get("tag"):
        return TAG_MISSING
    return ACCEPTED


def _note_extended(
    deployment: Deployment, context: RequestContext, known: tuple[str, Instance], volume_id: str
) -> None:
    cell, instance = known

    def write(conn: Connection) -> None:
        for device in block_devices.list_(conn, instance.uuid):
            if device.volume_id == volume_id and device.task_state is None:
                assert device.uuid is not None
                block_devices.update(conn, instance.uuid, device.uuid, {"task_state": EXTENDING})
                now = deployment.clock.now()
                actions.begin(conn, _of_somebody(context, instance), instance, "extend_volume", now)

    parts.databases(deployment).cell(cell).run(write)


def _of_somebody(context: RequestContext, instance: Instance) -> RequestContext:
    """An action has a user: the server's own when a service asks in nobody's name."""
    if context.user_id:
        return context
    own = {"user_id": instance.user_id, "project_id": instance.project_id}
    return RequestContext.from_dict({**context.to_dict(), **own})


def _tell(
    deployment: Deployment,
    context: RequestContext,
    host: str,
    servers: list[Instance],
    events: list[Event],
) -> None:
    try:
        parts.compute(deployment).external_instance_event(context, host, servers, events)
    except Exception:
        LOG.warning("host %s could not be told of %d events", host, len(events), exc_info=True)
