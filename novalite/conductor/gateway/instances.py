"""Servers, as their host sees and changes them."""

from typing import Any

from sqlalchemy import Connection

from novalite.clock import Clock
from novalite.conductor.cells import Cells
from novalite.conductor.gateway import actions
from novalite.context import RequestContext
from novalite.db.api_database import instance_groups, instance_mappings, request_specs
from novalite.db.cell_database import block_devices, instance_faults, instances
from novalite.exception import (
    InstanceNotFound,
    UnexpectedDeletingTaskState,
    UnexpectedTaskState,
)
from novalite.objects import Instance, InstanceStep
from novalite.states import DELETING


class Instances:
    """See ConductorAPI for what each method promises."""

    def __init__(self, cells: Cells, clock: Clock) -> None:
        self._cells = cells
        self._clock = clock

    def get(self, context: RequestContext, host: str, instance_uuid: str) -> Instance | None:
        load = ("metadata", "system_metadata", "tags", "block_devices")
        with self._cells.of_host(host).read() as conn:
            found = instances.get_many(conn, [instance_uuid], load, deleted=None)
        return found[0] if found else None

    def on_host(
        self, context: RequestContext, host: str, unfinished_only: bool = False
    ) -> list[Instance]:
        with self._cells.adopt_host(host).read() as conn:
            return instances.on_host(conn, host, unfinished_only)

    def update(
        self,
        context: RequestContext,
        host: str,
        instance_uuid: str,
        changes: dict[str, Any],
        expected_task_state: list[str | None] | None = None,
        expected_vm_state: list[str] | None = None,
    ) -> Instance:
        step = InstanceStep(changes, expected_task_state, expected_vm_state)
        row = self.step(context, host, instance_uuid, step)
        assert row is not None
        return row

    def step(
        self, context: RequestContext, host: str, instance_uuid: str, step: InstanceStep
    ) -> Instance | None:
        return self._cells.of_host(host).run(
            lambda conn: self._step(conn, context, host, instance_uuid, step)
        )

    def _step(
        self,
        conn: Connection,
        context: RequestContext,
        host: str,
        uuid: str,
        step: InstanceStep,
    ) -> Instance | None:
        now = self._clock.now()
        changes = dict(step.changes)
        if changes:
            if "system_metadata" in changes:
                changes["system_metadata"] = _merged(conn, uuid, changes["system_metadata"] or {})
            instances.update(
                conn,
                uuid,
                changes,
                expected_task_state=step.expected_task_state,
                expected_vm_state=step.expected_vm_state,
                expected_host=host,
                now=now,
            )
        for device in step.block_devices:
            _update_device(conn, uuid, device)
        for device_uuid in step.removed_devices:
            block_devices.destroy(conn, uuid, device_uuid, now)
        if step.finish_event:
            actions.finish(
                conn,
                uuid,
                context.request_id,
                step.finish_event,
                host,
                now,
                step.result,
                step.message,
                step.traceback,
            )
        if step.start_event:
            actions.start(conn, uuid, context.request_id, step.start_event, host, now)
        if step.fault is not None:
            step.fault.instance_uuid = uuid
            step.fault.host = step.fault.host or host
            instance_faults.create(conn, step.fault)
        if changes and not step.answered:
            return None
        instance = instances.get(conn, uuid, load=step.load)
        if not changes:
            _check(instance, host, step)
        return instance if step.answered else None

    def destroyed(
        self,
        context: RequestContext,
        host: str,
        instance_uuid: str,
        finish_event: str | None = None,
    ) -> None:
        """The API database first: the host repeats its report as long as the row is there."""

        def forget(conn: Connection) -> None:
            instance_groups.remove_member(conn, instance_uuid)
            instance_mappings.queue_for_delete(conn, instance_uuid)
            request_specs.destroy(conn, instance_uuid)

        def destroy(conn: Connection) -> None:
            now = self._clock.now()
            if not _is_on(conn, instance_uuid, host):
                return
            if instances.destroy(conn, instance_uuid, now) and finish_event:
                actions.finish(
                    conn, instance_uuid, context.request_id, finish_event, host, now, "Success"
                )

        database = self._cells.of_host(host)
        with database.read() as conn:
            if not _is_on(conn, instance_uuid, host):
                return
        self._cells.api.run(forget)
        database.run(destroy)


def _is_on(conn: Connection, uuid: str, host: str) -> bool:
    """Whether the host holds the server, deleted or not."""
    return any(i.host == host for i in instances.get_many(conn, [uuid], (), deleted=None))


def _merged(conn: Connection, uuid: str, changes: dict[str, Any]) -> dict[str, Any]:
    instance = instances.get(conn, uuid, load=("system_metadata",))
    merged = {**(instance.system_metadata or {}), **changes}
    return {key: value for key, value in merged.items() if value is not None}


def _update_device(conn: Connection, uuid: str, device: dict[str, Any]) -> None:
    changes = {key: value for key, value in device.items() if key != "uuid"}
    block_devices.update(conn, uuid, device["uuid"], changes)


def _check(instance: Instance, host: str, step: InstanceStep) -> None:
    """What an update without changes expects. Raises as an update does."""
    if instance.host != host:
        raise InstanceNotFound(instance_id=instance.uuid)
    expected: dict[str, Any] = {}
    if step.expected_task_state is not None:
        expected["task_state"] = step.expected_task_state
    if step.expected_vm_state is not None:
        expected["vm_state"] = step.expected_vm_state
    actual = {name: getattr(instance, name) for name in expected}
    if all(actual[name] in values for name, values in expected.items()):
        return
    kind = UnexpectedTaskState
    if instance.task_state == DELETING:
        kind = UnexpectedDeletingTaskState
    raise kind(instance_uuid=instance.uuid, expected=expected, actual=actual)
