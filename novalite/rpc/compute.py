"""The wire to a compute host: topic ``compute``, one server per host.

Each cast is a hint: the instance's row already says what is to be done, and the host's sweep
finds it there when the cast is lost (design: the database is the truth).
"""

from typing import Any, Protocol, cast

from novalite.context import RequestContext
from novalite.exception import InstanceNotReady
from novalite.objects import BlockDevice, BuildWork, ImageMeta, Instance
from novalite.rpc.transport import Messaging, Server

TOPIC = "compute"
VERSION = "1.0"


class ComputeAPI(Protocol):
    """Casts return at once; ``host`` is instance.host unless given."""

    def build_and_run_instance(
        self, context: RequestContext, host: str, work: BuildWork
    ) -> None: ...

    def terminate_instance(self, context: RequestContext, instance: Instance) -> None: ...

    def stop_instance(
        self, context: RequestContext, instance: Instance, clean_shutdown: bool = True
    ) -> None: ...

    def start_instance(self, context: RequestContext, instance: Instance) -> None: ...

    def reboot_instance(
        self, context: RequestContext, instance: Instance, reboot_type: str
    ) -> None:
        """``reboot_type``: SOFT or HARD."""

    def attach_volume(
        self, context: RequestContext, instance: Instance, device: BlockDevice
    ) -> None:
        """``device``: a row of the server's with ``task_state`` ATTACHING, a device name and an
        attachment (reserved). In the end it has a connection and no task_state; or, if it could
        not be attached, row and attachment are gone and a fault says why."""

    def detach_volume(
        self, context: RequestContext, instance: Instance, volume_id: str, attachment_id: str | None
    ) -> None:
        """The device's row has ``task_state`` DETACHING and the volume is ``detaching``. In the
        end row and attachment are gone; or, if the guest would not let go, the volume is in-use
        again, the row has no task_state and a fault says why."""

    def external_instance_event(
        self,
        context: RequestContext,
        host: str,
        instances: list[Instance],
        events: list[dict[str, Any]],
    ) -> None:
        """``events``: ``{"name", "server_uuid", "tag"?, "status"?}`` of these servers, all on
        ``host``. For ``volume-extended`` the row of the volume ``tag`` has ``task_state``
        EXTENDING before this is sent, so that it is not lost with the message."""

    def volume_snapshot_create(
        self,
        context: RequestContext,
        instance: Instance,
        volume_id: str,
        create_info: dict[str, Any],
    ) -> None:
        """``create_info``: ``{"snapshot_id", "type": "qcow2", "new_file"}``; from then on the
        server writes to ``new_file``, which lies on top of the file that it wrote to. May be
        repeated. The volume service hears of the end by ``update_snapshot_status``: error, or
        creating with 90%."""

    def volume_snapshot_delete(
        self,
        context: RequestContext,
        instance: Instance,
        volume_id: str,
        snapshot_id: str,
        delete_info: dict[str, Any],
    ) -> None:
        """``delete_info``: ``{"type": "qcow2", "file_to_merge", "merge_target_file"}``, both full
        paths. With a target the first file's data go into it, the file right below. Without one
        the active file takes in all above ``file_to_merge`` and stands on that, or on nothing
        when it is None. May be repeated. The end: error_deleting, or deleting with 90%."""

    def cache_images(self, context: RequestContext, host: str, images: list[ImageMeta]) -> None:
        """The host fetches those that it has not, one after the other, for later servers."""

    def get_console_output(self, context: RequestContext, instance: Instance) -> str:
        """A call. The driver's bytes as text, undecodable bytes replaced."""

    def get_host_uptime(self, context: RequestContext, host: str) -> str:
        """A call: the text of uptime(1) on the host. Raises NotSupported."""

    def control_host(self, context: RequestContext, host: str, action: str) -> str:
        """A call: see ``ComputeDriver.control_host``. Raises NotSupported."""


class ComputeReceiver(Protocol):
    """The same wire at its other end: what a compute host's manager offers."""

    def build_and_run_instance(self, context: RequestContext, work: BuildWork) -> None: ...

    def terminate_instance(self, context: RequestContext, instance: Instance) -> None: ...

    def stop_instance(
        self, context: RequestContext, instance: Instance, clean_shutdown: bool = True
    ) -> None: ...

    def start_instance(self, context: RequestContext, instance: Instance) -> None: ...

    def reboot_instance(
        self, context: RequestContext, instance: Instance, reboot_type: str
    ) -> None: ...

    def attach_volume(
        self, context: RequestContext, instance: Instance, device: BlockDevice
    ) -> None: ...

    def detach_volume(
        self, context: RequestContext, instance: Instance, volume_id: str, attachment_id: str | None
    ) -> None: ...

    def external_instance_event(
        self, context: RequestContext, instances: list[Instance], events: list[dict[str, Any]]
    ) -> None: ...

    def volume_snapshot_create(
        self,
        context: RequestContext,
        instance: Instance,
        volume_id: str,
        create_info: dict[str, Any],
    ) -> None: ...

    def volume_snapshot_delete(
        self,
        context: RequestContext,
        instance: Instance,
        volume_id: str,
        snapshot_id: str,
        delete_info: dict[str, Any],
    ) -> None: ...

    def cache_images(self, context: RequestContext, images: list[ImageMeta]) -> None: ...

    def get_console_output(self, context: RequestContext, instance: Instance) -> str: ...

    def get_host_uptime(self, context: RequestContext) -> str: ...

    def control_host(self, context: RequestContext, action: str) -> str: ...


