"""ResourceFilter."""

from novalite.scheduler.filters.base import Filter
from novalite.scheduler.host_state import HostState
from novalite.scheduler.request import Request


class ResourceFilter(Filter):
    """Enough vCPUs, memory and disk must be left, with ratios and reserves; and one server may
    not have more of one kind than the machine has in all."""

    def refusal(self, host: HostState, request: Request) -> str | None:
        wanted, node = request.resources, host.node
        lacks = []
        if 0 < wanted.vcpus > min(host.free_vcpus, node.vcpus):
            lacks.append(
                f"vcpus: wants {wanted.vcpus}, {host.free_vcpus:.0f} of "
                f"{host.vcpus_limit:.0f} are free, the host has {node.vcpus}"
            )
        if 0 < wanted.memory_mb > min(host.free_ram_mb, node.memory_mb):
            lacks.append(
                f"memory: wants {wanted.memory_mb} MiB, {host.free_ram_mb:.0f} of "
                f"{host.memory_mb_limit:.0f} are free"
            )
        if 0 < wanted.local_gb > min(host.free_disk_gb, node.local_gb):
            lacks.append(
                f"disk: wants {wanted.local_gb} GiB, {host.free_disk_gb:.0f} of "
                f"{host.local_gb_limit:.0f} are free"
            )
        return "; ".join(lacks) or None

    def lacks(self, refusal: str) -> list[str]:
        return [part.partition(":")[0] for part in refusal.split("; ")]
