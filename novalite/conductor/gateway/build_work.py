"""What a host is to build, from the databases alone."""

from novalite.clock import Clock
from novalite.conductor import records
from novalite.conductor.cells import Cells
from novalite.context import RequestContext
from novalite.db.api_database import instance_mappings, request_specs
from novalite.db.api_database.leftovers import promised
from novalite.db.cell_database import instance_actions, instances
from novalite.exception import InstanceNotFound, RequestSpecNotFound
from novalite.objects import BuildWork
from novalite.states import BUILD_TASKS, BUILDING


class BuildWorks:
    def __init__(self, cells: Cells, clock: Clock) -> None:
        self._cells = cells
        self._clock = clock

    def get(self, context: RequestContext, host: str, instance_uuid: str) -> BuildWork | None:
        """See ConductorAPI. A server that the conductor has not handed over yet is not to be
        built yet; one that the user deleted before that never is, and goes now."""
        cell_uuid = self._cells.uuid_of_host(host)
        database = self._cells.cell(cell_uuid)
        with database.read() as conn:
            try:
                instance = instances.get(conn, instance_uuid)
            except InstanceNotFound:
                return None
            actions = instance_actions.list_(conn, instance_uuid, limit=1)
        building = instance.vm_state == BUILDING and instance.task_state in BUILD_TASKS
        if instance.host != host or not building:
            return None
        with self._cells.api.read() as conn:
            mapping = instance_mappings.get_many(conn, [instance_uuid]).get(instance_uuid)
            not_yet = promised(conn, [instance_uuid])
            try:
                spec = request_specs.get(conn, instance_uuid)
            except RequestSpecNotFound:
                spec = None
        if not_yet:
            return None
        if mapping is None or mapping.cell_uuid != cell_uuid:
            now = self._clock.now()
            database.run(lambda conn: instances.destroy(conn, instance_uuid, now))
            return None
        if spec is None:
            return None
        request_id = actions[0].request_id if actions else None
        return records.build_work(instance, spec, request_id)
