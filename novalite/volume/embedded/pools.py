"""The stores of this host as schedulers and administrators see them."""

from collections.abc import Mapping

from novalite.context import RequestContext
from novalite.exception import NotFound
from novalite.volume.embedded.backends import Backend
from novalite.volume.embedded.choice import capabilities
from novalite.volume.embedded.core import Core, Row
from novalite.volume.embedded.services import host_of
from novalite.volume.embedded.types import Types


class Pools:
    def __init__(self, core: Core, backends: Mapping[str, Backend], types: Types) -> None:
        self.core = core
        self.backends = backends
        self.types = types

    def list_(self, context: RequestContext) -> list[tuple[str, Row]]:
        """(host@backend#pool, its capabilities). Each backend is one pool of the same name."""
        self.core.authorize(context, "scheduler_extension:scheduler_stats:get_pools")
        return [
            (f"{host_of(self.core, name)}#{name}", self._capabilities(backend))
            for name, backend in self.backends.items()
        ]

    def backend(self, context: RequestContext, host: str) -> tuple[str, Row]:
        """By host@backend, with or without pool: (host@backend, capabilities). Raises NotFound."""
        self.core.authorize(context, "volume_extension:capabilities")
        asked = host.partition("#")[0]
        for name, backend in self.backends.items():
            if asked == host_of(self.core, name):
                return asked, self._capabilities(backend)
        raise NotFound(f"Service cinder-volume could not be found on host {asked}.")

    def _capabilities(self, backend: Backend) -> Row:
        total, free = backend.capacity()
        told = {
            key: value == "True" if value in ("True", "False") else value
            for key, value in capabilities(backend).items()
        }
        return {
            **told,
            "pool_name": backend.name,
            "total_capacity_gb": total,
            "free_capacity_gb": free,
            "allocated_capacity_gb": 0,
            "reserved_percentage": 0,
            "max_over_subscription_ratio": "20.0",
            "location_info": "",
            "timestamp": self.core.now().isoformat(),
        }
