"""The conductor of the same process: calls are calls, and no bus is in between."""

from typing import Any

from novalite.conductor.manager import ConductorManager
from novalite.context import RequestContext
from novalite.objects import BuildWork, ComputeNode, Instance, InstanceStep, Service


class LocalConductor:
    """ConductorAPI over a manager of this process, which is started by itself. Tasks return at
    once, as casts do: the manager's own threads run them."""

    def __init__(self, manager: ConductorManager) -> None:
        self._manager = manager

    def start(self) -> None:
        """Nothing of its own runs."""

    def stop(self) -> None:
        """The same."""

    def schedule_and_build_instances(
        self, context: RequestContext, instance_uuids: list[str], admin_password: str | None = None
    ) -> None:
        self._manager.schedule_and_build_instances(context, instance_uuids, admin_password)

    def reschedule_build(
        self,
        context: RequestContext,
        instance_uuid: str,
        host: str,
        reason: str,
        admin_password: str | None = None,
        abort: bool = False,
    ) -> None:
        self._manager.reschedule_build(context, instance_uuid, host, reason, admin_password, abort)

    def build_work(
        self, context: RequestContext, host: str, instance_uuid: str
    ) -> BuildWork | None:
        return self._manager.build_work(context, host, instance_uuid)

    def instance_get(
        self, context: RequestContext, host: str, instance_uuid: str
    ) -> Instance | None:
        return self._manager.instance_get(context, host, instance_uuid)

    def instances_on_host(
        self, context: RequestContext, host: str, unfinished_only: bool = False
    ) -> list[Instance]:
        return self._manager.instances_on_host(context, host, unfinished_only)

    def instance_update(
        self,
        context: RequestContext,
        host: str,
        instance_uuid: str,
        changes: dict[str, Any],
        expected_task_state: list[str | None] | None = None,
        expected_vm_state: list[str] | None = None,
    ) -> Instance:
        return self._manager.instance_update(
            context, host, instance_uuid, changes, expected_task_state, expected_vm_state
        )

    def instance_step(
        self, context: RequestContext, host: str, instance_uuid: str, step: InstanceStep
    ) -> Instance:
        return self._manager.instance_step(context, host, instance_uuid, step)

    def instance_destroyed(
        self,
        context: RequestContext,
        host: str,
        instance_uuid: str,
        finish_event: str | None = None,
    ) -> None:
        self._manager.instance_destroyed(context, host, instance_uuid, finish_event)

    def block_devices_update(
        self, context: RequestContext, host: str, instance_uuid: str, devices: list[dict[str, Any]]
    ) -> None:
        self._manager.block_devices_update(context, host, instance_uuid, devices)

    def fault_create(
        self,
        context: RequestContext,
        host: str,
        instance_uuid: str,
        code: int,
        message: str,
        details: str | None = None,
    ) -> None:
        self._manager.fault_create(context, host, instance_uuid, code, message, details)

    def action_event_start(
        self, context: RequestContext, host: str, instance_uuid: str, event: str
    ) -> None:
        self._manager.action_event_start(context, host, instance_uuid, event)

    def action_event_finish(
        self,
        context: RequestContext,
        host: str,
        instance_uuid: str,
        event: str,
        result: str,
        message: str | None = None,
        traceback: str | None = None,
    ) -> None:
        self._manager.action_event_finish(
            context, host, instance_uuid, event, result, message, traceback
        )

    def service_heartbeat(
        self, context: RequestContext, host: str, binary: str, topic: str, version: int
    ) -> Service:
        return self._manager.service_heartbeat(context, host, binary, topic, version)

    def node_report(self, context: RequestContext, host: str, node: ComputeNode) -> ComputeNode:
        return self._manager.node_report(context, host, node)

    def orphan_allocations(self, context: RequestContext, host: str) -> int:
        return self._manager.orphan_allocations(context, host)
