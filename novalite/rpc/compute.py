"""The wire to a compute host: topic ``compute``, one server per host.

Each cast is a hint: the instance's row already says what is to be done, and the host's sweep
finds it there when the cast is lost (design: the database is the truth).
"""

from typing import Protocol

from novalite.context import RequestContext
from novalite.objects import BuildWork, Instance

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
