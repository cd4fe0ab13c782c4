"""The wire to a compute host: topic ``compute``, one server per host.

Each cast is a hint: the instance's row already says what is to be done, and the host's sweep
finds it there when the cast is lost (design: the database is the truth).
"""

from typing import Protocol, cast

from novalite.context import RequestContext
from novalite.exception import InstanceNotReady
from novalite.objects import BuildWork, Instance
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

    def get_console_output(self, context: RequestContext, instance: Instance) -> str:
        """A call. The driver's bytes as text, undecodable bytes replaced."""

    def get_host_uptime(self, context: RequestContext, host: str) -> str:
        """A call: the text of uptime(1) on the host. Raises NotSupported."""


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

    def get_console_output(self, context: RequestContext, instance: Instance) -> str: ...

    def get_host_uptime(self, context: RequestContext) -> str: ...


METHODS = (
    "build_and_run_instance",
    "terminate_instance",
    "stop_instance",
    "start_instance",
    "reboot_instance",
    "get_console_output",
    "get_host_uptime",
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

    def get_console_output(self, context: RequestContext, instance: Instance) -> str:
        answer = self._client.call(
            context, "get_console_output", server=_host(instance), instance=instance
        )
        return cast("str", answer)

    def get_host_uptime(self, context: RequestContext, host: str) -> str:
        return cast("str", self._client.call(context, "get_host_uptime", server=host))


def _host(instance: Instance) -> str:
    if not instance.host:
        raise InstanceNotReady(instance_uuid=instance.uuid)
    return instance.host


def serve_compute(messaging: Messaging, host: str, manager: ComputeReceiver) -> Server:
    return messaging.server(TOPIC, VERSION, host, manager, METHODS)
