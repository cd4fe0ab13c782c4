"""The wire to the conductor: topic ``conductor``.

Two groups: the tasks that the API and the compute hosts ask for (casts), and the gateway by
which a compute host, which has no database, reads and writes what concerns it (calls).
"""

from typing import Any, Protocol, cast

from novalite.context import RequestContext
from novalite.objects import (
    BuildWork,
    ComputeNode,
    Instance,
    InstanceStep,
    Service,
)
from novalite.rpc.transport import Messaging, Server

TOPIC = "conductor"
VERSION = "1.0"


class ConductorAPI(Protocol):
    # ---- tasks (casts) ----

    def schedule_and_build_instances(
        self,
        context: RequestContext,
        instance_uuids: list[str],
        admin_password: str | None = None,
    ) -> None:
        """Build what these build requests promise; all of one request."""

    def reschedule_build(
        self,
        context: RequestContext,
        instance_uuid: str,
        host: str,
        reason: str,
        admin_password: str | None = None,
        abort: bool = False,
    ) -> None:
        """``host`` failed to build: try the next alternate, or end in ERROR with ``reason``.
        ``abort``: no other host would do better. A report from a host that does not hold the
        instance any more is ignored."""

    # ---- gateway for compute hosts (calls) ----

    def build_work(
        self, context: RequestContext, host: str, instance_uuid: str
    ) -> BuildWork | None:
        """What ``host`` is to build, from the databases; None when it is no longer to build."""

    def instance_get(
        self, context: RequestContext, host: str, instance_uuid: str
    ) -> Instance | None:
        """With metadata, system metadata, tags and block devices. One that is deleted comes
        with ``deleted`` set (its guest may still be to be removed); one that another host holds
        comes with that host. None when the cell has no row of it, or no longer."""

    def instances_on_host(
        self, context: RequestContext, host: str, unfinished_only: bool = False
    ) -> list[Instance]:
        """All instances of the host, with block devices; or only those with a task_state or
        building (what a sweep looks at)."""

    def instance_update(
        self,
        context: RequestContext,
        host: str,
        instance_uuid: str,
        changes: dict[str, Any],
        expected_task_state: list[str | None] | None = None,
        expected_vm_state: list[str] | None = None,
    ) -> Instance:
        """One compare-and-swap on the row; also only if its host is still ``host``. ``changes``
        may hold columns and ``network_info``. The answer loads no collections.

        Raises InstanceNotFound, UnexpectedTaskState, and UnexpectedDeletingTaskState when the
        instance is being deleted.
        """

    def instance_step(
        self, context: RequestContext, host: str, instance_uuid: str, step: InstanceStep
    ) -> Instance | None:
        """What ``instance_update``, ``block_devices_update``, ``fault_create`` and the action
        events do, in one transaction and one message: all of it, or on an error nothing.

        Raises InstanceNotFound when the row is deleted or is not (any more) of ``host``,
        UnexpectedTaskState (also for ``expected_vm_state``), and UnexpectedDeletingTaskState when
        the instance is being deleted and that was not expected. The answer loads the collections
        that the step names; it is None where the step asked for none.
        """

    def instance_destroyed(
        self,
        context: RequestContext,
        host: str,
        instance_uuid: str,
        finish_event: str | None = None,
    ) -> None:
        """The guest and all it held are gone: mark the row deleted and remove its claim, block
        devices and group membership in one transaction, which also finishes that step of the
        action with Success. Doing it twice is fine."""

    def block_devices_update(
        self, context: RequestContext, host: str, instance_uuid: str, devices: list[dict[str, Any]]
    ) -> None:
        """``devices``: ``{"uuid", column: value...}``."""

    def fault_create(
        self,
        context: RequestContext,
        host: str,
        instance_uuid: str,
        code: int,
        message: str,
        details: str | None = None,
    ) -> None: ...

    def action_event_start(
        self, context: RequestContext, host: str, instance_uuid: str, event: str
    ) -> None:
        """Begin a step of the action that ``context.request_id`` names."""

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
        """``result``: Success or Error; Error sets the action's message too."""

    def service_heartbeat(
        self, context: RequestContext, host: str, binary: str, topic: str, version: int
    ) -> Service:
        """Creates the row (and maps a compute host to its cell) at the first call. One
        UPDATE per beat after that."""

    def node_report(self, context: RequestContext, host: str, node: ComputeNode) -> ComputeNode:
        """Totals and properties of a node; creates its row at the first call."""

    def orphan_allocations(self, context: RequestContext, host: str) -> int:
        """Remove claims on ``host`` whose instance is gone; how many there were."""


TASKS = ("schedule_and_build_instances", "reschedule_build")
GATEWAY = (
    "build_work",
    "instance_get",
    "instances_on_host",
    "instance_update",
    "instance_step",
    "instance_destroyed",
    "block_devices_update",
    "fault_create",
    "action_event_start",
    "action_event_finish",
    "service_heartbeat",
    "node_report",
    "orphan_allocations",
)


