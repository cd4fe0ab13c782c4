"""Where is a server? Its mapping leads to a build request, or to the cell that holds it."""

import dataclasses
from collections.abc import Collection

from novalite.context import RequestContext
from novalite.db.api_database import (
    build_requests,
    instance_groups,
    instance_mappings,
    request_specs,
)
from novalite.db.cell_database import instances
from novalite.db.databases import Databases
from novalite.db.engine import Database
from novalite.exception import (
    BuildRequestNotFound,
    CellMappingNotFound,
    InstanceMappingNotFound,
    InstanceNotFound,
    RequestSpecNotFound,
)
from novalite.objects import CELL0_UUID, BuildRequest, Instance, InstanceMapping, RequestSpec

EVERYTHING = ("metadata", "system_metadata", "tags", "block_devices", "fault")


@dataclasses.dataclass(slots=True)
class Found:
    """``database`` is None for a server that is still a build request."""

    instance: Instance
    mapping: InstanceMapping
    database: Database | None = None
    request: BuildRequest | None = None

    @property
    def in_cell0(self) -> bool:
        return self.mapping.cell_uuid == CELL0_UUID

    @property
    def cell(self) -> Database:
        assert self.database is not None
        return self.database


def from_request(request: BuildRequest) -> Instance:
    """The instance that a build request promises, as if loaded from a cell."""
    instance = request.instance
    instance.block_devices = request.block_devices
    instance.tags = sorted(request.tags)
    instance.created_at = instance.created_at or request.created_at
    instance.updated_at = instance.updated_at or instance.created_at
    if instance.metadata is None:
        instance.metadata = {}
    if instance.system_metadata is None:
        instance.system_metadata = {}
    return instance


def find(
    databases: Databases,
    context: RequestContext,
    uuid: str,
    *,
    load: Collection[str] = EVERYTHING,
    deleted: bool | None = False,
) -> Found:
    """Raises InstanceNotFound, also for a server of another project (unless an admin asks), and
    DatabaseUnavailable when its cell does not answer.

    ``deleted``: None finds a deleted server too.
    """
    # A conductor may move the server from its build request to a cell between two statements;
    # the mapping has changed then, and is read once more.
    for last_try in (False, True):
        mapping, request = _mapping_and_request(databases, uuid)
        if not context.is_admin and mapping.project_id != context.project_id:
            raise InstanceNotFound(instance_id=uuid)
        if request is not None:
            return Found(from_request(request), mapping, request=request)
        if mapping.cell_uuid is not None:
            return _in_cell(databases, mapping, load, deleted)
        if last_try or mapping.queued_for_delete:
            break
    raise InstanceNotFound(instance_id=uuid)


@dataclasses.dataclass(slots=True)
class Unreachable:
    """What the API database knows of a server whose cell does not answer."""

    mapping: InstanceMapping
    spec: RequestSpec
    group: str | None


def find_unreachable(databases: Databases, context: RequestContext, uuid: str) -> Unreachable:
    """Raises InstanceNotFound."""
    assert databases.api is not None
    with databases.api.read() as conn:
        try:
            mapping = instance_mappings.get(conn, uuid)
            spec = request_specs.get(conn, uuid)
        except (InstanceMappingNotFound, RequestSpecNotFound):
            raise InstanceNotFound(instance_id=uuid) from None
        group = instance_groups.of_instances(conn, [uuid]).get(uuid)
    if not context.is_admin and mapping.project_id != context.project_id:
        raise InstanceNotFound(instance_id=uuid)
    return Unreachable(mapping, spec, group)


def _mapping_and_request(
    databases: Databases, uuid: str
) -> tuple[InstanceMapping, BuildRequest | None]:
    assert databases.api is not None
    with databases.api.read() as conn:
        try:
            mapping = instance_mappings.get(conn, uuid)
        except InstanceMappingNotFound:
            raise InstanceNotFound(instance_id=uuid) from None
        if mapping.cell_uuid is not None or mapping.queued_for_delete:
            return mapping, None
        try:
            return mapping, build_requests.get(conn, uuid)
        except BuildRequestNotFound:
            return mapping, None


def _in_cell(
    databases: Databases,
    mapping: InstanceMapping,
    load: Collection[str],
    deleted: bool | None,
) -> Found:
    assert mapping.cell_uuid is not None
    try:
        database = databases.cell(mapping.cell_uuid)
    except CellMappingNotFound:
        raise InstanceNotFound(instance_id=mapping.instance_uuid) from None
    with database.read() as conn:
        instance = instances.get(conn, mapping.instance_uuid, load, deleted)
    return Found(instance, mapping, database)