METHODS = (
    "build_and_run_instance",
    "terminate_instance",
    "stop_instance",
    "start_instance",
    "reboot_instance",
    "attach_volume",
    "detach_volume",
    "external_instance_event",
    "volume_snapshot_create",
    "volume_snapshot_delete",
    "cache_images",
    "get_console_output",
    "get_host_uptime",
    "control_host",
)


class ComputeClient:
    """ComputeAPI over the bus. Raises InstanceNotReady (409) for an instance without a host,
    and MessagingUnavailable."""

    def __init__(self, messaging: Messaging) -> None:
        self._client = messaging.client(TOPIC, VERSION)

    def build_and_run_instance(self, context: RequestContext, host: str, work: BuildWork) -> None:
        self._client.cast(context, "build_and_run_instance", server=host, work=work)

    def terminate_instance(self, context: RequestContext, instance: Instance) -> None:
        self._client.cast(context, "terminate_instance", server=_host(instance), instance=instance)

    def stop_instance(
        self, context: RequestContext, instance: Instance, clean_shutdown: bool = True
    ) -> None:
        self._client.cast(
            context,
            "stop_instance",
            server=_host(instance),
            instance=instance,
            clean_shutdown=clean_shutdown,
        )

    def start_instance(self, context: RequestContext, instance: Instance) -> None:
        self._client.cast(context, "start_instance", server=_host(instance), instance=instance)

    def reboot_instance(
        self, context: RequestContext, instance: Instance, reboot_type: str
    ) -> None:
        self._client.cast(
            context,
            "reboot_instance",
            server=_host(instance),
            instance=instance,
            reboot_type=reboot_type,
        )

    def attach_volume(
        self, context: RequestContext, instance: Instance, device: BlockDevice
    ) -> None:
        self._client.cast(
            context, "attach_volume", server=_host(instance), instance=instance, device=device
        )

    def detach_volume(
        self, context: RequestContext, instance: Instance, volume_id: str, attachment_id: str | None
    ) -> None:
        self._client.cast(
            context,
            "detach_volume",
            server=_host(instance),
            instance=instance,
            volume_id=volume_id,
            attachment_id=attachment_id,
        )

    def external_instance_event(
        self,
        context: RequestContext,
        host: str,
        instances: list[Instance],
        events: list[dict[str, Any]],
    ) -> None:
        self._client.cast(
            context, "external_instance_event", server=host, instances=instances, events=events
        )

    def volume_snapshot_create(
        self,
        context: RequestContext,
        instance: Instance,
        volume_id: str,
        create_info: dict[str, Any],
    ) -> None:
        self._client.cast(
            context,
            "volume_snapshot_create",
            server=_host(instance),
            instance=instance,
            volume_id=volume_id,
            create_info=create_info,
        )

    def volume_snapshot_delete(
        self,
        context: RequestContext,
        instance: Instance,
        volume_id: str,
        snapshot_id: str,
        delete_info: dict[str, Any],
    ) -> None:
        self._client.cast(
            context,
            "volume_snapshot_delete",
            server=_host(instance),
            instance=instance,
            volume_id=volume_id,
            snapshot_id=snapshot_id,
            delete_info=delete_info,
        )

    def cache_images(self, context: RequestContext, host: str, images: list[ImageMeta]) -> None:
        self._client.cast(context, "cache_images", server=host, images=images)

    def get_console_output(self, context: RequestContext, instance: Instance) -> str:
        answer = self._client.call(
            context, "get_console_output", server=_host(instance), instance=instance
        )
        return cast("str", answer)

    def get_host_uptime(self, context: RequestContext, host: str) -> str:
        return cast("str", self._client.call(context, "get_host_uptime", server=host))

    def control_host(self, context: RequestContext, host: str, action: str) -> str:
        answer = self._client.call(context, "control_host", server=host, action=action)
        return cast("str", answer)


def _host(instance: Instance) -> str:
    if not instance.host:
        raise InstanceNotReady(instance_uuid=instance.uuid)
    return instance.host


def serve_compute(messaging: Messaging, host: str, manager: ComputeReceiver) -> Server:
    return messaging.server(TOPIC, VERSION, host, manager, METHODS)
