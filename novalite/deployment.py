"""One process's parts, made by ``novalite.cmd`` and handed to whatever runs in it.

Nothing below reaches for a global: a process can hold several deployments, and a test builds
one from a temporary directory. A member that a process does not need is None.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from novalite.clock import Clock, SystemClock

if TYPE_CHECKING:
    from oslo_config import cfg

    from novalite.db.databases import Databases
    from novalite.identity.interface import IdentityAPI
    from novalite.image.interface import ImageAPI
    from novalite.network.interface import NetworkAPI
    from novalite.policy import Enforcer
    from novalite.rpc.compute import ComputeAPI
    from novalite.rpc.conductor import ConductorAPI
    from novalite.rpc.scheduler import SchedulerAPI
    from novalite.virt.driver import ComputeDriver
    from novalite.volume.interface import VolumeAPI
    from novalite.wsgi.server_events import ServerEvents


@dataclasses.dataclass(slots=True)
class Deployment:
    conf: cfg.ConfigOpts
    host: str
    clock: Clock = dataclasses.field(default_factory=SystemClock)
    databases: Databases | None = None
    identity: IdentityAPI | None = None
    image: ImageAPI | None = None
    network: NetworkAPI | None = None
    volume: VolumeAPI | None = None
    conductor: ConductorAPI | None = None
    scheduler: SchedulerAPI | None = None
    compute: ComputeAPI | None = None
    driver: ComputeDriver | None = None
    policy: Enforcer | None = None
    server_events: ServerEvents | None = None
    mounts: dict[str, Any] = dataclasses.field(default_factory=dict)
    """WSGI applications beside the compute API: path prefix -> application."""
