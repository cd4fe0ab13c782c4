"""Report what this host offers, and let go of claims whose server is gone."""

import dataclasses
import logging
import subprocess

from novalite.compute.workplace import Workplace
from novalite.context import admin_context
from novalite.exception import HypervisorUnavailable, NotSupported
from novalite.objects import ComputeNode

LOG = logging.getLogger(__name__)

UPTIME_SECONDS = 10


class Resources:
    def __init__(self, place: Workplace) -> None:
        self._place = place
        self.healthy = True
        """Whether the hypervisor answered when it was last asked."""

    def report(self) -> list[ComputeNode]:
        """All nodes, as the conductor knows them now. Raises DependencyUnavailable."""
        try:
            nodes = self._place.driver.nodes()
        except HypervisorUnavailable:
            self.healthy = False
            raise
        self.healthy = True
        context = admin_context()
        return [self._place.gateway.node_report(context, self._offer(node)) for node in nodes]

    def let_go(self) -> None:
        """Raises DependencyUnavailable."""
        count = self._place.gateway.orphan_allocations(admin_context())
        if count:
            LOG.warning("Removed %d claims on this host whose servers are gone", count)

    def _offer(self, node: ComputeNode) -> ComputeNode:
        conf = self._place.conf
        return dataclasses.replace(
            node,
            host=self._place.host,
            host_ip=node.host_ip or conf.my_ip,
            cpu_allocation_ratio=conf.cpu_allocation_ratio or conf.initial_cpu_allocation_ratio,
            ram_allocation_ratio=conf.ram_allocation_ratio or conf.initial_ram_allocation_ratio,
            disk_allocation_ratio=conf.disk_allocation_ratio or conf.initial_disk_allocation_ratio,
            reserved_vcpus=conf.reserved_host_cpus,
            reserved_memory_mb=conf.reserved_host_memory_mb,
            reserved_gb=-(-conf.reserved_host_disk_mb // 1024),
            stats={**node.stats, "failed_builds": self._place.failed_builds},
        )


def uptime() -> str:
    """The text of uptime(1). Raises NotSupported where there is none."""
    try:
        done = subprocess.run(
            ["uptime"],
            capture_output=True,
            text=True,
            check=True,
            timeout=UPTIME_SECONDS,
            env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise NotSupported(f"uptime is not known on this host: {error}") from error
    return done.stdout.strip()