class ConductorClient:
    """ConductorAPI over the bus. Every method may raise MessagingUnavailable."""

    def __init__(self, messaging: Messaging) -> None:
        self._client = messaging.client(TOPIC, VERSION)

    def schedule_and_build_instances(
        self,
        context: RequestContext,
        instance_uuids: list[str],
        admin_password: str | None = None,
    ) -> None:
        self._client.cast(
            context,
            "schedule_and_build_instances",
            instance_uuids=instance_uuids,
            admin_password=admin_password,
        )

    def reschedule_build(
        self,
        context: RequestContext,
        instance_uuid: str,
        host: str,
        reason: str,
        admin_password: str | None = None,
        abort: bool = False,
    ) -> None:
        self._client.cast(
            context,
            "reschedule_build",
            instance_uuid=instance_uuid,
            host=host,
            reason=reason,
            admin_password=admin_password,
            abort=abort,
        )

    def build_work(
        self, context: RequestContext, host: str, instance_uuid: str
    ) -> BuildWork | None:
        answer = self._client.call(context, "build_work", host=host, instance_uuid=instance_uuid)
        return cast("BuildWork | None", answer)

    def instance_get(
        self, context: RequestContext, host: str, instance_uuid: str
    ) -> Instance | None:
        answer = self._client.call(context, "instance_get", host=host, instance_uuid=instance_uuid)
        return cast("Instance | None", answer)

    def instances_on_host(
        self, context: RequestContext, host: str, unfinished_only: bool = False
    ) -> list[Instance]:
        answer = self._client.call(
            context, "instances_on_host", host=host, unfinished_only=unfinished_only
        )
        return cast("list[Instance]", answer)

    def instance_update(
        self,
        context: RequestContext,
        host: str,
        instance_uuid: str,
        changes: dict[str, Any],
        expected_task_state: list[str | None] | None = None,
        expected_vm_state: list[str] | None = None,
    ) -> Instance:
        answer = self._client.call(
            context,
            "instance_update",
            host=host,
            instance_uuid=instance_uuid,
            changes=changes,
            expected_task_state=expected_task_state,
            expected_vm_state=expected_vm_state,
        )
        return cast("Instance", answer)

    def instance_step(
        self, context: RequestContext, host: str, instance_uuid: str, step: InstanceStep
    ) -> Instance | None:
        answer = self._client.call(
            context, "instance_step", host=host, instance_uuid=instance_uuid, step=step
        )
        return cast("Instance | None", answer)

    def instance_destroyed(
        self,
        context: RequestContext,
        host: str,
        instance_uuid: str,
        finish_event: str | None = None,
    ) -> None:
        self._client.call(
            context,
            "instance_destroyed",
            host=host,
            instance_uuid=instance_uuid,
            finish_event=finish_event,
        )

    def block_devices_update(
        self, context: RequestContext, host: str, instance_uuid: str, devices: list[dict[str, Any]]
    ) -> None:
        self._client.call(
            context,
            "block_devices_update",
            host=host,
            instance_uuid=instance_uuid,
            devices=devices,
        )

    def fault_create(
        self,
        context: RequestContext,
        host: str,
        instance_uuid: str,
        code: int,
        message: str,
        details: str | None = None,
    ) -> None:
        self._client.call(
            context,
            "fault_create",
            host=host,
            instance_uuid=instance_uuid,
            code=code,
            message=message,
            details=details,
        )

    def action_event_start(
        self, context: RequestContext, host: str, instance_uuid: str, event: str
    ) -> None:
        self._client.call(
            context, "action_event_start", host=host, instance_uuid=instance_uuid, event=event
        )

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
        self._client.call(
            context,
            "action_event_finish",
            host=host,
            instance_uuid=instance_uuid,
            event=event,
            result=result,
            message=message,
            traceback=traceback,
        )

    def service_heartbeat(
        self, context: RequestContext, host: str, binary: str, topic: str, version: int
    ) -> Service:
        answer = self._client.call(
            context, "service_heartbeat", host=host, binary=binary, topic=topic, version=version
        )
        return cast("Service", answer)

    def node_report(self, context: RequestContext, host: str, node: ComputeNode) -> ComputeNode:
        return cast("ComputeNode", self._client.call(context, "node_report", host=host, node=node))

    def orphan_allocations(self, context: RequestContext, host: str) -> int:
        return cast("int", self._client.call(context, "orphan_allocations", host=host))


def serve_conductor(messaging: Messaging, host: str, manager: ConductorAPI) -> Server:
    return messaging.server(TOPIC, VERSION, host, manager, (*TASKS, *GATEWAY))
