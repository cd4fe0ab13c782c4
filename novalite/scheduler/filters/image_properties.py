"""ImagePropertiesFilter."""

import operator
import re

from novalite.scheduler.filters.base import Filter
from novalite.scheduler.host_state import HostState
from novalite.scheduler.request import Request

_OPERATORS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "=": operator.eq,
    "!=": operator.ne,
}
_PREDICATE = re.compile(r"\s*(<=|>=|==|!=|<|>|=)\s*([0-9.]+)\s*$")
_NAMES = ("hw_architecture", "img_hv_type", "hw_vm_mode")


class ImagePropertiesFilter(Filter):
    """The host must run guests of the image's architecture, hypervisor type and mode, on a
    hypervisor of the wanted version, with enough physical address bits."""

    def applies(self, request: Request) -> bool:
        properties = request.spec.image.properties
        return bool(self.options.default_architecture) or any(
            properties.get(name)
            for name in (*_NAMES, "img_hv_requested_version", "hw_maxphysaddr_bits")
        )

    def refusal(self, host: HostState, request: Request) -> str | None:
        properties = request.image_properties()
        wanted = [properties.get(name) for name in _NAMES]
        wanted[0] = wanted[0] or self.options.default_architecture
        if any(wanted) and not _supported(host, wanted):
            return f"runs no guests of {'/'.join(value or 'any' for value in wanted)}"
        predicate = properties.get("img_hv_requested_version")
        if predicate and not satisfies(host.node.hypervisor_version, predicate):
            return f"hypervisor version {host.node.hypervisor_version}, wanted {predicate}"
        bits = properties.get("hw_maxphysaddr_bits")
        if bits is None:
            return None
        has = (host.node.cpu_info.get("maxphysaddr") or {}).get("bits", 0)
        return None if has >= int(bits) else f"has {has} physical address bits, wanted {bits}"


def _supported(host: HostState, wanted: list[str | None]) -> bool:
    return any(
        all(
            want is None or want.lower() == has.lower()
            for want, has in zip(wanted, offered, strict=False)
        )
        for offered in host.node.supported_instances
    )


def satisfies(version: int, predicate: str) -> bool:
    """Whether 7002022 (7.2.22) meets ``>=7.0, <8``. A predicate that cannot be read is not met."""
    actual = (version // 1_000_000, version // 1000 % 1000, version % 1000)
    for part in predicate.split(","):
        found = _PREDICATE.match(part)
        if found is None:
            return False
        numbers = [int(number or 0) for number in found[2].split(".")][:3]
        if not _OPERATORS[found[1]](actual, tuple(numbers + [0] * (3 - len(numbers)))):
            return False
    return True
